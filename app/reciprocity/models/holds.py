"""Requests that wait for an answer, and what became of them."""

from __future__ import annotations

import enum
import uuid
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Model, TenantBound, TenantOwned, owned_key


class Outcome(enum.StrEnum):
    ACCEPTED = "accepted"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


OUTCOME_LABELS = {
    Outcome.ACCEPTED: "confirmé",
    Outcome.DECLINED: "refusé",
    Outcome.CANCELLED: "retiré",
    Outcome.EXPIRED: "resté sans réponse",
}


class Hold(TenantOwned, Model):
    """Someone says they gave `minutes`; whoever received has them reserved until they answer. Never changed.

    `id` is made by the client; the transfer of an accepted request has the same id.
    """

    __tablename__ = "holds"
    __table_args__ = (
        sa.CheckConstraint("minutes > 0", name="minutes"),
        sa.CheckConstraint("debit <> credit", name="accounts"),
        sa.ForeignKeyConstraint(["tenant_id", "debit"], ["accounts.tenant_id", "accounts.number"]),
        sa.ForeignKeyConstraint(["tenant_id", "credit"], ["accounts.tenant_id", "accounts.number"]),
        sa.Index(None, "tenant_id", "debit"),
        sa.Index(None, "tenant_id", "credit"),
    )

    debit: Mapped[int]
    credit: Mapped[int]
    minutes: Mapped[int]
    happened_on: Mapped[date]
    wording: Mapped[str] = mapped_column(default="")
    operator_no: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]


class HoldOutcome(TenantBound, Model):
    """What became of a request: one outcome at most, by its key. Never changed."""

    __tablename__ = "hold_outcomes"
    __table_args__ = (
        owned_key("hold_id", "holds"),
        sa.CheckConstraint(
            "outcome in ('accepted', 'declined', 'cancelled', 'expired')", name="outcome"
        ),
    )

    hold_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    outcome: Mapped[str]
    operator_no: Mapped[int]
    at: Mapped[datetime] = mapped_column(default=now)

    @property
    def label(self) -> str:
        """The outcome in French."""
        return OUTCOME_LABELS[Outcome(self.outcome)]
