"""What the team could do: loops of help where balances are stuck, services that look like a trade."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa

from app.core.db import db, require_tenant_id
from app.reciprocity.models import (
    EXCHANGES,
    Account,
    Category,
    ExchangeNote,
    Member,
    Offer,
    Reversal,
    Transfer,
)
from app.reciprocity.queries.accounts import find_terms

LOOPS = 5
WATCHED = timedelta(days=90)
OFTEN, MANY = 10, 6
"""Ten times the same help, or for six people, in three months: not a law's figures, ours. What is lawful is a
« coup de main » that is occasional, not repeated and not a trade (the tolerance that SEL live under,
reference/ledger.md §1.5)."""

Edges = Mapping[uuid.UUID, Mapping[uuid.UUID, str]]


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
    people = _people(bulle_id)
    loops = find_loops(_edges(day, people), _stuck(people))
    return [
        [
            Step(giver, people[giver].name, people[receiver].name, title)
            for giver, receiver, title in loop
        ]
        for loop in loops
    ]


def find_loops(
    edges: Edges, stuck: Mapping[uuid.UUID, int], *, limit: int = LOOPS
) -> list[list[tuple[uuid.UUID, uuid.UUID, str]]]:
    """Cycles of length 2 to 4 through a stuck node, each node in one loop at most, the most stuck first.

    `edges[a][b]`: with what a could help b. `stuck`: node → how far beyond, in minutes. The shortest cycle of
    each start is taken: it is the easiest to bring about.
    """
    found: list[list[tuple[uuid.UUID, uuid.UUID, str]]] = []
    taken: set[uuid.UUID] = set()
    for start in sorted(stuck, key=lambda node: (-stuck[node], str(node))):
        cycle = None if start in taken else _shortest_cycle(edges, start, taken)
        if cycle:
            pairs = zip(cycle, [*cycle[1:], start], strict=True)
            found.append([(giver, receiver, edges[giver][receiver]) for giver, receiver in pairs])
            taken.update(cycle)
        if len(found) == limit:
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
    edges: Edges, start: uuid.UUID, taken: set[uuid.UUID]
) -> list[uuid.UUID] | None:
    paths = [[start]]
    for _ in range(4):
        for path in paths:
            if len(path) > 1 and start in edges.get(path[-1], {}):
                return path
        paths = [
            [*path, following]
            for path in paths
            for following in sorted(edges.get(path[-1], {}), key=str)
            if following not in path and following not in taken
        ]
    return None


@dataclass(frozen=True)
class _Person:
    name: str
    bulle_id: uuid.UUID | None
    balance: int


def _people(bulle_id: uuid.UUID | None) -> dict[uuid.UUID, _Person]:
    rows = db.session.execute(
        sa.select(Member.id, Member.name, Member.bulle_id, Account.balance)
        .join(
            Account,
            (Account.tenant_id == Member.tenant_id) & (Account.number == Member.account_no),
        )
        .where(Member.tenant_id == require_tenant_id(), Member.left_on.is_(None))
        .where(Member.bulle_id == bulle_id if bulle_id else sa.true())
    )
    return {row.id: _Person(row.name, row.bulle_id, row.balance) for row in rows}


def _stuck(people: Mapping[uuid.UUID, _Person]) -> dict[uuid.UUID, int]:
    terms = {bulle_id: find_terms(bulle_id) for bulle_id in {p.bulle_id for p in people.values()}}
    beyond = {
        member_id: max(
            person.balance - terms[person.bulle_id].gentle_high,
            terms[person.bulle_id].gentle_low - person.balance,
        )
        for member_id, person in people.items()
    }
    return {member_id: minutes for member_id, minutes in beyond.items() if minutes > 0}


def _edges(day: date, people: Mapping[uuid.UUID, _Person]) -> Edges:
    rows = db.session.execute(
        sa.select(Offer.member_id, Offer.kind, Offer.category_id, Offer.title).where(
            Offer.tenant_id == require_tenant_id(),
            Offer.closed_at.is_(None),
            Offer.expires_on >= day,
        )
    ).all()
    asking: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    for row in rows:
        if row.kind == "request" and row.member_id in people:
            asking[row.category_id].append(row.member_id)
    edges: dict[uuid.UUID, dict[uuid.UUID, str]] = defaultdict(dict)
    for row in rows:
        if row.kind == "offer" and row.member_id in people:
            for receiver in asking[row.category_id]:
                if receiver != row.member_id:
                    edges[row.member_id].setdefault(receiver, row.title)
    return edges
