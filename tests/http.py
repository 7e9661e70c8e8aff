"""A client that signs people in and checks every page it gets."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.factories.cast import Cast, address


class Page(HTMLParser):
    """What the checks need of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.headings: list[str] = []
        self.labels: set[str] = set()
        self.scripts_without_nonce = 0
        self.inline_styles = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if "id" in values:
            self.ids.append(values["id"] or "")
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(tag)
        if tag == "script" and "nonce" not in values:
            self.scripts_without_nonce += 1
        self.inline_styles += "style" in values


def text(page: str) -> str:
    """A page's words, on one line, with plain spaces."""
    return " ".join(unescape(re.sub("<[^>]+>", "", page)).split())


class Client:
    """`client.get("/ascs/conventions", as_="alice", status=200)`."""

    def __init__(self, app: Flask, cast: Cast) -> None:
        self.app, self.cast = app, cast
        self.clients: dict[str, FlaskClient] = {}

    def browser(self, who: str | None) -> FlaskClient:
        """The browser of a person of the cast (None: a stranger), signed in on first use."""
        name = who or "stranger"
        if name not in self.clients:
            self.clients[name] = self.app.test_client()
            if who:
                self._sign_in(self.clients[name], who)
        return self.clients[name]

    def get(self, url: str, *, as_: str | None = None, status: int = 200) -> TestResponse:
        """Ask for a page, and check its status and its HTML."""
        return self._checked(self.browser(as_).get(url), status)

    def post(
        self,
        url: str,
        data: dict[str, Any] | None = None,
        *,
        as_: str | None = None,
        status: int = 303,
    ) -> TestResponse:
        """Send a form with its anti-forgery token."""
        browser = self.browser(as_)
        form = {"csrf_token": self.csrf_token(browser), **(data or {})}
        return self._checked(browser.post(url, data=form), status)

    def csrf_token(self, browser: FlaskClient) -> str:
        """The token of the browser's session, from a page that has a form."""
        page = browser.get("/verifier").get_data(as_text=True)
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert found, "no form on /verifier"
        return found[1]

    def _sign_in(self, browser: FlaskClient, who: str) -> None:
        token = self.csrf_token(browser)
        credentials = {"email": address(who), "password": self.cast.password, "csrf_token": token}
        response = browser.post("/connexion", data=credentials)
        assert response.status_code in {302, 303}, response.get_data(as_text=True)[:2000]

    def _checked(self, response: TestResponse, status: int) -> TestResponse:
        text = (
            response.get_data(as_text=True)
            if response.is_json or response.mimetype == "text/html"
            else ""
        )
        assert response.status_code == status, f"{response.status_code}: {text[-1500:]}"
        if response.mimetype == "text/html" and status not in {302, 303}:
            check_page(text)
        return response


def check_page(html: str) -> None:
    """One h1, no level skipped, unique ids, a title, nonces, no inline style."""
    page = Page(html)
    levels = [int(heading[1]) for heading in page.headings]
    assert levels.count(1) == 1, page.headings
    assert all(b - a <= 1 for a, b in pairwise(levels)), page.headings
    assert len(page.ids) == len(set(page.ids)), sorted(i for i in page.ids if page.ids.count(i) > 1)
    assert re.search(r"<title>[^<]+ · Réseau des Bulles</title>", html), "no title"
    assert not page.scripts_without_nonce
    assert not page.inline_styles
