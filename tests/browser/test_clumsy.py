"""People who press twice, come back, open an old tab, err with the code, or take the link of another."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from app.demonstration.library import DRAFTS
from tests.browser.people import People
from tests.browser.site import Site
from tests.browser.test_journey import follow, press, title_is

# Brought to the signature of Denis by the demonstration; nobody signs it here.
AWAITING_DENIS = next(draft.title for draft in DRAFTS if draft.until == "signing")
DENIS = "denis@exemple.fr"
pytestmark = [pytest.mark.browser, pytest.mark.slow]


def ask_code(page: Page, site: Site) -> str:
    """Open Denis's link and ask for a code; return it."""
    page.goto(site.signing_link(DENIS, AWAITING_DENIS))
    page.get_by_role("button", name=re.compile("Recevoir (mon|un autre) code")).click()
    expect(page.get_by_label("Code à 6 chiffres")).to_be_visible()
    return site.signing_code(DENIS, AWAITING_DENIS)


def try_code(page: Page, code: str) -> None:
    """Sign with a code."""
    page.get_by_label("Code à 6 chiffres").fill(code)
    page.get_by_role("checkbox").check()
    press(page, "Signer la convention")


def test_wrong_code(people: People, site: Site) -> None:
    denis = people.enter()
    code = ask_code(denis, site)
    try_code(denis, f"{(int(code) + 1) % 1_000_000:06d}")
    expect(denis.locator(".faute")).to_contain_text("Ce n’est pas le bon code")
    expect(denis.locator(".erreurs")).to_be_focused()
    expect(denis).to_have_title(re.compile("^Erreur"))
    expect(denis.get_by_role("checkbox")).to_be_checked()


def test_code_without_consent(people: People, site: Site) -> None:
    denis = people.enter()
    code = ask_code(denis, site)
    denis.get_by_label("Code à 6 chiffres").fill(code)
    press(denis, "Signer la convention")
    expect(denis.locator(".faute").first).to_contain_text("Cochez la case")
    title_is(denis, "Lire et signer la convention")


def test_refusal_without_a_reason(people: People, site: Site) -> None:
    denis = people.enter()
    denis.goto(site.signing_link(DENIS, AWAITING_DENIS))
    denis.get_by_text("Je ne veux pas signer").click()
    press(denis, "Refuser de signer")
    expect(denis.locator(".faute")).to_contain_text("Dites pourquoi vous ne signez pas.")


def test_link_cut_short(people: People, site: Site) -> None:
    stranger = people.enter()
    stranger.goto(site.signing_link(DENIS, AWAITING_DENIS).rstrip("/")[:-4] + "/")
    expect(stranger.get_by_role("heading", level=1)).not_to_have_text(
        "Lire et signer la convention"
    )
    expect(stranger.get_by_role("main")).not_to_contain_text(AWAITING_DENIS)


def test_link_of_another_person_names_its_owner(people: People, site: Site) -> None:
    # The link and the code are what proves; whoever opens it reads whose signature it is.
    alice = people.enter("alice")
    alice.goto(site.signing_link(DENIS, AWAITING_DENIS))
    expect(alice.get_by_role("banner")).to_contain_text("Pour Denis Vasseur")
    expect(alice.get_by_role("main")).not_to_contain_text(DENIS)


def test_two_tabs_edit_one_draft(people: People) -> None:
    title = "Banderoles à recycler"
    first = people.enter("bob")
    first.goto("/ascs/conventions/")
    follow(first, title)
    title_is(first, title)
    second = first.context.new_page()
    sheet = first.url
    for tab in (first, second):
        tab.goto(sheet)
        tab.get_by_role("link", name=re.compile("^Changer.*le titre et les dates")).click()
    second.get_by_label("Premier jour").fill("2027-01-04")
    press(second, "Enregistrer")
    title_is(second, title)
    first.get_by_label("Premier jour").fill("2027-01-11")
    press(first, "Enregistrer")
    expect(first.get_by_role("main")).to_contain_text("a changé")
    second.reload()
    expect(second.get_by_role("main")).to_contain_text("4 janvier 2027")


def test_back_after_leaving_shows_nothing(people: People) -> None:
    carole = people.enter()
    carole.goto("/ascs/")
    carole.get_by_text("J’ai un mot de passe").click()
    carole.locator("#mdp-email").fill("carole@exemple.fr")
    carole.get_by_label("Mot de passe", exact=True).fill("savoir recevoir et donner")
    press(carole, "Se connecter")
    carole.goto("/compte/")
    press(carole, "Se déconnecter")
    expect(carole.get_by_role("button", name="Se déconnecter")).to_have_count(0)
    carole.evaluate("history.back()")  # Chromium detaches the page under Playwright's own go_back
    expect(carole.get_by_role("heading", level=1)).to_have_text("Se connecter")
