"""The main job, by the hands of its people: from a rewritten clause to a sealed PDF that anyone checks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from app.core.clock import today
from app.demonstration.library import ALICE, DENIS, OLGA, WELCOME
from tests.browser.people import PHONE, People
from tests.browser.site import Site

TITLE = "Un jardin pour le goûter"
TREAT = "Un goûter est offert à chacun."
ASCS = "Association des usagers du centre social (ASCS)"
CCAS = "Centre communal d’action sociale de Dijon"
PATIENCE = 60_000  # milliseconds
pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_from_a_clause_to_a_sealed_document(people: People, site: Site, tmp_path: Path) -> None:
    rewrite_a_clause_and_publish(people.enter("olga"))
    alice = people.enter("alice")
    prepare(alice)
    propose(alice)
    for who in ("denis", "olga"):
        agree(people.enter(who))
    open_signatures(alice)
    for who, options in SIGNATORIES.items():
        sign(people.enter(**options), site, f"{who}@exemple.fr")
    document = download_sealed(alice, tmp_path)
    check_document(people.enter(), document)
    follow_qr_code(alice, people.enter(viewport=PHONE))
    read_the_end_of_it(people.enter("denis"))


# In their order: Olga at her desk, Alice on her phone, Denis with a browser that runs no script.
SIGNATORIES: dict[str, dict[str, Any]] = {
    "olga": {},
    "alice": {"viewport": PHONE, "has_touch": True},
    "denis": {"viewport": PHONE, "java_script_enabled": False},
}


def press(page: Page | Locator, name: str) -> None:
    """Press the button whose words begin so."""
    page.get_by_role("button", name=re.compile(f"^{re.escape(name)}")).click()


def follow(page: Page | Locator, name: str) -> None:
    """Follow the link whose words begin so."""
    page.get_by_role("link", name=re.compile(f"^{re.escape(name)}")).first.click()


def title_is(page: Page, words: str) -> None:
    """Wait for a page by its heading."""
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


def rewrite_a_clause_and_publish(olga: Page) -> None:
    """A clause is rewritten; the standard agreement takes its new text in its next version."""
    olga.goto("/ocytocines/clauses/")
    follow(olga, "Accueil sans condition")
    follow(olga, "Réécrire la clause")
    text = olga.get_by_label("Texte", exact=True)
    text.fill(f"{text.input_value()}\n\n{TREAT}")
    press(olga, "Enregistrer ce texte")
    follow(olga.get_by_role("navigation"), "Modèles")
    follow(olga, WELCOME)
    press(olga, "Écrire une nouvelle version")
    press(olga, "Prendre la version 2")
    follow(olga, "Relire et publier")
    expect(olga.get_by_role("main")).to_contain_text(TREAT)
    press(olga, "Publier la version 2")
    expect(olga.get_by_role("status")).to_contain_text("version 2, est publiée")


def prepare(alice: Page) -> None:
    """A convention on the new version: frame, parties, signatories, blanks."""
    follow(alice.get_by_role("navigation"), "Conventions")
    follow(alice, "Préparer une convention")
    alice.get_by_label(f"{WELCOME} (version 2)").check()
    alice.get_by_label("Titre de la convention").fill(TITLE)
    alice.get_by_label("Pour quelle Bulle ?").select_option(label="Fontaine d’Ouche, Dijon")
    press(alice, "Continuer")
    alice.get_by_label("Premier jour").fill(f"{today().year + 1}-03-01")
    alice.get_by_label("Dernier jour").fill(f"{today().year + 2}-02-28")
    press(alice, "Enregistrer")
    name_parties(alice)
    fill_blanks(alice)
    expect(alice.locator(".feuille")).to_contain_text(TREAT)
    expect(alice.locator(".a-faire")).to_contain_text("Proposez la convention aux parties")


def name_parties(alice: Page) -> None:
    """Who signs for the network and for us, both there from the start; then the landlord."""
    follow(alice, "Changer Ocytocines")
    name_signatory(alice, *OLGA[1:])
    follow(alice, f"Changer {ASCS}")
    name_signatory(alice, *ALICE[1:])
    follow(alice, "Désigner")
    alice.get_by_label("Quelle organisation ?").select_option(label=CCAS)
    name_signatory(alice, *DENIS[1:])


def name_signatory(alice: Page, name: str, capacity: str, email: str) -> None:
    """Who signs for the party of the page."""
    alice.get_by_label("Qui signe ?").fill(name)
    alice.get_by_label("En quelle qualité ?").fill(capacity)
    alice.get_by_label("Son adresse e-mail").first.fill(email)
    press(alice, "Enregistrer")
    expect(alice.get_by_role("status")).to_contain_text("La partie est enregistrée.")


def fill_blanks(alice: Page) -> None:
    """Answer the two pages of questions."""
    follow(alice.locator(".a-faire"), "Répondre")
    alice.get_by_label("Quel lieu est mis à disposition ?").fill("le jardin de la rue des Lilas")
    alice.get_by_role("group", name="Qui met le lieu").get_by_label(CCAS).check()
    alice.get_by_role("group", name="Qui porte la Bulle").get_by_label(ASCS).check()
    alice.get_by_label("Quelles activités ?").fill("Goûter ; Chaque mercredi ; Tout le monde")
    alice.get_by_label("Combien d’heures d’ouverture").fill("12")
    alice.get_by_label("en accès libre").check()
    alice.get_by_label("Quel est le budget de l’année ?").fill("16 500")
    press(alice, "Enregistrer et continuer")
    alice.get_by_label("Combien apporte Ocytocines ?").fill("13 500")
    alice.get_by_label("Qui apporte quoi ?").fill("Ocytocines ; 13 500 € ; Le jardin")
    alice.get_by_label("À combien estimez-vous").fill("9600")
    alice.get_by_label("Avant quelle date faire le bilan ?").fill(f"{today().year + 1}-12-01")
    alice.get_by_label("Combien de réunions").fill("4")
    alice.get_by_label("Combien de mois de préavis").fill("3")
    press(alice, "Enregistrer")
    title_is(alice, TITLE)


def propose(alice: Page) -> None:
    """The parties read it in their own space."""
    press(alice, "Proposer aux parties")
    expect(alice.get_by_role("status")).to_contain_text("La convention est proposée")


def agree(person: Page) -> None:
    """Read the proposal in one's own space, once the worker has delivered it, and agree."""
    reload_until(person, person.get_by_role("link", name="Lire la proposition"))
    person.get_by_role("link", name=TITLE).or_(
        person.locator(".a-faire", has_text=TITLE).get_by_role("link")
    ).or_(person.locator("li", has_text=TITLE).get_by_role("link")).first.click()
    title_is(person, TITLE)
    expect(person.locator(".feuille")).to_contain_text(TREAT)
    press(person, "Donner notre accord")
    expect(person.get_by_role("status").first).to_contain_text("Votre accord est parti.")


def open_signatures(alice: Page) -> None:
    """Everyone agrees and the worker has frozen the document: the first link leaves."""
    opening = alice.get_by_role("button", name="Ouvrir les signatures")
    reload_until(alice, opening)
    opening.click()
    expect(alice.get_by_role("status").first).to_contain_text("Les signatures sont ouvertes.")


def sign(page: Page, site: Site, email: str) -> None:
    """Open the personal link, read, prove who one is by the code of a mail, agree, sign."""
    page.goto(site.signing_link(email, TITLE))
    title_is(page, "Lire et signer la convention")
    expect(page.locator(".feuille")).to_contain_text(TREAT)
    press(page, "Recevoir mon code")
    page.get_by_label("Code à 6 chiffres").fill(site.signing_code(email, TITLE))
    page.get_by_role("checkbox").check()
    press(page, "Signer la convention")
    expect(page.get_by_role("heading", level=1)).to_have_text(
        re.compile("Vous avez signé|Convention signée")
    )


def download_sealed(alice: Page, folder: Path) -> Path:
    """The sheet says by itself that the document is ready; it is downloaded."""
    alice.reload()
    expect(alice.get_by_text("La convention est signée.")).to_be_visible(timeout=PATIENCE)
    with alice.expect_download() as downloading:
        follow(alice, "Télécharger le document signé")
    path = folder / "convention.pdf"
    downloading.value.save_as(path)
    return path


def check_document(stranger: Page, document: Path) -> None:
    """A stranger is told that the file is intact, and that a changed copy is not."""
    hand_in(stranger, document)
    title_is(stranger, "Ce document est intact")
    for name in ("Olga Renaud", "Alice Morel", "Denis Vasseur", "Sceau de"):
        expect(stranger.get_by_role("listitem").filter(has_text=name)).to_have_count(1)
    content = bytearray(document.read_bytes())
    content[12] ^= 1  # in the comment of the second line: a reader does not even see it
    copy = document.with_name("copie.pdf")
    copy.write_bytes(content)
    hand_in(stranger, copy)
    title_is(stranger, "Ce document a été changé après la signature")


def hand_in(stranger: Page, document: Path) -> None:
    """Give a file to the public page."""
    stranger.goto("/verifier")
    stranger.get_by_label("Le document à vérifier").set_input_files(document)
    press(stranger, "Vérifier ce document")


def follow_qr_code(alice: Page, stranger: Page) -> None:
    """The address of the QR code says who signed."""
    link = alice.get_by_role("link", name="Page publique de vérification")
    stranger.goto(link.get_attribute("href") or "")
    title_is(stranger, TITLE)
    expect(stranger.get_by_text("signé par toutes ses parties")).to_be_visible()


def read_the_end_of_it(denis: Page) -> None:
    """A party finds the signed document in its own space."""
    denis.goto("/ccas-dijon/conventions/")
    reload_until(denis, denis.get_by_role("row", name=TITLE).get_by_text("En vigueur"))
    follow(denis, TITLE)
    expect(denis.get_by_role("link", name="Télécharger le document signé (PDF)")).to_be_visible()


def reload_until(page: Page, sought: Locator) -> None:
    """Ask for the page again until the worker has done its part."""
    for _ in range(PATIENCE // 500):
        if sought.count():
            return
        page.wait_for_timeout(500)
        page.reload()
    expect(sought).to_be_visible()
