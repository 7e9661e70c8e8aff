"""What the team could do: loops of help where balances are stuck, services that look like a trade."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

import sqlalchemy as sa

from app.core.db import db, require_tenant_id
from app.reciprocity.models import (
    EXCHANGES,
    Account,
    Category,
    ExchangeNote,
    Member,
    Offer,
    OfferKind,
    Reversal,
    Transfer,
)
from app.reciprocity.queries.accounts import find_terms

LOOPS, LONGEST = 5, 4
"""How many loops are suggested, of how many members at most."""
WATCHED = timedelta(days=90)
OFTEN, MANY = 10, 6
"""Ten times the same help, or for six people, in three months: not a law's figures, ours. What is lawful is a
« coup de main » that is occasional, not repeated and not a trade (the tolerance that SEL live under,
reference/ledger.md §1.5)."""


@dataclass(frozen=True)
class Partner:
    """Someone who both offers and asks: nobody else can be in a loop. `offers`: theme → with what they help;
    `asks`: themes."""

    name: str
    bulle_id: uuid.UUID | None = None
    balance: int = 0
    offers: dict[uuid.UUID, str] = field(default_factory=dict)
    asks: set[uuid.UUID] = field(default_factory=set)

    def find_help(self, other: Partner) -> str | None:
        """With what they could help someone, or None."""
        return next((title for theme, title in self.offers.items() if theme in other.asks), None)


Partners = Mapping[uuid.UUID, Partner]


@dataclass(frozen=True)
class Step:
    """One side of a loop: who helps whom, with what."""

    giver_id: uuid.UUID
    giver: str
    receiver: str
    title: str


@dataclass(frozen=True)
class Repetition:
    """A help given so often that it may look like a trade."""

    member_id: uuid.UUID
    name: str
    theme: str
    times: int
    people: int


def suggest_loops(bulle_id: uuid.UUID | None, day: date) -> list[list[Step]]:
    """Loops of two to four members of a Bulle (None: of the organisation) in which each could help the next:
    an open offer of theirs meets an open request in the same theme. At least one has a balance beyond the
    gentle limits; the more stuck, the earlier."""
    partners = _list_partners(bulle_id, day)
    return [
        [
            Step(giver, partners[giver].name, partners[receiver].name, title)
            for giver, receiver, title in loop
        ]
        for loop in find_loops(partners, _stuck(partners))
    ]


def find_loops(
    partners: Partners, stuck: Mapping[uuid.UUID, int]
) -> list[list[tuple[uuid.UUID, uuid.UUID, str]]]:
    """Cycles of length 2 to LONGEST through a stuck partner, each partner in one loop at most, the most stuck
    first: who helps, whom, with what.

    `stuck`: partner → how far beyond, in minutes. The shortest cycle of a start is taken: it is the easiest
    to bring about. Where a start has none, whoever offers and asks in the same themes has none either.
    """
    askers = _list_askers(partners)
    found: list[list[tuple[uuid.UUID, uuid.UUID, str]]] = []
    taken: set[uuid.UUID] = set()
    vain: set[tuple[frozenset[uuid.UUID], frozenset[uuid.UUID]]] = set()
    for start in sorted(stuck, key=lambda node: (-stuck[node], str(node))):
        themes = (frozenset(partners[start].offers), frozenset(partners[start].asks))
        if start in taken or themes in vain:
            continue
        if cycle := _shortest_cycle(partners, askers, start, taken):
            found.append(
                [
                    (giver, receiver, partners[giver].find_help(partners[receiver]) or "")
                    for giver, receiver in pairwise([*cycle, start])
                ]
            )
            taken.update(cycle)
        else:
            vain.add(themes)
        if len(found) == LOOPS:
            break
    return found


def list_repetitions(bulle_id: uuid.UUID | None, day: date) -> list[Repetition]:
    """Who gave the same kind of help very often, or to many, in the last three months."""
    corrected = sa.exists().where(
        Reversal.tenant_id == Transfer.tenant_id, Reversal.reversed_id == Transfer.id
    )
    times = sa.func.count().label("times")
    people = sa.func.count(sa.distinct(Transfer.debit)).label("people")
    rows = db.session.execute(
        sa.select(Member.id, Member.name, Category.name.label("theme"), times, people)
        .select_from(Transfer)
        .join(
            ExchangeNote,
            (ExchangeNote.tenant_id == Transfer.tenant_id)
            & (ExchangeNote.transfer_id == Transfer.id),
        )
        .join(Category, Category.id == ExchangeNote.category_id)
        .join(
            Member,
            (Member.tenant_id == Transfer.tenant_id) & (Member.account_no == Transfer.credit),
        )
        .where(
            Transfer.tenant_id == require_tenant_id(),
            Transfer.kind.in_(EXCHANGES),
            Transfer.happened_on > day - WATCHED,
            ~corrected,
            Member.left_on.is_(None),
            Member.bulle_id == bulle_id if bulle_id else sa.true(),
        )
        .group_by(Member.id, Member.name, Category.name)
        .having((times >= OFTEN) | (people >= MANY))
        .order_by(times.desc(), Member.name)
    )
    return [Repetition(*row) for row in rows]


def _shortest_cycle(
    partners: Partners,
    askers: Mapping[uuid.UUID, set[uuid.UUID]],
    start: uuid.UUID,
    taken: set[uuid.UUID],
) -> list[uuid.UUID] | None:
    """The shortest way from someone back to them, breadth first: each theme and each partner is gone through
    once, whatever the number of pairs."""
    met, gone = {start, *taken}, set[uuid.UUID]()
    paths = [[start]]
    for _ in range(LONGEST - 1):
        longer = []
        for path in paths:
            themes = partners[path[-1]].offers.keys() - gone
            reached = set[uuid.UUID]().union(*(askers[theme] for theme in themes)) - met
            gone |= themes
            met |= reached
            for node in sorted(reached, key=str):
                longer.append([*path, node])
                if partners[node].find_help(partners[start]) is not None:
                    return longer[-1]
        paths = longer
    return None


def _list_askers(partners: Partners) -> Mapping[uuid.UUID, set[uuid.UUID]]:
    askers: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    for member_id, partner in partners.items():
        for theme in partner.asks:
            askers[theme].add(member_id)
    return askers


def _list_partners(bulle_id: uuid.UUID | None, day: date) -> Partners:
    open_ = (
        Offer.tenant_id == require_tenant_id(),
        Offer.closed_at.is_(None),
        Offer.expires_on >= day,
    )
    both = (
        sa.select(Offer.member_id)
        .where(*open_)
        .group_by(Offer.member_id)
        .having(sa.func.count(sa.distinct(Offer.kind)) == 2)
    )
    rows = db.session.execute(
        sa.select(Member.id, Member.name, Member.bulle_id, Account.balance)
        .add_columns(Offer.kind, Offer.category_id, Offer.title)
        .join(Offer, (Offer.tenant_id == Member.tenant_id) & (Offer.member_id == Member.id))
        .join(
            Account,
            (Account.tenant_id == Member.tenant_id) & (Account.number == Member.account_no),
        )
        .where(*open_, Member.id.in_(both), Member.left_on.is_(None))
        .where(Member.bulle_id == bulle_id if bulle_id else sa.true())
        .order_by(Offer.published_at, Offer.id)
    )
    partners: dict[uuid.UUID, Partner] = {}
    for member_id, name, home_id, balance, kind, theme, title in rows:
        partner = partners.setdefault(member_id, Partner(name, home_id, balance))
        if kind == OfferKind.OFFER:
            partner.offers.setdefault(theme, title)
        else:
            partner.asks.add(theme)
    return partners


def _stuck(partners: Partners) -> dict[uuid.UUID, int]:
    terms = {bulle_id: find_terms(bulle_id) for bulle_id in {p.bulle_id for p in partners.values()}}
    beyond = {
        member_id: max(
            partner.balance - terms[partner.bulle_id].gentle_high,
            terms[partner.bulle_id].gentle_low - partner.balance,
        )
        for member_id, partner in partners.items()
    }
    return {member_id: minutes for member_id, minutes in beyond.items() if minutes > 0}
