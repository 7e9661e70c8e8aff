"""A member's own space, on a phone: the link asked for, what was given and received, the statement."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.inspection import survey
from tests.browser.people import PHONE, People
from tests.browser.site import Site
from tests.browser.test_hours import Finger, look
from tests.browser.test_journey import follow, hand_in, press, title_is

TOLD = "Yann dit vous avoir donné"
THANKS = "Merci Yann, les courses étaient lourdes."
pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_own_space(people: People, site: Site, seen: set[str], tmp_path: Path) -> None:
    yann = member_on_a_phone(people)
    yann.goto(ask_for_the_link(yann, site, seen, "yann@exemple.fr"))
    title_is(yann, "Bonjour Yann")
    look(yann, seen)
    tell_what_was_given(yann, seen)
    bernadette = answer(people, site, seen)
    thank(bernadette, seen)
    yann.goto(space_of(yann))
    expect(yann.get_by_role("region", name="On vous dit merci")).to_contain_text(THANKS)
    tell_what_was_received(bernadette, seen)
    correct(bernadette, seen)
    publish(bernadette, seen)
    check(people.enter(), statement(bernadette, tmp_path, seen))


def member_on_a_phone(people: People) -> Page:
    """Nobody is signed in there."""
    return people.enter(viewport=PHONE, has_touch=True)


def link_in(letter: str) -> str:
    """The personal link that a letter holds."""
    found = re.search(r"http://\S+/mon-espace/\S+", letter)
    assert found, "no link in the letter"
    return found[0]


def space_of(page: Page) -> str:
    """The first page of the space where a browser is."""
    return re.sub(r"(/mon-espace/[^/]+/[^/]+/).*", r"\1", page.url)


def ask_for_the_link(member: Page, site: Site, seen: set[str], address: str) -> str:
    """The link to their own space, sent to the address that the Bulle knows."""
    member.goto("/ascs/mon-espace/")
    look(member, seen)
    member.get_by_label("Votre adresse e-mail").fill(address)
    press(member, "Recevoir mon lien")
    title_is(member, "Regardez vos e-mails")
    look(member, seen)
    return link_in(site.letter(address, "Votre espace"))


def tell_what_was_given(yann: Page, seen: set[str]) -> None:
    """The other is asked; the first time by mistake."""
    for duration in ("3 h", "30 min"):
        follow(yann, "J’ai donné du temps")
        title_is(yann, "À qui avez-vous donné ?")
        look(yann, seen)
        Finger(yann).tap("link", "Bernadette")
        title_is(yann, "Combien de temps ?")
        look(yann, seen)
        Finger(yann).tap("button", duration)
        expect(yann.get_by_role("status")).to_contain_text(f"Bernadette confirmera : {duration}")
        expect(yann.get_by_role("region", name="En attente d’une réponse")).to_contain_text(
            f"Vous avez donné {duration} à Bernadette"
        )
    look(yann, seen)


def answer(people: People, site: Site, seen: set[str]) -> Page:
    """Bernadette opens the link of her own letter: one of the two is not right, the other is."""
    bernadette = member_on_a_phone(people)
    bernadette.goto(link_in(site.letter("bernadette@exemple.fr", f"{TOLD} 30")))
    title_is(bernadette, "Bonjour Bernadette")
    look(bernadette, seen)
    for duration, word, outcome in (
        ("3 h", "Non", "Rien n’a été noté."),
        ("30 min", "Oui", "L’échange est noté. Merci !"),
    ):
        asked = bernadette.locator(".a-faire, .lignes > li")
        press(asked.filter(has_text=f"{TOLD} {duration}"), word)
        expect(bernadette.get_by_role("status")).to_contain_text(outcome)
    expect(bernadette.get_by_text(TOLD)).to_have_count(0)
    return bernadette


def thank(bernadette: Page, seen: set[str]) -> None:
    """A word, from what was just confirmed."""
    follow(bernadette, "Vous avez reçu 30 min de Yann")
    look(bernadette, seen)
    bernadette.get_by_label("Votre mot").fill(THANKS)
    press(bernadette, "Dire merci")
    expect(bernadette.get_by_role("status")).to_contain_text("Votre merci est noté.")


def tell_what_was_received(bernadette: Page, seen: set[str]) -> None:
    """Noted at once, in three taps from the space."""
    bernadette.goto(space_of(bernadette))
    finger = Finger(bernadette)
    finger.tap("link", "J’ai reçu du temps")
    title_is(bernadette, "De qui avez-vous reçu ?")
    finger.tap("link", "Awa")
    title_is(bernadette, "Combien de temps ?")
    look(bernadette, seen)
    finger.tap("button", "1 h")
    title_is(bernadette, "Vous avez reçu 1 h d’Awa")
    assert finger.taps == 3
    expect(bernadette.get_by_role("status")).to_contain_text("L’échange est noté.")
    look(bernadette, seen)


def correct(bernadette: Page, seen: set[str]) -> None:
    """It was shorter: the exchange that replaces it is shown."""
    follow(bernadette, "Corriger la durée ou le jour")
    bernadette.get_by_label("Durée").fill("45")
    press(bernadette, "Corriger l’échange")
    expect(bernadette.locator(".faute")).to_contain_text("Dites pourquoi")
    look(bernadette, seen)
    bernadette.get_by_label("Pourquoi ?").fill("Nous avons fini plus tôt")
    press(bernadette, "Corriger l’échange")
    expect(bernadette.get_by_role("status")).to_contain_text("L’échange est corrigé.")
    title_is(bernadette, "Vous avez reçu 45 min d’Awa")
    look(bernadette, seen)


def publish(bernadette: Page, seen: set[str]) -> None:
    """An offer, shown at once."""
    bernadette.goto(f"{space_of(bernadette)}annonces/nouvelle")
    bernadette.get_by_text("Je propose").tap()
    bernadette.get_by_label("En quelques mots").fill("Faire des crêpes")
    bernadette.get_by_label("Thème").select_option(index=1)
    look(bernadette, seen)
    press(bernadette, "Afficher l’annonce")
    expect(bernadette.get_by_role("status")).to_contain_text("Votre annonce est affichée.")
    expect(bernadette.get_by_role("region", name="Les miennes")).to_contain_text("Faire des crêpes")
    look(bernadette, seen)


def statement(bernadette: Page, folder: Path, seen: set[str]) -> Path:
    """Read on the page, then taken away."""
    bernadette.goto(f"{space_of(bernadette)}releve")
    title_is(bernadette, "Mon relevé")
    expect(bernadette.get_by_role("row").filter(has_text="Reçu de Yann")).not_to_have_count(0)
    look(bernadette, seen)
    with bernadette.expect_download() as downloading:
        follow(bernadette, "Télécharger le PDF")
    path = folder / "releve.pdf"
    downloading.value.save_as(path)
    return path


def check(stranger: Page, path: Path) -> None:
    """Anyone is told that the statement is intact, and that a changed copy is not."""
    hand_in(stranger, path)
    title_is(stranger, "Ce document est intact")
    content = bytearray(path.read_bytes())
    content[12] ^= 1  # in the comment of the second line: a reader does not even see it
    copy = path.with_name("copie.pdf")
    copy.write_bytes(content)
    hand_in(stranger, copy)
    title_is(stranger, "Ce document a été changé après la signature")


def test_pages_of_a_space(people: People, site: Site, seen: set[str]) -> None:
    member = member_on_a_phone(people)
    link = ask_for_the_link(member, site, seen, "awa@exemple.fr")
    faults, count = survey(member, seen, link, within="/mon-espace/")
    assert faults == []
    assert count > 10


def test_a_link_cut_short(people: People, site: Site, seen: set[str]) -> None:
    member = member_on_a_phone(people)
    member.goto(ask_for_the_link(member, site, seen, "awa@exemple.fr")[:-5])
    title_is(member, "Ce lien ne s’ouvre pas")
    look(member, seen)
