"""The figures of a Bulle (or of the whole organisation): hours, people on both sides, needs nobody meets."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from app.core.db import db, require_tenant_id
from app.reciprocity.models import (
    EXCHANGES,
    Account,
    Category,
    Entry,
    Member,
    Offer,
    Reversal,
    Transfer,
)
from app.reciprocity.queries.members import Totals, select_totals

FEW = 5
"""Figures about fewer people are not shown outside the team (ui/README, « Moins de 5 personnes »)."""


@dataclass(frozen=True)
class Balance:
    """Who took part in a period: how many gave and received, only gave, only received."""

    both: int
    only_gave: list[Person]
    only_received: list[Person]

    @property
    def people(self) -> int:
        """Everyone who took part."""
        return self.both + len(self.only_gave) + len(self.only_received)

    @property
    def share(self) -> int | None:
        """Whole percents of people who both gave and received; None when nobody took part."""
        return round(100 * self.both / self.people) if self.people else None


@dataclass(frozen=True)
class Person:
    """A member to invite, and what they gave and received in the period, in minutes."""

    member_id: uuid.UUID
    name: str
    totals: Totals


@dataclass(frozen=True)
class Need:
    """A theme in which people ask and nobody offers."""

    theme: str
    requests: int
    examples: list[str]


@dataclass(frozen=True)
class Month:
    """Minutes given in the exchanges of a month, and how many accounts took part."""

    first: date
    minutes: int
    people: int


def sum_months(bulle_id: uuid.UUID | None, since: date, until: date) -> dict[date, Month]:
    """First day of each month → what the accounts of the Bulle gave in exchanges, corrections left out;
    months without any are absent. `until` is included."""
    month = sa.cast(sa.func.date_trunc("month", Transfer.happened_on), sa.Date)
    rows = db.session.execute(
        sa.select(
            month,
            sa.func.coalesce(sa.func.sum(Entry.delta).filter(Entry.delta > 0), 0),
            sa.func.count(sa.distinct(Entry.account_no)),
        )
        .join(Entry, (Entry.tenant_id == Transfer.tenant_id) & (Entry.transfer_id == Transfer.id))
        .join(
            Account, (Account.tenant_id == Entry.tenant_id) & (Account.number == Entry.account_no)
        )
        .where(
            *_standing(since, until),
            Entry.tenant_id == require_tenant_id(),
            *_of(bulle_id),
        )
        .group_by(month)
    )
    return {first: Month(first, minutes, people) for first, minutes, people in rows}


def split_people(bulle_id: uuid.UUID | None, since: date, until: date) -> Balance:
    """Who gave, received or both from one day to another, those who left since apart."""
    rows = db.session.execute(_participants(bulle_id, since, until)).all()
    people = [
        Person(row.id, row.name, Totals(row.given, row.received)) for row in rows if not row.left_on
    ]
    return Balance(
        both=sum(1 for row in rows if row.given and row.received),
        only_gave=sorted(
            (p for p in people if not p.totals.received), key=lambda p: -p.totals.given
        ),
        only_received=sorted(
            (p for p in people if not p.totals.given), key=lambda p: -p.totals.received
        ),
    )


def list_unmet_needs(bulle_id: uuid.UUID | None, day: date) -> list[Need]:
    """The themes where members of the Bulle ask and nobody in the organisation offers, most asked first."""
    open_ = (
        Offer.tenant_id == require_tenant_id(),
        Offer.closed_at.is_(None),
        Offer.expires_on >= day,
    )
    offered = sa.select(Offer.category_id).where(*open_, Offer.kind == "offer")
    rows = db.session.execute(
        sa.select(Category.name, Offer.title)
        .join(Category, Category.id == Offer.category_id)
        .join(Member, (Member.tenant_id == Offer.tenant_id) & (Member.id == Offer.member_id))
        .where(*open_, Offer.kind == "request", Offer.category_id.not_in(offered))
        .where(Member.bulle_id == bulle_id if bulle_id else sa.true())
        .order_by(Category.position, Offer.published_at)
    )
    titles: dict[str, list[str]] = {}
    for theme, title in rows:
        titles.setdefault(theme, []).append(title)
    needs = [Need(theme, len(asked), asked[:3]) for theme, asked in titles.items()]
    return sorted(needs, key=lambda need: -need.requests)


def _participants(bulle_id: uuid.UUID | None, since: date, until: date) -> sa.Select[object]:
    sums = select_totals().where(Transfer.happened_on.between(since, until)).subquery()
    return (
        sa.select(Member.id, Member.name, Member.left_on, sums.c.given, sums.c.received)
        .join(sums, sums.c.account_no == Member.account_no)
        .join(
            Account,
            (Account.tenant_id == Member.tenant_id) & (Account.number == Member.account_no),
        )
        .where(Member.tenant_id == require_tenant_id(), *_of(bulle_id))
        .order_by(Member.sort_key)
    )


def _standing(since: date, until: date) -> Sequence[sa.ColumnElement[bool]]:
    corrected = sa.exists().where(
        Reversal.tenant_id == Transfer.tenant_id, Reversal.reversed_id == Transfer.id
    )
    return (
        Transfer.tenant_id == require_tenant_id(),
        Transfer.kind.in_(EXCHANGES),
        Transfer.happened_on.between(since, until),
        ~corrected,
    )


def _of(bulle_id: uuid.UUID | None) -> Sequence[sa.ColumnElement[bool]]:
    return (Account.bulle_id == bulle_id,) if bulle_id else ()
