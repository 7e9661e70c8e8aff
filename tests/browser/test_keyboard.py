"""Without a mouse: sign in and prepare a convention, with Tab, the arrows, Space and Enter."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from app.demonstration.content import PASSWORD
from tests.browser.people import People
from tests.browser.test_journey import title_is

FOCUSED = """() => {
  const it = document.activeElement, style = getComputedStyle(it);
  const told = (it.labels?.[0] ?? it).cloneNode(true);
  for (const drawn of told.querySelectorAll("[aria-hidden=true]")) drawn.remove();
  const shown = style.outlineStyle != "none" || style.boxShadow != "none";
  return [told.innerText.replace(/\\s+/g, " ").trim(), shown];
}"""
STEPS = 60  # tabs, before one gives up
pytestmark = [pytest.mark.browser, pytest.mark.slow]


def reach(page: Page, name: str) -> None:
    """Press Tab until the focus is on what bears this name; it always shows where it is."""
    for _ in range(STEPS):
        page.keyboard.press("Tab")
        found, shown = page.evaluate(FOCUSED)
        assert shown, f"the focus is not seen on « {found} »"
        if found.startswith(name):
            return
    raise AssertionError(f"« {name} » is not reached")


def test_sign_in_and_prepare_a_convention(people: People) -> None:
    page = people.enter()
    page.goto("/connexion")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED)[0] == "Aller au contenu"
    page.keyboard.press("Enter")
    reach(page, "J’ai un mot de passe")
    page.keyboard.press("Enter")
    reach(page, "Votre adresse e-mail")
    page.keyboard.type("bob@exemple.fr")
    reach(page, "Mot de passe")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    title_is(page, "Fontaine d’Ouche")
    reach(page, "Conventions")
    page.keyboard.press("Enter")
    title_is(page, "Conventions")
    reach(page, "Préparer une convention")
    page.keyboard.press("Enter")
    title_is(page, "Préparer une convention")
    reach(page, "Accueil d’une Bulle")
    page.keyboard.press("Space")
    reach(page, "Titre de la convention")
    page.keyboard.type("Sans la souris")
    page.keyboard.press("Enter")
    title_is(page, "Titre et dates")
