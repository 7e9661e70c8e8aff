"""The solidarity fund: its written rules, and why each grant was made."""

from __future__ import annotations

import uuid
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.audit import declare_actions
from app.core.clock import now
from app.core.db import Model, TenantBound, TenantOwned, owned_key

declare_actions(
    {
        "fund.rule_adopted": "a adopté une règle du fonds de solidarité",
        "fund.granted": "a attribué des heures du fonds de solidarité",
    }
)


class FundRule(TenantOwned, Model):
    """A version of the fund's written rule; the highest number holds. Never changed.

    `grant_minutes`: at most, per grant. `yearly_minutes`: at most, per member over twelve months.
    `below`: only to members whose balance is at or under it. All in minutes.
    """

    __tablename__ = "fund_rules"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "number"),
        sa.CheckConstraint("grant_minutes > 0 and yearly_minutes >= grant_minutes", name="minutes"),
    )

    number: Mapped[int]
    text: Mapped[str]
    grant_minutes: Mapped[int]
    yearly_minutes: Mapped[int]
    below: Mapped[int]
    adopted_on: Mapped[date]
    sha256: Mapped[str]
    operator_no: Mapped[int]
    written_at: Mapped[datetime] = mapped_column(default=now)

    @property
    def audit_label(self) -> str:
        return f"règle n° {self.number}"


class Grant(TenantBound, Model):
    """Why a transfer left the fund: a rule, or a decision in words. Never changed, seen by the team only."""

    __tablename__ = "grants"
    __table_args__ = (
        owned_key("rule_id", "fund_rules"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "transfer_id"], ["transfers.tenant_id", "transfers.id"]
        ),
        sa.CheckConstraint("(rule_id is null) <> (decision is null)", name="reason"),
    )

    transfer_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    rule_id: Mapped[uuid.UUID | None]
    decision: Mapped[str | None]
