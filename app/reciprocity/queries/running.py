"""What is being written at this moment, and may still appear before what can be read already."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from app.core.db import db

OLDEST_RUNNING = sa.text(
    "SELECT coalesce(min(xact_start), clock_timestamp()) FROM pg_stat_activity"
    " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
)


def find_horizon() -> datetime:
    """An instant before which nothing more will be noted: when the oldest running transaction began.

    A posting bears the moment at which it was written, and appears when its transaction ends: an import,
    minutes later. To be read in a statement of its own, before the rows: what begins later is later.
    """
    horizon: datetime | None = db.session.scalar(OLDEST_RUNNING)
    assert horizon  # noqa: S101 the statement always answers
    return horizon
