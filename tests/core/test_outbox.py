"""What becomes of a piece of work whose worker, queue or outside service fails it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from redis import Redis
from redis.exceptions import RedisError
from rq.timeouts import JobTimeoutException

from app.core import jobs
from app.core.clock import now
from app.core.db import db, tenant_context
from app.core.errors import ServiceUnavailable
from app.core.jobs import (
    JOBS,
    LEASE,
    LIMITS,
    LOST,
    MAX_ATTEMPTS,
    TOO_LONG,
    DeathPenalty,
    OutboxRow,
)
from launcher.ports import free_port
from tests.factories.cast import Cast
from worker.relay import Relay

NAME = "core.trial"


@pytest.fixture
def row(app: Flask, database: None) -> OutboxRow:
    """A committed piece of work; its hint is in the queue."""
    row_id = jobs.later(NAME, round_id="42")
    db.session.commit()
    return db.session.get_one(OutboxRow, row_id)


@pytest.fixture
def does(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], None]:
    """Have the work raise."""

    def raising(error: Exception) -> None:
        def work(**arguments: str) -> None:
            raise error

        monkeypatch.setitem(JOBS, NAME, work)

    return raising


@pytest.fixture
def without_redis(app: Flask) -> Iterator[None]:
    """Nothing answers where Redis should be."""
    queue = app.extensions["queue"]
    app.extensions["queue"] = jobs.make_queue(Redis(port=free_port()))
    yield
    app.extensions["queue"] = queue


def queued(app: Flask) -> list[str]:
    return list(app.extensions["queue"].job_ids)


def lose(app: Flask, row: OutboxRow) -> None:
    """The worker took the hint and died with it, a lease ago."""
    app.extensions["queue"].empty()
    row.pushed_at = row.due_at = now() - LEASE - timedelta(seconds=1)
    db.session.commit()


def test_what_is_in_the_queue_is_not_pushed_again(app: Flask, row: OutboxRow) -> None:
    jobs.push_due()
    row.pushed_at = (before := now()) - LEASE - timedelta(seconds=1)
    db.session.commit()
    jobs.push_due()
    assert queued(app) == [str(row.id)]
    assert row.attempts == 0
    assert row.pushed_at >= before


def test_what_never_reached_the_queue_is_pushed_at_once(app: Flask, row: OutboxRow) -> None:
    app.extensions["queue"].empty()
    jobs.push_due()
    assert queued(app) == [str(row.id)]
    assert row.attempts == 0


def test_what_was_lost_is_a_failure_and_is_run_again(app: Flask, row: OutboxRow) -> None:
    lose(app, row)
    before = now()
    jobs.push_due()
    assert (row.attempts, row.last_error, row.failed_at) == (1, LOST, None)
    assert before < row.due_at < now() + timedelta(seconds=5)
    row.due_at = now()
    db.session.commit()
    jobs.push_due()
    assert queued(app) == [str(row.id)]


def test_work_that_kills_its_worker_each_time_ends(app: Flask, row: OutboxRow) -> None:
    for _ in range(MAX_ATTEMPTS):
        assert row.failed_at is None
        lose(app, row)
        jobs.push_due()
    assert row.failed_at
    assert jobs.push_due() == 0


def test_without_redis_nothing_is_marked(row: OutboxRow, without_redis: None) -> None:
    with pytest.raises(RedisError):
        jobs.push_due()
    db.session.rollback()
    assert row.pushed_at is None


def test_without_redis_work_is_still_written(app: Flask, without_redis: None) -> None:
    row_id = jobs.later(NAME)
    db.session.commit()
    assert db.session.get(OutboxRow, row_id)


def test_waiting_for_a_service_spends_no_attempt(row: OutboxRow, does) -> None:
    does(ServiceUnavailable("timestamp", "no answer"))
    for _ in range(2 * MAX_ATTEMPTS):
        jobs.run(str(row.id))
    assert (row.waiting_on, row.failed_at) == ("timestamp", None)
    does(ValueError("a slip"))
    jobs.run(str(row.id))
    assert (row.waiting_on, row.failed_at, row.attempts) == (None, None, 1)


def test_errors_end_after_their_attempts(row: OutboxRow, does) -> None:
    does(ValueError("for good"))
    for _ in range(MAX_ATTEMPTS):
        assert row.failed_at is None
        jobs.run(str(row.id))
    assert row.failed_at
    assert row.last_error == "ValueError: for good"


@pytest.mark.parametrize("wait", ["SELECT pg_sleep(600)", None])
def test_work_that_lasts_too_long_is_stopped_and_says_so(
    real: Flask, monkeypatch: pytest.MonkeyPatch, wait: str | None
) -> None:
    def work() -> None:
        while True:
            if wait:
                db.session.execute(sa.text(wait))

    monkeypatch.setitem(JOBS, NAME, work)
    monkeypatch.setitem(LIMITS, NAME, timedelta(seconds=3))
    row_id = jobs.later(NAME)
    db.session.commit()
    pushed = real.extensions["queue"].fetch_job(str(row_id))
    with DeathPenalty(pushed.timeout, JobTimeoutException):
        pushed.perform()
    row = db.session.get_one(OutboxRow, row_id)
    assert (row.attempts, row.last_error, row.done_at) == (1, TOO_LONG, None)
    sleeping = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    assert db.session.scalar(sa.text(f"{sleeping} AND datname = current_database()")) == 0


def test_the_page_finds_what_waits_in_its_own_organisation(cast: Cast, does) -> None:
    mine, other = cast.tenants["ascs"].id, cast.tenants["ccas"].id
    subject = uuid.uuid4()
    row_id = jobs.later(NAME, tenant_id=mine, round_id=subject)
    db.session.commit()
    does(ServiceUnavailable("timestamp"))
    jobs.run(str(row_id))
    for tenant, found in ((mine, True), (other, False)):
        with tenant_context(tenant):
            assert bool(jobs.find_waiting(round_id=subject)) is found
            assert jobs.find_waiting(round_id=uuid.uuid4()) is None


def test_a_turn_of_the_relay_cut_short_writes_its_periodic_work_later(
    app: Flask, database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = Relay()
    turns = iter([RedisError("down"), 0])

    def push_due() -> int:
        turn = next(turns)
        relay.running = isinstance(turn, RedisError)
        if isinstance(turn, RedisError):
            raise turn
        db.session.commit()
        return turn

    monkeypatch.setattr("worker.relay.push_due", push_due)
    monkeypatch.setattr("worker.relay.PAUSE_SECONDS", 0)
    relay.run()
    names = db.session.scalars(sa.select(OutboxRow.name)).all()
    assert "core.forget" in names
