"""Second proofs and passkeys: the application of codes, recovery codes, WebAuthn."""

from __future__ import annotations

import html
import json
import re
import uuid
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_security.totp import Totp

from app.core.db import db
from app.tenants.models import User
from tests.factories.cast import Cast
from tests.http import Client
from tests.tenants.authenticator import Passkey
from tests.tenants.letterbox import link_to

DOOR = "/connexion"


def totp(app: Flask) -> Totp:
    factory: Totp = app.extensions["security"].totp_factory
    return factory


def set_up_codes(client: Client, who: str = "alice") -> str:
    """Put the application in place as a person does; its encrypted secret."""
    page = client.post(
        "/compte/application-de-codes", {"setup": "authenticator"}, as_=who, status=200
    ).get_data(as_text=True)
    address = re.search(r'action="(/compte/application-de-codes/[^"]+)"', page)
    assert address
    state = client.app.extensions["security"].tf_setup_serializer.loads(address[1].rsplit("/")[-1])
    secret: str = state["totp_secret"]
    client.post(address[1], {"code": code(client.app, secret)}, as_=who, status=302)
    return secret


def code(app: Flask, secret: str) -> str:
    return totp(app).generate_totp_password(secret)


def forget_step(cast: Cast, who: str = "alice") -> None:
    """As if the last code had been used minutes ago."""
    person(cast, who).totp_counter = None
    db.session.commit()


def first_step(client: Client, cast: Cast, who: str = "alice") -> str:
    form = {"email": f"{who}@exemple.fr", "password": cast.password}
    return client.post(DOOR, form, status=302).headers["Location"]


def is_in(client: Client) -> bool:
    return client.browser(None).get("/compte/").status_code == 200


def person(cast: Cast, who: str = "alice") -> User:
    return db.session.get_one(User, identity(cast.people[who]), populate_existing=True)


def identity(user: User) -> uuid.UUID:
    """The id, of a detached object too."""
    found: uuid.UUID = sa.inspect(user).identity[0]
    return found


def test_with_the_application_a_password_is_not_enough(
    app: Flask, client: Client, cast: Cast
) -> None:
    secret = set_up_codes(client)
    forget_step(cast)
    assert first_step(client, cast).startswith("/connexion/code")
    assert not is_in(client)
    client.post("/connexion/code", {"code": "000000"}, status=422)
    assert not is_in(client)
    client.post("/connexion/code", {"code": code(app, secret)}, status=302)
    assert is_in(client)


def test_nor_is_a_link(app: Flask, client: Client, cast: Cast) -> None:
    set_up_codes(client)
    client.post("/connexion/lien", {"email": "alice@exemple.fr"})
    after = client.post(link_to(app, "alice@exemple.fr"), status=302)
    assert after.headers["Location"].startswith("/connexion/code")
    assert not is_in(client)


def test_nor_is_a_new_password(app: Flask, client: Client, cast: Cast) -> None:
    """ASVS 6.4.3: who recovers a password still gives the second proof."""
    set_up_codes(client)
    client.post("/mot-de-passe/oublie", {"email": "alice@exemple.fr"}, status=200)
    words = "violon citrouille ardoise 7"
    form = {"password": words, "password_confirm": words}
    client.post(link_to(app, "alice@exemple.fr"), form, status=302)
    answer = client.post(DOOR, {"email": "alice@exemple.fr", "password": words}, status=302)
    assert answer.headers["Location"].startswith("/connexion/code")


def test_a_code_serves_once(app: Flask, client: Client, cast: Cast) -> None:
    """ASVS 6.5.1: the code that put the application in place is spent."""
    secret = set_up_codes(client)
    first_step(client, cast)
    client.post("/connexion/code", {"code": code(app, secret)}, status=422)
    assert not is_in(client)


def test_the_secret_of_the_application_is_encrypted(app: Flask, client: Client, cast: Cast) -> None:
    secret = set_up_codes(client)
    kept = json.loads(str(person(cast).tf_totp_secret))
    assert "enckey" in kept
    assert "key" not in kept
    assert totp(app).get_totp_b32_key(secret) not in str(kept)


def test_the_second_step_cannot_be_reached_without_the_first(client: Client) -> None:
    for path in ("/connexion/code", "/connexion/code-de-secours", "/connexion/moyen"):
        assert client.get(path, status=302).headers["Location"] == "/connexion"


def test_changing_the_application_asks_for_a_fresh_proof(client: Client, cast: Cast) -> None:
    with client.browser("alice").session_transaction() as session:
        session["fs_paa"] = 0
    form = {"setup": "disable"}
    for path in (
        "/compte/application-de-codes",
        "/compte/codes-de-secours",
        "/compte/cles-d-acces",
    ):
        answer = client.post(path, form, as_="alice")
        assert answer.headers["Location"].startswith("/compte/verification")


def test_a_recovery_code_serves_once(client: Client, cast: Cast) -> None:
    set_up_codes(client)
    page = client.post(
        "/compte/codes-de-secours", {"generate_new_codes": "1"}, as_="alice", status=200
    ).get_data(as_text=True)
    codes = re.findall(r"<code>([0-9a-f-]{14})</code>", page)
    assert len(set(codes)) == 10
    assert not set(codes) & set(person(cast).mf_recovery_codes or [])
    for status in (302, 422):
        first_step(client, cast)
        client.post("/connexion/code-de-secours", {"code": codes[0]}, status=status)
        client.browser(None).delete_cookie("session")


def test_the_application_proves_it_is_still_you(app: Flask, client: Client, cast: Cast) -> None:
    secret = set_up_codes(client)
    forget_step(cast)
    with client.browser("alice").session_transaction() as session:
        session["fs_paa"] = 0
    path = "/compte/verification/application"
    client.post(path, {"code": "123456"}, as_="alice", status=422)
    form = {"code": code(app, secret), "next": "/ascs/equipe/invitation"}
    assert client.post(path, form, as_="alice").headers["Location"] == form["next"]
    client.get("/ascs/equipe/invitation", as_="alice")
    client.post(path, form, as_="alice", status=422)


def ask_device(page: str) -> tuple[str, dict[str, Any]]:
    """Where the page's script sends the device's answer, and what it asks of the device."""
    action = re.search(r'action="([^"]+)" data-cle="\w+" data-options="([^"]+)"', page)
    assert action
    return html.unescape(action[1]), json.loads(html.unescape(action[2]))


def register(client: Client, key: Passkey, who: str = "alice", usage: str = "first") -> None:
    page = client.post(
        "/compte/cles-d-acces", {"name": "Téléphone", "usage": usage}, as_=who, status=200
    ).get_data(as_text=True)
    address, options = ask_device(page)
    client.post(address, {"credential": key.register(options)}, as_=who, status=302)


def sign(client: Client, key: Passkey, start: str = "/connexion/cle-d-acces") -> int:
    page = client.post(start, {}, status=200).get_data(as_text=True)
    address, options = ask_device(page)
    form = {"credential": key.sign(options), "csrf_token": client.csrf_token(client.browser(None))}
    client.browser(None).post(address, data=form)
    return 200 if is_in(client) else 302


def test_a_passkey_opens_the_door(client: Client, cast: Cast) -> None:
    key = Passkey()
    register(client, key)
    assert "Vos clés" in client.get("/compte/cles-d-acces", as_="alice").get_data(as_text=True)
    assert sign(client, key) == 200


def test_an_unknown_passkey_does_not(client: Client, cast: Cast) -> None:
    register(client, Passkey())
    assert sign(client, Passkey()) == 302


def test_nor_does_one_that_was_taken_away(client: Client, cast: Cast) -> None:
    key = Passkey()
    register(client, key)
    client.post("/compte/cles-d-acces/suppression", {"name": "Téléphone"}, as_="alice", status=302)
    assert sign(client, key) == 302


def test_a_challenge_is_for_one_signature(client: Client, cast: Cast) -> None:
    """A signature made for another request, or with another key, is refused."""
    key = Passkey()
    register(client, key)
    page = client.post("/connexion/cle-d-acces", {}, status=200).get_data(as_text=True)
    address, options = ask_device(page)
    stolen = key.sign({**options, "challenge": "AAAA"})
    client.post(address, {"credential": stolen}, status=302)
    assert not is_in(client)


def test_a_passkey_that_verifies_nobody_is_not_a_door(client: Client, cast: Cast) -> None:
    """Alone it would be one proof: someone who finds the key."""
    key = Passkey()
    register(client, key)
    key.verifies = False
    assert sign(client, key) == 302
    careless = Passkey(verifies=False)
    register(client, careless, "bob")
    assert "Vos clés" not in client.get("/compte/cles-d-acces", as_="bob").get_data(as_text=True)


def test_it_may_be_the_second_proof(client: Client, cast: Cast) -> None:
    key = Passkey(verifies=False)
    register(client, key, usage="secondary")
    assert first_step(client, cast).startswith("/connexion/cle-d-acces")
    assert not is_in(client)
    assert sign(client, key) == 200


def test_the_person_s_own_device_may_hold_a_passkey(client: Client) -> None:
    form = {"name": "Téléphone d’Alice", "usage": "first"}
    page = client.post("/compte/cles-d-acces", form, as_="alice", status=200)
    asked = ask_device(page.get_data(as_text=True))[1]["authenticatorSelection"]
    assert "authenticatorAttachment" not in asked
    assert asked["residentKey"] == "required"
    assert asked["userVerification"] == "required"


@pytest.mark.parametrize(("owner", "accepted"), [("alice", True), ("bob", False)])
def test_a_fresh_proof_by_passkey_is_of_the_same_person(
    client: Client, cast: Cast, owner: str, accepted: bool
) -> None:
    """GHSA-f66q-9rf6-8795: another's passkey must not freshen this session."""
    key = Passkey()
    register(client, key, owner)
    register(client, Passkey(), "alice") if owner != "alice" else None
    with client.browser("alice").session_transaction() as session:
        session["fs_paa"] = 0
    start = "/compte/verification/cle-d-acces?next=/ascs/equipe/invitation"
    page = client.post(start, {}, as_="alice", status=200).get_data(as_text=True)
    address, options = ask_device(page)
    client.post(address, {"credential": key.sign(options)}, as_="alice", status=302)
    fresh = client.browser("alice").get("/ascs/equipe/invitation").status_code == 200
    assert fresh is accepted
