"""One hour, one regime: when someone was at it, so that the same hour is never counted twice."""

from __future__ import annotations

import enum
import uuid
from datetime import date, datetime, time

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from app.core.audit import declare_actions
from app.core.clock import now
from app.core.db import Model, TenantOwned


class Regime(enum.StrEnum):
    RECIPROCITY = "reciprocity"
    VOLUNTEERING = "volunteering"
    PAID = "paid"


REGIME_LABELS = {
    Regime.RECIPROCITY: "Réciprocité (heures rendues en heures)",
    Regime.VOLUNTEERING: "Bénévolat (heures offertes)",
    Regime.PAID: "Travail payé",
}

declare_actions(
    {
        "hours.declared": "a noté des heures",
        "hours.voided": "a retiré des heures",
    }
)


class TimeRecord(TenantOwned, Model):
    """A stretch of someone's day under one regime. Two that stand never overlap, whatever their regimes.

    `during`: Paris clock, without zone. `transfer_id`: the exchange it times, under reciprocity only. What is
    volunteered is valued in accounts 864/875 (ANC 2018-06, art. 211-1 to 211-4); an hour credited in time is
    repaid in kind, so it is not.
    """

    __tablename__ = "time_records"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_no"], ["accounts.tenant_id", "accounts.number"]
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "transfer_id"], ["transfers.tenant_id", "transfers.id"]
        ),
        sa.CheckConstraint("regime in ('reciprocity', 'volunteering', 'paid')", name="regime"),
        sa.CheckConstraint("(regime = 'reciprocity') = (transfer_id is not null)", name="transfer"),
        sa.CheckConstraint("minutes between 1 and 1440", name="minutes"),
        ExcludeConstraint(
            ("tenant_id", "="),
            ("account_no", "="),
            ("during", "&&"),
            where=sa.text("voided_at is null"),
            using="gist",
            name="ex_time_records_same_hour",
        ),
        sa.Index(None, "tenant_id", "account_no", "happened_on"),
    )

    account_no: Mapped[int]
    happened_on: Mapped[date]
    during: Mapped[Range[datetime]] = mapped_column(TSRANGE)
    minutes: Mapped[int]
    regime: Mapped[str]
    transfer_id: Mapped[uuid.UUID | None]
    activity: Mapped[str] = mapped_column(default="")
    operator_no: Mapped[int]
    recorded_at: Mapped[datetime] = mapped_column(default=now)
    voided_at: Mapped[datetime | None]

    @property
    def regime_label(self) -> str:
        """The regime in French."""
        return REGIME_LABELS[Regime(self.regime)]

    @property
    def starts_at(self) -> time:
        """When it began, Paris clock."""
        assert self.during.lower  # noqa: S101 the functions write no open stretch
        return self.during.lower.time()

    @property
    def audit_label(self) -> str:
        return self.activity or self.regime_label
