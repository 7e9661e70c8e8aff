"""The pages of the library and of the standard agreements, as Olga writes them and Alice reads them."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from app.conventions import queries
from app.core.db import db
from tests.conventions.library import HOURS, TEXT, acting, write_clause, write_type
from tests.factories.cast import Cast
from tests.http import Client

HOME = "/ocytocines"
NOWHERE = uuid.UUID(int=7)


@dataclass(frozen=True)
class Draft:
    """A draft as it stood when it was read."""

    clause_version_ids: list[uuid.UUID]
    variables: list[dict[str, Any]]
    party_roles: list[dict[str, Any]]
    lock_version: int


class Desk:
    """What Olga has written, straight from the database."""

    def __init__(self, cast: Cast) -> None:
        self.olga = cast.actor("olga")

    def write_clause(self) -> tuple[uuid.UUID, uuid.UUID]:
        """A clause in the library: its id and that of its text."""
        with acting(self.olga):
            clause = write_clause(self.olga)
            ids = clause.id, clause.latest.id
            db.session.commit()
        return ids

    def write_type(self) -> uuid.UUID:
        """A standard agreement in draft, that only waits for its publication."""
        with acting(self.olga):
            type_id = write_type(self.olga).type_id
            db.session.commit()
        return type_id

    def read(self, type_id: uuid.UUID) -> Draft:
        """The draft of a standard agreement."""
        with acting(self.olga):
            draft = queries.get_draft(type_id)
            facts = draft.variables, draft.party_roles, draft.lock_version
            return Draft(draft.clause_version_ids, *facts)


@pytest.fixture
def desk(cast: Cast) -> Desk:
    """Olga's desk."""
    return Desk(cast)


def test_a_clause_is_written_read_rewritten_retired_and_restored(client: Client) -> None:
    empty = client.get(f"{HOME}/clauses/", as_="olga").text
    assert "Écrivez une première clause" in empty
    sheet = {"title": HOURS, "theme": "Réciprocité", "heading": "Réciprocité", "text": TEXT}
    made = client.post(f"{HOME}/clauses/nouvelle", sheet, as_="olga")
    page = client.get(made.location, as_="olga").text
    assert "Les parties donnent <u>heures</u> heures par an." in page
    client.get(f"{made.location}/texte", as_="olga")
    new = {"heading": "Réciprocité", "text": "Les parties donnent beaucoup.", "version": "1"}
    client.post(f"{made.location}/texte", {**new, "note": "Plus court"}, as_="olga")
    assert "Plus court" in client.get(made.location, as_="olga").text
    changes = client.get(f"{made.location}/versions/2", as_="olga").text
    assert re.search(r"<ins><span[^>]*>ajouté\s: </span>beaucoup\.</ins>", changes)
    assert re.search(r"<del><span[^>]*>enlevé\s: </span>\{\{ heures }}", changes)
    client.get(f"{made.location}/versions/9", as_="olga", status=404)
    client.post(f"{made.location}/retrait", as_="olga")
    client.get(made.location, as_="olga")  # says what was done, once
    assert HOURS not in client.get(f"{HOME}/clauses/", as_="olga").text
    assert HOURS in client.get(f"{HOME}/clauses/?etat=retirees", as_="olga").text
    client.post(f"{made.location}/retour", as_="olga")
    assert HOURS in client.get(f"{HOME}/clauses/", as_="olga").text


def test_what_is_typed_wrong_comes_back_with_what_was_typed(client: Client) -> None:
    sheet = {"title": HOURS, "theme": "Vie", "heading": "Titre", "text": "Du <b>gras</b>."}
    page = client.post(f"{HOME}/clauses/nouvelle", sheet, as_="olga", status=422).text
    assert "<title>Erreur\u00a0: écrire une clause" in page
    assert "Enlevez «\u00a0&lt;b&gt;\u00a0»" in page
    assert "Du &lt;b&gt;gras&lt;/b&gt;." in page
    client.post(f"{HOME}/clauses/nouvelle", {**sheet, "text": "Du gras."}, as_="olga")
    page = client.post(
        f"{HOME}/clauses/nouvelle", {**sheet, "text": "Du gras."}, as_="olga", status=422
    ).text
    assert "s’appelle déjà" in page


def test_two_people_rewriting_a_clause_at_once(client: Client, desk: Desk) -> None:
    url = f"{HOME}/clauses/{desk.write_clause()[0]}/texte"
    text = {"heading": "Réciprocité", "text": "Le premier.", "version": "1"}
    client.post(url, text, as_="olga")
    page = client.post(url, {**text, "text": "Le second."}, as_="olga", status=422).text
    assert "pendant que vous écriviez" in page
    assert "Le second." in page


def test_the_library_is_searched_and_downloaded(client: Client, desk: Desk) -> None:
    desk.write_clause()
    assert HOURS in client.get(f"{HOME}/clauses/?q=reciprocite", as_="olga").text
    assert "Effacer les filtres" in client.get(f"{HOME}/clauses/?q=piscine", as_="olga").text
    sheet = client.get(f"{HOME}/clauses/?format=csv", as_="olga")
    assert HOURS in sheet.data.decode("utf-8-sig")
    assert client.get(f"{HOME}/clauses/?format=ods", as_="olga").data.startswith(b"PK")
    client.get(f"{HOME}/clauses/?format=exe", as_="olga", status=404)


WRITES = [
    "clauses/nouvelle",
    "clauses/{clause}/texte",
    "clauses/{clause}/retrait",
    "clauses/{clause}/retour",
    "modeles/nouveau",
    "modeles/{type}/versions",
    "modeles/{type}/publication",
    "modeles/{type}/brouillon/clauses",
    "modeles/{type}/brouillon/clauses/{clause}",
    "modeles/{type}/brouillon/clauses/{clause}/place",
    "modeles/{type}/brouillon/clauses/{clause}/retrait",
    "modeles/{type}/brouillon/nouvelle-variable?genre=text",
    "modeles/{type}/brouillon/variables/heures",
    "modeles/{type}/brouillon/variables/heures/place",
    "modeles/{type}/brouillon/variables/heures/retrait",
    "modeles/{type}/brouillon/nouvelle-partie",
    "modeles/{type}/brouillon/parties/porteur",
    "modeles/{type}/brouillon/parties/porteur/retrait",
    "modeles/{type}/brouillon/parties/porteur/retour",
]


@pytest.mark.parametrize("path", WRITES)
@pytest.mark.parametrize(("who", "slug"), [("alice", "ascs"), ("denis", "ccas")])
def test_a_partner_writes_nothing_under_its_own_address(
    client: Client, desk: Desk, path: str, who: str, slug: str
) -> None:
    ids = {"clause": desk.write_clause()[0], "type": desk.write_type()}
    browser = client.browser(who)
    form = {"csrf_token": client.csrf_token(browser), "version": "1"}
    response = browser.post(f"/{slug}/{path.format(**ids)}", data=form)
    assert response.status_code in {403, 404}, response.text


@pytest.mark.parametrize("path", ["clauses/", "clauses/nouvelle", "modeles/nouveau"])
def test_a_partner_does_not_open_the_network_s_desk(client: Client, path: str) -> None:
    client.get(f"/ascs/{path}", as_="alice", status=403)
    client.get(f"{HOME}/{path}", as_="alice", status=404)


def test_alice_reads_what_is_published_and_nothing_else(client: Client, desk: Desk) -> None:
    assert "Les modèles arrivent" in client.get("/ascs/modeles/", as_="alice").text
    type_id = desk.write_type()
    assert "Les modèles arrivent" in client.get("/ascs/modeles/", as_="alice").text
    client.get(f"/ascs/modeles/{type_id}", as_="alice", status=404)
    client.get(f"/ascs/modeles/{type_id}/brouillon", as_="alice", status=403)
    client.post(f"{HOME}/modeles/{type_id}/publication", {"version": "4"}, as_="olga")
    listed = client.get("/ascs/modeles/", as_="alice").text
    assert "/ascs/conventions/nouvelle?modele=" in listed
    assert "conventions/nouvelle" not in client.get("/ascs/modeles/", as_="carole").text
    page = client.get(f"/ascs/modeles/{type_id}", as_="alice").text
    assert "<u>Combien d’heures par an ?</u>" in page
    assert "La structure qui porte la Bulle" in page
    assert "Écrire une nouvelle version" not in page
    assert "Accueil d’une Bulle" in client.get("/ascs/modeles/?format=csv", as_="alice").text
    client.get(f"/ascs/modeles/{type_id}?version=9", as_="alice", status=404)
    client.get(f"/ascs/modeles/{NOWHERE}", as_="alice", status=404)


def test_olga_writes_a_type_from_nothing_to_its_second_version(client: Client, desk: Desk) -> None:
    desk.write_clause()
    sheet = {"title": "Prêt d’un lieu", "purpose": "Prêter un lieu à une Bulle."}
    made = client.post(f"{HOME}/modeles/nouveau", sheet, as_="olga").location
    page = client.get(made, as_="olga").text
    assert "Ajoutez une première clause" in page
    type_id = uuid.UUID(made.split("/")[-2])
    text = re.search(r'<option value="([0-9a-f-]{36})"', page)
    assert text
    base = f"{HOME}/modeles/{type_id}"
    client.post(f"{made}/clauses", {"clause_version": text[1], "version": "1"}, as_="olga")
    assert re.search(r"veut dire «\s?heures\s?»", client.get(made, as_="olga").text)
    kinds = client.get(f"{made}/genres?nom=heures", as_="olga").text
    assert "genre=number&amp;nom=heures" in kinds
    address = f"{made}/nouvelle-variable?genre=number&nom=heures"
    assert 'value="heures"' in client.get(address, as_="olga").text
    asked = {"label": "Combien d’heures ?", "name": "heures", "required": "y", "version": "2"}
    client.post(address, asked, as_="olga")
    assert "Dites qui sont les parties" in client.get(made, as_="olga").text
    client.post(
        f"{made}/nouvelle-partie",
        {"label": "La ville de Dijon", "required": "y", "version": "3"},
        as_="olga",
    )
    draft = desk.read(type_id)
    assert draft.party_roles[0]["role"] == "la_ville_de_dijon"
    assert "Relire et publier" in client.get(made, as_="olga").text
    assert "ne changera plus" in client.get(f"{base}/publication", as_="olga").text
    client.post(f"{base}/publication", {"version": "4", "changes": "Un."}, as_="olga")
    assert "Écrire une nouvelle version" in client.get(base, as_="olga").text
    client.post(f"{base}/versions", as_="olga")
    lock = desk.read(type_id).lock_version
    client.post(f"{made}/variables/heures/retrait", {"version": lock}, as_="olga")
    publication = client.get(f"{base}/publication", as_="olga").text
    assert "Décrivez cette variable" in publication
    assert "Questions enlevées ou changées\u00a0: Combien d’heures ?" in publication
    client.post(f"{base}/publication", {"version": lock + 1}, as_="olga", status=422)
    client.get(f"{base}/versions/1", as_="olga")


def test_clauses_move_leave_and_come_back_by_buttons(client: Client, desk: Desk) -> None:
    type_id = desk.write_type()
    text = desk.write_clause()[1]
    draft = desk.read(type_id)
    first, lock = draft.clause_version_ids[0], draft.lock_version
    url = f"{HOME}/modeles/{type_id}/brouillon/clauses"
    client.post(f"{url}/{text}", {"version": lock}, as_="olga")
    client.post(f"{url}/{text}/place", {"version": lock + 1, "sens": "haut"}, as_="olga")
    assert desk.read(type_id).clause_version_ids == [text, first]
    client.post(f"{url}/{text}/retrait", {"version": lock + 2}, as_="olga")
    assert desk.read(type_id).clause_version_ids == [first]
    page = client.get(f"{HOME}/modeles/{type_id}/brouillon", as_="olga").text
    undo = re.search(r'action="([^"]+place=0[^"]*)"', page)
    assert undo
    client.post(undo[1].replace("&amp;", "&"), as_="olga")
    assert desk.read(type_id).clause_version_ids == [text, first]


def test_a_stale_button_writes_nothing(client: Client, desk: Desk) -> None:
    type_id = desk.write_type()
    draft = desk.read(type_id)
    url = f"{HOME}/modeles/{type_id}/brouillon"
    for path in (f"clauses/{draft.clause_version_ids[0]}/retrait", "parties/porteur/retrait"):
        for version in ("1", "x", ""):
            page = client.post(f"{url}/{path}", {"version": version}, as_="olga", status=422).text
            assert "pendant que vous écriviez" in page
    assert desk.read(type_id).lock_version == draft.lock_version


@pytest.mark.parametrize(
    ("genre", "fields", "said"),
    [
        ("text", {"name": "Deux mots"}, "en minuscules"),
        ("text", {"name": "bulle"}, "existe déjà"),
        ("text", {"name": "heures"}, "s’appelle déjà"),
        ("choice", {"choices": "oui"}, "au moins deux"),
        ("table", {"columns": ""}, "colonnes"),
        ("text", {"label": "<i>Nom</i>"}, "texte simple"),
    ],
)
def test_a_question_that_cannot_be(
    client: Client, desk: Desk, genre: str, fields: dict[str, str], said: str
) -> None:
    type_id = desk.write_type()
    url = f"{HOME}/modeles/{type_id}/brouillon/nouvelle-variable?genre={genre}"
    asked = {"label": "Une question", "name": "reponse", "version": "4", **fields}
    assert said in client.post(url, asked, as_="olga", status=422).text


def test_a_question_and_a_party_are_changed(client: Client, desk: Desk) -> None:
    type_id = desk.write_type()
    url = f"{HOME}/modeles/{type_id}/brouillon"
    client.get(f"{url}/variables/heures", as_="olga")
    client.get(f"{url}/variables/heures/retrait", as_="olga")
    client.get(f"{url}/parties/porteur", as_="olga")
    client.get(f"{url}/variables/rien", as_="olga", status=404)
    client.get(f"{url}/parties/rien", as_="olga", status=404)
    client.get(f"{url}/nouvelle-variable?genre=rien", as_="olga", status=404)
    asked = {"label": "Combien d’heures données ?", "name": "heures", "version": "4"}
    client.post(f"{url}/variables/heures", asked, as_="olga")
    client.post(f"{url}/parties/porteur", {"label": "Qui porte", "version": "5"}, as_="olga")
    draft = desk.read(type_id)
    [variable] = draft.variables
    assert (variable["label"], variable["required"]) == ("Combien d’heures données ?", False)
    assert draft.party_roles[0] == {"role": "porteur", "label": "Qui porte", "required": False}
    client.post(f"{url}/parties/porteur/retrait", {"version": "6"}, as_="olga")
    assert [role["role"] for role in desk.read(type_id).party_roles] == ["proprietaire"]
