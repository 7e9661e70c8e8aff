"""Members: found, listed, counted, and what each gave and received."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from app.core.clock import now
from app.core.db import among, db, get_owned, require_tenant_id
from app.core.text import duration, fold
from app.reciprocity.models import (
    EXCHANGES,
    Account,
    AccountLimit,
    Entry,
    ExchangeNote,
    Member,
    Operator,
    OperatorKind,
    Reversal,
    Transfer,
)
from app.reciprocity.models.words import stems
from app.reciprocity.queries.accounts import get_system_account
from app.reciprocity.queries.fund import tells_beneficiary
from app.reciprocity.queries.statements import name_others

AMONG = 100
"""How many people, chosen by the words of their search keys, are looked at closely."""
MOST_WORDS = 24
"""How many words choose them: the longest, which say most."""
REFUNDABLE = timedelta(hours=72)
"""How long after a departure the hours can be given back: as long as an exchange can be corrected."""


class Totals(NamedTuple):
    """Minutes given and received in exchanges."""

    given: int
    received: int


def get_member(member_id: uuid.UUID, *, lock: bool = False) -> Member:
    """A member of the organisation, or NoResultFound."""
    return get_owned(Member, member_id, lock=lock)


def find_member_of(account_no: int) -> Member | None:
    """Whose account it is; None when it is not a member's."""
    return db.session.scalar(
        sa.select(Member).where(
            Member.tenant_id == require_tenant_id(), Member.account_no == account_no
        )
    )


def find_member(member_id: uuid.UUID) -> Member | None:
    """A member of the organisation, or None."""
    return db.session.get(Member, (require_tenant_id(), member_id))


def find_same_address(email_digest: str, besides: uuid.UUID | None) -> Member | None:
    """Someone of the organisation who has this address already, apart from `besides`."""
    return db.session.scalar(
        sa.select(Member)
        .where(_own(), Member.email_digest == email_digest, Member.id.is_distinct_from(besides))
        .order_by(Member.account_no)
        .limit(1)
    )


def list_members(
    *,
    q: str = "",
    bulle_id: uuid.UUID | None = None,
    left: bool = False,
    sort: str = "nom",
    for_team: bool = False,
) -> sa.Select[Member]:
    """The members (or those who left; never who was erased), searched in names and interests.

    Sorted by `nom`, by `depuis` when they joined, or, `for_team` alone since the fund's help is one, by
    `dernier`, the last movement of their account; with a `-` for the other way.
    """
    statement = (
        sa.select(Member)
        .join(
            Account,
            (Account.tenant_id == Member.tenant_id) & (Account.number == Member.account_no),
        )
        .where(_own(), Member.left_on.is_not(None) == left, Member.erased_at.is_(None))
    )
    if q:
        statement = statement.where(Member.search_key.contains(fold(q), autoescape=True))
    if bulle_id:
        statement = statement.where(Member.bulle_id == bulle_id)
    columns: dict[str, Any] = {"depuis": Member.joined_on}
    if for_team:
        columns["dernier"] = Account.moved_on
    column = columns.get(sort.removeprefix("-"), Member.sort_key)
    order = column.desc().nulls_last() if sort.startswith("-") else column.nulls_first()
    return statement.order_by(order, Member.sort_key, Member.id)


def list_namesakes(members: Iterable[Member]) -> set[str]:
    """The sort keys of these members that several of the organisation have: to be told apart by a number."""
    keys = {member.sort_key for member in members}
    return set(
        db.session.scalars(
            sa.select(Member.sort_key)
            .where(_own(), Member.left_on.is_(None), Member.sort_key.in_(keys))
            .group_by(Member.sort_key)
            .having(sa.func.count() > 1)
        )
    )


def list_company(member: Member) -> Sequence[sa.Row[uuid.UUID, str, list[str]]]:
    """Who seems to like what a member likes, AMONG at most: id, name, interests; most words alike first."""
    common = count_words(Member.search_key, stems(" ".join(member.interests)))
    return db.session.execute(
        sa.select(Member.id, Member.name, Member.interests)
        .where(
            _own(),
            Member.id != member.id,
            Member.left_on.is_(None),
            Member.erased_at.is_(None),
            common > 0,
        )
        .order_by(common.desc(), Member.sort_key, Member.id)
        .limit(AMONG)
    ).all()


def count_words(key: InstrumentedAttribute[str], words: Iterable[str]) -> sa.ColumnElement[int]:
    """How many of these stems a search key holds, inside longer words too. PostgreSQL chooses so whom to
    compare, and a page does not read everyone."""
    telling = sorted(words, key=lambda word: (-len(word), word))[:MOST_WORDS]
    return sum((sa.cast(key.contains(word), sa.Integer) for word in telling), sa.literal(0))


@dataclass(frozen=True)
class Movement:
    """One line of an account, as it is told. `others`: with whom, by name."""

    entry: Entry
    transfer: Transfer
    wording: str
    thanks: str
    others: list[str]

    @property
    def told(self) -> str:
        """What it was: « A donné 1 h 30 », or a movement that is no exchange, by its name."""
        minutes = duration(abs(self.entry.delta))
        if self.transfer.kind not in EXCHANGES:
            return f"{self.transfer.kind_label} : {minutes}"
        return f"A donné {minutes}" if self.entry.delta > 0 else f"A reçu {minutes}"


def list_movements(account_no: int, limit: int = 6, *, for_team: bool = True) -> list[Movement]:
    """The latest movements of an account, newest first. `for_team`: also what the fund gave them."""
    told = sa.true() if for_team else ~tells_beneficiary()
    rows = db.session.execute(
        sa.select(Entry, Transfer, ExchangeNote.wording, ExchangeNote.thanks)
        .join(
            Transfer,
            (Transfer.tenant_id == Entry.tenant_id) & (Transfer.id == Entry.transfer_id),
        )
        .outerjoin(
            ExchangeNote,
            (ExchangeNote.tenant_id == Entry.tenant_id)
            & (ExchangeNote.transfer_id == Entry.transfer_id),
        )
        .where(Entry.tenant_id == require_tenant_id(), Entry.account_no == account_no, told)
        .order_by(Entry.version.desc())
        .limit(limit)
    ).all()
    others = name_others(account_no, [transfer for _, transfer, *_ in rows])
    return [
        Movement(entry, transfer, wording or "", thanks or "", others[transfer.id])
        for entry, transfer, wording, thanks in rows
    ]


def list_limits(account_no: int) -> Sequence[AccountLimit]:
    """The limits that an account had, the latest first."""
    return db.session.scalars(
        sa.select(AccountLimit)
        .where(AccountLimit.tenant_id == require_tenant_id(), AccountLimit.account_no == account_no)
        .order_by(AccountLimit.set_at.desc(), AccountLimit.id.desc())
    ).all()


def find_refundable_settlement(account_no: int) -> Transfer | None:
    """The settlement that a departure has just written, while it can be undone: for 72 hours, as long as the
    fund still has the hours it received."""
    last = db.session.scalar(
        sa.select(Transfer)
        .join(
            Entry,
            (Entry.tenant_id == Transfer.tenant_id) & (Entry.transfer_id == Transfer.id),
        )
        .where(Entry.tenant_id == require_tenant_id(), Entry.account_no == account_no)
        .order_by(Entry.version.desc())
        .limit(1)
    )
    if last is None or last.kind != "settlement" or now() - last.posted_at > REFUNDABLE:
        return None
    gave = last.debit == account_no
    return None if gave and get_system_account("fund").balance < last.minutes else last


def find_operator_of(kind: OperatorKind, subject_id: uuid.UUID) -> Operator | None:
    """The author of postings that someone is, or None when they wrote none."""
    return db.session.scalar(
        sa.select(Operator).where(
            Operator.tenant_id == require_tenant_id(),
            Operator.kind == kind.value,
            Operator.subject_id == subject_id,
        )
    )


def totals(account_no: int) -> Totals:
    """What one account gave and received; see list_totals."""
    return list_totals([account_no]).get(account_no, Totals(0, 0))


def list_totals(numbers: Iterable[int]) -> dict[int, Totals]:
    """What several accounts gave and received in exchanges, those that were corrected left out.

    An account without any exchange is absent. Hours of welcome, gifts and grants are not exchanges.
    """
    corrected = (
        sa.select(Reversal.reversed_id)
        .where(Reversal.tenant_id == Transfer.tenant_id, Reversal.reversed_id == Transfer.id)
        .exists()
    )
    rows = db.session.execute(
        sa.select(
            Entry.account_no,
            sa.func.coalesce(sa.func.sum(Entry.delta).filter(Entry.delta > 0), 0).label("given"),
            sa.func.coalesce(-sa.func.sum(Entry.delta).filter(Entry.delta < 0), 0).label(
                "received"
            ),
        )
        .join(
            Transfer,
            (Transfer.tenant_id == Entry.tenant_id) & (Transfer.id == Entry.transfer_id),
        )
        .where(
            Entry.tenant_id == require_tenant_id(),
            among(Entry.account_no, numbers),
            Transfer.kind.in_(EXCHANGES),
            ~corrected,
        )
        .group_by(Entry.account_no)
    )
    return {number: Totals(given, received) for number, given, received in rows}


def _own() -> sa.ColumnElement[bool]:
    return Member.tenant_id == require_tenant_id()
