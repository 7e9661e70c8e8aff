"""Transfers and their entries: written once by the posting functions, never changed."""

from __future__ import annotations

import enum
import uuid
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import Model, TenantBound

LONGEST = 24 * 60
"""Minutes: the longest exchange that one person can give in one go."""


class TransferKind(enum.StrEnum):
    EXCHANGE = "exchange"
    GROUP = "group"
    CHEQUE = "cheque"
    GIFT = "gift"
    GRANT = "grant"
    WELCOME = "welcome"
    SETTLEMENT = "settlement"
    REVERSAL = "reversal"
    CLEARING = "clearing"
    NETTING = "netting"
    IMPORT = "import"


TRANSFER_KIND_LABELS = {
    TransferKind.EXCHANGE: "Échange",
    TransferKind.GROUP: "Échange à plusieurs",
    TransferKind.CHEQUE: "Chèque",
    TransferKind.GIFT: "Don au fonds de solidarité",
    TransferKind.GRANT: "Coup de pouce du fonds",
    TransferKind.WELCOME: "Heures de bienvenue",
    TransferKind.SETTLEMENT: "Solde au départ",
    TransferKind.REVERSAL: "Correction",
    TransferKind.CLEARING: "Échange avec un autre lieu",
    TransferKind.NETTING: "Compensation entre lieux",
    TransferKind.IMPORT: "Échange repris",
}

EXCHANGES = ("exchange", "group", "cheque", "clearing", "import")
"""The kinds that are time given by someone to someone; the others move hours without an exchange."""
CORRECTABLE = ("exchange", "group", "cheque", "gift", "grant", "welcome", "import")
"""The kinds that the team undoes by the opposite; what was noted with another place has its own way."""
REPLACEABLE = ("exchange", "cheque", "import")
"""The kinds that a correction replaces by another exchange; the others are only undone."""
BETWEEN_TWO = ("exchange", "cheque", "clearing")
"""The kinds that the two people may undo by themselves, for a time."""


class Transfer(TenantBound, Model):
    """Minutes moved from the account that received help (`debit`) to the one that gave it (`credit`).

    `id` is made by the client: it is the idempotency key. `minutes` is positive; of a group exchange, the sum
    of what its givers gave, and its accounts are in `group_legs`. `happened_on`: the day of the exchange,
    Paris. `posted_at`: when it was written.
    """

    __tablename__ = "transfers"
    # A few bytes for many rows, which follow each other in time: the latest are found without reading all.
    __table_args__ = (sa.Index(None, "posted_at", "happened_on", postgresql_using="brin"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    posted_at: Mapped[datetime] = mapped_column(default=now)
    minutes: Mapped[int]
    happened_on: Mapped[date]
    operator_no: Mapped[int]
    debit: Mapped[int | None]
    credit: Mapped[int | None]
    kind: Mapped[str]

    @property
    def kind_label(self) -> str:
        """The kind in French."""
        return TRANSFER_KIND_LABELS[TransferKind(self.kind)]


class Entry(TenantBound, Model):
    """One line of an account: its rank, what it changed, the balance after it. Signed minutes.

    No foreign keys: the function that writes it has just updated the account and written the transfer, and
    `flask reciprocite verifier` proves it again each night.
    """

    __tablename__ = "entries"

    account_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    transfer_id: Mapped[uuid.UUID]
    delta: Mapped[int]
    balance_after: Mapped[int]


class GroupLeg(TenantBound, Model):
    """What one account gave (+) or received (-) in a group exchange, or in its reversal; they sum to zero."""

    __tablename__ = "group_legs"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["tenant_id", "transfer_id"], ["transfers.tenant_id", "transfers.id"]
        ),
        sa.CheckConstraint("delta <> 0", name="delta"),
    )

    transfer_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    account_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    delta: Mapped[int]


class Reversal(TenantBound, Model):
    """A correction: the transfer `reversal_id` undoes `reversed_id`, at most once; `replaced_by` is what was
    posted instead, if anything."""

    __tablename__ = "reversals"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["tenant_id", "reversed_id"], ["transfers.tenant_id", "transfers.id"]
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "reversal_id"], ["transfers.tenant_id", "transfers.id"]
        ),
        sa.UniqueConstraint("tenant_id", "reversal_id"),
    )

    reversed_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    reversal_id: Mapped[uuid.UUID]
    replaced_by: Mapped[uuid.UUID | None]
    reason: Mapped[str]


class ExchangeNote(TenantBound, Model):
    """What an exchange was about, if anyone said: outside the ledger, it may be reworded or erased."""

    __tablename__ = "exchange_notes"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["tenant_id", "transfer_id"], ["transfers.tenant_id", "transfers.id"]
        ),
    )

    transfer_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    wording: Mapped[str] = mapped_column(default="")
    category_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("categories.id"))
    offer_id: Mapped[uuid.UUID | None]
    thanks: Mapped[str] = mapped_column(default="")
    """A thank-you from who received to who gave: the only feedback there is."""
