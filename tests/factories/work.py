"""Do the background work of a test here and now, as the worker would."""

from __future__ import annotations

import sqlalchemy as sa

from app.core import jobs
from app.core.db import db
from app.core.jobs import OutboxRow


def do_work(limit: int = 60) -> list[str]:
    """Run every outbox row that is due, also those they write; return the names in order."""
    done: list[str] = []
    for _ in range(limit):
        row = db.session.scalar(
            sa.select(OutboxRow)
            .where(
                OutboxRow.done_at.is_(None),
                OutboxRow.failed_at.is_(None),
                OutboxRow.due_at <= sa.func.clock_timestamp(),
            )
            .order_by(OutboxRow.created_at, OutboxRow.id)
            .limit(1)
        )
        if row is None:
            return done
        name, row_id = row.name, str(row.id)
        db.session.rollback()
        jobs.run(row_id)
        done.append(name)
    raise AssertionError(f"work without end: {done[-10:]}")


def failures() -> list[str]:
    """The errors of the rows that did not pass."""
    found = db.session.scalars(
        sa.select(OutboxRow.last_error)
        .where(OutboxRow.last_error.is_not(None))
        .order_by(OutboxRow.id)
    ).all()
    db.session.rollback()
    return [str(error) for error in found]
