"""Every page, asked by every person of the cast; every id, asked from another organisation."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from app.core.access import needs_fresh
from app.core.db import db
from app.core.sessions import WebSession
from tests.architecture.access import PAGE, PEOPLE, STRANGER, Row, read_rows, render_page
from tests.architecture.places import Places, build_places
from tests.factories.cast import Cast
from tests.http import Client

ROWS = read_rows()
# A Bulle's sheet, the register and the themes are the network's: another organisation's are seen, and not
# changed.
SHARED = {"bulle", "passage", "association", "published", "tenant_ccas", "theme"}
ALLOWED = {"200", "303", "422"}
SECRETS = {"link_token", "guest", "proof_token", "space_token"}


class Visitor:
    """A person's browser, which forgets: each question starts from the same state."""

    def __init__(self, app: Flask, client: Client, who: str) -> None:
        browser = client.browser(None if who == STRANGER else who)
        self.app, self.token = app, client.csrf_token(browser)
        cookie = browser.get_cookie("session")
        assert cookie
        self.key = cookie.value

    def ask(self, method: str, address: str, form: dict[str, str] | None = None) -> TestResponse:
        """Ask once, with the cookie of the sign-in, and undo what was done."""
        with undone():
            return self.do(method, address, form)

    def do(self, method: str, address: str, form: dict[str, str] | None = None) -> TestResponse:
        """Ask once, with the cookie of the sign-in."""
        browser = self.app.test_client()
        browser.set_cookie("session", self.key)
        sent = {"csrf_token": self.token, "version": "1"} | (form or {})
        return browser.open(address, method=method, data=sent if method == "POST" else None)


@contextmanager
def undone() -> Iterator[None]:
    """Forget what the block writes."""
    savepoint = db.engine.begin_nested()  # type: ignore[attr-defined]  # conftest gives a connection
    yield
    db.session.rollback()
    db.session.expunge_all()
    savepoint.rollback()


def answer_of(response: TestResponse) -> str:
    """The status, or which page of the door the person is sent to."""
    to = response.headers.get("Location", "")
    if to.startswith("/connexion"):
        return "door"
    return "proof" if to.startswith("/compte/verification") else str(response.status_code)


@pytest.fixture
def places(cast: Cast) -> Places:
    """Something of each kind, in the organisations of the cast."""
    nobody = "00000000-0000-0000-0000-000000000000"
    return build_places(cast) | {"session": nobody}


@pytest.mark.parametrize("who", PEOPLE)
def test_each_person_is_answered_as_the_matrix_says(
    app: Flask, client: Client, places: Places, who: str
) -> None:
    visitor = Visitor(app, client, who)
    wrong = []
    for row in ROWS:
        given = answer_of(visitor.ask(row.method, row.address.format_map(places)))
        if given != row.answers[who]:
            wrong.append(f"{row.method} {row.address}: {given}, not {row.answers[who]}")
    assert wrong == []


def test_every_endpoint_is_in_the_matrix(app: Flask) -> None:
    real = {
        (method, rule.endpoint)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint != "static"
    }
    assert {(row.method, row.endpoint) for row in ROWS} == real


def test_what_needs_a_recent_proof_is_marked(app: Flask) -> None:
    fresh = {name for name, view in app.view_functions.items() if needs_fresh(view)}
    assert {row.endpoint for row in ROWS if row.needs_fresh} == fresh


@pytest.mark.parametrize("who", ["alice", "denis", "olga"])
def test_a_grave_act_asks_for_a_recent_proof(
    app: Flask, client: Client, places: Places, who: str
) -> None:
    visitor = Visitor(app, client, who)
    for session in db.session.scalars(sa.select(WebSession)):
        session.data = session.data | {"fs_paa": 0}
    db.session.commit()
    open_ = {
        f"{row.method} {row.address}"
        for row in ROWS
        if row.needs_fresh
        and row.answers[who] in ALLOWED
        and answer_of(visitor.ask(row.method, row.address.format_map(places))) != "proof"
    }
    assert open_ == set()


def test_another_organisations_ids_are_unknown(app: Flask, client: Client, places: Places) -> None:
    """Whoever has every right in their own organisation finds nothing there under another's id."""
    known = {}
    for who, home, elsewhere in (("denis", "ascs", "ccas"), ("alice", "ccas", "ascs")):
        visitor = Visitor(app, client, who)
        for row in _rows_with_ids(home):
            address = row.address.replace(f"/{home}/", f"/{elsewhere}/", 1).format_map(places)
            given = visitor.ask(row.method, address).status_code
            if given != 404:
                known[f"{who} {row.method} {address}"] = given
    assert known == {}


def test_the_networks_own_pages_are_closed_whatever_the_id(
    app: Flask, client: Client, places: Places
) -> None:
    """Refused before anything is looked for: a known and an unknown id are answered alike."""
    visitor = Visitor(app, client, "alice")
    nobody = dict.fromkeys(places, str(uuid.uuid4()))
    for row in _rows_with_ids("ocytocines"):
        address = row.address.replace("/ocytocines/", "/ascs/", 1)
        known, unknown = (
            visitor.ask(row.method, address.format_map(ids)).status_code for ids in (places, nobody)
        )
        assert known in {403, 404}, row
        assert known == unknown, row


def _rows_with_ids(home: str) -> list[Row]:
    """The pages of an organisation that hold an id of its own, apart from those that a personal link or a
    program's key opens."""
    rows = [row for row in ROWS if row.names - SHARED and not row.names & SECRETS]
    rows = [row for row in rows if row.answers["alice"] != "401"]
    found = [row for row in rows if row.address.startswith(f"/{home}/")]
    assert found, home
    return found


def test_nobodys_ids_are_unknown(app: Flask, client: Client, places: Places) -> None:
    """An id that never existed is unknown to those who may do everything."""
    known = {}
    nobody = dict.fromkeys(places, str(uuid.uuid4()))
    for who in ("alice", "denis", "olga"):
        visitor = Visitor(app, client, who)
        for row in ROWS:
            if not row.names - {"session"} or row.answers[who] not in ALLOWED:
                continue
            given = answer_of(visitor.ask(row.method, row.address.format_map(nobody)))
            if given not in {"404", "410"}:
                known[f"{who} {row.method} {row.address}"] = given
    assert known == {}


def test_links_open_only_with_their_secret(app: Flask, client: Client, places: Places) -> None:
    """The id of a personal link, with the secret of another one."""
    wrong = places | {"link_token": places["guest"], "guest": places["proof_token"]}
    wrong["proof_token"] = wrong["space_token"] = places["link_token"]
    visitor = Visitor(app, client, STRANGER)
    for row in ROWS:
        if row.names & SECRETS:
            given = visitor.ask(row.method, row.address.format_map(wrong)).status_code
            assert given in {404, 410, 422}, row.address


def test_the_page_of_permissions_is_up_to_date() -> None:
    assert PAGE.read_text() == render_page(), "python -m tests.architecture.access"
