"""A Bulle's figures: hours, both sides, unmet needs; nothing about fewer than five outside the team."""

from __future__ import annotations

from datetime import timedelta

from app.core.clock import today
from app.core.db import db, tenant_context
from app.reciprocity.commands.exchanges import reverse_transfer
from app.reciprocity.queries.figures import list_unmet_needs, split_people, sum_months
from tests.factories.cast import Cast
from tests.factories.reciprocity import exchange, join
from tests.http import Client
from tests.reciprocity.test_suggestions import publish

PAGE = "/ascs/heures/chiffres/"


def test_only_exchanges_that_stand_are_counted(cast: Cast) -> None:
    a, b, c, *_ = join(cast).values()
    exchange(cast, a, b, 60)
    exchange(cast, b, a, 30)
    wrong = exchange(cast, c, b, 45)
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        since = today() - timedelta(days=2)
        people = split_people(cast.bulle.id, since, today())
        assert [p.name for p in people.only_gave] == ["Fatima"]
        reverse_transfer(alice, wrong, "Pas elle")
        db.session.commit()
        (month,) = sum_months(cast.bulle.id, since, today()).values()
        assert (month.minutes, month.people) == (90, 2)
        people = split_people(cast.bulle.id, since, today())
        assert (people.both, people.share, people.only_gave) == (2, 100, [])


def test_a_need_is_unmet_until_someone_offers(cast: Cast) -> None:
    join(cast, "Yann", "Awa")
    with tenant_context(cast.tenants["ascs"].id):
        publish("Yann", "request", "Un ourlet", "Solidarité")
        publish("Awa", "request", "Un bouton", "Solidarité")
        publish("Awa", "request", "Un trajet", "Mobilité")
        needs = list_unmet_needs(cast.bulle.id, today())
        assert [(n.theme, n.requests) for n in needs] == [("Solidarité", 2), ("Mobilité", 1)]
        publish("Awa", "offer", "Couture", "Solidarité")
        assert [n.theme for n in list_unmet_needs(cast.bulle.id, today())] == ["Mobilité"]


def test_few_people_are_not_counted_for_a_reader(client: Client, cast: Cast) -> None:
    a, b, *rest = join(cast).values()
    exchange(cast, a, b, 60)
    team = client.get(PAGE, as_="bob").get_data(as_text=True)
    reader = client.get(PAGE, as_="carole").get_data(as_text=True)
    assert "1\u00a0h" in team
    assert "Bernadette" in team
    assert "Moins de 5 personnes" in reader
    assert "Bernadette" not in reader
    assert "<b>1\u00a0h</b>" not in reader
    for other in rest:
        exchange(cast, other, a, 30)
    assert "<b>3\u00a0h</b>" in client.get(PAGE, as_="carole").get_data(as_text=True)


def test_the_page_answers_any_quarter_and_exports(client: Client, cast: Cast) -> None:
    a, b, *_ = join(cast).values()
    exchange(cast, a, b, 90)
    for address in ("?trimestre=2025-2", "?trimestre=hier", f"?bulle={cast.bulle.id}", "?bulle=x"):
        client.get(PAGE + address, as_="alice")
    rows = client.get(PAGE + "?format=csv", as_="alice").get_data(as_text=True).splitlines()
    assert len(rows) == 13
    assert rows[-1].endswith(";1,50")
    assert str(today().year) in rows[-1]
