"""Conventions of other organisations, as a party knows them: from the letters it received, nothing else."""

from __future__ import annotations

import uuid
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.conventions.models.states import STATE_LABELS, State
from app.core.clock import now
from app.core.db import Model, TenantOwned


class ReceivedConvention(TenantOwned, Model):
    """A convention proposed by `origin_id`. `proposal_id` is the letter that holds its text."""

    __tablename__ = "received_conventions"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "origin_id", "convention_id"),
        sa.Index(None, "tenant_id", "changed_at"),
    )

    origin_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("tenants.id"))
    convention_id: Mapped[uuid.UUID]
    proposal_id: Mapped[uuid.UUID]
    round_number: Mapped[int]
    number: Mapped[str]
    title: Mapped[str]
    search_key: Mapped[str]
    partners_label: Mapped[str]
    state: Mapped[str]
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    status_version: Mapped[int] = mapped_column(default=0)
    sealed_sha256: Mapped[str | None]
    evidence_sha256: Mapped[str | None]
    changed_at: Mapped[datetime] = mapped_column(default=now)
    lock_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": lock_version}  # noqa: RUF012 read by SQLAlchemy

    @property
    def state_label(self) -> str:
        """The state in French."""
        return STATE_LABELS[State(self.state)]

    @property
    def awaits_answer(self) -> bool:
        """Whether the organisation has to say yes or ask for a change."""
        return self.state == State.PROPOSED and self.answer is None

    @property
    def audit_label(self) -> str:
        return f"{self.number} {self.title}"
