"""The pages of offers, requests and themes; who could help."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.core.clock import today
from app.core.db import tenant_context
from app.reciprocity.models import OfferKind
from app.reciprocity.queries.categories import list_categories
from app.reciprocity.queries.offers import get_offer
from tests.factories.cast import Cast
from tests.factories.reciprocity import exchange, join, publish
from tests.http import Client
from tests.reciprocity.test_members_pages import address, key_of, plain

HOME = "/ascs/heures/annonces"
THEMES = "/ocytocines/heures/themes"


@pytest.fixture
def people(cast: Cast) -> dict[str, int]:
    """Name → account number."""
    return join(cast, "Bernadette", "Yann", "Fatima")


def member_id(cast: Cast, account_no: int) -> str:
    """The id of a member of the ASCS."""
    return address(cast, account_no).rsplit("/", 1)[1]


def test_alice_publishes_for_bernadette_and_the_page_says_so(
    client: Client, cast: Cast, people: dict[str, int]
) -> None:
    assert "Publiez une première annonce" in client.get(f"{HOME}/", as_="alice").text
    page = client.get(f"{HOME}/pour?q=berna", as_="alice").text
    assert client.get(f"{HOME}/nouvelle", as_="alice", status=303).location == f"{HOME}/pour"
    link = re.search(r'href="(/ascs/heures/annonces/nouvelle\?membre=[^"]+)"', page)
    assert link
    assert "Yann" not in page
    page = client.get(link[1], as_="alice").text
    assert "Publier pour Bernadette" in page
    with tenant_context(cast.actor("alice").tenant_id):
        theme = str(list_categories()[3].id)
    notice = {
        "kind": "offer", "title": "Apprendre à coudre", "category": theme, "text": "Le mardi.\nOu pas.",
        "for_group": "y", "expires_on": str(today() + timedelta(days=90)), "key": key_of(page),
    }  # fmt: skip
    made = client.post(link[1], notice, as_="alice").location
    assert client.post(link[1], notice, as_="alice").location == made
    page = plain(client.get(made, as_="carole").text)
    assert "Alice Morel a publié l’annonce pour Bernadette." in page
    assert "Loisirs, culture et sport, à plusieurs" in page
    assert "Le mardi." in page
    client.get(f"{made}/texte", as_="bob")
    client.post(f"{made}/texte", {**notice, "title": "Coudre", "version": 1}, as_="bob")
    client.post(f"{made}/texte", {**notice, "version": 1}, as_="bob", status=422)
    assert "Bob Petit a modifié l’annonce pour Bernadette." in plain(
        client.get(made, as_="bob").text
    )
    client.post(link[1], {**notice, "title": "", "key": ""}, as_="alice", status=422)


def test_a_notice_is_closed_put_back_renewed(
    client: Client, cast: Cast, people: dict[str, int]
) -> None:
    offer_id = publish(cast, people["Yann"], "Vélo", expires_on=today() + timedelta(days=2))
    url = f"{HOME}/{offer_id}"
    client.post(f"{url}/retrait", as_="bob")
    page = client.get(url, as_="bob").text
    assert "La remettre" in page
    assert "Retirée" in page
    client.post(f"{url}/retour", as_="bob")
    client.post(f"{url}/renouvellement", as_="bob")
    with tenant_context(cast.actor("alice").tenant_id):
        assert get_offer(offer_id).expires_on > today() + timedelta(days=100)


def test_notices_that_end_are_renewed_together(
    client: Client, cast: Cast, people: dict[str, int]
) -> None:
    soon = today() + timedelta(days=5)
    ids = [
        publish(cast, people["Yann"], title, expires_on=soon) for title in ("Un", "Deux", "Trois")
    ]
    page = plain(client.get(f"{HOME}/a-renouveler", as_="bob").text)
    assert "Offre de Yann, jusqu’au" in page
    client.post(f"{HOME}/a-renouveler", {}, as_="bob", status=422)
    client.post(f"{HOME}/a-renouveler", {"offers": [str(ids[0]), str(ids[1])]}, as_="bob")
    assert "2 annonces pour six mois de plus" in plain(client.get(f"{HOME}/", as_="bob").text)
    page = client.get(f"{HOME}/a-renouveler", as_="bob").text
    assert "Trois" in page
    assert "Deux" not in page
    assert "1 annonce à renouveler" in plain(client.get("/ascs/taches", as_="bob").text)
    assert "à renouveler" not in client.get("/ascs/taches", as_="carole").text


def test_the_list_is_filtered_sorted_and_downloaded(
    client: Client, cast: Cast, people: dict[str, int]
) -> None:
    publish(cast, people["Yann"], "Réparer un vélo")
    publish(cast, people["Fatima"], "Un trajet", OfferKind.REQUEST)
    page = client.get(f"{HOME}/?genre=request&tri=membre", as_="carole").text
    assert "Un trajet" in page
    assert "Réparer" not in page
    assert "Effacer les filtres" in client.get(f"{HOME}/?q=zzz", as_="carole").text
    found = client.get(f"{HOME}/?q=YANN&theme=&bulle=x", as_="carole").text
    assert "Réparer" in found
    assert "trajet" not in found
    csv = client.get(f"{HOME}/?format=csv&tri=-titre", as_="carole").data.decode("utf-8-sig")
    assert csv.index("Un trajet") < csv.index("Réparer")
    assert client.get(f"{HOME}/?format=ods", as_="carole").data.startswith(b"PK")


def test_who_could_help_and_why(client: Client, cast: Cast, people: dict[str, int]) -> None:
    a, b, c = people.values()
    exchange(cast, a, b, 120)
    publish(cast, a, "Cours de couture")
    publish(cast, b, "Coudre des rideaux")
    request = publish(cast, c, "Un ourlet", OfferKind.REQUEST, text="Besoin de couture")
    page = plain(client.get(f"{HOME}/{request}", as_="carole").text)
    assert "Qui pourrait aider ?" in page
    assert "Propose « Cours de couture »." in page
    assert "A plus reçu que donné : c’est une occasion de donner." in page
    page = plain(client.get(address(cast, c), as_="carole").text)
    assert "Voir qui pourrait aider" in page


def test_themes_are_the_network_s(client: Client, cast: Cast) -> None:
    page = client.get("/ascs/heures/themes/", as_="carole").text
    assert "Santé et bien-être" in page
    assert "Ajouter un thème" not in page
    client.get("/ascs/heures/themes/nouveau", as_="alice", status=403)
    client.get(f"{THEMES}/nouveau", as_="olga")
    assert f'href="{THEMES}/"' in client.get("/ocytocines/heures/", as_="olga").text
    join(cast, "Zoé", who="olga")
    assert f'href="{THEMES}/"' in client.get("/ocytocines/heures/", as_="olga").text
    client.post(f"{THEMES}/nouveau", {"name": ""}, as_="olga", status=422)
    client.post(f"{THEMES}/nouveau", {"name": "Jardinage"}, as_="olga")
    client.post(f"{THEMES}/nouveau", {"name": "jardinage"}, as_="olga", status=422)
    with tenant_context(cast.actor("olga").tenant_id):
        theme = list_categories()[-1].id
    assert "Jardinage" in client.get("/ascs/heures/themes/", as_="carole").text
    client.post(f"/ascs/heures/themes/{theme}/retrait", as_="alice", status=403)
    client.post(f"{THEMES}/{theme}/retrait", as_="olga")
    page = client.get(f"{THEMES}/", as_="olga").text
    assert "Thèmes retirés" in page
    assert "Le remettre" in page
    client.post(f"{THEMES}/{theme}/retour", as_="olga")


def test_notices_of_others_are_not_seen(client: Client, cast: Cast, people: dict[str, int]) -> None:
    offer_id = publish(cast, people["Yann"], "Vélo")
    for act in ("", "/texte"):
        client.get(f"/ccas/heures/annonces/{offer_id}{act}", as_="denis", status=404)
    for act in ("retrait", "retour", "renouvellement"):
        client.post(f"/ccas/heures/annonces/{offer_id}/{act}", as_="denis", status=404)
        client.post(f"{HOME}/{offer_id}/{act}", as_="carole", status=403)
    assert "Vélo" not in client.get("/ocytocines/heures/annonces/", as_="olga").text
