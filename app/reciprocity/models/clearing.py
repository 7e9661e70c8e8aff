"""Hours between two organisations: paired mirror accounts, what was agreed, who owes what."""

from __future__ import annotations

import enum
import uuid
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.audit import declare_actions
from app.core.clock import now
from app.core.db import Model, TenantOwned, require_tenant_id

declare_actions(
    {
        "mirror.proposed": "a proposé d’échanger des heures avec",
        "mirror.agreed": "a accepté d’échanger des heures avec",
        "mirror.declined": "a refusé d’échanger des heures avec",
        "mirror.suspended": "a suspendu les échanges avec",
        "netting.proposed": "a proposé une compensation entre lieux",
        "netting.accepted": "a accepté une compensation entre lieux",
        "netting.declined": "a refusé une compensation entre lieux",
        "netting.posted": "a écrit une compensation entre lieux",
    }
)


class MirrorState(enum.StrEnum):
    PROPOSED = "proposed"
    RECEIVED = "received"
    AGREED = "agreed"
    SUSPENDED = "suspended"


class Mirror(Model):
    """What this organisation agreed with another: one row on each side, made of letters.

    `account_no`: the mirror account here, whose balance is what we owe them in minutes (negative: they owe
    us). It and theirs always sum to zero. `limit_minutes`: agreed by both, neither balance goes beyond it.
    `offered_minutes`: the limit that is proposed and not agreed yet.
    """

    __tablename__ = "mirrors"
    __table_args__ = (
        sa.ForeignKeyConstraint(["peer_id"], ["tenants.id"]),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_no"], ["accounts.tenant_id", "accounts.number"]
        ),
        sa.UniqueConstraint("tenant_id", "account_no"),
        sa.CheckConstraint(
            "state in ('proposed', 'received', 'agreed', 'suspended')", name="state"
        ),
        sa.CheckConstraint("peer_id <> tenant_id", name="peer"),
    )

    tenant_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=require_tenant_id)
    peer_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    account_no: Mapped[int]
    state: Mapped[str]
    limit_minutes: Mapped[int | None]
    offered_minutes: Mapped[int | None]
    offer_version: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime] = mapped_column(default=now)

    @property
    def id(self) -> uuid.UUID:
        """Its subject in letters and in the journal: the other organisation."""
        return self.peer_id

    @property
    def audit_label(self) -> str:
        return f"compte d’échange {self.account_no}"


class Clearing(Model):
    """One of the two linked transfers of an exchange between two organisations. Never changed.

    `pseudonym`: what this side knows of the other's member.
    """

    __tablename__ = "clearings"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["tenant_id", "transfer_id"], ["transfers.tenant_id", "transfers.id"]
        ),
        sa.Index(None, "tenant_id", "peer_id"),
    )

    tenant_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=require_tenant_id)
    transfer_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    peer_id: Mapped[uuid.UUID]
    peer_transfer_id: Mapped[uuid.UUID]
    pseudonym: Mapped[str]


class Netting(TenantOwned, Model):
    """A monthly compensation, as this organisation received it: the whole of it, and its own part.

    `id` is the same for all. `legs`: for each organisation in the loop, whom it owes less and who owes it less
    (tenant_id, owes_id, owed_by_id, minutes). `sha256`: of the legs; accepting names it.
    """

    __tablename__ = "nettings"
    __table_args__ = (
        sa.CheckConstraint(
            "state in ('proposed', 'accepted', 'declined', 'posted', 'lapsed')", name="state"
        ),
    )

    month: Mapped[date]
    legs: Mapped[list[dict[str, Any]]]
    sha256: Mapped[str]
    state: Mapped[str] = mapped_column(default="proposed")
    proposed_at: Mapped[datetime] = mapped_column(default=now)
    answered_at: Mapped[datetime | None]

    @property
    def audit_label(self) -> str:
        return f"compensation de {self.month:%m/%Y}"
