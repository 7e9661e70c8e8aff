"""Cheque booklets: numbered paper, whose number is the key of the exchange it pays."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.audit import declare_actions
from app.core.clock import now
from app.core.db import Model, TenantBound, TenantOwned, owned_key

CHEQUES = 12
"""Cheques in a booklet: three pages of four."""

declare_actions(
    {
        "booklet.issued": "a remis un carnet de chèques à",
        "booklet.voided": "a annulé un carnet de chèques de",
        "booklet.restored": "a rétabli un carnet de chèques de",
    }
)


class Booklet(TenantOwned, Model):
    """A booklet handed to a member, who pays with it for the help they receive. `number` is the tenant's."""

    __tablename__ = "booklets"
    __table_args__ = (
        owned_key("member_id", "members"),
        sa.UniqueConstraint("tenant_id", "number"),
        sa.Index(None, "tenant_id", "member_id"),
    )

    number: Mapped[int]
    member_id: Mapped[uuid.UUID]
    cheques: Mapped[int] = mapped_column(default=CHEQUES)
    issued_at: Mapped[datetime] = mapped_column(default=now)
    voided_at: Mapped[datetime | None]
    operator_no: Mapped[int]

    @property
    def audit_label(self) -> str:
        return f"carnet {self.number}"


class ChequeUse(TenantBound, Model):
    """Which cheque paid which transfer: a cheque is used once, by its key. Never changed.

    The transfer's id is derived from the cheque's number and from how many times it was freed by a
    correction, so a cheque keyed twice at the same moment still posts once.
    """

    __tablename__ = "cheque_uses"
    __table_args__ = (
        owned_key("booklet_id", "booklets"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "transfer_id"], ["transfers.tenant_id", "transfers.id"]
        ),
        sa.UniqueConstraint("tenant_id", "transfer_id"),
    )

    booklet_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    cheque: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    turn: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=0)
    transfer_id: Mapped[uuid.UUID]
