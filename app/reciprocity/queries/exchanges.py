"""Transfers: found, listed, told by name; who can be chosen for one."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from app.core.clock import today
from app.core.db import db, require_tenant_id
from app.core.listing import Page, count_rows, paginate
from app.core.text import fold
from app.reciprocity.models import (
    EXCHANGES,
    Account,
    AccountKind,
    BulleTerms,
    Entry,
    ExchangeNote,
    GroupLeg,
    Member,
    Reversal,
    Transfer,
)
from app.reciprocity.models.invitations import invitation, tell_totals
from app.reciprocity.queries.accounts import find_terms, name_accounts, name_operators
from app.reciprocity.queries.fund import tells_beneficiary
from app.reciprocity.queries.interface import map_shares
from app.reciprocity.queries.members import Totals, list_totals

SHOWN = 10_000
"""How many exchanges a list shows page after page; a search or a period finds the others."""
PERIODS = (timedelta(days=7), timedelta(days=92))
"""Before a day: where the latest exchanges are looked for first."""
SEEN, FOUND = 8, 20
"""How many people are offered: those who took part last, those whose name was searched."""
BUSY = 1_000
"""Among how many, the latest days first, those who took part last are looked for."""
FEW = 6
"""How many people of one exchange are told one by one."""
UNNAMED = "Une personne partie"
"""Who is told in an exchange once they were erased."""


def get_transfer(transfer_id: uuid.UUID) -> Transfer:
    """A transfer of the organisation, or NoResultFound."""
    return db.session.get_one(Transfer, (require_tenant_id(), transfer_id))


def find_transfer(transfer_id: uuid.UUID) -> Transfer | None:
    """A transfer of the organisation, None when nothing was noted under this id."""
    return db.session.get(Transfer, (require_tenant_id(), transfer_id))


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
    return dict(rows.all())


@dataclass(frozen=True)
class ExchangeFilter:
    """What a list of transfers keeps. `kind`: one of TransferKind, `all`, or empty for exchanges alone.
    `state`: `corrected`, `standing`, or empty for both. `for_team`: also what says whom the fund helped."""

    q: str = ""
    kind: str = ""
    state: str = ""
    bulle_id: uuid.UUID | None = None
    since: date | None = None
    until: date | None = None
    for_team: bool = False


@dataclass(frozen=True)
class ExchangeLine:
    """A transfer as people read it: who gave and who received, by name, and who noted it."""

    transfer: Transfer
    givers: list[str]
    receivers: list[str]
    noted_by: str
    wording: str
    corrected: bool


@dataclass(frozen=True)
class Standing:
    """What a member gave and received, in a sentence, and what to ask them when they are far to one side."""

    member: Member
    sentence: str


def list_exchanges(wanted: ExchangeFilter, sort: str = "-date") -> sa.Select[Transfer, str, bool]:
    """Rows of (Transfer, wording, corrected), sorted by `date` or `duree`; a `-` for the other way."""
    columns = {"duree": Transfer.minutes}
    column: Any = columns.get(sort.removeprefix("-"), Transfer.happened_on)
    order = [column, Transfer.posted_at, Transfer.id]
    if sort.startswith("-"):
        order = [part.desc() for part in order]
    return _told().where(*_conditions(wanted)).order_by(*order)


def page_exchanges(wanted: ExchangeFilter, sort: str, number: int) -> Page[Any]:
    """One page of list_exchanges, SHOWN rows at most, so that not all of them are read. A search reads them
    anyway: once."""
    statement = list_exchanges(wanted, sort)
    if sort == "-date" and not wanted.q:
        statement = _lately(statement, SHOWN + 1, wanted.until or today())
    return paginate(statement, number, entities=False, at_most=SHOWN)


def list_latest(limit: int) -> list[ExchangeLine]:
    """The last exchanges that stand, newest first."""
    statement = _lately(list_exchanges(ExchangeFilter(state="standing")), limit, today())
    return read_lines(db.session.execute(statement.limit(limit)).all())


def read_line(transfer_id: uuid.UUID) -> ExchangeLine:
    """One transfer as people read it, or NoResultFound."""
    return read_lines([db.session.execute(_told().where(Transfer.id == transfer_id)).one()])[0]


def stream_lines(statement: sa.Select[Transfer, str, bool]) -> Iterator[ExchangeLine]:
    """All the rows of list_exchanges, read a thousand at a time."""
    rows = db.session.execute(statement, execution_options={"yield_per": 1_000})
    for some in rows.partitions():
        yield from read_lines(some)


def read_lines(rows: Sequence[Any]) -> list[ExchangeLine]:
    """Rows of list_exchanges with their names: three statements, however many they are."""
    shares = map_shares([row.Transfer for row in rows])
    names = name_accounts({number for legs in shares.values() for number in legs})
    operators = name_operators({row.Transfer.operator_no for row in rows})

    def told(legs: dict[int, int], sign: int) -> list[str]:
        return [names.get(number) or UNNAMED for number, delta in legs.items() if delta * sign > 0]

    return [
        ExchangeLine(
            row.Transfer,
            told(shares[row.Transfer.id], 1),
            told(shares[row.Transfer.id], -1),
            operators.get(row.Transfer.operator_no, ""),
            row.wording,
            row.corrected,
        )
        for row in rows
    ]


def list_standings(transfer: Transfer) -> list[Standing]:
    """Where the people of an exchange stand, who gave first; none when they are more than a few."""
    numbers = list(list_legs(transfer))
    if len(numbers) > FEW:
        return []
    rows = db.session.execute(
        sa.select(Member, Account.balance)
        .join(
            Account,
            (Account.tenant_id == Member.tenant_id) & (Account.number == Member.account_no),
        )
        .where(
            Member.tenant_id == require_tenant_id(),
            Member.account_no.in_(numbers),
            Member.erased_at.is_(None),
        )
    )
    sums = list_totals(numbers)
    terms: dict[uuid.UUID | None, BulleTerms] = {}
    standings = {}
    for member, balance in rows:
        held = terms.setdefault(member.bulle_id, find_terms(member.bulle_id))
        told = sums.get(member.account_no, Totals(0, 0))
        usual = f"{member.name} {tell_totals(*told)}."
        sentence = invitation(member, *told, balance, held) or usual
        standings[member.account_no] = Standing(member, sentence)
    return [standings[number] for number in numbers if number in standings]


def list_people(q: str = "", without: Collection[int] = ()) -> list[tuple[int, str]]:
    """Members to choose among, as (account number, name): those whose name holds `q`, or those who took
    part in something last. Two of one name are told apart by their numbers."""
    statement = (
        sa.select(Account.number, Member.name)
        .join(
            Member,
            (Member.tenant_id == Account.tenant_id) & (Member.account_no == Account.number),
        )
        .where(
            Account.tenant_id == require_tenant_id(),
            Account.closed_at.is_(None),
            Member.left_on.is_(None),
            Account.number.not_in(without),
        )
    )
    if q:
        found = statement.where(Member.sort_key.contains(fold(q), autoescape=True))
        statement = found.order_by(Member.sort_key, Account.number).limit(FOUND)
    else:
        statement = _seen_last(statement)
    return _told_apart(db.session.execute(statement).all())


def list_common_accounts(without: Collection[int] = ()) -> list[tuple[int, str]]:
    """The open accounts of groups, of Bulles and of the organisation, as (account number, name)."""
    statement = sa.select(Account.number, sa.func.coalesce(Account.label, "")).where(
        Account.tenant_id == require_tenant_id(),
        Account.kind.in_((AccountKind.GROUP, AccountKind.BULLE, AccountKind.TENANT)),
        Account.closed_at.is_(None),
        Account.number.not_in(without),
    )
    return list(db.session.execute(statement.order_by(Account.number)))


def _seen_last(people: sa.Select[int, str]) -> sa.Select[int, str]:
    """Those whose account moved last, to the moment: an account tells the day, its last entry the rest."""
    day = sa.func.coalesce(Account.moved_on, Account.opened_on).label("day")
    latest = people.add_columns(Account.version, Member.sort_key, day)
    seen = latest.order_by(day.desc(), Member.sort_key, Account.number).limit(BUSY).subquery().c
    last = (Entry.account_no == seen.number) & (Entry.version == seen.version)
    same = (Transfer.tenant_id == Entry.tenant_id) & (Transfer.id == Entry.transfer_id)
    return (
        sa.select(seen.number, seen.name)
        .outerjoin(Entry, (Entry.tenant_id == require_tenant_id()) & last)
        .outerjoin(Transfer, same)
        .order_by(
            seen.day.desc(), Transfer.posted_at.desc().nulls_last(), seen.sort_key, seen.number
        )
        .limit(SEEN)
    )


def _lately(
    statement: sa.Select[Transfer, str, bool], enough: int, until: date
) -> sa.Select[Transfer, str, bool]:
    """The same rows from the shortest of PERIODS that holds so many: few blocks are read and sorted. All of
    them when there are too few."""
    for period in PERIODS:
        recent = statement.where(Transfer.happened_on > until - period)
        if count_rows(recent, enough) == enough:
            return recent
    return statement


def _told() -> sa.Select[Transfer, str, bool]:
    note = ExchangeNote
    return (
        sa.select(
            Transfer,
            sa.func.coalesce(note.wording, "").label("wording"),
            _corrected().label("corrected"),
        )
        .outerjoin(note, (note.tenant_id == Transfer.tenant_id) & (note.transfer_id == Transfer.id))
        .where(Transfer.tenant_id == require_tenant_id())
    )


def _conditions(wanted: ExchangeFilter) -> list[sa.ColumnElement[bool]]:
    kept: list[sa.ColumnElement[bool]] = [Transfer.tenant_id == require_tenant_id()]
    if wanted.kind != "all":
        kinds = (wanted.kind,) if wanted.kind else EXCHANGES
        kept.append(Transfer.kind.in_(kinds))
    if not wanted.for_team:
        kept.append(~tells_beneficiary())
    if wanted.state:
        kept.append(_corrected() if wanted.state == "corrected" else ~_corrected())
    if wanted.bulle_id:
        kept.append(_touches(Account.bulle_id == wanted.bulle_id))
    if wanted.since:
        kept.append(Transfer.happened_on >= wanted.since)
    if wanted.until:
        kept.append(Transfer.happened_on <= wanted.until)
    if wanted.q:
        kept.append(_tells(wanted.q))
    return kept


def _corrected() -> sa.ColumnElement[bool]:
    return (
        sa.select(Reversal.reversed_id)
        .where(Reversal.tenant_id == Transfer.tenant_id, Reversal.reversed_id == Transfer.id)
        .exists()
    )


def _tells(q: str) -> sa.ColumnElement[bool]:
    """Whether a name of the transfer, or what was said of it, holds these letters."""
    name = Member.sort_key.contains(fold(q), autoescape=True)
    label = Account.label.icontains(q, autoescape=True)
    noted = sa.select(ExchangeNote.transfer_id).where(
        ExchangeNote.tenant_id == require_tenant_id(),
        ExchangeNote.wording.icontains(q, autoescape=True),
    )
    return _touches(name | label) | Transfer.id.in_(noted)


def _touches(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Whether one of the transfer's accounts, or of their members, is such."""
    numbers = (
        sa.select(Account.number)
        .outerjoin(
            Member,
            (Member.tenant_id == Account.tenant_id) & (Member.account_no == Account.number),
        )
        .where(Account.tenant_id == require_tenant_id(), condition)
    )
    grouped = sa.select(GroupLeg.transfer_id).where(
        GroupLeg.tenant_id == require_tenant_id(), GroupLeg.account_no.in_(numbers)
    )
    return Transfer.debit.in_(numbers) | Transfer.credit.in_(numbers) | Transfer.id.in_(grouped)


def _told_apart(people: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    names = [name for _, name in people]
    return [
        (number, name if names.count(name) == 1 else f"{name} (n° {number})")
        for number, name in people
    ]
