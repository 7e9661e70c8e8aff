"""Agreements with other organisations, who owes what, exchanges and compensations between them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from app.core.db import db, get_owned, require_tenant_id
from app.core.deliveries import Delivery
from app.core.text import fold
from app.reciprocity.models import (
    Account,
    Clearing,
    Member,
    Mirror,
    MirrorState,
    Netting,
    NettingState,
    Reversal,
    Transfer,
    TransferKind,
)
from app.tenants.queries import get_tenant

TENSE = 0.7
"""The part of the agreed limit from which a gathering is suggested (Komunitin's manual for coordinators)."""


@dataclass(frozen=True)
class Pair:
    """Another organisation, what was said with it, and what we owe it in minutes (negative: it owes us)."""

    mirror: Mirror
    name: str
    balance: int

    @property
    def is_agreed(self) -> bool:
        """Whether hours may be exchanged now."""
        return self.mirror.state == MirrorState.AGREED

    @property
    def is_tense(self) -> bool:
        """Whether most of the limit is used."""
        limit = self.mirror.limit_minutes
        return self.is_agreed and bool(limit) and abs(self.balance) >= TENSE * (limit or 0)


@dataclass(frozen=True)
class Visit:
    """An exchange with another organisation, seen from here. `account_no`, `name`: ours; `code`: theirs."""

    transfer: Transfer
    peer_id: uuid.UUID
    code: str
    account_no: int
    name: str
    we_received: bool
    is_reversed: bool

    @property
    def peer_name(self) -> str:
        """The other organisation's name."""
        return get_tenant(self.peer_id).short_name


def find_mirror(peer_id: uuid.UUID, *, lock: bool = False) -> Mirror | None:
    """What was said with another organisation, or None."""
    key = (require_tenant_id(), peer_id)
    return db.session.get(Mirror, key, with_for_update=lock or None, populate_existing=lock)


def get_pair(peer_id: uuid.UUID) -> Pair:
    """Another organisation with which something was said, or NoResultFound."""
    return _pair(*db.session.execute(_pairs().where(Mirror.peer_id == peer_id)).one())


def list_pairs(*, sort: str = "nom") -> list[Pair]:
    """Every organisation with which something was said; by `nom`, or `heures` that we owe, `-` reverses."""
    pairs = [_pair(*row) for row in db.session.execute(_pairs())]
    pairs.sort(key=lambda pair: fold(pair.name))
    if sort.endswith("heures"):
        pairs.sort(key=lambda pair: pair.balance)
    return pairs[::-1] if sort.startswith("-") else pairs


def find_visit_code(account: Account) -> str:
    """What a member says where they help someone of another organisation, as ABCD-EFGH; empty while there is
    no agreement."""
    agreed = sa.select(Mirror.peer_id).where(
        Mirror.tenant_id == require_tenant_id(), Mirror.state == MirrorState.AGREED
    )
    code = account.pseudonym
    return f"{code[:4]}-{code[4:]}" if db.session.scalar(sa.select(agreed.exists())) else ""


def list_received_pairs() -> list[Pair]:
    """The proposals that await our answer."""
    return [pair for pair in list_pairs() if pair.mirror.state == MirrorState.RECEIVED]


def list_balances() -> dict[uuid.UUID, int]:
    """What we owe each organisation, in minutes, nothing left out but zero."""
    return {pair.mirror.peer_id: pair.balance for pair in list_pairs() if pair.balance}


def list_visits(
    *, peer_id: uuid.UUID | None = None, q: str = "", sort: str = "-date"
) -> sa.Select[Transfer, uuid.UUID, str, int, str, bool, bool]:
    """Exchanges with other organisations, corrections left out: rows of which `as_visit` makes a Visit.

    Searched in our member's name and in codes; sorted by `date` or `duree`.
    """
    ours = sa.case((Transfer.credit == Mirror.account_no, Transfer.debit), else_=Transfer.credit)
    name = sa.func.coalesce(Member.name, Account.label, "")
    statement = (
        sa.select(
            Transfer, Clearing.peer_id, Clearing.pseudonym, Account.number, name,
            Transfer.credit == Mirror.account_no, Reversal.reversed_id.is_not(None),
        )
        .select_from(Clearing)
        .join(Transfer, _same(Transfer) & (Transfer.id == Clearing.transfer_id))
        .join(Mirror, _same(Mirror) & (Mirror.peer_id == Clearing.peer_id))
        .join(Account, _same(Account) & (Account.number == ours))
        .outerjoin(Member, _same(Member) & (Member.account_no == Account.number))
        .outerjoin(Reversal, _same(Reversal) & (Reversal.reversed_id == Transfer.id))
        .where(Clearing.tenant_id == require_tenant_id(), Transfer.kind == TransferKind.CLEARING)
    )  # fmt: skip
    if peer_id:
        statement = statement.where(Clearing.peer_id == peer_id)
    if q:
        words, code = fold(q), q.upper().replace(" ", "").replace("-", "")
        statement = statement.where(
            Member.sort_key.contains(words, autoescape=True)
            | Clearing.pseudonym.contains(code, autoescape=True)
        )
    column: Any = Transfer.minutes if sort.endswith("duree") else Transfer.happened_on
    order = column.desc() if sort.startswith("-") else column
    return statement.order_by(order, Transfer.posted_at.desc(), Transfer.id)


def as_visit(row: Any) -> Visit:
    """A row of list_visits."""
    return Visit(*row)


def get_visit(transfer_id: uuid.UUID) -> Visit:
    """One exchange with another organisation, or NoResultFound."""
    return as_visit(db.session.execute(list_visits().where(Transfer.id == transfer_id)).one())


def get_netting(netting_id: uuid.UUID, *, lock: bool = False) -> Netting:
    """A compensation that was proposed here, or NoResultFound."""
    return get_owned(Netting, netting_id, lock=lock)


def find_netting(netting_id: uuid.UUID, *, lock: bool = False) -> Netting | None:
    """A compensation that was proposed here, or None."""
    key = (require_tenant_id(), netting_id)
    return db.session.get(Netting, key, with_for_update=lock or None, populate_existing=lock)


def list_nettings(*, state: str = "") -> sa.Select[Netting]:
    """The compensations that were proposed here, the latest first."""
    statement = sa.select(Netting).where(Netting.tenant_id == require_tenant_id())
    if state:
        statement = statement.where(Netting.state == state)
    return statement.order_by(Netting.month.desc(), Netting.proposed_at.desc(), Netting.id)


def list_nettings_to_answer() -> Sequence[Netting]:
    """Those that await our answer."""
    return db.session.scalars(list_nettings(state=NettingState.PROPOSED)).all()


def list_overdue_nettings(month: date) -> Sequence[Netting]:
    """Those of before this month that were not written, locked."""
    return db.session.scalars(
        list_nettings()
        .where(
            Netting.month < month,
            Netting.state.in_((NettingState.PROPOSED, NettingState.ACCEPTED)),
        )
        .with_for_update()
    ).all()


def list_answers(kind: str, netting_id: uuid.UUID) -> dict[uuid.UUID, str]:
    """What the others last answered to a compensation, by organisation."""
    letters = db.session.scalars(
        sa.select(Delivery)
        .where(
            Delivery.tenant_id == require_tenant_id(),
            Delivery.kind == kind,
            Delivery.subject_id == netting_id,
        )
        .order_by(Delivery.version)
    )
    return {letter.sender_id: str(letter.payload.get("answer")) for letter in letters}


def list_month_letters(kind: str, month: date) -> Sequence[Delivery]:
    """The letters of this kind that were received here about a month, in order."""
    return db.session.scalars(
        sa.select(Delivery)
        .where(
            Delivery.tenant_id == require_tenant_id(),
            Delivery.kind == kind,
            Delivery.payload["month"].astext == month.isoformat(),
        )
        .order_by(Delivery.delivered_at)
    ).all()


def has_written(kind: str, month: date) -> bool:
    """Whether we wrote a letter of this kind about a month, to anyone."""
    found = (
        sa.select(Delivery.id)
        .where(
            Delivery.sender_id == require_tenant_id(),
            Delivery.kind == kind,
            Delivery.payload["month"].astext == month.isoformat(),
        )
        .limit(1)
    )
    return db.session.scalar(found) is not None


def _pairs() -> sa.Select[Mirror, int]:
    return (
        sa.select(Mirror, sa.func.coalesce(Account.balance, 0))
        .outerjoin(
            Account,
            (Account.tenant_id == Mirror.tenant_id) & (Account.number == Mirror.account_no),
        )
        .where(Mirror.tenant_id == require_tenant_id())
    )


def _pair(mirror: Mirror, balance: int) -> Pair:
    return Pair(mirror, get_tenant(mirror.peer_id).short_name, balance)


def _same(model: Any) -> sa.ColumnElement[bool]:
    same: sa.ColumnElement[bool] = model.tenant_id == Clearing.tenant_id
    return same
