"""The statement of an account: a prefix of its chain, so that a past day's never changes."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from app.core.clock import PARIS, now, paris
from app.core.db import db, require_tenant_id
from app.core.text import join_names
from app.reciprocity.models import (
    EXCHANGES,
    GENESIS,
    Account,
    Entry,
    ExchangeNote,
    Reversal,
    Seal,
    SealHead,
    Transfer,
)
from app.reciprocity.models.chain import Line, core, replay
from app.reciprocity.queries.accounts import get_account, name_accounts
from app.reciprocity.queries.interface import map_shares

BATCH = 1000
CLOCK_SLACK = timedelta(hours=1)
"""More than what separates the instant of a seal from those of the entries that it covers."""


@dataclass(frozen=True)
class Movement:
    """One line: what changed, with whom, what was said of it, what undid it.

    `others`: the names on the other side. `undone`: what undid it, or None.
    """

    entry: Entry
    transfer: Transfer
    wording: str
    others: list[str]
    undone: Reversal | None = None

    @property
    def noted_on(self) -> date:
        """The day it was written, Paris."""
        return paris(self.transfer.posted_at).date()

    @property
    def state(self) -> str:
        """Whether it still stands, in French; nothing when it does."""
        if self.undone is None:
            return ""
        return "Corrigé" if self.undone.replaced_by else "Annulé"

    @property
    def other(self) -> str:
        """The names on the other side, as one phrase."""
        return join_names(self.others)

    @property
    def other_no(self) -> int | None:
        """The number of the other account; None when there were several."""
        return self.transfer.debit if self.entry.delta > 0 else self.transfer.credit


@dataclass(frozen=True)
class Statement:
    """An account at the end of the day `on`: its entries up to `version`, and its balance then, in minutes.

    `since`: the first day that is told, None for all; `first`: the version of the first line told.
    `latest`, `head`: where the account itself stood when it was read. `noted_later`: how many exchanges of
    those days were written after them. Plain values: they outlive the session.
    """

    number: int
    name: str
    since: date | None
    on: date
    first: int
    version: int
    balance: int
    latest: int
    head: bytes
    noted_later: int = 0


@dataclass(frozen=True)
class Parts:
    """What makes a balance, in minutes, what was undone left out: time given and received in exchanges, and
    the other movements by kind, signed."""

    given: int
    received: int
    others: Mapping[str, int]


@dataclass(frozen=True)
class Base:
    """Where a proof starts: the account as a seal covers it, or before its first entry (`seal_no` None)."""

    version: int
    head: bytes
    balance: int
    seal_no: int | None


@dataclass(frozen=True)
class Proof:
    """Every entry from `base` to the statement's version, oldest first, and the head they lead to."""

    base: Base
    movements: Sequence[Movement]
    head: bytes


class ChainBroken(Exception):
    """The entries of an account do not lead to its head: the register was written around its functions."""


def open_statement(account_no: int, on: date, since: date | None = None) -> Statement:
    """The statement of an account at the end of a day, Paris; NoResultFound: no such account."""
    account = get_account(account_no)
    version = _version_before(account, _evening(on))
    first = _version_before(account, _evening(since - timedelta(days=1))) + 1 if since else 1
    name = name_accounts([account_no]).get(account_no) or f"Compte {account_no}"
    return Statement(
        account_no,
        name,
        since,
        on,
        first,
        version,
        _balance_at(account_no, version),
        account.version,
        account.head,
        _count_noted_later(account, version, since, on),
    )


def list_movements(
    statement: Statement, *, before: int | None = None, limit: int = 25
) -> list[Movement]:
    """The lines of a statement, newest first, or those before a version."""
    top = min(statement.version + 1, before or statement.version + 1)
    rows = _lines(statement.number).where(Entry.version >= statement.first, Entry.version < top)
    found = db.session.execute(rows.order_by(Entry.version.desc()).limit(limit)).all()
    return _told(statement.number, found)


def sum_parts(account_no: int, version: int) -> Parts:
    """What the balance of an account was made of at a version, oldest kinds first."""
    undone = aliased(Transfer)
    kind = sa.func.coalesce(undone.kind, Transfer.kind)
    gave = (Entry.delta > 0) == undone.id.is_(None)
    rows = db.session.execute(
        sa.select(
            kind,
            sa.func.coalesce(sa.func.sum(Entry.delta).filter(gave), 0),
            sa.func.coalesce(sa.func.sum(Entry.delta).filter(~gave), 0),
        )
        .join(Transfer, _moved())
        .outerjoin(
            Reversal,
            (Reversal.tenant_id == Entry.tenant_id) & (Reversal.reversal_id == Entry.transfer_id),
        )
        .outerjoin(
            undone,
            (undone.tenant_id == Reversal.tenant_id) & (undone.id == Reversal.reversed_id),
        )
        .where(
            Entry.tenant_id == require_tenant_id(),
            Entry.account_no == account_no,
            Entry.version <= version,
        )
        .group_by(kind)
        .order_by(sa.func.min(Entry.version))
    ).all()
    return Parts(
        given=sum(plus for name, plus, _ in rows if name in EXCHANGES),
        received=-sum(minus for name, _, minus in rows if name in EXCHANGES),
        others={name: p + m for name, p, m in rows if name not in EXCHANGES and p + m},
    )


def name_others(account_no: int, transfers: Sequence[Transfer]) -> dict[uuid.UUID, list[str]]:
    """Who stood on the other side of these transfers of an account, by name; a nameless one is left out."""
    shares = map_shares(transfers)
    names = name_accounts({number for legs in shares.values() for number in legs})
    return {
        transfer_id: [
            names[number]
            for number, delta in sorted(legs.items())
            if delta * legs[account_no] < 0 and names.get(number)
        ]
        for transfer_id, legs in shares.items()
    }


def iter_movements(statement: Statement) -> Iterator[Movement]:
    """Every line of a statement, oldest first, read some at a time."""
    yield from _between(statement.number, statement.first - 1, statement.version)


def read_proof(statement: Statement) -> Proof:
    """What proves a statement: from the last seal before its first line, else from the first entry.

    ChainBroken: they do not lead to where the account stands.
    """
    number = statement.number
    base = _find_base(number, statement.first - 1)
    movements = list(_between(number, base.version, statement.version))
    head = replay(number, map(chain_line, movements), base.head)
    if statement.version == statement.latest and head != statement.head:
        raise ChainBroken(f"account {number}")
    return Proof(base, movements, head)


def count_proof(statement: Statement) -> int:
    """How many entries its proof would hold."""
    return statement.version - _find_base(statement.number, statement.first - 1).version


def chain_line(movement: Movement) -> Line:
    """A line as the chain covers it."""
    entry, t = movement.entry, movement.transfer
    facts = core(
        t.id, t.kind, t.debit, t.credit, t.minutes, t.happened_on, t.operator_no, t.posted_at
    )
    return Line(entry.version, entry.delta, facts)


def _evening(day: date) -> datetime:
    """The instant at which a day ends, Paris."""
    return datetime.combine(day + timedelta(days=1), time(), PARIS)


def _version_before(account: Account, instant: datetime) -> int:
    """The last version of the prefix whose entries were all written before an instant.

    Entries are told apart by when their posting began, which is not quite their order: the prefix ends where
    the first later one stands. Seals tell where to start looking; while a day lasts, there is nothing to look
    for.
    """
    if now() < instant - CLOCK_SLACK:
        return account.version
    seen = db.session.scalar(
        sa.select(sa.func.max(SealHead.version))
        .join(Seal, (Seal.tenant_id == SealHead.tenant_id) & (Seal.number == SealHead.seal_no))
        .where(
            SealHead.tenant_id == require_tenant_id(),
            SealHead.account_no == account.number,
            Seal.sealed_at < instant - CLOCK_SLACK,
        )
    )
    later = db.session.scalar(
        sa.select(Entry.version)
        .join(Transfer, _moved())
        .where(
            Entry.tenant_id == require_tenant_id(),
            Entry.account_no == account.number,
            Entry.version > (seen or 0),
            Transfer.posted_at >= instant,
        )
        .order_by(Entry.version)
        .limit(1)
    )
    return account.version if later is None else later - 1


def _count_noted_later(account: Account, version: int, since: date | None, on: date) -> int:
    if version == account.version:
        return 0
    counted = (
        sa.select(sa.func.count())
        .select_from(Entry)
        .join(Transfer, _moved())
        .where(
            Entry.tenant_id == require_tenant_id(),
            Entry.account_no == account.number,
            Entry.version > version,
            Transfer.kind.in_(EXCHANGES),
            Transfer.happened_on.between(since or date.min, on),
        )
    )
    return db.session.scalar(counted) or 0


def _find_base(account_no: int, version: int) -> Base:
    sealed = db.session.scalar(
        sa.select(SealHead)
        .where(
            SealHead.tenant_id == require_tenant_id(),
            SealHead.account_no == account_no,
            SealHead.version <= version,
        )
        .order_by(SealHead.version.desc())
        .limit(1)
    )
    if sealed is None:
        return Base(0, GENESIS, 0, None)
    return Base(
        sealed.version, sealed.head, _balance_at(account_no, sealed.version), sealed.seal_no
    )


def _balance_at(account_no: int, version: int) -> int:
    entry = db.session.get(Entry, (require_tenant_id(), account_no, version))
    return entry.balance_after if entry else 0


def _between(account_no: int, after: int, last: int) -> Iterator[Movement]:
    while after < last:
        rows = _lines(account_no).where(Entry.version > after, Entry.version <= last)
        found = db.session.execute(rows.order_by(Entry.version).limit(BATCH)).all()
        movements = _told(account_no, found)
        if not movements:
            raise ChainBroken(f"account {account_no}: no entry {after + 1}")
        yield from movements
        after = movements[-1].entry.version


def _lines(account_no: int) -> sa.Select[Entry, Transfer, str, Reversal | None]:
    return (
        sa.select(Entry, Transfer, sa.func.coalesce(ExchangeNote.wording, ""), Reversal)
        .join(Transfer, _moved())
        .outerjoin(
            ExchangeNote,
            (ExchangeNote.tenant_id == Entry.tenant_id)
            & (ExchangeNote.transfer_id == Entry.transfer_id),
        )
        .outerjoin(
            Reversal,
            (Reversal.tenant_id == Entry.tenant_id) & (Reversal.reversed_id == Entry.transfer_id),
        )
        .where(Entry.tenant_id == require_tenant_id(), Entry.account_no == account_no)
    )


def _told(
    account_no: int, rows: Sequence[sa.Row[Entry, Transfer, str, Reversal | None]]
) -> list[Movement]:
    others = name_others(account_no, [transfer for _, transfer, *_ in rows])
    return [
        Movement(entry, transfer, wording, others[transfer.id], undone)
        for entry, transfer, wording, undone in rows
    ]


def _moved() -> sa.ColumnElement[bool]:
    return (Transfer.tenant_id == Entry.tenant_id) & (Transfer.id == Entry.transfer_id)
