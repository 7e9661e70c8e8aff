"""Numbers that people read (`2026-014`): one counter row per tenant, series and year."""

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


def next_number(series: str) -> str:
    """The next `YYYY-NNN` of the current tenant. The counter row stays locked until the commit: no gap,
    no double, whoever asks at the same moment waits."""
    statement = (
        insert(Counter)
        .values(series=series, year=today().year, last=1)
        .on_conflict_do_update(
            index_elements=["tenant_id", "series", "year"], set_={"last": Counter.last + 1}
        )
        .returning(Counter.year, Counter.last)
    )
    year, last = db.session.execute(statement).one()
    return f"{year}-{last:03d}"
