"""The solidarity fund: its rule, its totals, what came in and went out, and what must not be told."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from app.core.db import among, db, require_tenant_id
from app.reciprocity.models import (
    Account,
    AccountKind,
    Entry,
    FundRule,
    Grant,
    Member,
    Reversal,
    Transfer,
    TransferKind,
)
from app.reciprocity.models.few import Tally

CONFIDENTIAL = (TransferKind.GRANT, TransferKind.SETTLEMENT)
"""The kinds that say whom the fund helped; what was left to someone who went does, since grants are in it."""


@dataclass(frozen=True)
class Totals:
    """What the fund got since it exists, and of how many members; what it gave, and how many it helped."""

    given: Tally
    granted: Tally

    @property
    def left(self) -> int:
        """Minutes left."""
        return self.given.minutes - self.granted.minutes


@dataclass(frozen=True)
class Movement:
    """A line of the fund. `account_no`, `name`: who gave, or who was helped. `reason`: of a grant."""

    transfer: Transfer
    delta: int
    account_no: int
    name: str
    rule_no: int | None
    decision: str | None
    is_reversed: bool


def find_rule(number: int | None = None) -> FundRule | None:
    """A version of the rule, by default the one in force; None when there is none."""
    statement = _rules()
    if number is not None:
        statement = statement.where(FundRule.number == number)
    return db.session.scalar(statement.limit(1))


def list_rules() -> Sequence[FundRule]:
    """Every version of the rule, the one in force first."""
    return db.session.scalars(_rules()).all()


def get_totals() -> Totals:
    """What the fund got and gave, corrections taken off; zero before the register is open."""
    other, came = aliased(Account), Entry.delta > 0
    people = sa.func.count(sa.distinct(other.number))
    a_member = other.kind == AccountKind.MEMBER
    statement = (
        sa.select(
            sa.func.coalesce(sa.func.sum(Entry.delta).filter(came), 0),
            people.filter(came, a_member),
            sa.func.coalesce(-sa.func.sum(Entry.delta).filter(~came), 0),
            people.filter(~came, a_member),
        )
        .select_from(Entry)
        .join(Transfer, _same(Transfer, Entry) & (Transfer.id == Entry.transfer_id))
        .join(Account, _same(Account, Entry) & (Account.number == Entry.account_no))
        .join(other, _same(other, Entry) & (other.number == _other()))
        .where(Entry.tenant_id == require_tenant_id(), Account.kind == AccountKind.FUND)
        .where(~_is_undone())
    )
    given, givers, granted, helped = db.session.execute(statement).one()
    return Totals(Tally(given, givers), Tally(granted, helped))


def list_movements(
    *, kind: str = "", sort: str = "-date"
) -> sa.Select[Transfer, int, int, str, int, str | None, bool]:
    """What came in (`kind` "gift") and went out ("grant"), for the team alone: rows of which `as_movement`
    makes a Movement. Sorted by `date` or `duree`."""
    holder = aliased(Account)
    statement = (
        sa.select(
            Transfer, Entry.delta, holder.number, sa.func.coalesce(Member.name, holder.label, ""),
            FundRule.number, Grant.decision, Reversal.reversed_id.is_not(None),
        )
        .select_from(Entry)
        .join(Transfer, _same(Transfer, Entry) & (Transfer.id == Entry.transfer_id))
        .join(Account, _same(Account, Entry) & (Account.number == Entry.account_no))
        .join(holder, _same(holder, Entry) & (holder.number == _other()))
        .outerjoin(Member, _same(Member, Entry) & (Member.account_no == holder.number))
        .outerjoin(Grant, _same(Grant, Entry) & (Grant.transfer_id == Transfer.id))
        .outerjoin(FundRule, _same(FundRule, Entry) & (FundRule.id == Grant.rule_id))
        .outerjoin(Reversal, _same(Reversal, Entry) & (Reversal.reversed_id == Transfer.id))
        .where(Entry.tenant_id == require_tenant_id(), Account.kind == AccountKind.FUND)
        .where(Transfer.kind != TransferKind.REVERSAL)
    )  # fmt: skip
    if kind:
        statement = statement.where(Entry.delta > 0 if kind == "gift" else Entry.delta < 0)
    column: Any = Transfer.minutes if sort.endswith("duree") else Transfer.happened_on
    order = column.desc() if sort.startswith("-") else column
    return statement.order_by(order, Transfer.posted_at.desc(), Transfer.id)


def as_movement(row: Any) -> Movement:
    """A row of list_movements."""
    return Movement(*row)


def tells_beneficiary() -> sa.ColumnElement[bool]:
    """Whether a transfer says whom the fund helped, the team's alone to know, or corrects one that does."""
    granted = aliased(Transfer)
    corrects = sa.exists().where(
        Reversal.tenant_id == Transfer.tenant_id,
        Reversal.reversal_id == Transfer.id,
        granted.tenant_id == Reversal.tenant_id,
        granted.id == Reversal.reversed_id,
        granted.kind.in_(CONFIDENTIAL),
    )
    return Transfer.kind.in_(CONFIDENTIAL) | corrects


def list_confidential(transfer_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these transfers that say whom the fund helped."""
    found = sa.select(Transfer.id).where(
        Transfer.tenant_id == require_tenant_id(),
        among(Transfer.id, transfer_ids),
        tells_beneficiary(),
    )
    return set(db.session.scalars(found))


def is_confidential(transfer_id: uuid.UUID) -> bool:
    """Whether a transfer is one of those."""
    return bool(list_confidential([transfer_id]))


def _rules() -> sa.Select[FundRule]:
    return (
        sa.select(FundRule)
        .where(FundRule.tenant_id == require_tenant_id())
        .order_by(FundRule.number.desc())
    )


def _other() -> sa.ColumnElement[int | None]:
    """Who is on the other side of an entry of the fund."""
    return sa.case((Entry.delta > 0, Transfer.debit), else_=Transfer.credit)


def _is_undone() -> sa.ColumnElement[bool]:
    """Whether a transfer was corrected, or is the correction."""
    return sa.exists().where(
        Reversal.tenant_id == require_tenant_id(),
        (Reversal.reversed_id == Transfer.id) | (Reversal.reversal_id == Transfer.id),
    )


def _same(model: Any, other: Any) -> sa.ColumnElement[bool]:
    same: sa.ColumnElement[bool] = model.tenant_id == other.tenant_id
    return same
