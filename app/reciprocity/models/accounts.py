"""Accounts of the ledger, their limits, and who may be named as the author of a posting."""

from __future__ import annotations

import enum
import uuid
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.audit import declare_actions
from app.core.clock import now, today
from app.core.db import Model, TenantBound, TenantOwned, new_id

NO_LIMIT = 2_000_000_000
"""Minutes. A floor of -NO_LIMIT or a ceiling of NO_LIMIT stops nothing."""
GENESIS = bytes(32)
"""The head of an account's chain before its first entry."""


class AccountKind(enum.StrEnum):
    MEMBER = "member"
    BULLE = "bulle"
    TENANT = "tenant"
    GROUP = "group"
    FUND = "fund"
    MIRROR = "mirror"


ACCOUNT_KIND_LABELS = {
    AccountKind.MEMBER: "Membre",
    AccountKind.BULLE: "Bulle",
    AccountKind.TENANT: "Organisation",
    AccountKind.GROUP: "Groupe",
    AccountKind.FUND: "Fonds de solidarité",
    AccountKind.MIRROR: "Compte d’échange avec un autre lieu",
}

declare_actions(
    {
        "ledger.opened": "a ouvert le registre des heures",
        "ledger.limits_set": "a changé les limites d’un compte",
        "ledger.terms_set": "a changé les règles des heures de la Bulle",
        "account.opened": "a ouvert le compte",
        "account.closed": "a fermé le compte",
        "account.reopened": "a rouvert le compte",
    }
)


class Ledger(TenantBound, Model):
    """The register of hours of one organisation: one row each.

    `last_account`, `last_operator`: numbers already given. `closed_through`: no posting may be dated on or
    before that day. `grace_days`: how long after a day it is closed. `opened_on`: the first day of the
    register; what happened before it can only be imported.
    """

    __tablename__ = "ledgers"
    __table_args__ = (sa.CheckConstraint("grace_days between 3 and 366", name="grace_days"),)

    last_account: Mapped[int] = mapped_column(default=0)
    last_operator: Mapped[int] = mapped_column(default=0)
    opened_on: Mapped[date] = mapped_column(default=today)
    closed_through: Mapped[date]
    grace_days: Mapped[int] = mapped_column(default=35)


class Account(TenantBound, Model):
    """An account, in minutes. Only the posting functions write it; the application reads.

    No check constraints here, nor on transfers: PostgreSQL reads their text again at every statement, a
    quarter of a posting's time (ADR 0014). The functions check before they write, the verifier after.

    `balance`: hours given less hours received; it is the `balance_after` of the entry `version`.
    `held`: minutes reserved by requests that wait. `floor`, `ceiling`: a posting may not take the balance
    less what is held below the one, nor the balance above the other. `head`: sha256 chain of the entries.
    `pseudonym`: what other organisations see of it. `label`: the name of an account that is not a person's.
    `own_limits`: its limits were set for it, so a new default of the Bulle leaves them.
    """

    __tablename__ = "accounts"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "pseudonym"),
        {"postgresql_with": {"fillfactor": 60}},
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    balance: Mapped[int] = mapped_column(default=0)
    held: Mapped[int] = mapped_column(default=0)
    floor: Mapped[int]
    ceiling: Mapped[int]
    version: Mapped[int] = mapped_column(default=0)
    opened_on: Mapped[date] = mapped_column(default=today)
    moved_on: Mapped[date | None]
    kind: Mapped[str]
    head: Mapped[bytes] = mapped_column(default=GENESIS)
    pseudonym: Mapped[str]
    bulle_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("bulles.id"))
    closed_at: Mapped[datetime | None]
    own_limits: Mapped[bool] = mapped_column(default=False)
    label: Mapped[str | None]

    @property
    def kind_label(self) -> str:
        """The kind in French."""
        return ACCOUNT_KIND_LABELS[AccountKind(self.kind)]

    @property
    def id(self) -> uuid.UUID:
        """A name for the journal: an account has a number, not an id."""
        return uuid.uuid5(self.tenant_id, f"account/{self.number}")

    @property
    def audit_label(self) -> str:
        return self.label or f"compte {self.number}"


class AccountLimit(TenantOwned, Model):
    """The limits of an account from its entry `since_version` on (that entry not included). Never changed."""

    __tablename__ = "account_limits"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_no"], ["accounts.tenant_id", "accounts.number"]
        ),
        sa.Index(None, "tenant_id", "account_no", "since_version"),
    )

    account_no: Mapped[int]
    since_version: Mapped[int]
    floor: Mapped[int]
    ceiling: Mapped[int]
    set_at: Mapped[datetime] = mapped_column(default=now)
    operator_no: Mapped[int]
    reason: Mapped[str] = mapped_column(default="")


class BulleTerms(TenantOwned, Model):
    """What holds for the members of a Bulle (None: of the organisation) from `since_at` on. Never changed.

    `floor`, `ceiling`: default limits, minutes. `gentle_low`, `gentle_high`: beyond them, an invitation in
    plain words, on both sides. `welcome`: minutes given to a new member.
    """

    __tablename__ = "bulle_terms"
    __table_args__ = (
        sa.CheckConstraint(
            "floor <= gentle_low and gentle_low <= 0 and 0 <= gentle_high and gentle_high <= ceiling",
            name="order",
        ),
        sa.CheckConstraint("welcome between 0 and 6000", name="welcome"),
        sa.Index(None, "tenant_id", "bulle_id", "since_at"),
    )

    bulle_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("bulles.id"))
    floor: Mapped[int]
    ceiling: Mapped[int]
    gentle_low: Mapped[int]
    gentle_high: Mapped[int]
    welcome: Mapped[int]
    since_at: Mapped[datetime] = mapped_column(default=now)
    operator_no: Mapped[int]
    reason: Mapped[str] = mapped_column(default="")


class OperatorKind(enum.StrEnum):
    USER = "user"
    MEMBER = "member"
    TOKEN = "token"  # noqa: S105 a kind, not a secret
    SYSTEM = "system"


class Operator(TenantBound, Model):
    """Who may be the author of a posting, by a number of the register: a person of the team, a member in
    their own space, a program with a token, or the installation. `name` is what is shown."""

    __tablename__ = "operators"
    __table_args__ = (
        sa.CheckConstraint("kind in ('user', 'member', 'token', 'system')", name="kind"),
        sa.UniqueConstraint("tenant_id", "kind", "subject_id"),
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]
    subject_id: Mapped[uuid.UUID] = mapped_column(default=new_id)
    name: Mapped[str]
