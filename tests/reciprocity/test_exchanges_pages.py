"""Exchanges noted in three taps, told, corrected, listed, as Alice does it on her phone."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from app.core.clock import today
from app.core.db import db, new_id, tenant_context
from app.reciprocity.commands.exchanges import reverse_transfer
from app.reciprocity.commands.fund import give_to_fund, grant
from app.reciprocity.queries import exchanges
from app.reciprocity.queries.accounts import get_account
from app.reciprocity.queries.exchanges import ExchangeFilter, find_note, find_reversal
from tests.factories.cast import Cast
from tests.factories.reciprocity import exchange, join
from tests.http import Client

DERIVED = uuid.uuid5(uuid.NAMESPACE_URL, "welcome")
HOURS = "/ascs/heures"
NEW = f"{HOURS}/echanges/nouveau"


def asks(page: str, name: str) -> str:
    """The value of a hidden field, or of the first button, of that name."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]+)"', page)
    assert found, page
    return found[1]


def action(page: str) -> str:
    """Where the first form that sends goes."""
    found = re.search(r'<form method="post"[^>]*action="([^"]+)"', page)
    assert found, page
    return found[1].replace("&amp;", "&")


def balance(cast: Cast, number: int) -> int:
    """The balance of an account of the ASCS."""
    with tenant_context(cast.tenants["ascs"].id):
        return get_account(number).balance


def test_three_taps_note_an_exchange_once(client: Client, cast: Cast) -> None:
    people = join(cast)
    first = client.get(NEW, as_="alice").text
    assert "Qui a donné" in first
    assert all(name in first for name in people)
    key = asks(first, "cle")
    second = client.get(f"{NEW}?cle={key}&donne={people['Bernadette']}", as_="alice").text
    assert "a donné à…" in second
    assert not re.search(rf'<button[^>]*value="{people["Bernadette"]}"', second)
    told = urlencode({"cle": key, "donne": people["Bernadette"], "recoit": people["Yann"]})
    third = client.get(f"{NEW}?{told}", as_="alice").text
    tap = {"minutes": "90", "day": asks(third, "day")}
    done = client.post(action(third), tap, as_="alice").location
    assert client.post(action(third), tap, as_="alice").location == done
    page = client.get(done, as_="alice").text
    assert "Bernadette a donné 1\u00a0h\u00a030 à Yann" in page
    assert "noté par Alice Morel" in page
    assert "Bernadette a donné 1\u00a0h\u00a030 et n’a encore rien reçu" in page
    assert balance(cast, people["Bernadette"]) == 90
    assert key in done


def test_a_page_that_served_already_says_so(client: Client, cast: Cast) -> None:
    a, b, *_ = join(cast).values()
    url = f"{NEW}?donne={a}&recoit={b}&cle={new_id()}"
    tap = {"minutes": "60", "day": today().isoformat()}
    client.post(url, tap, as_="alice")
    assert "Cette page a déjà servi" in client.get(url, as_="alice").text
    page = client.post(url, {**tap, "minutes": "30"}, as_="alice", status=422).text
    assert "déjà noté, autrement" in page
    assert balance(cast, a) == 60


def test_a_person_is_searched_by_name_and_changed(client: Client, cast: Cast) -> None:
    people = join(cast, "Bernadette", "Hélène", "Marie", "Marie")
    page = client.get(f"{NEW}?nom=helene", as_="alice").text
    assert "Hélène" in page
    assert "Bernadette" not in page
    assert "effacer la recherche" in client.get(f"{NEW}?nom=Zoé", as_="alice").text
    assert re.search(r"Marie \(n° \d+\)", client.get(f"{NEW}?nom=marie", as_="alice").text)
    told = f"donne={people['Bernadette']}&recoit={people['Hélène']}&cle={new_id()}"
    page = client.get(f"{NEW}?{told}&changer=donne", as_="alice").text
    assert asks(page, "recoit") == str(people["Hélène"])
    assert "Qui a donné" in page


def test_the_organisation_itself_may_give(client: Client, cast: Cast) -> None:
    a, *_ = join(cast).values()
    assert "Un groupe, la Bulle" in client.get(NEW, as_="alice").text
    url = f"{NEW}?donne=1&recoit={a}&cle={new_id()}"
    done = client.post(url, {"minutes": "60", "day": today().isoformat()}, as_="alice").location
    assert "Association des usagers" in client.get(done, as_="alice").text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"minutes": ""}, "Dites combien de temps."),
        ({"minutes": "0"}, "Une durée va d’une minute à 24 h."),
        ({"minutes": "1"}, "1\u00a0heure, ou 1\u00a0minute\u00a0?"),
        ({"minutes": "2"}, "2\u00a0heures, ou 2\u00a0minutes\u00a0?"),
        ({"minutes": "25 h"}, "Une durée va d’une minute à 24 h."),
        ({"minutes": "longtemps"}, "Une durée s’écrit"),
        ({"minutes": "1 h", "day": ""}, "Choisissez un jour"),
        ({"minutes": "1 h", "day": "2999-01-01"}, "Ce jour n’est pas encore venu."),
        ({"minutes": "1 h", "day": "2001-01-01"}, "Les comptes sont clos"),
    ],
)
def test_what_is_typed_wrong_comes_back(
    client: Client, cast: Cast, typed: dict[str, str], sentence: str
) -> None:
    a, b, *_ = join(cast).values()
    url = f"{NEW}?donne={a}&recoit={b}&cle={new_id()}"
    form = {"day": today().isoformat(), "wording": "couture", **typed}
    page = client.post(url, form, as_="alice", status=422).text
    assert sentence in page
    assert f'<a href="#{"day" if "day" in typed else "minutes"}">' in page
    assert 'value="couture"' in page
    assert f'value="{typed["minutes"]}"' in page
    assert balance(cast, a) == 0


def test_the_limit_is_told_without_blame(client: Client, cast: Cast) -> None:
    a, b, *_ = join(cast).values()
    url = f"{NEW}?donne={a}&recoit={b}&cle={new_id()}"
    tap = {"minutes": "1410", "day": today().isoformat()}
    page = client.post(url, tap, as_="alice", status=422).text
    assert '<a href="#minutes">Yann peut encore recevoir 20\u00a0h.</a>' in page
    exchange(cast, a, b, 1200)
    page = client.post(url, tap, as_="alice", status=422).text
    assert "Yann ne peut rien recevoir de plus aujourd’hui. Que pourrait donner" in page


def test_what_it_was_about_and_a_thank_you(client: Client, cast: Cast) -> None:
    a, b, *_ = join(cast).values()
    id_ = exchange(cast, a, b, 60)
    url = f"{HOURS}/echanges/{id_}"
    done = client.post(f"{url}/note?suite=1", {"wording": "Couture"}, as_="alice").location
    assert done.endswith("/suite")
    assert 'value="Couture"' in client.get(done, as_="alice").text
    client.post(f"{url}/merci", {"thanks": "Quel bel ourlet !"}, as_="alice")
    assert "Quel bel ourlet\u00a0!" in client.get(url, as_="carole").text
    client.post(f"{url}/note", {"wording": ""}, as_="alice")
    client.post(f"{url}/note", {"wording": "x" * 201}, as_="alice")
    with tenant_context(cast.tenants["ascs"].id):
        note = find_note(id_)
        assert note
        assert (note.wording, note.thanks) == ("", "Quel bel ourlet !")


def test_an_exchange_is_cancelled_once_and_noted_again(client: Client, cast: Cast) -> None:
    a, b, *_ = join(cast).values()
    id_ = exchange(cast, a, b, 60)
    url = f"{HOURS}/echanges/{id_}"
    client.post(f"{url}/annulation", as_="alice")
    client.post(f"{url}/annulation", {"reason": "Noté deux fois"}, as_="alice")
    assert (balance(cast, a), balance(cast, b)) == (0, 0)
    page = client.get(url, as_="alice").text
    assert "Il est annulé" in page
    assert "Annulé par l’équipe" in page
    assert "Noter à nouveau" in page
    assert "Annuler cet échange" not in page
    with tenant_context(cast.tenants["ascs"].id):
        reversal = find_reversal(id_)
        assert reversal
        undo = f"{HOURS}/echanges/{reversal.reversal_id}"
    assert "Il annule" in client.get(undo, as_="alice").text
    client.post(f"{undo}/annulation", as_="alice")
    assert "Une correction ne se corrige pas" in client.get(undo, as_="alice").text
    assert (balance(cast, a), balance(cast, b)) == (0, 0)


def test_an_exchange_is_corrected_and_both_tell_it(client: Client, cast: Cast) -> None:
    people = join(cast)
    a, b, c, *_ = people.values()
    id_ = exchange(cast, a, b, 90, wording="Courses")
    url = f"{HOURS}/echanges/{id_}/correction"
    page = client.get(url, as_="alice").text
    assert 'value="1\u00a0h\u00a030"' in page
    assert 'value="Courses"' in page
    chosen = client.get(f"{url}?recoit={c}&cle={asks_key(page)}", as_="alice").text
    sent = {"minutes": "1 h", "day": today().isoformat(), "wording": "Courses"}
    kept = client.post(action(chosen), sent, as_="alice", status=422).text
    assert "Dites pourquoi" in kept
    same = {**sent, "minutes": "1 h 30", "reason": "Pour voir"}
    kept = client.post(action(page), same, as_="alice", status=422).text
    assert "Rien n’a changé." in kept
    right = client.post(action(chosen), {**sent, "reason": "C’était Fatima"}, as_="alice").location
    assert "Il remplace" in client.get(right, as_="alice").text
    before = client.get(f"{HOURS}/echanges/{id_}", as_="alice").text
    assert "Un autre échange le remplace" in before
    assert "C’était Fatima" in before
    assert [balance(cast, n) for n in (a, b, c)] == [60, 0, -60]
    late = {**sent, "minutes": "2 h", "reason": "Encore"}
    there = client.post(f"{url}?cle={new_id()}", late, as_="bob").location
    shown = client.get(there, as_="bob").text
    assert "ne peut plus être corrigé. Voici où il en est." in shown
    assert "Un autre échange le remplace" in shown
    client.post(f"{HOURS}/echanges/{id_}/annulation", as_="bob")
    assert [balance(cast, n) for n in (a, b, c)] == [60, 0, -60]


def asks_key(page: str) -> str:
    """The key that the page's form carries in its address."""
    found = re.search(r"cle=([0-9a-f-]{36})", page)
    assert found
    return found[1]


def test_the_list_is_searched_filtered_sorted_and_downloaded(client: Client, cast: Cast) -> None:
    a, b, c, *_ = join(cast).values()
    exchange(cast, a, b, 60, wording="Couture")
    other = exchange(cast, b, c, 30, on=today() - timedelta(days=3))
    index = f"{HOURS}/echanges/"
    page = client.get(index, as_="carole").text
    assert "Noter un échange" not in page
    assert "1 à 2 sur 2" in page
    assert "Yann a donné 30\u00a0min à Fatima" in page
    for query, seen in {
        "q=bernadette": 1, "q=COUTURE": 1, "q=yann": 2, "q=piscine": 0, "genre=exchange": 2,
        "genre=group": 0, "genre=all": 2, "etat=corrected": 0, "etat=standing": 2,
        f"du={today()}": 1, f"au={today() - timedelta(days=1)}": 1, f"bulle={cast.bulle.id}": 2,
        f"bulle={uuid.uuid4()}": 0, "du=hier": 2,
    }.items():  # fmt: skip
        text = client.get(f"{index}?{query}", as_="carole").text
        assert (f"sur {seen}<" in text) if seen else ("Effacer les filtres" in text), query
    mixed_up = client.get(
        f"{index}?du={today()}&au={today() - timedelta(days=9)}", as_="carole"
    ).text
    assert "sur 2<" in mixed_up
    assert f'name="du" value="{today() - timedelta(days=9)}"' in mixed_up
    client.post(f"{index}{other}/annulation", as_="alice")
    assert "sur 1<" in client.get(f"{index}?etat=corrected", as_="alice").text
    for sort in ("date", "-date", "duree", "-duree", "sel"):
        client.get(f"{index}?tri={sort}", as_="alice")
    sheet = client.get(f"{index}?format=csv", as_="carole").data.decode("utf-8-sig")
    assert f"{today()};Bernadette;Yann;60;Échange;Couture;" in sheet
    assert "Alice Morel;oui" in sheet
    assert client.get(f"{index}?format=ods", as_="carole").data.startswith(b"PK")


def test_a_page_of_exchanges_costs_the_same_whatever_its_rows(
    client: Client, cast: Cast, queries: list[str]
) -> None:
    a, b, *_ = join(cast).values()
    exchange(cast, a, b, 60)
    client.get(f"{HOURS}/echanges/", as_="alice")
    queries.clear()
    client.get(f"{HOURS}/echanges/", as_="alice")
    few = len(queries)
    for _ in range(12):
        exchange(cast, a, b, 5)
        exchange(cast, b, a, 5)
    queries.clear()
    client.get(f"{HOURS}/echanges/", as_="alice")
    assert len(queries) == few
    assert few <= 15


def test_the_latest_are_looked_for_in_the_last_days_first(
    client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch, queries: list[str]
) -> None:
    a, b, *_ = join(cast).values()
    for days in (6, 0, 2, 4):
        exchange(cast, a, b, 30 + days, on=today() - timedelta(days=days))
    monkeypatch.setattr(exchanges, "SHOWN", 2)
    monkeypatch.setattr(exchanges, "PERIODS", (timedelta(days=1), timedelta(days=5)))
    page = client.get(f"{HOURS}/echanges/?tri=-date", as_="carole").text
    assert "1 à 2 sur plus de 2" in page
    assert "choisissez une période" in page
    with tenant_context(cast.tenants["ascs"].id):

        def minutes(until: int = 0, sort: str = "-date") -> list[int]:
            wanted = ExchangeFilter(until=today() - timedelta(days=until))
            rows = exchanges.page_exchanges(wanted, sort, 1).rows
            return [row.Transfer.minutes for row in rows]

        assert (minutes(), minutes(until=3), minutes(until=5)) == ([30, 32], [34, 36], [36])
        assert minutes(sort="date") == [36, 34]
        for limit, found in ((1, [30]), (2, [30, 32]), (9, [30, 32, 34, 36])):
            queries.clear()
            assert [line.transfer.minutes for line in exchanges.list_latest(limit)] == found
            read = [sql for sql in queries if "FROM transfers" in sql and "count(" not in sql]
            assert all("transfers.happened_on >" in sql for sql in read) == (limit < 9)


def test_wrong_roles_and_other_peoples_ids(client: Client, cast: Cast) -> None:
    a, b, *_ = join(cast).values()
    theirs = join(cast, "Paul", "Jeanne", who="denis")
    elsewhere = exchange(cast, theirs["Paul"], theirs["Jeanne"], 30, who="denis")
    id_ = exchange(cast, a, b, 60)
    client.get(NEW, as_="carole", status=403)
    told = f"{NEW}?donne={a}&recoit={b}&cle={new_id()}"
    client.post(told, {"minutes": "60"}, as_="carole", status=403)
    for path in ("annulation", "note", "merci", "correction"):
        client.post(f"{HOURS}/echanges/{id_}/{path}", as_="carole", status=403)
    for path in ("", "/suite", "/correction", f"/debut/{a}"):
        client.get(f"{HOURS}/echanges/{elsewhere}{path}", as_="alice", status=404)
    client.post(f"{HOURS}/echanges/{elsewhere}/annulation", as_="alice", status=404)
    client.get(f"{HOURS}/echanges/{id_}/debut/{b}", as_="alice", status=404)
    for query in ("donne=999", "donne=un", "cle=un", f"cle={DERIVED}", "changer=tout"):
        client.get(f"{NEW}?{query}", as_="alice", status=404)
    client.get(f"{HOURS}/", as_="denis", status=404)


def test_an_exchange_has_a_theme_if_one_wants(client: Client, cast: Cast) -> None:
    a, b, *_ = join(cast).values()
    url = f"{HOURS}/echanges/{exchange(cast, a, b, 60)}"
    form = client.get(url, as_="alice").text
    found = re.search(r'<option value="([^"]+)">Mobilité', form)
    assert found
    client.post(f"{url}/note", {"wording": "Vélo", "theme": found[1]}, as_="alice")
    assert f'<option selected value="{found[1]}">Mobilité' in client.get(url, as_="alice").text
    client.post(f"{url}/note", {"wording": "Vélo", "theme": str(new_id())}, as_="alice")
    assert f'<option selected value="{found[1]}">Mobilité' in client.get(url, as_="alice").text


def test_whom_the_fund_helped_is_for_the_team(client: Client, cast: Cast) -> None:
    a, b, *_ = join(cast).values()
    alice, granted = cast.actor("alice"), new_id()
    with tenant_context(alice.tenant_id):
        give_to_fund(alice, new_id(), a, 60, today())
        grant(alice, granted, b, 30, decision="Une panne")
        reverse_transfer(alice, granted, "Pas maintenant")
        db.session.commit()
    everything = f"{HOURS}/echanges/?genre=all&q=Yann"
    assert "Yann" in client.get(everything, as_="bob").text
    assert "Yann a" not in client.get(everything, as_="carole").text
    rows = client.get(f"{HOURS}/echanges/?genre=all&format=csv", as_="carole").text
    assert "Bernadette" in rows
    assert "Yann" not in rows
    client.get(f"{HOURS}/echanges/{granted}", as_="bob")
    client.get(f"{HOURS}/echanges/{granted}", as_="carole", status=403)
