"""A session is a row: its key is renewed, it can be revoked, it ends by itself."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_babel import lazy_gettext

from app.core.clock import now
from app.core.db import db
from app.core.sessions import (
    IDLE,
    LIFETIME,
    ServerSession,
    ServerSessions,
    WebSession,
    list_sessions,
    purge_sessions,
    revoke_sessions,
)

PERSON = uuid.UUID(int=7)


class Browser:
    """A browser reduced to its cookie."""

    def __init__(self, app: Flask) -> None:
        self.app, self.sessions, self.cookie = app, ServerSessions(), ""

    def open(self) -> ServerSession:
        """Begin a request."""
        headers = {"Cookie": f"session={self.cookie}", "User-Agent": "Firefox/140.0 Linux"}
        self.context = self.app.test_request_context(headers=headers)
        return self.sessions.open_session(self.app, self.context.request)

    def close(self, session: ServerSession) -> Any:
        """End the request; keep the cookie of the answer."""
        response = self.app.make_response("")
        with self.context:
            self.sessions.save_session(self.app, session, response)
        if cookie := response.headers.get("Set-Cookie"):
            self.cookie = cookie.split(";")[0].removeprefix("session=")
        return response

    def visit(self, **values: Any) -> None:
        """A request that writes into the session."""
        session = self.open()
        session.update(values)
        self.close(session)


@pytest.fixture
def browser(app: Flask, database: None) -> Iterator[Browser]:
    """A browser that has never come."""
    return Browser(app)


def rows() -> list[WebSession]:
    """Every session."""
    statement = sa.select(WebSession).execution_options(populate_existing=True)
    return list(db.session.scalars(statement))


def test_what_is_written_is_found_again(browser: Browser) -> None:
    browser.visit(person_id=str(PERSON), seen=[1, 2])
    assert dict(browser.open()) == {"person_id": str(PERSON), "seen": [1, 2]}
    (row,) = rows()
    assert (row.user_id, row.user_agent) == (PERSON, "Firefox/140.0 Linux")


def test_nothing_is_kept_of_who_writes_nothing(browser: Browser) -> None:
    response = browser.close(browser.open())
    assert rows() == []
    assert "Set-Cookie" not in response.headers
    assert "Cookie" in response.headers["Vary"]


def test_the_key_itself_is_not_kept(browser: Browser) -> None:
    browser.visit(seen=1)
    (row,) = rows()
    assert browser.cookie not in str(vars(row))
    browser.cookie = row.key_sha256
    assert dict(browser.open()) == {}


def test_a_key_that_somebody_made_up_is_never_taken(browser: Browser) -> None:
    browser.cookie = "planted-by-someone-else"
    browser.visit(seen=1)
    assert browser.cookie != "planted-by-someone-else"


def test_a_renewed_session_leaves_its_old_key(browser: Browser) -> None:
    """Fixation: whoever planted the first key holds nothing after the sign-in."""
    browser.visit(seen=1)
    planted = browser.cookie
    session = browser.open()
    session["person_id"] = str(PERSON)
    session.renew()
    browser.close(session)
    assert browser.cookie != planted
    assert dict(browser.open()) == {"seen": 1, "person_id": str(PERSON)}
    browser.cookie = planted
    assert dict(browser.open()) == {}
    assert len(rows()) == 1


@pytest.mark.parametrize("renewed", [False, True])
def test_a_session_revoked_while_a_request_runs_does_not_come_back(
    browser: Browser, renewed: bool
) -> None:
    browser.visit(person_id=str(PERSON))
    running = browser.open()
    revoke_sessions(PERSON)
    db.session.commit()
    running["seen"] = 1
    if renewed:
        running.renew()
    browser.close(running)
    assert rows() == []
    assert dict(browser.open()) == {}


@pytest.mark.parametrize(
    ("column", "age", "alive"),
    [
        ("seen_at", IDLE - timedelta(minutes=1), True),
        ("seen_at", IDLE + timedelta(minutes=1), False),
        ("created_at", LIFETIME - timedelta(minutes=1), True),
        ("created_at", LIFETIME + timedelta(minutes=1), False),
    ],
)
def test_a_session_ends_by_itself(
    browser: Browser, column: str, age: timedelta, alive: bool
) -> None:
    browser.visit(person_id=str(PERSON))
    setattr(rows()[0], column, now() - age)
    db.session.commit()
    assert bool(browser.open()) is alive
    purge_sessions()
    assert bool(rows()) is alive


def test_seeing_a_person_again_keeps_the_session_alive(browser: Browser) -> None:
    browser.visit(person_id=str(PERSON))
    rows()[0].seen_at = now() - timedelta(hours=1)
    db.session.commit()
    browser.close(browser.open())
    assert rows()[0].seen_at > now() - timedelta(minutes=1)


def test_one_session_of_a_person_is_revoked_or_all(browser: Browser, app: Flask) -> None:
    browser.visit(person_id=str(PERSON))
    other, stranger = Browser(app), Browser(app)
    other.visit(person_id=str(PERSON))
    stranger.visit(person_id=str(uuid.UUID(int=8)))
    newest, oldest = list_sessions(PERSON)
    revoke_sessions(PERSON, only=newest.id)
    assert [row.id for row in list_sessions(PERSON)] == [oldest.id]
    revoke_sessions(PERSON)
    assert list_sessions(PERSON) == []
    assert len(rows()) == 1


def test_a_lazy_sentence_is_kept_as_its_text(browser: Browser) -> None:
    """What is flashed by Flask-Security is translated late: JSON does not know it."""
    browser.visit(_flashes=[("message", lazy_gettext("Bonjour"))])
    assert browser.open()["_flashes"] == [["message", "Bonjour"]]


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(browser: Browser) -> None:
    session = browser.open()
    session["seen"] = 1
    cookie = browser.close(session).headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
