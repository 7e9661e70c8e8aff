"""The figures of a Bulle (or of the whole organisation): hours, people on both sides, needs nobody meets."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from app.core.db import db, require_tenant_id
from app.reciprocity.models import (
    EXCHANGES,
    Account,
    AccountKind,
    Category,
    GroupLeg,
    Member,
    Offer,
    Reversal,
    Transfer,
)
from app.reciprocity.models.few import FEW, Tally
from app.reciprocity.queries.members import Totals


@dataclass(frozen=True)
class Balance:
    """Who took part in a period: how many in all, how many gave and received; who only gave, who only
    received, those who left since apart."""

    people: int
    both: int
    only_gave: list[Person]
    only_received: list[Person]

    @property
    def share(self) -> int | None:
        """Whole percents of people who both gave and received; None when nobody took part."""
        return round(100 * self.both / self.people) if self.people else None

    @property
    def shares_few(self) -> bool:
        """Whether the share tells how few did both, or one alone."""
        return any(0 < count < FEW for count in (self.both, self.people - self.both))


@dataclass(frozen=True)
class Person:
    """A member to invite, and what they gave and received in the period, in minutes."""

    member_id: uuid.UUID
    name: str
    totals: Totals


@dataclass(frozen=True)
class Need:
    """A theme in which people ask and nobody offers: how many requests, of how many people."""

    theme: str
    requests: int
    people: int
    examples: list[str]


def map_months(since: date, until: date) -> dict[date, dict[uuid.UUID | None, Tally]]:
    """First day of each month → each Bulle in it, see map_bulles; months without any exchange are absent."""
    months: dict[date, dict[uuid.UUID | None, Tally]] = {}
    for first, bulle_id, minutes, people in db.session.execute(_tally(since, until, "month")):
        months.setdefault(first, {})[bulle_id] = Tally(minutes, people)
    return months


def map_bulles(since: date, until: date) -> dict[uuid.UUID | None, Tally]:
    """Each Bulle (None: no Bulle) → minutes that its accounts gave in exchanges that stand, and its members
    who took part. What other places gave is theirs to count. `until` is included."""
    rows = db.session.execute(_tally(since, until))
    return {bulle_id: Tally(minutes, people) for bulle_id, minutes, people in rows}


def split_people(bulle_id: uuid.UUID | None, since: date, until: date) -> Balance:
    """Who gave, received or both from one day to another."""
    took_part = _participants(bulle_id, since, until)
    both = (took_part.c.given > 0) & (took_part.c.received > 0)
    counts = sa.select(sa.func.count(), sa.func.count().filter(both)).select_from(took_part)
    people, did_both = db.session.execute(counts).one()
    rows = db.session.execute(
        sa.select(took_part)
        .where(~both, took_part.c.left_on.is_(None))
        .order_by((took_part.c.given + took_part.c.received).desc(), took_part.c.sort_key)
    )
    invited = [Person(row.id, row.name, Totals(row.given, row.received)) for row in rows]
    return Balance(
        people=people,
        both=did_both,
        only_gave=[person for person in invited if person.totals.given],
        only_received=[person for person in invited if person.totals.received],
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
        sa.select(Category.name, Offer.title, Offer.member_id)
        .join(Category, Category.id == Offer.category_id)
        .join(Member, (Member.tenant_id == Offer.tenant_id) & (Member.id == Offer.member_id))
        .where(*open_, Offer.kind == "request", Offer.category_id.not_in(offered))
        .where(Member.bulle_id == bulle_id if bulle_id else sa.true())
        .order_by(Category.position, Offer.published_at)
    )
    titles: dict[str, list[str]] = defaultdict(list)
    people: dict[str, set[uuid.UUID]] = defaultdict(set)
    for theme, title, member_id in rows:
        titles[theme].append(title)
        people[theme].add(member_id)
    needs = [
        Need(theme, len(asked), len(people[theme]), asked[:3]) for theme, asked in titles.items()
    ]
    return sorted(needs, key=lambda need: -need.requests)


def _participants(bulle_id: uuid.UUID | None, since: date, until: date) -> sa.Subquery:
    sums = _sums(since, until)
    member = (Member.id, Member.name, Member.sort_key, Member.left_on)
    return (
        sa.select(*member, sums.c.given, sums.c.received)
        .join(sums, sums.c.account_no == Member.account_no)
        .join(
            Account,
            (Account.tenant_id == Member.tenant_id) & (Account.number == Member.account_no),
        )
        .where(
            Member.tenant_id == require_tenant_id(),
            Account.bulle_id == bulle_id if bulle_id else sa.true(),
        )
        .subquery()
    )


def _tally(since: date, until: date, *by: str) -> sa.Select[*tuple[Any, ...]]:
    sums = _sums(since, until, *by)
    columns = (*(sums.c[name] for name in by), Account.bulle_id)
    minutes = sa.cast(sa.func.sum(sums.c.given), sa.BigInteger)
    people = sa.func.count().filter(Account.kind == AccountKind.MEMBER)
    return (
        sa.select(*columns, minutes, people)
        .join(
            Account,
            (Account.tenant_id == require_tenant_id()) & (Account.number == sums.c.account_no),
        )
        .where(Account.kind != AccountKind.MIRROR)
        .group_by(*columns)
    )


def _sums(since: date, until: date, *by: str) -> sa.Subquery:
    """One row for each account that took part (each month, `by` "month"): account_no, given, received."""
    legs = _legs(since, until)
    columns = [legs.c[name] for name in (*by, "account_no")]
    given, received = (sa.func.sum(legs.c[name]).label(name) for name in ("given", "received"))
    return sa.select(*columns, given, received).group_by(*columns).subquery()


def _legs(since: date, until: date) -> sa.Subquery:
    """One row for each account of each exchange that stands: account_no, given and received (minutes), month
    (its first day)."""
    corrected = sa.exists().where(
        Reversal.tenant_id == Transfer.tenant_id, Reversal.reversed_id == Transfer.id
    )
    exchange = (
        sa.select(
            Transfer,
            sa.cast(sa.func.date_trunc("month", Transfer.happened_on), sa.Date).label("month"),
        )
        .where(
            Transfer.tenant_id == require_tenant_id(),
            Transfer.kind.in_(EXCHANGES),
            Transfer.happened_on.between(since, until),
            ~corrected,
        )
        .cte("exchange")
    )
    e, none = exchange.c, sa.literal(0)
    gave = sa.select(
        e.credit.label("account_no"), e.minutes.label("given"), none.label("received"), e.month
    )
    received = sa.select(e.debit, none, e.minutes, e.month)
    several = (
        sa.select(
            GroupLeg.account_no,
            sa.func.greatest(GroupLeg.delta, 0),
            sa.func.greatest(-GroupLeg.delta, 0),
            e.month,
        )
        .select_from(exchange)
        .join(GroupLeg, (GroupLeg.tenant_id == e.tenant_id) & (GroupLeg.transfer_id == e.id))
    )
    return sa.union_all(gave, received, several).subquery()
