"""The pages of members, of their limits and of the rules, as Alice, Bob and Carole use them."""

from __future__ import annotations

import json
import re
import uuid

import pytest

from app.core.clock import today
from app.core.db import db, new_id, tenant_context
from app.reciprocity.commands.exchanges import record_group
from app.reciprocity.commands.fund import give_to_fund, grant
from app.reciprocity.commands.ledger import call, operator_of
from app.reciprocity.queries.accounts import get_account
from app.reciprocity.queries.members import find_member_of, get_member
from tests.factories.cast import Cast
from tests.factories.reciprocity import exchange, join, publish
from tests.http import Client

HOME = "/ascs/heures/membres"
RULES = "/ascs/heures/regles"


@pytest.fixture
def people(cast: Cast) -> dict[str, int]:
    """Name → account number."""
    return join(cast, "Bernadette", "Yann", "Fatima")


def address(cast: Cast, account_no: int, who: str = "alice") -> str:
    """The page of a member of the ASCS."""
    with tenant_context(cast.actor(who).tenant_id):
        member = find_member_of(account_no)
        assert member
        return f"{HOME}/{member.id}"


def key_of(page: str) -> str:
    """The id that a page gives to what it will write."""
    found = re.search(r'name="key"[^>]*value="([^"]+)"', page)
    assert found
    return found[1]


def plain(text: str) -> str:
    """A page with ordinary spaces."""
    return text.replace("\xa0", " ")


def test_someone_is_welcomed_by_a_name_and_found_by_what_they_like(client: Client) -> None:
    assert "Inscrivez une première personne" in client.get(f"{HOME}/", as_="bob").text
    page = client.get(f"{HOME}/nouveau", as_="bob").text
    sheet = {"name": "Élodie", "interests": "cuisiner, le Vélo", "key": key_of(page)}
    made = client.post(f"{HOME}/nouveau", sheet, as_="bob").location
    assert client.post(f"{HOME}/nouveau", sheet, as_="bob").location == made
    page = plain(client.get(made, as_="carole").text)
    assert "Élodie n’a encore rien donné ni reçu." in page
    assert "Cuisiner et le Vélo." in page
    assert "Élodie" in client.get(f"{HOME}/?q=velo", as_="carole").text
    assert "Effacer les filtres" in client.get(f"{HOME}/?q=piscine", as_="carole").text
    assert "Comment s’appelle" in client.get(f"{HOME}/nouveau", as_="bob").text
    client.post(f"{HOME}/nouveau", {"name": ""}, as_="bob", status=422)


def test_people_of_one_name_are_told_apart(client: Client, cast: Cast) -> None:
    """And the organisation's only Bulle is theirs unless someone says otherwise."""
    page = client.get(f"{HOME}/nouveau", as_="bob").text
    assert re.search(rf'<input checked[^>]* value="{cast.bulle.id}"', page)
    for name in ("Awa", "awa"):
        made = client.post(f"{HOME}/nouveau", {"name": name}, as_="bob").location
    number = join(cast, "Yann")["Yann"] - 1
    welcome = f"Une autre personne s’appelle ainsi : celle-ci a le n° {number}."
    assert welcome in plain(client.get(made, as_="bob").text)
    listed = plain(client.get(f"{HOME}/", as_="bob").text)
    assert f"awa (n° {number})" in listed
    assert "Yann (n°" not in listed


def test_an_address_that_serves_twice_is_asked_about(client: Client) -> None:
    sheet = {"name": "Bernadette", "email": "b@exemple.fr"}
    client.post(f"{HOME}/nouveau", sheet, as_="bob")
    assert "sert à deux" not in client.get(f"{HOME}/nouveau", as_="bob").text
    again = {**sheet, "name": "Roger"}
    page = client.post(f"{HOME}/nouveau", again, as_="bob", status=422).text
    assert "Bernadette a déjà cette adresse" in page
    assert "Cette adresse sert à deux personnes" in page
    client.post(f"{HOME}/nouveau", {**again, "shares_email": "y"}, as_="bob")


def test_a_sheet_tells_hours_in_words_and_invites_on_both_sides(
    client: Client, cast: Cast, people: dict[str, int]
) -> None:
    a, b, c = people.values()
    exchange(cast, a, b, 12 * 60, wording="Le jardin")
    exchange(cast, a, b, 60, wording="La haie")
    page = plain(client.get(address(cast, a), as_="bob").text)
    assert (
        "Bernadette a donné 13 h et n’a encore rien reçu. Qu’aimerait recevoir Bernadette ?" in page
    )
    assert "A donné 12 h</a>, avec Yann" in page
    assert "Le jardin" in page
    page = plain(client.get(address(cast, b), as_="bob").text)
    assert "Que pourrait partager Yann ?" in page
    with tenant_context(cast.tenants["ascs"].id):
        record_group(cast.actor("alice"), new_id(), {a: 90, b: -60, c: -30}, today())
        db.session.commit()
    page = plain(client.get(address(cast, c), as_="bob").text)
    assert "A reçu 30 min</a>, avec Bernadette" in page
    page = plain(client.get(address(cast, a), as_="bob").text)
    assert "A donné 1 h 30</a>, avec Yann et Fatima" in page


def test_a_balance_that_is_more_than_exchanges_says_why_to_the_team(
    client: Client, cast: Cast, people: dict[str, int]
) -> None:
    a, b, _ = people.values()
    exchange(cast, a, b, 60)
    assert "son solde" not in client.get(address(cast, a), as_="bob").text
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        call("ledger_post_welcome", p_credit=a, p_minutes=120, p_operator=operator_of(alice))
        give_to_fund(alice, new_id(), a, 15, today())
        db.session.commit()
    page = plain(client.get(address(cast, a), as_="bob").text)
    assert "Bernadette a donné 1 h et n’a encore rien reçu." in page
    assert "Avec 2 h de bienvenue et 15 min offertes au fonds, son solde est de +2 h 45." in page
    assert "son solde" not in client.get(address(cast, a), as_="carole").text


def test_what_two_people_both_like(client: Client, cast: Cast, people: dict[str, int]) -> None:
    for name, liked in (("Bernadette", "cuisiner"), ("Yann", "la cuisine, la pêche")):
        url = address(cast, people[name])
        client.post(f"{url}/fiche", {"name": name, "interests": liked, "version": 1}, as_="bob")
    page = plain(client.get(address(cast, people["Bernadette"]), as_="carole").text)
    assert "« J’aime la cuisine, moi aussi ! »" in page
    assert "pêche" not in page


def test_contacts_are_for_the_team_alone(
    client: Client, cast: Cast, people: dict[str, int]
) -> None:
    url = address(cast, people["Yann"])
    contact = {"name": "Yann", "email": "yann@exemple.fr", "phone": "06 12", "version": 1}
    client.post(f"{url}/fiche", contact, as_="bob")
    assert "yann@exemple.fr" in client.get(url, as_="bob").text
    assert "yann@exemple.fr" not in client.get(url, as_="carole").text
    csv = client.get(f"{HOME}/?format=csv", as_="carole").data.decode("utf-8-sig")
    assert "Yann" in csv
    assert "yann@exemple.fr" not in csv
    assert "yann@exemple.fr" in client.get(f"{HOME}/?format=csv", as_="bob").text
    assert client.get(f"{HOME}/?format=ods", as_="bob").data.startswith(b"PK")


def test_the_order_of_members_does_not_tell_whom_the_fund_helped(
    client: Client, cast: Cast, people: dict[str, int]
) -> None:
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        give_to_fund(alice, new_id(), 1, 60, today())
        grant(alice, new_id(), people["Fatima"], 30, decision="Une panne")
        db.session.commit()

    def listed(who: str, tri: str) -> list[str]:
        rows = client.get(f"{HOME}/?format=csv&tri={tri}", as_=who).data.decode("utf-8-sig")
        return [line.split(";")[0] for line in rows.splitlines()[1:]]

    assert listed("bob", "-dernier") == ["Fatima", "Bernadette", "Yann"]
    assert listed("carole", "dernier") == listed("carole", "nom")
    assert listed("carole", "-dernier") == listed("carole", "-nom")
    assert "tri=dernier" in client.get(f"{HOME}/", as_="bob").text
    assert "tri=dernier" not in client.get(f"{HOME}/", as_="carole").text


def test_two_people_change_a_sheet_at_once(
    client: Client, cast: Cast, people: dict[str, int]
) -> None:
    url = f"{address(cast, people['Yann'])}/fiche"
    assert 'value="Yann"' in client.get(url, as_="bob").text
    client.post(url, {"name": "Yann L.", "version": 1}, as_="bob")
    page = client.post(url, {"name": "Yann M.", "version": 1}, as_="alice", status=422).text
    assert "pendant que vous écriviez" in page
    assert "Yann M." in page


def test_a_departure_says_what_happens_and_is_undone(
    client: Client, cast: Cast, people: dict[str, int]
) -> None:
    a, b, _ = people.values()
    exchange(cast, a, b, 90)
    url = address(cast, a)
    publish(cast, a, "Couture")
    page = plain(client.get(f"{url}/depart", as_="alice").text)
    assert "Bernadette a encore 1 h 30 à recevoir : elles vont au fonds de solidarité" in page
    assert (
        "l’organisation les prend à sa charge"
        in client.get(f"{address(cast, b)}/depart", as_="alice").text
    )
    client.post(f"{url}/depart", as_="alice")
    page = client.get(url, as_="alice").text
    assert "Annuler ce départ" in page
    assert "Départ le" in page
    assert "Bernadette" not in client.get(f"{HOME}/", as_="alice").text
    assert "Bernadette" in client.get(f"{HOME}/?etat=partis", as_="alice").text
    client.post(f"{url}/retour", as_="alice")
    assert "est de nouveau membre" in client.get(url, as_="alice").text
    with tenant_context(cast.actor("alice").tenant_id):
        assert get_account(a).balance == 90


def test_someone_is_forgotten_from_their_page(
    client: Client, cast: Cast, people: dict[str, int]
) -> None:
    url = address(cast, people["Fatima"])
    offer_id = publish(cast, people["Fatima"], "Pain")
    page = client.get(f"{url}/effacement", as_="alice").text
    assert "Cela ne peut pas être défait" in page
    assert "noter un départ" in page
    client.post(f"{url}/effacement", as_="alice")
    page = client.get(f"{HOME}/", as_="alice").text
    assert "Fatima n’est plus dans le registre" in page
    assert "Membre effacé" in client.get(url, as_="alice").text
    client.get(f"/ascs/heures/annonces/{offer_id}", as_="alice", status=404)
    client.post(f"{url}/fiche", {"name": "Fatima", "version": 3}, as_="alice", status=422)


def test_all_that_is_held_is_handed_over(
    client: Client, cast: Cast, people: dict[str, int]
) -> None:
    a, b, _ = people.values()
    exchange(cast, a, b, 90, wording="Cuisine")
    publish(cast, a, "Couture")
    url = f"{address(cast, a)}/donnees"
    held = json.loads(client.get(f"{url}?format=json", as_="alice").text)
    assert held["Fiche"][0]["nom"] == "Bernadette"
    assert plain(held["Mouvements"][0]["durée"]) == "1 h 30"
    assert (held["Mouvements"][0]["avec"], held["Mouvements"][0]["c’était quoi"]) == (
        "Yann",
        "Cuisine",
    )
    assert held["Annonces"][0]["titre"] == "Couture"
    assert held["Journal"][0]["qui"] == "Alice Morel"
    assert "Couture" in client.get(f"{url}?format=csv", as_="alice").text
    assert client.get(f"{url}?format=ods", as_="alice").data.startswith(b"PK")
    client.get(url, as_="alice", status=404)


def test_limits_of_one_and_back(client: Client, cast: Cast, people: dict[str, int]) -> None:
    number = people["Yann"]
    url = address(cast, number)
    page = plain(client.get(f"{url}/limites", as_="alice").text)
    assert "jusqu’à 20 h reçues d’avance, sans limite pour donner" in page
    sent = {"receive": "5", "give": "1 h 30", "reason": "À sa demande"}
    client.post(f"{url}/limites", sent, as_="alice")
    page = plain(client.get(url, as_="alice").text)
    assert "jusqu’à 5 h reçues d’avance, et 1 h 30 données d’avance" in page
    assert "propres à Yann" in page
    assert "Les limites d’avant" in page
    for wrong in ("beaucoup", "", "99999", "-5"):
        page = client.post(f"{url}/limites", {"receive": wrong}, as_="alice", status=422).text
        assert "Erreur" in page
    client.post(f"{url}/limites/retour", as_="alice")
    with tenant_context(cast.actor("alice").tenant_id):
        assert (get_account(number).floor, get_account(number).own_limits) == (-1200, False)


def test_rules_are_written_in_hours_and_dated(
    client: Client, cast: Cast, people: dict[str, int]
) -> None:
    assert "celles du réseau" in client.get(f"{RULES}/", as_="carole").text
    page = plain(client.get(f"{RULES}/nouvelles?bulle={cast.bulle.id}", as_="alice").text)
    assert 'value="20 h"' in page
    sent = {
        "receive": "10", "give": "30", "invite_to_give": "4", "invite_to_receive": "8",
        "welcome": "2", "reason": "Décidé le 20 novembre",
    }  # fmt: skip
    client.post(f"{RULES}/nouvelles?bulle={cast.bulle.id}", sent, as_="alice")
    page = plain(client.get(f"{RULES}/", as_="carole").text)
    assert "3 comptes changent de limites" not in page
    assert "jusqu’à 10 h reçues d’avance, et 30 h données d’avance" in page
    assert "Chaque nouveau membre reçoit 2 h de bienvenue" in page
    assert "Alice Morel. Décidé le 20 novembre" in page
    with tenant_context(cast.actor("alice").tenant_id):
        assert get_account(people["Yann"]).floor == -600
    wrong = {**sent, "invite_to_give": "11"}
    page = client.post(f"{RULES}/nouvelles", wrong, as_="alice", status=422).text
    assert "On invite avant la limite" in page
    for welcome in ("101", "31"):
        wrong = {**sent, "welcome": welcome}
        page = client.post(f"{RULES}/nouvelles", wrong, as_="alice", status=422).text
        assert "au plus cent heures, et pas plus que la limite" in page
    for wrong_place in (uuid.uuid4(), "autre", ""):
        client.get(f"{RULES}/nouvelles?bulle={wrong_place}", as_="alice", status=404)
        client.post(f"{RULES}/nouvelles?bulle={wrong_place}", sent, as_="alice", status=404)


@pytest.mark.parametrize("act", ["fiche", "depart", "retour", "effacement", "limites"])
def test_nobody_changes_the_members_of_others(
    client: Client, cast: Cast, people: dict[str, int], act: str
) -> None:
    url = address(cast, people["Yann"])
    page = url.replace("/ascs/", "/ccas/")
    client.get(page, as_="denis", status=404)
    client.post(f"{page}/{act}", {"name": "X", "receive": "1"}, as_="denis", status=404)
    client.get(url.replace("/ascs/", "/ocytocines/"), as_="olga", status=404)
    with tenant_context(cast.actor("alice").tenant_id):
        member = get_member(uuid.UUID(url.rsplit("/", 1)[1]))
        assert (member.name, member.left_on, member.version) == ("Yann", None, 1)
        db.session.rollback()
