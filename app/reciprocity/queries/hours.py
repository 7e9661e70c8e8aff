"""Hours by regime: what was declared, what an exchange credits, and their sums, which share no hour.

Reciprocity counts what exchanges credit to our own accounts, corrections left out: an hour received from
another organisation is counted there. Volunteering and paid work count declared stretches. The posting
functions refuse a declared stretch that meets an exchange's, and one of a day when the same person gave in an
exchange that has no start.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from app.core.db import db, get_owned, require_tenant_id
from app.core.text import fold
from app.reciprocity.models import (
    EXCHANGES,
    Account,
    AccountKind,
    GroupLeg,
    Member,
    Regime,
    Reversal,
    TimeRecord,
    Transfer,
)
from app.reciprocity.models.few import Tally

DECLARED = (Regime.VOLUNTEERING, Regime.PAID)
"""What is declared by itself; reciprocity comes from exchanges."""


@dataclass(frozen=True)
class Period:
    """Days from `since` to `until`, both included."""

    since: date
    until: date


@dataclass(frozen=True)
class HoursFilter:
    """Which declared hours a list keeps. `regime` empty: volunteered and paid."""

    q: str = ""
    regime: str = ""
    since: date | None = None
    until: date | None = None


def get_record(record_id: uuid.UUID) -> TimeRecord:
    """A stretch of hours of the organisation, or NoResultFound."""
    return get_owned(TimeRecord, record_id)


def list_records(wanted: HoursFilter, sort: str = "-date") -> sa.Select[TimeRecord, str]:
    """Declared hours that stand, as rows of (TimeRecord, name); sorted by `date`, `nom` or `duree`."""
    name = sa.func.coalesce(Member.name, "").label("name")
    statement = (
        sa.select(TimeRecord, name)
        .join(
            Member,
            (Member.tenant_id == TimeRecord.tenant_id)
            & (Member.account_no == TimeRecord.account_no),
        )
        .where(
            TimeRecord.tenant_id == require_tenant_id(),
            TimeRecord.voided_at.is_(None),
            TimeRecord.regime.in_([wanted.regime] if wanted.regime else DECLARED),
        )
    )
    if wanted.q:
        named = Member.sort_key.contains(fold(wanted.q), autoescape=True)
        told = TimeRecord.activity.icontains(wanted.q, autoescape=True)
        statement = statement.where(named | told)
    if wanted.since:
        statement = statement.where(TimeRecord.happened_on >= wanted.since)
    if wanted.until:
        statement = statement.where(TimeRecord.happened_on <= wanted.until)
    columns: dict[str, Any] = {"nom": Member.sort_key, "duree": TimeRecord.minutes}
    column = columns.get(sort.removeprefix("-"), TimeRecord.happened_on)
    order = column.desc() if sort.startswith("-") else column
    return statement.order_by(order, TimeRecord.during.desc(), TimeRecord.id)


def list_untimed(account_no: int, on: date) -> Sequence[Transfer]:
    """What someone gave on a day in exchanges that stand and whose start nobody said."""
    timed = sa.select(TimeRecord.id).where(
        TimeRecord.tenant_id == Transfer.tenant_id,
        TimeRecord.transfer_id == Transfer.id,
        TimeRecord.account_no == account_no,
        TimeRecord.voided_at.is_(None),
    )
    leg = sa.select(GroupLeg.transfer_id).where(
        GroupLeg.tenant_id == Transfer.tenant_id,
        GroupLeg.transfer_id == Transfer.id,
        GroupLeg.account_no == account_no,
        GroupLeg.delta > 0,
    )
    return db.session.scalars(
        sa.select(Transfer)
        .where(
            *_standing(),
            Transfer.happened_on == on,
            (Transfer.credit == account_no) | leg.exists(),
            ~timed.exists(),
        )
        .order_by(Transfer.posted_at)
    ).all()


def find_start(transfer_id: uuid.UUID, account_no: int) -> TimeRecord | None:
    """When someone began what they gave in an exchange; None when nobody said."""
    return db.session.scalar(
        sa.select(TimeRecord).where(
            TimeRecord.tenant_id == require_tenant_id(),
            TimeRecord.transfer_id == transfer_id,
            TimeRecord.account_no == account_no,
            TimeRecord.voided_at.is_(None),
        )
    )


def map_totals(period: Period) -> dict[Regime, Tally]:
    """Each regime over a period, in the order of Regime; no hour is in two of them."""
    hours = _select_hours(period).subquery()
    rows = db.session.execute(sa.select(hours.c.regime, *_tally(hours)).group_by(hours.c.regime))
    found = {Regime(regime): Tally(minutes, people) for regime, minutes, people in rows}
    return {regime: found.get(regime, Tally()) for regime in Regime}


def map_months(period: Period) -> dict[Regime, dict[date, Tally]]:
    """Each regime by month: the first day of each month in which some regime has hours → minutes, people."""
    hours = _select_hours(period).subquery()
    month = sa.cast(sa.func.date_trunc("month", hours.c.happened_on), sa.Date).label("month")
    rows = db.session.execute(
        sa.select(month, hours.c.regime, *_tally(hours))
        .group_by(month, hours.c.regime)
        .order_by(month)
    ).all()
    found = {(first, regime): Tally(minutes, people) for first, regime, minutes, people in rows}
    firsts = list(dict.fromkeys(first for first, *_ in rows))
    return {
        regime: {first: found.get((first, regime), Tally()) for first in firsts}
        for regime in Regime
    }


def map_activities(period: Period) -> dict[str, Tally]:
    """Volunteered hours by activity, the longest first. To value in 864 and 875."""
    minutes = sa.func.sum(TimeRecord.minutes)
    rows = db.session.execute(
        sa.select(
            TimeRecord.activity,
            minutes,
            sa.func.count(sa.distinct(TimeRecord.account_no)),
        )
        .where(*_declared(period), TimeRecord.regime == Regime.VOLUNTEERING)
        .group_by(TimeRecord.activity)
        .order_by(minutes.desc(), TimeRecord.activity)
    )
    return {activity: Tally(total, people) for activity, total, people in rows}


def _select_hours(period: Period) -> sa.CompoundSelect[Any]:
    """Every hour counted over a period: person (a member's account number), happened_on, regime, minutes."""
    person = sa.case((Account.kind == AccountKind.MEMBER, Account.number)).label("person")
    reciprocity = sa.literal(Regime.RECIPROCITY.value).label("regime")
    inside = (
        *_standing(),
        Transfer.happened_on.between(period.since, period.until),
        Account.kind != AccountKind.MIRROR,
    )
    pairs = (
        sa.select(person, Transfer.happened_on, reciprocity, Transfer.minutes)
        .join(
            Account,
            (Account.tenant_id == Transfer.tenant_id) & (Account.number == Transfer.credit),
        )
        .where(*inside)
    )
    groups = (
        sa.select(person, Transfer.happened_on, reciprocity, GroupLeg.delta)
        .join(
            Transfer,
            (Transfer.tenant_id == GroupLeg.tenant_id) & (Transfer.id == GroupLeg.transfer_id),
        )
        .join(
            Account,
            (Account.tenant_id == GroupLeg.tenant_id) & (Account.number == GroupLeg.account_no),
        )
        .where(*inside, GroupLeg.delta > 0)
    )
    declared = sa.select(
        TimeRecord.account_no, TimeRecord.happened_on, TimeRecord.regime, TimeRecord.minutes
    ).where(*_declared(period), TimeRecord.regime.in_(DECLARED))
    return sa.union_all(pairs, groups, declared)


def _tally(hours: sa.Subquery) -> tuple[sa.ColumnElement[int], sa.ColumnElement[int]]:
    return sa.func.sum(hours.c.minutes), sa.func.count(sa.distinct(hours.c.person))


def _declared(period: Period) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        TimeRecord.tenant_id == require_tenant_id(),
        TimeRecord.voided_at.is_(None),
        TimeRecord.happened_on.between(period.since, period.until),
    )


def _standing() -> tuple[sa.ColumnElement[bool], ...]:
    corrected = sa.select(Reversal.reversed_id).where(
        Reversal.tenant_id == Transfer.tenant_id, Reversal.reversed_id == Transfer.id
    )
    return (
        Transfer.tenant_id == require_tenant_id(),
        Transfer.kind.in_(EXCHANGES),
        ~corrected.exists(),
    )
