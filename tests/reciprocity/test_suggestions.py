"""Loops of help where balances are stuck; services that look like a trade."""

from __future__ import annotations

import uuid
from datetime import timedelta

import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from app.core.clock import today
from app.core.db import db, new_id, tenant_context
from app.reciprocity.commands.exchanges import Exchange, record_exchange
from app.reciprocity.models import Category, Member, Offer
from app.reciprocity.queries import suggestions
from app.reciprocity.queries.suggestions import Partner, list_repetitions, suggest_loops
from tests.factories.cast import Cast
from tests.factories.reciprocity import exchange, join

A, B, C, D = (uuid.UUID(int=n) for n in range(1, 5))
Edges = dict[uuid.UUID, dict[uuid.UUID, str]]


def find_loops(
    edges: Edges, stuck: dict[uuid.UUID, int]
) -> list[list[tuple[uuid.UUID, uuid.UUID, str]]]:
    """The loops where `edges[a][b]` is with what A, B, C or D could help another: a theme of its own."""
    partners = {node: Partner(str(node)) for node in (A, B, C, D)}
    for giver, helped in edges.items():
        for receiver, title in helped.items():
            theme = uuid.uuid5(giver, str(receiver))
            partners[giver].offers[theme] = title
            partners[receiver].asks.add(theme)
    return suggestions.find_loops(partners, stuck)


def publish(name: str, kind: str, title: str, theme: str) -> None:
    member = db.session.scalars(sa.select(Member).where(Member.name == name)).one()
    category = db.session.scalars(sa.select(Category).where(Category.name == theme)).one()
    db.session.add(
        Offer(
            id=new_id(), member_id=member.id, kind=kind, category_id=category.id, title=title,
            search_key="", expires_on=today() + timedelta(days=30),
        )
    )  # fmt: skip


def test_the_shortest_loop_of_the_most_stuck_comes_first() -> None:
    edges = {
        A: {B: "vélo"},
        B: {C: "pain", A: "chant"},
        C: {A: "jardin", D: "piano"},
        D: {C: "thé"},
    }
    assert find_loops(edges, {C: 60, A: 900}) == [
        [(A, B, "vélo"), (B, A, "chant")],
        [(C, D, "piano"), (D, C, "thé")],
    ]
    del edges[B][A]
    assert find_loops(edges, {A: 900, D: 10})[0] == [
        (A, B, "vélo"),
        (B, C, "pain"),
        (C, A, "jardin"),
    ]
    assert find_loops(edges, {}) == []


nodes = st.sampled_from([A, B, C, D])


@given(
    st.dictionaries(nodes, st.dictionaries(nodes, st.just("aide"))),
    st.dictionaries(nodes, st.integers(1, 99)),
)
def test_loops_are_closed_possible_and_apart(edges: Edges, stuck: dict[uuid.UUID, int]) -> None:
    edges = {a: {b: t for b, t in there.items() if a != b} for a, there in edges.items()}
    seen: list[uuid.UUID] = []
    for loop in find_loops(edges, stuck):
        givers, receivers = [s[0] for s in loop], [s[1] for s in loop]
        assert receivers == [*givers[1:], givers[0]]
        assert 2 <= len(loop) <= 4
        assert all(receiver in edges[giver] for giver, receiver, _ in loop)
        assert givers[0] in stuck
        seen += givers
    assert len(seen) == len(set(seen))


def test_a_theme_of_many_is_gone_through_once() -> None:
    compared = 0

    class Watched(Partner):
        def find_help(self, other: Partner) -> str | None:
            nonlocal compared
            compared += 1
            return super().find_help(other)

    one, two, three = (uuid.UUID(int=n) for n in range(1, 4))
    partners: dict[uuid.UUID, Partner] = {}
    for asked, offered in ((one, two), (two, three)):
        for _ in range(200):
            partners[new_id()] = Watched("?", offers={offered: "aide"}, asks={asked})
    stuck = dict.fromkeys(partners, 60)
    assert suggestions.find_loops(partners, stuck) == []
    assert compared <= len(partners)
    missing = new_id()
    partners[missing] = Watched("?", offers={one: "la clé"}, asks={three})
    (loop,) = suggestions.find_loops(partners, stuck)
    assert missing in {giver for giver, _, _ in loop}
    assert len(loop) == 3


def test_a_loop_is_suggested_to_whoever_gave_a_lot(cast: Cast) -> None:
    accounts = join(cast, "Bernadette", "Yann", "Fatima")
    for _ in range(2):
        exchange(cast, accounts["Bernadette"], accounts["Yann"], 420)
    with tenant_context(cast.tenants["ascs"].id):
        publish("Bernadette", "offer", "Couture", "Solidarité")
        publish("Yann", "request", "Un ourlet", "Solidarité")
        publish("Yann", "offer", "Réparer un vélo", "Mobilité")
        publish("Fatima", "request", "Mon vélo grince", "Mobilité")
        publish("Fatima", "offer", "Relire un CV", "Emploi")
        publish("Bernadette", "request", "Un courrier", "Emploi")
        loops = suggest_loops(cast.bulle.id, today())
        told = [[(s.giver, s.receiver, s.title) for s in loop] for loop in loops]
    assert told == [
        [
            ("Yann", "Fatima", "Réparer un vélo"),
            ("Fatima", "Bernadette", "Relire un CV"),
            ("Bernadette", "Yann", "Couture"),
        ]
    ]


def test_the_same_help_ten_times_in_three_months_is_told(cast: Cast) -> None:
    a, b, c = join(cast, "Michel", "Awa", "Lucette").values()
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        theme = db.session.scalars(sa.select(Category).where(Category.name == "Logement")).one()
        for n in range(10):
            assert list_repetitions(None, today()) == []
            record_exchange(
                alice,
                Exchange(
                    new_id(),
                    a,
                    (b, c)[n % 2],
                    30,
                    today() - timedelta(days=n),
                    category_id=theme.id,
                ),
            )
        (found,) = list_repetitions(cast.bulle.id, today())
    assert (found.name, found.theme, found.times, found.people) == ("Michel", "Logement", 10, 2)
