"""Sessions are rows: renewed, listed, ended; and the proof that is asked again before a grave act."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from app.core.clock import now
from app.core.db import db
from app.core.sessions import IDLE, LIFETIME, WebSession
from app.tenants import queries
from tests.factories.cast import Cast
from tests.http import Client
from tests.tenants.letterbox import mail_to

WORDS = "violon citrouille ardoise 7"


def user_id(who: str) -> uuid.UUID:
    user = queries.find_user(f"{who}@exemple.fr")
    assert user
    return user.id


def sessions_of(who: str) -> list[WebSession]:
    wanted = sa.select(WebSession).where(WebSession.user_id == user_id(who))
    return list(db.session.scalars(wanted.execution_options(populate_existing=True)))


def other_device(client: Client, cast: Cast, who: str) -> FlaskClient:
    browser = client.app.test_client()
    browser.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (Android 14) Firefox/140.0"
    form = {"email": f"{who}@exemple.fr", "password": cast.password}
    browser.post("/connexion", data={**form, "csrf_token": client.csrf_token(browser)})
    assert is_in(browser)
    return browser


def is_in(browser: FlaskClient) -> bool:
    return browser.get("/compte/").status_code == 200


def age(who: str, **changes: Any) -> None:
    rows = sa.update(WebSession).where(WebSession.user_id == user_id(who))
    db.session.execute(rows.values(**changes))
    db.session.commit()


def stale(client: Client, who: str, minutes: int) -> None:
    """The proof of a person's session becomes so many minutes old."""
    client.browser(who)
    for row in sessions_of(who):
        row.data = row.data | {"fs_paa": row.data["fs_paa"] - 60 * minutes}
    db.session.commit()


def test_signing_in_changes_the_key(client: Client, cast: Cast) -> None:
    browser = client.browser(None)
    client.csrf_token(browser)
    before = browser.get_cookie("session")
    client.post("/connexion", {"email": "bob@exemple.fr", "password": cast.password}, status=302)
    after = browser.get_cookie("session")
    assert before
    assert after
    assert before.value != after.value
    planted = client.app.test_client()
    planted.set_cookie("session", before.value)
    assert not is_in(planted)


def test_the_cookie_is_a_key_kept_from_scripts(client: Client, cast: Cast) -> None:
    form = {"email": "bob@exemple.fr", "password": cast.password}
    cookie = client.post("/connexion", form, status=302).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    key = cookie.split(";")[0].removeprefix("session=")
    assert len(key) >= 43
    assert key not in {row.key_sha256 for row in sessions_of("bob")}


def test_over_https_the_cookie_belongs_to_this_host_alone(
    app: Flask, client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ASVS 3.3.1, 3.3.3."""
    secure = app.config["SETTINGS"].model_copy(update={"public_url": "https://bulles.fr"})
    monkeypatch.setitem(app.config, "SETTINGS", secure)
    answer = app.test_client().get("/connexion", base_url="https://localhost")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_signing_in_and_being_refused_are_logged(client: Client, cast: Cast) -> None:
    """ASVS 16.3.1. Neither the address nor the password is written."""
    with capture_logs() as lines:
        form = {"email": "bob@exemple.fr", "password": "pas celui-là 12"}
        client.post("/connexion", form, status=422)
        client.post("/connexion", form | {"password": cast.password}, status=302)
    events = [(line["event"], line.get("by")) for line in lines if "person" in line]
    assert events == [("sign-in refused", "password"), ("signed in", ["password"])]
    assert "bob@exemple.fr" not in str(lines)
    assert cast.password not in str(lines)


def test_the_door_is_guarded_by_its_headers(client: Client) -> None:
    """ASVS 3.4.3, 3.4.6, 3.4.8: no script but ours, no frame, no opener."""
    headers = client.get("/connexion").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "'unsafe-inline'" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    nonces = {client.get("/connexion").headers["Content-Security-Policy"] for _ in range(3)}
    assert len(nonces) == 3


def test_signing_out_ends_the_row_not_only_the_cookie(client: Client, cast: Cast) -> None:
    cookie = client.browser("bob").get_cookie("session")
    client.post("/deconnexion", as_="bob", status=302)
    stolen = client.app.test_client()
    assert cookie
    stolen.set_cookie("session", cookie.value)
    assert not is_in(stolen)
    assert sessions_of("bob") == []


@pytest.mark.parametrize("changes", [{"seen_at": IDLE}, {"created_at": LIFETIME}])
def test_a_session_dies_when_idle_or_old(
    client: Client, cast: Cast, changes: dict[str, timedelta]
) -> None:
    browser = client.browser("bob")
    assert is_in(browser)
    age("bob", **{column: now() - span for column, span in changes.items()})
    assert not is_in(browser)


def test_devices_are_listed_and_one_can_be_signed_out(client: Client, cast: Cast) -> None:
    phone = other_device(client, cast, "alice")
    page = client.get("/compte/securite", as_="alice").get_data(as_text=True)
    assert "Firefox sur Android" in page
    assert "C’est cet appareil" in page
    row = next(row for row in sessions_of("alice") if "Android" in row.user_agent)
    client.post(f"/compte/securite/sessions/{row.id}/fin", as_="alice")
    assert not is_in(phone)
    assert is_in(client.browser("alice"))


def test_nobody_ends_the_session_of_another(client: Client, cast: Cast) -> None:
    assert is_in(client.browser("bob"))
    row = sessions_of("bob")[0]
    client.post(f"/compte/securite/sessions/{row.id}/fin", as_="alice")
    assert is_in(client.browser("bob"))


def test_all_other_devices_can_be_signed_out(client: Client, cast: Cast) -> None:
    phone = other_device(client, cast, "alice")
    client.post("/compte/securite/sessions/fin", as_="alice")
    assert not is_in(phone)
    assert is_in(client.browser("alice"))


def test_a_new_password_ends_all_other_sessions(client: Client, cast: Cast) -> None:
    phone = other_device(client, cast, "alice")
    form = {
        "password": cast.password,
        "new_password": WORDS,
        "new_password_confirm": WORDS,
    }
    client.post("/compte/mot-de-passe", form, as_="alice", status=302)
    assert not is_in(phone)
    assert is_in(client.browser("alice"))
    assert len(sessions_of("alice")) == 1


def test_the_old_password_is_needed_to_change_it(client: Client, cast: Cast) -> None:
    form = {"password": "pas celui-là", "new_password": WORDS, "new_password_confirm": WORDS}
    client.post("/compte/mot-de-passe", form, as_="alice", status=422)


def test_a_grave_act_asks_again_and_comes_back(client: Client, cast: Cast) -> None:
    stale(client, "alice", 11)
    asked = client.get("/ascs/equipe/invitation", as_="alice", status=303)
    assert asked.headers["Location"] == "/compte/verification?next=/ascs/equipe/invitation"
    form = {"password": cast.password, "next": "/ascs/equipe/invitation"}
    back = client.post("/compte/verification", form, as_="alice", status=302)
    assert back.headers["Location"] == "/ascs/equipe/invitation"
    client.get("/ascs/equipe/invitation", as_="alice")


def test_what_was_opened_in_time_may_be_sent(client: Client, cast: Cast) -> None:
    guest = {"name": "Zoé", "email": "zoe@exemple.fr", "roles": "reader"}
    stale(client, "alice", 11)
    sent = client.post("/ascs/equipe/invitation", guest, as_="alice")
    assert sent.headers["Location"] == "/ascs/equipe/"
    stale(client, "alice", 10)
    sent = client.post("/ascs/equipe/invitation", guest, as_="alice")
    assert sent.headers["Location"].startswith("/compte/verification")


def test_a_form_sent_once_the_session_is_over_finds_the_door_and_its_page(
    client: Client, cast: Cast
) -> None:
    form, browser = "/ascs/heures/echanges/nouveau?donne=1&recoit=2", client.app.test_client()

    def send(to: str, referrer: str) -> TestResponse:
        return browser.post(to, data={"minutes": "60"}, headers={"Referer": referrer})

    door = send(form, f"http://localhost{form}").location
    assert unquote(door) == f"/connexion?next={form}"
    assert "rien n’est noté" in browser.get(door).get_data(as_text=True)
    proof = {"email": "bob@exemple.fr", "password": cast.password, "next": form}
    entered = browser.post(door, data={**proof, "csrf_token": client.csrf_token(browser)})
    assert entered.location == form
    assert client.app.test_client().post(form).location == "/connexion?next=/"
    browser = client.app.test_client()
    assert send(form, "https://ailleurs.example/piege").location == "/connexion?next=/"
    # Neither who is signed in nor a page for all is spared the token.
    assert client.browser("bob").post(form, data={"minutes": "60"}).status_code == 400
    assert send("/verifier", "http://localhost/verifier").status_code == 400


def test_a_wrong_password_does_not_refresh(client: Client, cast: Cast) -> None:
    stale(client, "alice", 30)
    client.post("/compte/verification", {"password": "pas celui-là 12"}, as_="alice", status=422)
    client.get("/ascs/equipe/invitation", as_="alice", status=303)


def test_reading_does_not_refresh(client: Client, cast: Cast) -> None:
    stale(client, "alice", 30)
    client.get("/ascs/equipe/", as_="alice")
    client.get("/ascs/equipe/invitation", as_="alice", status=303)


def test_without_a_password_a_code_by_mail_proves_it(
    app: Flask, client: Client, cast: Cast
) -> None:
    stale(client, "alice", 30)
    sent = client.post("/compte/verification/envoi?next=/ascs/equipe/invitation", as_="alice")
    code = code_in(mail_to(app, "alice@exemple.fr"))
    wrong = {"code": f"{(int(code) + 1) % 1_000_000:06d}"}
    client.post(sent.headers["Location"], wrong, as_="alice", status=422)
    client.get("/ascs/equipe/invitation", as_="alice", status=303)
    right = {"code": f"{code[:3]} {code[3:]}", "next": "/ascs/equipe/invitation"}
    back = client.post(sent.headers["Location"], right, as_="alice")
    assert back.headers["Location"] == "/ascs/equipe/invitation"
    client.get("/ascs/equipe/invitation", as_="alice")
    client.post("/compte/verification/courriel", right, as_="alice", status=422)


def test_a_newer_code_replaces_the_one_before(app: Flask, client: Client, cast: Cast) -> None:
    client.post("/compte/verification/envoi", as_="alice")
    first = code_in(mail_to(app, "alice@exemple.fr"))
    client.post("/compte/verification/envoi", as_="alice")
    second = code_in(mail_to(app, "alice@exemple.fr"))
    assert first != second
    client.post("/compte/verification/courriel", {"code": first}, as_="alice", status=422)
    client.post("/compte/verification/courriel", {"code": second}, as_="alice")


def test_the_code_of_one_person_is_nothing_for_another(
    app: Flask, client: Client, cast: Cast
) -> None:
    client.post("/compte/verification/envoi", as_="alice")
    form = {"code": code_in(mail_to(app, "alice@exemple.fr"))}
    client.post("/compte/verification/courriel", form, as_="bob", status=422)


def code_in(text: str) -> str:
    line = next(line for line in text.splitlines() if line.startswith("Votre code est"))
    return "".join(character for character in line if character.isdigit())
