"""Every page that someone of the demonstration can reach, light and dark, on a desk and on a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.inspection import crawl, inspect, survey
from tests.browser.people import HOMES, People
from tests.browser.site import until
from tests.browser.test_journey import press

PUBLIC = ("/connexion", "/verifier", "/aide", "/courrier", "/mot-de-passe/oublie")
OWN = ("/compte/", "/organisations")
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize("who", ["olga", "alice", "carole", "denis", "fanny"])
def test_pages_of_a_person(people: People, seen: set[str], who: str) -> None:
    page = people.enter(who)
    faults, count = survey(page, seen, *(people.site.url + p for p in (HOMES[who], *OWN)))
    assert faults == []
    assert count > 20


def test_public_pages(people: People, seen: set[str]) -> None:
    page = people.enter()
    faults = [
        fault
        for _ in crawl(page, *(people.site.url + address for address in PUBLIC))
        for fault in inspect(page, seen)
    ]
    assert faults == []


def test_page_that_does_not_exist(people: People, seen: set[str]) -> None:
    page = people.enter("bob")
    for address in ("/rien", "/ocytocines/", "/ascs/rien"):
        response = page.goto(address)
        assert response
        assert response.status == 404
        expect(page.get_by_role("heading", level=1)).to_have_text("Nous ne trouvons pas cette page")
        assert inspect(page, seen) == []


@pytest.mark.parametrize(
    ("address", "button"),
    [("/ascs/conventions/nouvelle", "Continuer"), ("/verifier", "Vérifier ce document")],
)
def test_form_sent_back(people: People, seen: set[str], address: str, button: str) -> None:
    page = people.enter("bob")
    page.goto(address)
    with page.expect_response(lambda answer: answer.status == 422):
        press(page, button)
    expect(page.locator(".erreurs")).to_be_focused()
    expect(page).to_have_title(re.compile("^Erreur"))
    assert inspect(page, seen) == []


def test_too_many_tries(people: People, seen: set[str]) -> None:
    page = people.enter("amina")
    page.goto("/verifier")
    token = page.locator("[name=csrf_token]").first.get_attribute("value") or ""
    for _ in range(30):
        page.request.post("/verifier", form={"csrf_token": token})
    page.goto("/verifier")
    press(page, "Vérifier ce document")
    expect(page.get_by_role("heading", level=1)).to_have_text("Trop d’essais en peu de temps")
    assert inspect(page, seen) == []


def test_document_is_read_whole_on_a_phone(people: People) -> None:
    page = people.enter("carole", viewport={"width": 390, "height": 844})
    page.goto("/ascs/conventions/")
    page.get_by_role("link", name="Un appartement pour Miroir de soi").click()
    until(lambda: _is_cut(page), "the document is cut")
    page.get_by_role("link", name="Lire la suite").click()
    until(lambda: not _is_cut(page), "the document is whole")


def _is_cut(page: Page) -> bool:
    cut: bool = page.locator(".feuille").evaluate("e => e.scrollHeight > e.clientHeight + 1")
    return cut
