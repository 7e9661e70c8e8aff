"""Seals and checks of the register: for its page, and for whoever checks it again."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.core.db import db, require_tenant_id
from app.core.jobs import OutboxRow
from app.reciprocity.models import GENESIS, Account, LedgerCheck, Seal, SealHead
from app.reciprocity.models.few import FEW
from app.reciprocity.queries.replay import stream

CHECK_JOB = "reciprocity.check_register"
ROOT = 4


@dataclass(frozen=True)
class Size:
    """How much a register holds."""

    accounts: int
    transfers: int
    entries: int


def measure(connection: sa.Connection, tenant_id: uuid.UUID) -> Size:
    """How much the register of a tenant holds, counted."""
    statement = sa.text(
        "SELECT (SELECT count(*) FROM accounts WHERE tenant_id = :tenant),"
        " (SELECT count(*) FROM transfers WHERE tenant_id = :tenant),"
        " (SELECT count(*) FROM entries WHERE tenant_id = :tenant)"
    )
    return Size(*connection.execute(statement, {"tenant": tenant_id}).one())


def read_seals(connection: sa.Connection, tenant_id: uuid.UUID) -> Iterator[Seal]:
    """The seals of a tenant, first one first, apart from any session."""
    table = Seal.__table__
    rows = connection.execute(
        sa.select(table).where(Seal.tenant_id == tenant_id).order_by(Seal.number)
    )
    return (Seal(**row) for row in rows.mappings())


def stream_sealed_heads(connection: sa.Connection, tenant_id: uuid.UUID) -> sa.Result[Any]:
    """What each seal covers: (seal, account, version, head), in that order. To be closed, as a context is."""
    statement = (
        sa.select(SealHead.seal_no, SealHead.account_no, SealHead.version, SealHead.head)
        .where(SealHead.tenant_id == tenant_id)
        .order_by(SealHead.seal_no, SealHead.account_no)
    )
    return stream(connection, statement)


def find_last_check() -> LedgerCheck | None:
    """The last check of the organisation's register, or None."""
    return db.session.scalar(
        sa.select(LedgerCheck)
        .where(LedgerCheck.tenant_id == require_tenant_id())
        .order_by(LedgerCheck.finished_at.desc())
        .limit(1)
    )


def find_unfinished_check() -> OutboxRow | None:
    """The last check of the organisation's register that was asked for, unless it is done: it is on its way,
    tried again after an error (`last_error`), or stopped (`failed_at`)."""
    last = db.session.scalar(
        sa.select(OutboxRow)
        .where(OutboxRow.tenant_id == require_tenant_id(), OutboxRow.name == CHECK_JOB)
        .order_by(OutboxRow.created_at.desc())
        .limit(1)
    )
    return None if last is None or last.done_at else last


def has_many_members() -> bool:
    """Whether enough members exchanged for the numbers of the register to say nothing of one of them."""
    moved = sa.select(Account.number).where(
        Account.tenant_id == require_tenant_id(), Account.kind == "member", Account.version > 0
    )
    return len(db.session.scalars(moved.limit(FEW)).all()) == FEW


def list_seals(*, q: str = "", year: int | None = None, sort: str = "-numero") -> sa.Select[Seal]:
    """The organisation's seals, searched by number or by the beginning of their root (ROOT hexadecimal digits
    at least), of one year if asked (Paris days), sorted by `numero`; `-` reverses."""
    statement = sa.select(Seal).where(Seal.tenant_id == require_tenant_id())
    wanted = q.strip().lower()
    if wanted:
        found = sa.cast(Seal.number, sa.Text) == wanted
        if len(wanted) >= ROOT:
            found |= sa.func.encode(Seal.root, "hex").startswith(wanted, autoescape=True)
        statement = statement.where(found)
    if year:
        statement = statement.where(_year() == year)
    order = Seal.number.desc() if sort.startswith("-") else Seal.number
    return statement.order_by(order)


def list_seal_years() -> Sequence[int]:
    """The years of the organisation's seals, latest first."""
    years = sa.select(_year()).where(Seal.tenant_id == require_tenant_id()).distinct()
    return sorted((int(year) for year in db.session.scalars(years)), reverse=True)


def get_seal(number: int) -> Seal:
    """A seal of the organisation, or NoResultFound."""
    return db.session.get_one(Seal, (require_tenant_id(), number))


def find_root_before(number: int) -> bytes:
    """The root that the seal of this number goes on from: the previous seal's, or GENESIS."""
    before = db.session.get(Seal, (require_tenant_id(), number - 1))
    return before.root if before else GENESIS


def list_seal_heads(number: int) -> Sequence[SealHead]:
    """What a seal covers: the accounts that moved since the one before, by number."""
    return db.session.scalars(
        sa.select(SealHead)
        .where(SealHead.tenant_id == require_tenant_id(), SealHead.seal_no == number)
        .order_by(SealHead.account_no)
    ).all()


def _year() -> sa.ColumnElement[int]:
    return sa.func.extract("year", sa.func.timezone("Europe/Paris", Seal.sealed_at))
