"""What programs read: accounts, exchanges and entries, a page at a time."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import sqlalchemy as sa

from app.core.db import among, db, require_tenant_id
from app.reciprocity.models import Account, Entry, ExchangeNote, GroupLeg, Reversal, Transfer
from app.reciprocity.queries.fund import tells_beneficiary
from app.reciprocity.queries.running import find_horizon

PAGE = 100


def list_accounts_after(number: int) -> Sequence[Account]:
    """The accounts after a number, a page of them."""
    return db.session.scalars(
        sa.select(Account)
        .where(Account.tenant_id == require_tenant_id(), Account.number > number)
        .order_by(Account.number)
        .limit(PAGE)
    ).all()


def list_transfers_after(transfer: Transfer | None, *, for_team: bool) -> Sequence[Transfer]:
    """The transfers written after one (None: from the first), a page of them, in their order; nothing appears
    later among those. `for_team`: also what says whom the fund helped."""
    statement = sa.select(Transfer).where(
        Transfer.tenant_id == require_tenant_id(), Transfer.posted_at < find_horizon()
    )
    if not for_team:
        statement = statement.where(~tells_beneficiary())
    if transfer is not None:
        here = sa.tuple_(Transfer.posted_at, Transfer.id)
        statement = statement.where(here > sa.tuple_(transfer.posted_at, transfer.id))
    return db.session.scalars(statement.order_by(Transfer.posted_at, Transfer.id).limit(PAGE)).all()


def list_lines(account_no: int, before: int | None) -> Sequence[sa.Row[Entry, Transfer]]:
    """The entries of an account with their transfers, newest first, before a version if one is given."""
    statement = (
        sa.select(Entry, Transfer)
        .join(
            Transfer,
            (Transfer.tenant_id == Entry.tenant_id) & (Transfer.id == Entry.transfer_id),
        )
        .where(Entry.tenant_id == require_tenant_id(), Entry.account_no == account_no)
    )
    if before is not None:
        statement = statement.where(Entry.version < before)
    return db.session.execute(statement.order_by(Entry.version.desc()).limit(PAGE)).all()


def map_notes(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """What was said of these transfers."""
    rows = db.session.execute(
        sa.select(ExchangeNote.transfer_id, ExchangeNote.wording).where(
            ExchangeNote.tenant_id == require_tenant_id(), ExchangeNote.transfer_id.in_(ids)
        )
    )
    return {row.transfer_id: row.wording for row in rows}


def map_shares(transfers: Sequence[Transfer]) -> dict[uuid.UUID, dict[int, int]]:
    """What each account gave (+) or received (-) in these transfers."""
    shares = {
        t.id: {t.credit: t.minutes, t.debit: -t.minutes}
        for t in transfers
        if t.debit is not None and t.credit is not None
    }
    groups = [t.id for t in transfers if t.id not in shares]
    rows = db.session.execute(
        sa.select(GroupLeg.transfer_id, GroupLeg.account_no, GroupLeg.delta).where(
            GroupLeg.tenant_id == require_tenant_id(), among(GroupLeg.transfer_id, groups)
        )
    )
    for transfer_id, number, delta in rows:
        shares.setdefault(transfer_id, {})[number] = delta
    return shares


def list_reversals_about(ids: Sequence[uuid.UUID]) -> Sequence[Reversal]:
    """The corrections that undo these transfers, or that are among them."""
    return db.session.scalars(
        sa.select(Reversal).where(
            Reversal.tenant_id == require_tenant_id(),
            Reversal.reversed_id.in_(ids) | Reversal.reversal_id.in_(ids),
        )
    ).all()
