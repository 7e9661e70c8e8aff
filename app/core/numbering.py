"""Numbers that people read (`2026-014`, `7`): one counter row per tenant, series and year."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import today
from app.core.db import Model, TenantOwned, db


class Counter(TenantOwned, Model):
    """The last number given in one series of one year."""

    __tablename__ = "counters"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "series", "year"),)

    series: Mapped[str]
    year: Mapped[int]
    last: Mapped[int] = mapped_column(default=0)


NO_YEAR = 0
"""The year of a series that never starts again."""


def next_number(series: str) -> str:
    """The next `YYYY-NNN` of the current tenant. The counter row stays locked until the commit: no gap,
    no double, whoever asks at the same moment waits."""
    year = today().year
    return f"{year}-{_advance(series, year):03d}"


def next_rank(series: str) -> int:
    """The next of 1, 2, 3… in the current tenant, whatever the year; as next_number otherwise."""
    return _advance(series, NO_YEAR)


def _advance(series: str, year: int) -> int:
    statement = (
        insert(Counter)
        .values(series=series, year=year, last=1)
        .on_conflict_do_update(
            index_elements=["tenant_id", "series", "year"], set_={"last": Counter.last + 1}
        )
        .returning(Counter.last)
    )
    return db.session.execute(statement).scalar_one()
