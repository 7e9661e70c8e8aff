"""Transfers, their notes and corrections, an account's entries."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from app.core.db import db, require_tenant_id
from app.reciprocity.models import Entry, ExchangeNote, GroupLeg, Reversal, Transfer


def get_transfer(transfer_id: uuid.UUID) -> Transfer:
    """A transfer of the organisation, or NoResultFound."""
    return db.session.get_one(Transfer, (require_tenant_id(), transfer_id))


def find_note(transfer_id: uuid.UUID) -> ExchangeNote | None:
    """What was said of a transfer, or None."""
    return db.session.get(ExchangeNote, (require_tenant_id(), transfer_id))


def find_reversal(transfer_id: uuid.UUID) -> Reversal | None:
    """What corrects a transfer, or None."""
    return db.session.get(Reversal, (require_tenant_id(), transfer_id))


def list_legs(transfer: Transfer) -> dict[int, int]:
    """What each account gave (+) or received (-), in minutes."""
    if transfer.debit is not None and transfer.credit is not None:
        return {transfer.debit: -transfer.minutes, transfer.credit: transfer.minutes}
    rows = db.session.execute(
        sa.select(GroupLeg.account_no, GroupLeg.delta)
        .where(GroupLeg.tenant_id == require_tenant_id(), GroupLeg.transfer_id == transfer.id)
        .order_by(GroupLeg.delta.desc(), GroupLeg.account_no)
    )
    return {number: delta for number, delta in rows}


def list_entries(account_no: int, *, before: int | None = None, limit: int = 25) -> Sequence[Entry]:
    """The latest entries of an account, or those before a version; newest first."""
    statement = sa.select(Entry).where(
        Entry.tenant_id == require_tenant_id(), Entry.account_no == account_no
    )
    if before is not None:
        statement = statement.where(Entry.version < before)
    return db.session.scalars(statement.order_by(Entry.version.desc()).limit(limit)).all()
