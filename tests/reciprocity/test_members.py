"""Members: what they gave and received, and what is said of it."""

from __future__ import annotations

import uuid

import pytest

from app.core.clock import today
from app.core.db import db, new_id, tenant_context
from app.reciprocity.commands.exchanges import record_group, reverse_transfer
from app.reciprocity.models import BulleTerms, Member
from app.reciprocity.models.invitations import invitation, own_invitation
from app.reciprocity.queries import members as queries
from app.reciprocity.queries.accounts import name_accounts, name_operators
from app.reciprocity.queries.fund import list_confidential
from app.reciprocity.queries.members import (
    Totals,
    find_member_of,
    list_company,
    list_totals,
    totals,
)
from tests.factories.cast import Cast
from tests.factories.reciprocity import exchange, join

TERMS = BulleTerms(floor=-1200, ceiling=1200, gentle_low=-120, gentle_high=240, welcome=0)


def test_totals_count_exchanges_and_leave_corrected_ones_out(cast: Cast) -> None:
    a, b, c, *_ = join(cast).values()
    exchange(cast, a, b, 90)
    wrong = exchange(cast, b, a, 600)
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        reverse_transfer(alice, wrong, "Erreur")
        record_group(alice, new_id(), {a: 60, b: -30, c: -30}, today())
        db.session.commit()
        assert totals(a) == Totals(given=150, received=0)
        assert list_totals([a, b, c]) == {a: (150, 0), b: (0, 120), c: (0, 30)}
        assert totals(1) == Totals(0, 0)


def test_a_list_may_be_longer_than_what_a_statement_takes(cast: Cast) -> None:
    a, b, *_ = join(cast).values()
    exchange(cast, a, b, 30)
    many = range(70_000)
    with tenant_context(cast.tenants["ascs"].id):
        assert list_totals(many) == {a: (30, 0), b: (0, 30)}
        assert name_accounts(many)[b] == "Yann"
        assert "Alice Morel" in name_operators(many).values()
        assert list_confidential(map(uuid.UUID, map("{:032x}".format, many))) == set()


def test_those_who_like_most_of_the_same_are_looked_at_first(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = join(cast, "Zoé", "Awa", "Bernadette", "Cuisine", "Denis")
    liked = ["la couture, le jardin", "jardiner", "coudre, couturière et jardinage", "", "la pêche"]
    with tenant_context(cast.tenants["ascs"].id):
        for number, interests in zip(numbers.values(), liked, strict=True):
            member = find_member_of(number)
            assert member
            member.call(member.name, interests.split(", ") if interests else [])
        zoe = find_member_of(numbers["Zoé"])
        assert zoe
        assert [other.name for other in list_company(zoe)] == ["Bernadette", "Awa"]
        monkeypatch.setattr(queries, "AMONG", 1)
        assert [other.name for other in list_company(zoe)] == ["Bernadette"]
        zoe.call("Zoé", [])
        assert list_company(zoe) == []


@pytest.mark.parametrize(
    ("given", "received", "balance", "team", "own"),
    [
        (
            540,
            120,
            420,
            "Bernadette a donné 9\xa0h et reçu 2\xa0h. Qu’aimerait recevoir Bernadette ?",
            "Vous avez donné 9\xa0h et reçu 2\xa0h. Qu’aimeriez-vous recevoir ?",
        ),
        (
            0,
            150,
            -150,
            (
                "Bernadette a reçu 2\xa0h\xa030 et n’a encore rien donné."
                " Que pourrait partager Bernadette ?"
            ),
            "Vous avez reçu 2\xa0h\xa030 et n’avez encore rien donné. Que pourriez-vous partager ?",
        ),
        (240, 0, 240, None, None),
        (0, 120, -120, None, None),
    ],
)
def test_beyond_a_gentle_limit_comes_an_invitation(
    given: int, received: int, balance: int, team: str | None, own: str | None
) -> None:
    member = Member(name="Bernadette")
    assert invitation(member, given, received, balance, TERMS) == team
    assert own_invitation(given, received, balance, TERMS) == own
