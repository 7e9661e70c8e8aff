"""Background work. The queue is a hint, the database is the truth.

A command writes an outbox row in its own transaction; after the commit it is pushed to RQ, and the relay
pushes again whatever is due and not done. The worker locks the row, restores the tenant, runs the command
and marks the row done in the command's own transaction: a crash anywhere leaves the row to be run again.

The lock tells who is alive: a row pushed a while ago, that is no longer in the queue and that nobody holds
was lost with its worker or with Redis. That counts as a failure, so that work that kills its worker ends.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from flask import current_app
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer
from rq.timeouts import BaseTimeoutException, JobTimeoutException, UnixSignalDeathPenalty
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Model, after_commit, current_tenant_id, db, new_id, tenant_context
from app.core.errors import ServiceUnavailable

Job = Callable[..., None]
JOBS: dict[str, Job] = {}
LIMITS: dict[str, timedelta] = {}
QUEUE = "bulles"
MAX_ATTEMPTS = 8
LIMIT = timedelta(minutes=5)
"""How long a piece of work may last, unless its job says otherwise; past that it is stopped, a failure."""
LEASE = timedelta(seconds=5)
"""How long a worker may take between its queue and the lock of the row."""
LOST = "interrompu : le processus qui faisait ce travail a disparu"
TOO_LONG = "interrompu : ce travail n’a pas fini dans le temps permis"

log = structlog.get_logger(__name__)


class Overrun(JobTimeoutException, KeyboardInterrupt):
    """Work lasted longer than its limit. As a KeyboardInterrupt, it has psycopg cancel the statement that it
    cuts short; after any other exception the server would go on, and hold the locks of the work."""


class DeathPenalty(UnixSignalDeathPenalty):
    """What RQ does at the end of the limit, with our exception for the end of a job."""

    def __init__(self, timeout: int, exception: type[BaseTimeoutException], **options: Any) -> None:
        found = Overrun if exception is JobTimeoutException else exception
        super().__init__(timeout, found, **options)  # type: ignore[no-untyped-call]


class OutboxRow(Model):
    """One piece of work: its name, its tenant and its ids."""

    __tablename__ = "outbox"
    __table_args__ = (
        sa.Index(
            "ix_outbox_due",
            "due_at",
            postgresql_where=sa.text("done_at is null and failed_at is null"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    tenant_id: Mapped[uuid.UUID | None]
    args: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)
    due_at: Mapped[datetime] = mapped_column(default=now)
    pushed_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    waiting_on: Mapped[str | None]
    last_error: Mapped[str | None]
    done_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]


def job(function: Job) -> Job:
    """Register a job under `<context>.<function>`."""
    return job_within(LIMIT)(function)


def job_within(limit: timedelta) -> Callable[[Job], Job]:
    """Register a job that may last this long: one whose work grows with a register or a file."""

    def register(function: Job) -> Job:
        context = function.__module__.split(".")[1]
        name = f"{context}.{function.__name__}"
        JOBS[name], LIMITS[name] = function, limit
        return function

    return register


def later(
    name: str,
    *,
    tenant_id: uuid.UUID | None = None,
    due_at: datetime | None = None,
    **args: Any,
) -> uuid.UUID:
    """Write the work in the current transaction, for the current tenant unless another is named."""
    row = OutboxRow(
        id=new_id(),
        name=name,
        tenant_id=tenant_id or current_tenant_id(),
        args={key: str(value) for key, value in args.items()},
        due_at=due_at or now(),
    )
    db.session.add(row)
    if due_at is None:
        row_id = row.id
        after_commit(lambda: _push_or_leave(row_id, name))
    return row.id


def later_once(name: str, slot: str, tenant_id: uuid.UUID | None) -> None:
    """Write periodic work for one time slot: any number of relays write it once."""
    row_id = uuid.uuid5(uuid.NAMESPACE_OID, f"{name}/{tenant_id}/{slot}")
    statement = insert(OutboxRow).values(id=row_id, name=name, tenant_id=tenant_id, args={})
    db.session.execute(statement.on_conflict_do_nothing())


def run(row_id: str) -> None:
    """The one function RQ ever calls: run one outbox row in its tenant, once."""
    row = db.session.get(OutboxRow, uuid.UUID(row_id))
    if row is None or row.done_at or row.failed_at:
        return
    name, tenant_id = row.name, row.tenant_id
    db.session.rollback()
    bound = structlog.contextvars.bind_contextvars(job=name, job_id=row_id, tenant=str(tenant_id))
    try:
        with tenant_context(tenant_id):
            _run_locked(uuid.UUID(row_id))
    except ServiceUnavailable as error:
        _postpone(uuid.UUID(row_id), error)
    except Overrun:
        log.exception("job stopped")
        _count_failure(uuid.UUID(row_id), TOO_LONG)
    except Exception as error:
        log.exception("job failed")
        _count_failure(uuid.UUID(row_id), f"{type(error).__name__}: {error}")
    finally:
        structlog.contextvars.reset_contextvars(**bound)


def _run_locked(row_id: uuid.UUID) -> None:
    # Two workers with the same row: the second skips it. The lock lasts until the row is marked done.
    row = db.session.scalar(
        sa.select(OutboxRow)
        .where(OutboxRow.id == row_id, OutboxRow.done_at.is_(None))
        .with_for_update(skip_locked=True)
    )
    if row is None:
        return
    JOBS[row.name](**row.args)
    row.done_at = now()
    row.waiting_on = row.last_error = None
    row.args = {key: value for key, value in row.args.items() if key != "sealed"}
    db.session.commit()


def _postpone(row_id: uuid.UUID, error: ServiceUnavailable) -> None:
    """A service is down: wait for it without bound, and say on the page what we wait for."""
    row = _lock_again(row_id)
    row.waiting_on = error.service
    row.last_error = str(error)
    _delay(row)
    row.attempts = min(row.attempts + 1, MAX_ATTEMPTS - 1)
    db.session.commit()
    log.warning("job waits", service=error.service, job_id=str(row_id))


def _count_failure(row_id: uuid.UUID, error: str) -> None:
    _fail(_lock_again(row_id), error)
    db.session.commit()


def _fail(row: OutboxRow, error: str) -> None:
    # Tries spent waiting for a service are not failures: once it answers, all attempts are given anew.
    row.attempts = 1 if row.waiting_on else row.attempts + 1
    row.waiting_on, row.last_error = None, error
    _delay(row)
    if row.attempts >= MAX_ATTEMPTS:
        row.failed_at = now()


def _delay(row: OutboxRow) -> None:
    row.due_at = now() + timedelta(seconds=2 * 2**row.attempts)
    row.pushed_at = None


def _lock_again(row_id: uuid.UUID) -> OutboxRow:
    db.session.rollback()
    return db.session.get_one(OutboxRow, row_id, with_for_update=True)


def push_due(limit: int = 100) -> int:
    """Push what is due and neither queued nor running; return how many rows were looked at.

    Safe with any number of relays. Raises RedisError while Redis is down: nothing is written then.
    """
    queued = set(_queue().job_ids)
    rows = _lock_due(limit)
    to_push = []
    for row in rows:
        if str(row.id) not in queued:
            if row.pushed_at:
                _fail(row, LOST)
                continue
            to_push.append((row.id, row.name))
        row.pushed_at = now()
    db.session.commit()
    # Pushed only now: a worker skips a row that we still hold.
    for row_id, name in to_push:
        _push(row_id, name)
    return len(rows)


def _lock_due(limit: int) -> Sequence[OutboxRow]:
    return db.session.scalars(
        sa.select(OutboxRow)
        .where(
            OutboxRow.done_at.is_(None),
            OutboxRow.failed_at.is_(None),
            OutboxRow.due_at <= now(),
            OutboxRow.pushed_at.is_(None) | (OutboxRow.pushed_at < now() - LEASE),
        )
        .order_by(OutboxRow.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def run_again(row_id: uuid.UUID) -> None:
    """Give a failed row all its attempts again."""
    row = db.session.get_one(OutboxRow, row_id, with_for_update=True)
    row.failed_at = row.pushed_at = row.last_error = None
    row.attempts = 0
    row.due_at = now()
    name = row.name
    after_commit(lambda: _push_or_leave(row_id, name))


def list_jobs(tenant_id: uuid.UUID | None, *, state: str = "") -> sa.Select[OutboxRow]:
    """The work of one tenant (None: of the whole installation), newest first."""
    statement = sa.select(OutboxRow).order_by(OutboxRow.created_at.desc(), OutboxRow.id.desc())
    if tenant_id:
        statement = statement.where(OutboxRow.tenant_id == tenant_id)
    conditions = {
        "failed": OutboxRow.failed_at.is_not(None),
        "waiting": OutboxRow.done_at.is_(None) & OutboxRow.failed_at.is_(None),
        "done": OutboxRow.done_at.is_not(None),
    }
    return statement.where(conditions[state]) if state in conditions else statement


def find_waiting(**args: object) -> OutboxRow | None:
    """The current tenant's work on these ids that waits for a service, the next to be tried; or None."""
    return db.session.scalar(
        sa.select(OutboxRow)
        .where(
            OutboxRow.tenant_id == current_tenant_id(),
            OutboxRow.args.contains({key: str(value) for key, value in args.items()}),
            OutboxRow.waiting_on.is_not(None),
            OutboxRow.done_at.is_(None),
            OutboxRow.failed_at.is_(None),
        )
        .order_by(OutboxRow.due_at)
        .limit(1)
    )


def outbox_lag() -> float:
    """Seconds since the oldest due row that is neither done nor failed; 0.0 when nothing waits."""
    oldest = db.session.scalar(
        sa.select(sa.func.min(OutboxRow.due_at)).where(
            OutboxRow.done_at.is_(None), OutboxRow.failed_at.is_(None)
        )
    )
    return max(0.0, (now() - oldest).total_seconds()) if oldest else 0.0


def purge_done(before: datetime) -> int:
    """Delete what was done before an instant; return how many rows."""
    deleted = db.session.execute(
        sa.delete(OutboxRow).where(OutboxRow.done_at < before).returning(OutboxRow.id)
    )
    return len(deleted.all())


def _push_or_leave(row_id: uuid.UUID, name: str) -> None:
    # The work is committed: with Redis down, the relay pushes it when Redis is back.
    try:
        _push(row_id, name)
    except RedisError:
        log.warning("redis is down, the relay will push", job_id=str(row_id))


def _push(row_id: uuid.UUID, name: str) -> None:
    _queue().enqueue_call(
        "app.core.jobs.run",
        args=(str(row_id),),
        job_id=str(row_id),
        timeout=int(LIMITS.get(name, LIMIT).total_seconds()),
        result_ttl=0,
        failure_ttl=3600,  # what failed is told by its row
    )


def _queue() -> Queue:
    queue: Queue = current_app.extensions["queue"]
    return queue


def make_queue(connection: Any) -> Queue:
    """The one queue: RQ keeps a job safe between pop and start only when a worker has one queue."""
    return Queue(QUEUE, connection=connection, serializer=JSONSerializer)
