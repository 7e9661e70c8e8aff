"""People in their browsers: signed in once, watched by a console that must stay silent."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, ViewportSize

from app.demonstration.content import PASSWORD, PEOPLE
from tests.browser.site import Site

DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
HOMES = {person.key: f"/{person.organisation}/" for person in PEOPLE}
# The browser says so itself of every page that answers an error; the tests check those answers.
EXPECTED = "Failed to load resource: the server responded with a status of"


class People:
    """`people.enter("alice")` is a page of Alice's browser, at her home; None is a stranger."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self.browser, self.site = browser, site
        self.complaints: list[tuple[str, str]] = []
        self.contexts: list[BrowserContext] = []

    def enter(self, who: str | None = None, **options: Any) -> Page:
        """A page of a new browser; `options` are Playwright's (viewport, java_script_enabled…)."""
        page = self._open(storage_state=self.site.cookies.get(who or ""), **options)
        if who:
            page.goto(HOMES[who])
            if "/connexion" in page.url:
                sign_in(page, who)
                page.wait_for_url(lambda url: "/connexion" not in url)
                self.site.cookies[who] = page.context.storage_state()
        return page

    def leave(self) -> None:
        """Close every browser."""
        for context in self.contexts:
            context.close()

    def _open(self, **options: Any) -> Page:
        given = {"viewport": DESKTOP, "locale": "fr-FR", "reduced_motion": "reduce"} | options
        context = self.browser.new_context(base_url=self.site.url, **given)
        context.on("console", self._hear)
        context.on("weberror", lambda fault: self.complaints.append(("error", str(fault.error))))
        self.contexts.append(context)
        return context.new_page()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(EXPECTED):
            self.complaints.append((message.page.url if message.page else "", message.text))


def sign_in(page: Page, who: str) -> None:
    """Prove who one is, by password, on the page of the door."""
    page.get_by_text("J’ai un mot de passe").click()
    page.locator("#mdp-email").fill(f"{who}@exemple.fr")
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
