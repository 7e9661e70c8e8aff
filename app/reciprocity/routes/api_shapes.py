"""Rows of the ledger as the shapes that programs receive."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from app.reciprocity.forms.api import AccountOut, ExchangeOut, Share
from app.reciprocity.models import Account, Reversal, Transfer
from app.reciprocity.queries.accounts import name_accounts, name_operators
from app.reciprocity.queries.fund import list_confidential
from app.reciprocity.queries.interface import list_reversals_about, map_notes, map_shares


def show_accounts(accounts: Sequence[Account], *, whole: bool) -> list[AccountOut]:
    """Accounts, with the names of whoever they belong to; `whole`: with what tells whom the fund helped."""
    names = name_accounts([account.number for account in accounts])
    return [
        AccountOut(
            number=account.number,
            kind=account.kind,
            name=names[account.number],
            balance_minutes=account.balance if whole else None,
            held_minutes=account.held,
            floor_minutes=account.floor,
            ceiling_minutes=account.ceiling,
            version=account.version if whole else None,
            head=account.head.hex() if whole else None,
            closed=account.closed_at is not None,
        )
        for account in accounts
    ]


def show_exchanges(transfers: Sequence[Transfer]) -> list[ExchangeOut]:
    """Transfers, with what was said of them and what corrects them. Six statements, however many."""
    ids = [transfer.id for transfer in transfers]
    notes, shares, hidden = map_notes(ids), map_shares(transfers), list_confidential(ids)
    operators = name_operators([transfer.operator_no for transfer in transfers])
    reversals = list_reversals_about(ids)
    return [
        ExchangeOut(
            id=transfer.id,
            kind=transfer.kind,
            happened_on=transfer.happened_on,
            posted_at=transfer.posted_at,
            minutes=transfer.minutes,
            shares=[] if transfer.id in hidden else _shares(shares[transfer.id]),
            wording="" if transfer.id in hidden else notes.get(transfer.id, ""),
            recorded_by=operators[transfer.operator_no],
            **_corrections(transfer, reversals),
        )
        for transfer in transfers
    ]


def _corrections(transfer: Transfer, reversals: Sequence[Reversal]) -> dict[str, uuid.UUID | None]:
    undone = next((r for r in reversals if r.reversed_id == transfer.id), None)
    undoing = next((r for r in reversals if r.reversal_id == transfer.id), None)
    return {
        "corrects": undoing.reversed_id if undoing else None,
        "corrected_by": undone.reversal_id if undone else None,
        "replaced_by": undone.replaced_by if undone else None,
    }


def _shares(legs: dict[int, int]) -> list[Share]:
    return [Share(account=number, minutes=delta) for number, delta in sorted(legs.items())]
