"""Accounts, their names, their terms."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.exc import NoResultFound

from app.core.db import among, db, require_tenant_id
from app.reciprocity.models import (
    NO_LIMIT,
    Account,
    AccountKind,
    BulleTerms,
    Ledger,
    Member,
    Operator,
)

STANDARD = BulleTerms(
    floor=-20 * 60, ceiling=NO_LIMIT, gentle_low=-8 * 60, gentle_high=12 * 60, welcome=0
)
"""What holds until the organisation says otherwise."""


def find_ledger() -> Ledger | None:
    """The organisation's register of hours, None when it is not open."""
    return db.session.get(Ledger, require_tenant_id())


def get_account(number: int) -> Account:
    """An account of the organisation, or NoResultFound."""
    return db.session.get_one(Account, (require_tenant_id(), number))


def get_group(number: int) -> Account:
    """The account of a group, or NoResultFound."""
    account = get_account(number)
    if account.kind != AccountKind.GROUP:
        raise NoResultFound
    return account


def find_bulle_account(bulle_id: uuid.UUID) -> Account | None:
    """The account of a Bulle as a place, None when nobody opened it."""
    return db.session.scalar(
        sa.select(Account)
        .where(_own(), Account.kind == AccountKind.BULLE, Account.bulle_id == bulle_id)
        .order_by(Account.number)
        .limit(1)
    )


def list_accounts(*kinds: str) -> Sequence[Account]:
    """The accounts of these kinds, open or closed, by number."""
    return db.session.scalars(
        sa.select(Account).where(_own(), Account.kind.in_(kinds)).order_by(Account.number)
    ).all()


def find_account_name(number: int) -> str:
    """Whose account it is, in words; « Cette personne » when it is nobody's here."""
    return name_accounts([number]).get(number, "Cette personne")


def name_accounts(numbers: Iterable[int | None]) -> dict[int, str]:
    """The names of several accounts: a member's, or the account's own label."""
    rows = db.session.execute(
        sa.select(Account.number, sa.func.coalesce(Member.name, Account.label, "").label("name"))
        .outerjoin(
            Member,
            (Member.tenant_id == Account.tenant_id) & (Member.account_no == Account.number),
        )
        .where(_own(), among(Account.number, (n for n in numbers if n is not None)))
    )
    return {row.number: row.name for row in rows}


def get_operator(number: int) -> Operator:
    """Who acted, by the number that a posting carries."""
    return db.session.get_one(Operator, (require_tenant_id(), number))


def name_operators(numbers: Iterable[int]) -> dict[int, str]:
    """Who acted, by the numbers that postings carry."""
    rows = db.session.execute(
        sa.select(Operator.number, Operator.name).where(
            Operator.tenant_id == require_tenant_id(), among(Operator.number, numbers)
        )
    )
    return {row.number: row.name for row in rows}


def find_terms(bulle_id: uuid.UUID | None) -> BulleTerms:
    """What holds today for a Bulle: its own terms, else the organisation's, else the standard ones."""
    statement = (
        sa.select(BulleTerms)
        .where(
            BulleTerms.tenant_id == require_tenant_id(),
            (BulleTerms.bulle_id == bulle_id) | BulleTerms.bulle_id.is_(None),
        )
        .order_by(BulleTerms.bulle_id.is_(None), BulleTerms.since_at.desc(), BulleTerms.id.desc())
        .limit(1)
    )
    return db.session.scalar(statement) or STANDARD


def get_system_account(kind: str) -> Account:
    """The organisation's own account (`tenant`), or its solidarity fund (`fund`)."""
    found = db.session.scalar(
        sa.select(Account).where(_own(), Account.kind == kind).order_by(Account.number).limit(1)
    )
    if found is None:
        raise NoResultFound
    return found


def _own() -> sa.ColumnElement[bool]:
    return Account.tenant_id == require_tenant_id()
