"""Cheque booklets, their cheques, and who is meant by a name written on one."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from app.core.db import db, get_owned, require_tenant_id
from app.core.text import fold
from app.reciprocity.models import (
    Account,
    AccountKind,
    Booklet,
    ChequeUse,
    Member,
    Operator,
    Reversal,
    Transfer,
)

GIVERS = ("member", "group", "bulle", "tenant")
"""The kinds of accounts that can be credited by a cheque."""
PROPOSED = 1_000
"""How many names a field proposes; the others are written."""
SEVERAL = 6
"""How many members of one name, or of one beginning, are looked for."""
LABEL = re.compile(r"(?:(.+) \()?(?:n° ?)?(\d{1,9})\)?")
"""A folded name with the number of an account (Person.label), or a number alone."""


@dataclass(frozen=True)
class Use:
    """A use of a cheque: the exchange that stands for it, who keyed it, and whether nothing stands any more.

    Corrected into another exchange, a cheque has paid that one: it is not free."""

    turn: int
    transfer: Transfer
    keyed_by: str
    corrected: bool


@dataclass(frozen=True)
class Person:
    """Someone whose name may stand on a cheque."""

    account_no: int
    name: str

    @property
    def label(self) -> str:
        """The name that is like no other: with the number of the account."""
        return f"{self.name} (n° {self.account_no})"


def get_booklet(booklet_id: uuid.UUID, *, lock: bool = False) -> Booklet:
    """A booklet of the organisation, or NoResultFound."""
    return get_owned(Booklet, booklet_id, lock=lock)


def find_booklet(booklet_id: uuid.UUID) -> Booklet | None:
    """The same, or None."""
    return db.session.get(Booklet, (require_tenant_id(), booklet_id))


def find_holder(number: int) -> str | None:
    """The name of whom the booklet of this number was handed to, or None."""
    return db.session.scalar(
        sa.select(Member.name)
        .join(Booklet, _of_member())
        .where(Booklet.tenant_id == require_tenant_id(), Booklet.number == number)
    )


def list_payers(numbers: Iterable[int]) -> Mapping[int, tuple[Booklet, int]]:
    """Booklets by number, each with the account that pays by it. None can be voided until we have done."""
    rows = db.session.execute(
        sa.select(Booklet, Member.account_no)
        .join(Member, _of_member())
        .where(Booklet.tenant_id == require_tenant_id(), Booklet.number.in_(set(numbers)))
        .order_by(Booklet.number)
        .with_for_update(read=True, of=Booklet)
        .execution_options(populate_existing=True)
    )
    return {booklet.number: (booklet, account_no) for booklet, account_no in rows}


def list_booklets(*, q: str = "", state: str = "", sort: str = "-numero") -> sa.Select[Any]:
    """Rows of booklet, member, cheques used: searched by member; `state` « annules » or « valides »;
    sorted by `numero`, `nom` or `date`, with a `-` for the other way."""
    reversal = aliased(Reversal)
    used = (
        sa.select(sa.func.count())
        .select_from(ChequeUse)
        .outerjoin(reversal, _undone(reversal))
        .where(
            ChequeUse.tenant_id == Booklet.tenant_id,
            ChequeUse.booklet_id == Booklet.id,
            reversal.reversal_id.is_(None) | reversal.replaced_by.is_not(None),
        )
        .correlate(Booklet)
        .scalar_subquery()
    )
    statement = (
        sa.select(Booklet, Member, used.label("used"))
        .join(Member, _of_member())
        .where(Booklet.tenant_id == require_tenant_id())
    )
    if q:
        statement = statement.where(Member.search_key.contains(fold(q), autoescape=True))
    if state:
        statement = statement.where(Booklet.voided_at.is_not(None) == (state == "annules"))
    columns = {"nom": Member.sort_key, "date": Booklet.issued_at}
    column: Any = columns.get(sort.removeprefix("-"), Booklet.number)
    return statement.order_by(column.desc() if sort.startswith("-") else column, Booklet.id)


def list_uses(booklet_id: uuid.UUID, cheque: int | None = None) -> dict[int, list[Use]]:
    """How the cheques of a booklet (or one of them) were used: cheque → its uses, in order."""
    statement = (
        sa.select(ChequeUse.cheque, ChequeUse.turn, Transfer, Operator.name, Reversal)
        .join(
            Transfer,
            (Transfer.tenant_id == ChequeUse.tenant_id) & (Transfer.id == ChequeUse.transfer_id),
        )
        .join(
            Operator,
            (Operator.tenant_id == Transfer.tenant_id) & (Operator.number == Transfer.operator_no),
        )
        .outerjoin(Reversal, _undone(Reversal))
        .where(ChequeUse.tenant_id == require_tenant_id(), ChequeUse.booklet_id == booklet_id)
        .order_by(ChequeUse.cheque, ChequeUse.turn)
    )
    if cheque is not None:
        statement = statement.where(ChequeUse.cheque == cheque)
    uses: dict[int, list[Use]] = {}
    for number, turn, transfer, author, reversal in db.session.execute(statement):
        stands, undone = _what_stands(transfer, reversal)
        uses.setdefault(number, []).append(Use(turn, stands, author, undone))
    return uses


def _what_stands(transfer: Transfer, reversal: Reversal | None) -> tuple[Transfer, bool]:
    """The last exchange that replaced this one, and whether that was undone in turn."""
    while reversal and reversal.replaced_by:
        transfer = db.session.get_one(Transfer, (transfer.tenant_id, reversal.replaced_by))
        reversal = db.session.get(Reversal, (transfer.tenant_id, transfer.id))
    return transfer, reversal is not None


def list_people(kinds: Sequence[str] = GIVERS) -> list[Person]:
    """The open accounts of these kinds, by name: everyone whose help a cheque can pay, or members alone.
    PROPOSED at most, those that moved last."""
    latest = _open(kinds).order_by(Account.moved_on.desc().nulls_last(), Account.number)
    return sorted(_read(latest.limit(PROPOSED)), key=lambda person: fold(person.name))


def search_people(written: str, commons: Collection[Person] = ()) -> list[Person]:
    """Whom « Yann », « 12 », « n° 12 » or « Yann (n° 12) » means among members and `commons`, the accounts of
    several people; else those whose name begins so. SEVERAL members at most."""
    words = fold(" ".join(written.split()))
    labelled = LABEL.fullmatch(words)
    name, number = (labelled[1], int(labelled[2])) if labelled else (words, None)
    whole = [] if name is None else [Member.sort_key == name]
    whole += [] if number is None else [Member.account_no == number]
    return [
        *_search(*whole),
        *(p for p in commons if name in (None, fold(p.name)) and number in (None, p.account_no)),
    ] or [
        *_search(Member.sort_key.startswith(words, autoescape=True)),
        *(p for p in commons if fold(p.name).startswith(words)),
    ]


def _search(*conditions: sa.ColumnElement[bool]) -> list[Person]:
    found = _open((AccountKind.MEMBER,)).where(*conditions)
    return _read(found.order_by(Member.sort_key, Account.number).limit(SEVERAL))


def _open(kinds: Sequence[str]) -> sa.Select[int, str]:
    return (
        sa.select(Account.number, sa.func.coalesce(Member.name, Account.label, ""))
        .outerjoin(
            Member,
            (Member.tenant_id == Account.tenant_id) & (Member.account_no == Account.number),
        )
        .where(
            Account.tenant_id == require_tenant_id(),
            Account.kind.in_(kinds),
            Account.closed_at.is_(None),
            Member.left_on.is_(None),
        )
    )


def _read(people: sa.Select[int, str]) -> list[Person]:
    return [Person(number, name) for number, name in db.session.execute(people)]


def _of_member() -> sa.ColumnElement[bool]:
    return (Member.tenant_id == Booklet.tenant_id) & (Member.id == Booklet.member_id)


def _undone(reversal: Any) -> sa.ColumnElement[bool]:
    undone: sa.ColumnElement[bool] = (reversal.tenant_id == ChequeUse.tenant_id) & (
        reversal.reversed_id == ChequeUse.transfer_id
    )
    return undone
