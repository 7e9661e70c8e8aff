"""A Bulle's figures: hours, both sides, unmet needs; nothing about fewer than five outside the team."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from app.core.clock import today
from app.core.db import db, new_id, tenant_context
from app.core.text import SHORT_MONTHS
from app.reciprocity.commands.accounts import open_group
from app.reciprocity.commands.exchanges import record_group, reverse_transfer
from app.reciprocity.commands.members import (
    MemberSheet,
    erase_member,
    join_member,
    leave_member,
)
from app.reciprocity.models import Regime
from app.reciprocity.models.few import Tally
from app.reciprocity.queries.figures import list_unmet_needs, map_bulles, map_months, split_people
from app.reciprocity.queries.hours import Period, map_totals
from app.reciprocity.queries.members import find_member_of
from app.reciprocity.routes import figures
from tests.factories import clearing as make
from tests.factories.cast import Cast
from tests.factories.reciprocity import exchange, join
from tests.http import Client, text
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
        assert map_bulles(since, today()) == {cast.bulle.id: Tally(90, 2)}
        people = split_people(cast.bulle.id, since, today())
        assert (people.both, people.share, people.only_gave) == (2, 100, [])


def test_who_left_still_counts_when_they_took_part(client: Client, cast: Cast) -> None:
    a, b, c, *_ = join(cast).values()
    exchange(cast, a, b, 60)
    exchange(cast, b, a, 30)
    exchange(cast, c, b, 45)
    alice = cast.actor("alice")
    told = "2 h 15 ce trimestre, par 3 personnes. 67 % ont donné et reçu."
    for act in (leave_member, erase_member):
        page = text(client.get(PAGE, as_="alice").text)
        assert told in page
        with tenant_context(alice.tenant_id):
            gone = find_member_of(c)
            assert gone
            act(alice, gone.id)
            db.session.commit()
            assert split_people(cast.bulle.id, today(), today()).only_gave == []
    page = text(client.get(PAGE, as_="alice").text)
    assert told in page


def test_who_is_named_has_a_sheet_a_tap_away(client: Client, cast: Cast) -> None:
    people = join(cast, "Bernadette", "Yann")
    for _ in range(2):
        exchange(cast, people["Bernadette"], people["Yann"], 420)
    with tenant_context(cast.home("alice").id):
        publish("Bernadette", "offer", "Couture", "Solidarité")
        publish("Yann", "request", "Un ourlet", "Solidarité")
        publish("Yann", "offer", "Un vélo", "Mobilité")
        publish("Bernadette", "request", "Mon vélo", "Mobilité")
        db.session.commit()
        members = list(map(find_member_of, people.values()))
        links = [f'<a href="/ascs/heures/membres/{m.id}">{m.name}</a>' for m in members if m]
    page = client.get(PAGE, as_="alice").text
    for section in ("inviter", "boucles"):
        told = page.partition(f'aria-labelledby="{section}"')[2].partition("</section>")[0]
        assert [link in told for link in links] == [True, True]


def test_a_need_is_unmet_until_someone_offers(cast: Cast) -> None:
    join(cast, "Yann", "Awa")
    with tenant_context(cast.tenants["ascs"].id):
        publish("Yann", "request", "Un ourlet", "Solidarité")
        publish("Awa", "request", "Un bouton", "Solidarité")
        publish("Awa", "request", "Un trajet", "Mobilité")
        needs = list_unmet_needs(cast.bulle.id, today())
        assert [(n.theme, n.requests, n.people) for n in needs] == [
            ("Solidarité", 2, 2),
            ("Mobilité", 1, 1),
        ]
        publish("Awa", "offer", "Couture", "Solidarité")
        assert [n.theme for n in list_unmet_needs(cast.bulle.id, today())] == ["Mobilité"]


def test_few_people_are_not_counted_for_a_reader(client: Client, cast: Cast) -> None:
    a, b, *rest = join(cast).values()
    exchange(cast, a, b, 60)
    team = client.get(PAGE, as_="bob").get_data(as_text=True)
    reader = client.get(PAGE, as_="carole").get_data(as_text=True)
    assert "1\u00a0h" in team
    assert "Bernadette" in team
    assert "moins de 5 personnes" in reader
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


def test_a_month_that_is_masked_is_not_one_without_exchange(client: Client, cast: Cast) -> None:
    a, b, *rest = join(cast).values()
    exchange(cast, a, b, 90)

    def rows(who: str) -> list[str]:
        sheet = client.get(PAGE + "?format=csv", as_=who).get_data(as_text=True).splitlines()
        return [line.split(";")[1] for line in sheet[1:]]

    assert rows("carole") == [*["0,00"] * 11, ""]
    month = SHORT_MONTHS[today().month - 1]
    reader, team = (client.get(PAGE, as_=who).get_data(as_text=True) for who in ("carole", "bob"))
    assert f">{month}*</text>" in reader
    assert f">{month}*</text>" not in team
    for other in rest[:3]:
        exchange(cast, b, other, 30)
    assert rows("carole") == rows("bob") == [*["0,00"] * 11, "3,00"]


def test_accounts_that_are_nobodys_do_not_make_a_number(client: Client, cast: Cast) -> None:
    a, b, c, *_ = join(cast).values()
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        choir = open_group(alice, "La chorale", cast.bulle.id).number
        workshop = open_group(alice, "L’atelier", None).number
        record_group(alice, new_id(), {choir: 60, workshop: 60, a: -60, b: -60}, today())
        db.session.commit()
    exchange(cast, c, choir, 30)
    with tenant_context(alice.tenant_id):
        found = map_bulles(today(), today())
        assert found == {cast.bulle.id: Tally(90, 3), None: Tally(60, 0)}
        assert map_months(today(), today()) == {today().replace(day=1): found}
    assert "2\u00a0h\u00a030" in client.get(PAGE, as_="bob").get_data(as_text=True)
    assert "2\u00a0h\u00a030" not in client.get(PAGE, as_="carole").get_data(as_text=True)


def test_what_another_place_gave_is_theirs_to_count(client: Client, cast: Cast) -> None:
    member = join(cast, "Bernadette")["Bernadette"]
    theirs = join(cast, "Paul", who="denis")["Paul"]
    make.agree(cast)
    make.visit(cast, "alice", member, "denis", make.code_of(cast, "denis", theirs))
    with tenant_context(cast.home("alice").id):
        assert map_bulles(today(), today()) == {cast.bulle.id: Tally(0, 1)}
        # The page of the regimes counts the same time.
        assert map_totals(Period(today(), today()))[Regime.RECIPROCITY] == Tally()
    pages = {PAGE: "/ascs/heures/regimes/bilan", "/ascs/heures/regimes/bilan": PAGE}
    for address, other in pages.items():
        page = client.get(address, as_="carole").text
        assert "le temps donné par les comptes d’ici" in page
        assert f'href="{other}"' in page


def test_a_bulle_does_not_tell_what_the_few_others_did(client: Client, cast: Cast) -> None:
    people = list(join(cast).values())
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        others = [join_member(alice, MemberSheet(f"Sans Bulle {n}")).account_no for n in range(5)]
        db.session.commit()
    for giver, receiver in pairwise(people):
        exchange(cast, giver, receiver, 60)
    exchange(cast, others[0], others[1], 43)
    of_the_bulle = f"{PAGE}?bulle={cast.bulle.id}"
    assert "<b>5\u00a0h\u00a043</b>" in client.get(PAGE, as_="carole").get_data(as_text=True)
    assert "<b>5\u00a0h</b>" in client.get(of_the_bulle, as_="bob").get_data(as_text=True)
    page = client.get(of_the_bulle, as_="carole").get_data(as_text=True)
    assert "Le chiffre de ce trimestre est masqué." in page
    assert "5\u00a0h" not in page
    for other in others[2:]:
        exchange(cast, others[0], other, 60)
    assert "<b>5\u00a0h</b>" in client.get(of_the_bulle, as_="carole").get_data(as_text=True)


def test_a_quarter_is_not_told_beside_a_month_that_is_not(
    client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    bulle = cast.bulle.id
    months = {date(2025, n, 1): {bulle: Tally(60 * n, people)} for n, people in ((4, 9), (5, 4))}
    monkeypatch.setattr(figures, "map_months", lambda since, until: months)
    monkeypatch.setattr(figures, "map_bulles", lambda since, until: {bulle: Tally(540, 9)})
    page = text(client.get(f"{PAGE}?trimestre=2025-2", as_="carole").text)
    assert "Un des mois est masqué, et le total avec lui. 9 personnes ont pris part." in page
    assert "Avril 20254 h Mai 2025masqué Juin 20250 min" in page
    assert "9 h" not in page
    assert "9 h ce trimestre" in text(client.get(f"{PAGE}?trimestre=2025-2", as_="bob").text)


def test_the_share_does_not_tell_what_few_did(client: Client, cast: Cast) -> None:
    a, b, *others = join(cast).values()
    for giver in (a, b, *others[:3]):
        exchange(cast, giver, others[3], 30)
    exchange(cast, others[3], a, 30)
    # Two of six gave and received.
    assert "<b>33 %</b>" in client.get(PAGE, as_="bob").text.replace("\u00a0", " ")
    page = text(client.get(PAGE, as_="carole").text)
    assert "par 6 personnes" in page
    assert "ont donné et reçu" not in page
    for giver in (b, *others[:3]):
        exchange(cast, others[3], giver, 30)
    assert "100 % ont donné et reçu" in text(client.get(PAGE, as_="carole").text)


def test_how_many_ask_is_told_from_five(client: Client, cast: Cast) -> None:
    people = list(join(cast))
    with tenant_context(cast.home("alice").id):
        for name in people[:4]:
            publish(name, "request", "Un ourlet", "Solidarité")
        db.session.commit()
    assert "4 besoins : Un ourlet" in text(client.get(PAGE, as_="bob").text)
    page = text(client.get(PAGE, as_="carole").text)
    assert "besoins :" not in page
    assert "SolidaritéUn ourlet" in page
    with tenant_context(cast.home("alice").id):
        publish(people[4], "request", "Un ourlet", "Solidarité")
        db.session.commit()
    assert "5 besoins : Un ourlet" in text(client.get(PAGE, as_="carole").text)
