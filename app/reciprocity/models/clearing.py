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
from app.core.db import Model, TenantBound, TenantOwned

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
    DECLINED = "declined"


class Mirror(TenantBound, Model):
    """What this organisation and another said to each other: one row on each side, made of letters.

    Each says how far it would go, in minutes, and may say otherwise at any time. While both say something,
    they agree on the smaller of the two: nobody is held beyond what they said, and letters that cross settle
    by themselves. `ours_minutes`: what we said last; `theirs_minutes`: what their last letter says; None: no.
    `account_no`: the mirror account here, from the first agreement on, whose balance is what we owe them in
    minutes (negative: they owe us). It and theirs always sum to zero. `limit_minutes`: neither balance goes
    beyond it; kept while suspended. `sent_version`, `seen_version`: ranks of our last letter, and of theirs.
    """

    __tablename__ = "mirrors"
    __table_args__ = (
        sa.ForeignKeyConstraint(["peer_id"], ["tenants.id"]),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_no"], ["accounts.tenant_id", "accounts.number"]
        ),
        sa.UniqueConstraint("tenant_id", "account_no"),
        sa.CheckConstraint(
            "state in ('proposed', 'received', 'agreed', 'suspended', 'declined')", name="state"
        ),
        sa.CheckConstraint(
            "state <> 'agreed' or account_no is not null and limit_minutes is not null",
            name="agreed",
        ),
        sa.CheckConstraint("peer_id <> tenant_id", name="peer"),
    )

    peer_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    account_no: Mapped[int | None]
    state: Mapped[str] = mapped_column(default=MirrorState.DECLINED.value)
    ours_minutes: Mapped[int | None]
    theirs_minutes: Mapped[int | None]
    limit_minutes: Mapped[int | None]
    sent_version: Mapped[int] = mapped_column(default=0)
    seen_version: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime] = mapped_column(default=now)

    @property
    def common_minutes(self) -> int | None:
        """The limit that both accept; None while one of them says no, or nothing."""
        if self.ours_minutes is None or self.theirs_minutes is None:
            return None
        return min(self.ours_minutes, self.theirs_minutes)

    def settle(self, last_said: int | None, *, by_us: bool) -> None:
        """Set the state after one of the two spoke; an agreement has its account by then."""
        if self.common_minutes is not None:
            self.state, self.limit_minutes = MirrorState.AGREED, self.common_minutes
        elif self.account_no is not None:
            self.state = MirrorState.SUSPENDED
        elif last_said is None:
            self.state = MirrorState.DECLINED
        else:
            self.state = MirrorState.PROPOSED if by_us else MirrorState.RECEIVED
        self.changed_at = now()


class Clearing(TenantBound, Model):
    """One of the two linked transfers of an exchange between two organisations, or of its correction: whose
    twin is in the other's register. Never changed.

    `pseudonym`: what this side knows of the other's member.
    """

    __tablename__ = "clearings"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["tenant_id", "transfer_id"], ["transfers.tenant_id", "transfers.id"]
        ),
        sa.Index(None, "tenant_id", "peer_id"),
    )

    transfer_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    peer_id: Mapped[uuid.UUID]
    peer_transfer_id: Mapped[uuid.UUID]
    pseudonym: Mapped[str]


class NettingState(enum.StrEnum):
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    POSTED = "posted"
    LAPSED = "lapsed"


class Netting(TenantOwned, Model):
    """A loop of debts between organisations that could be cancelled: the row of one of them.

    `id` is the same for all. `legs`: for each organisation of the loop, whom it owes less and who owes it
    less (tenant_id, owes_id, owed_by_id, minutes). `sha256`: of the legs; accepting names it. Only `state`
    and `answered_at` ever change.
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
    state: Mapped[str] = mapped_column(default=NettingState.PROPOSED.value)
    proposed_at: Mapped[datetime] = mapped_column(default=now)
    answered_at: Mapped[datetime | None]

    @property
    def own_leg(self) -> dict[str, Any]:
        """This organisation's part."""
        return next(leg for leg in self.legs if leg["tenant_id"] == str(self.tenant_id))

    @property
    def minutes(self) -> int:
        """What it cancels, the same for each."""
        return int(self.legs[0]["minutes"])

    @property
    def is_open(self) -> bool:
        """Whether it can still be answered."""
        return self.state in (NettingState.PROPOSED, NettingState.ACCEPTED)

    @property
    def audit_label(self) -> str:
        return f"compensation de {self.month:%m/%Y}"
