"""Work is done once, in its organisation, whoever asks for it how many times."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core import jobs
from app.core.clock import now
from app.core.db import current_tenant_id, db, tenant_context
from app.core.housekeeping import KEPT, forget
from app.core.jobs import JOBS, LIMIT, OutboxRow
from app.core.numbering import Counter, next_number
from app.reciprocity.jobs import HOURS
from tests.factories.cast import Cast, build_cast
from tests.factories.together import PATIENCE
from worker import schedule
from worker.schedule import Periodic, write_due

NAME = "core.trial"
Do = Callable[[Callable[[], None]], None]


@pytest.fixture
def does(monkeypatch: pytest.MonkeyPatch) -> Do:
    """Have the work call a function."""

    def set_work(work: Callable[[], None]) -> None:
        monkeypatch.setitem(JOBS, NAME, work)

    return set_work


def ask(tenant_id: uuid.UUID | None = None) -> str:
    """Write a piece of work and commit it."""
    row_id = jobs.later(NAME, tenant_id=tenant_id)
    db.session.commit()
    return str(row_id)


def get(row_id: str) -> OutboxRow:
    """The row as it is now."""
    return db.session.get_one(OutboxRow, uuid.UUID(row_id), populate_existing=True)


def test_work_run_twice_is_done_once(app: Flask, does: Do) -> None:
    done: list[int] = []
    does(lambda: done.append(1))
    row_id = ask()
    jobs.run(row_id)
    jobs.run(row_id)
    assert done == [1]
    assert get(row_id).done_at


def test_work_acts_in_its_organisation(cast: Cast, does: Do) -> None:
    seen: list[uuid.UUID | None] = []
    does(lambda: seen.append(current_tenant_id()))
    for tenant_id in (cast.tenants["ascs"].id, None):
        jobs.run(ask(tenant_id))
    assert seen == [cast.tenants["ascs"].id, None]
    assert current_tenant_id() is None


def test_work_asked_for_inside_an_organisation_is_its_own(cast: Cast) -> None:
    with tenant_context(cast.tenants["ascs"].id):
        row_id = ask()
    assert get(row_id).tenant_id == cast.tenants["ascs"].id


def test_work_that_is_not_committed_was_never_asked_for(app: Flask) -> None:
    jobs.later(NAME)
    db.session.rollback()
    assert app.extensions["queue"].job_ids == []
    assert db.session.scalars(sa.select(OutboxRow)).all() == []


def test_work_that_fails_half_way_leaves_nothing(cast: Cast, does: Do) -> None:
    def half() -> None:
        next_number("half")
        raise ValueError("cut short")

    does(half)
    tenant_id = cast.tenants["ascs"].id
    row_id, before = ask(tenant_id), now()
    jobs.run(row_id)
    row = get(row_id)
    assert (row.attempts, row.last_error, row.done_at) == (1, "ValueError: cut short", None)
    assert row.due_at > before
    with tenant_context(tenant_id):
        assert db.session.scalars(sa.select(Counter)).all() == []


def test_a_name_that_nobody_registered_is_a_failure(app: Flask) -> None:
    row_id = str(jobs.later("core.unknown"))
    db.session.commit()
    jobs.run(row_id)
    assert "KeyError" in (get(row_id).last_error or "")


def test_what_does_not_exist_is_left_alone(app: Flask) -> None:
    jobs.run(str(uuid.uuid4()))
    assert db.session.scalars(sa.select(OutboxRow)).all() == []


def test_two_workers_with_the_same_work_do_it_once(real: Flask, does: Do) -> None:
    began, may_end, done = threading.Event(), threading.Event(), []

    def work() -> None:
        done.append(threading.current_thread().name)
        began.set()
        may_end.wait(PATIENCE)

    does(work)
    row_id = ask()

    def run() -> None:
        with real.app_context():
            jobs.run(row_id)

    first = threading.Thread(target=run, name="first")
    first.start()
    assert began.wait(PATIENCE)
    jobs.run(row_id)
    may_end.set()
    first.join(PATIENCE)
    assert done == ["first"]
    assert get(row_id).done_at
    assert get(row_id).attempts == 0


def test_two_relays_push_each_row_once(real: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "LEASE", timedelta(hours=1))
    with real.app_context():
        due = [ask() for _ in range(3)]
    real.extensions["queue"].empty()
    looked: list[int] = []

    def push() -> None:
        with real.app_context():
            looked.append(jobs.push_due())

    relays = [threading.Thread(target=push) for _ in range(2)]
    for relay in relays:
        relay.start()
    for relay in relays:
        relay.join(PATIENCE)
    assert sum(looked) == 3
    assert sorted(real.extensions["queue"].job_ids) == sorted(due)


def test_periodic_work_is_written_once_a_slot_by_any_number_of_relays(
    real: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_cast()
    instant = [datetime(2026, 11, 22, 4, 0, tzinfo=UTC)]
    monkeypatch.setattr(schedule, "now", lambda: instant[0])
    table = (Periodic(NAME, timedelta(hours=6)), Periodic("core.each", timedelta(hours=6), True))
    monkeypatch.setattr(schedule, "SCHEDULE", table)

    def turn() -> None:
        with real.app_context():
            write_due({})
            db.session.commit()

    for later in (timedelta(0), timedelta(hours=6)):
        instant[0] += later
        relays = [threading.Thread(target=turn) for _ in range(2)]
        for relay in relays:
            relay.start()
        for relay in relays:
            relay.join(PATIENCE)
    counted = sa.select(OutboxRow.name, sa.func.count()).group_by(OutboxRow.name)
    assert dict(db.session.execute(counted).all()) == {NAME: 2, "core.each": 10}


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25", "2026-11-22"])
def test_slots_cover_a_day_also_when_the_clock_changes(day: str) -> None:
    """Slots start at midnight in Paris; a day of 23 or 25 hours leaves no gap and repeats none."""
    start = datetime.fromisoformat(f"{day}T00:00:00+00:00")
    periodic = Periodic(NAME, timedelta(hours=6))
    slots = [periodic.slot(start + timedelta(minutes=30 * step)) for step in range(48)]
    assert slots == sorted(slots)
    assert {slot.split("/")[1] for slot in slots if slot.startswith(day)} == {"0", "1", "2", "3"}


def test_secrets_of_done_work_are_forgotten(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(JOBS, NAME, lambda sealed, other: None)
    row_id = str(jobs.later(NAME, sealed="a mail", other="kept"))
    db.session.commit()
    jobs.run(row_id)
    assert get(row_id).args == {"other": "kept"}


def test_an_organisation_sees_its_own_work_by_state(cast: Cast, does: Do) -> None:
    does(lambda: None)
    ours, theirs = cast.tenants["ascs"].id, cast.tenants["ccas"].id
    jobs.run(ask(ours))
    ask(ours)
    ask(theirs)
    counts = {
        state: len(db.session.scalars(jobs.list_jobs(ours, state=state)).all())
        for state in ("", "done", "waiting", "failed")
    }
    assert counts == {"": 2, "done": 1, "waiting": 1, "failed": 0}
    assert len(db.session.scalars(jobs.list_jobs(None)).all()) == 3


def test_what_was_done_long_ago_is_forgotten_and_nothing_else(app: Flask, does: Do) -> None:
    does(lambda: None)
    old, recent, waiting = ask(), ask(), ask()
    for row_id in (old, recent):
        jobs.run(row_id)
    get(old).done_at = now() - KEPT - timedelta(minutes=1)
    get(waiting).created_at = now() - KEPT * 2
    db.session.commit()
    forget()
    kept = {str(row_id) for row_id in db.session.scalars(sa.select(OutboxRow.id))}
    assert kept == {recent, waiting}


def test_the_limit_of_each_kind_of_work_reaches_the_queue(app: Flask) -> None:
    queue = app.extensions["queue"]
    hours = {
        "reciprocity.carry_out_import",
        "reciprocity.check_register",
        "reciprocity.try_import",
        "reciprocity.write_seal",
    }
    row_ids = {str(jobs.later(name)): name for name in hours | {"core.send_mail"}}
    for push in (db.session.commit, jobs.push_due):
        push()
        for row_id, name in row_ids.items():
            pushed = queue.fetch_job(row_id)
            assert timedelta(seconds=pushed.timeout) == (HOURS if name in hours else LIMIT)
        queue.empty()
        for row_id in row_ids:
            get(row_id).pushed_at = None
        db.session.commit()


def test_the_lag_is_the_age_of_the_oldest_work_that_is_due(app: Flask) -> None:
    assert jobs.outbox_lag() == 0
    get(ask()).due_at = now() - timedelta(minutes=10)
    get(ask()).due_at = now() + timedelta(minutes=10)
    db.session.commit()
    assert 600 <= jobs.outbox_lag() < 700
