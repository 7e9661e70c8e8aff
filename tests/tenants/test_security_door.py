"""The door: passwords, links by e-mail, recovery, and what it never says."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode, urljoin, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from app.core.clock import now
from app.core.crypto import digest
from app.core.db import db
from app.tenants.forms.passwords import refuse_password
from app.tenants.models import EmailProof, User
from tests.factories.cast import Cast
from tests.http import Client
from tests.tenants.letterbox import deliver, link_to, mail_to

WORDS = "violon citrouille ardoise 7"


def sign_in(client: Client, email: str, password: str, *, status: int = 302) -> str:
    form = {"email": email, "password": password}
    return client.post("/connexion", form, status=status).get_data(as_text=True)


def is_in(client: Client, who: str | None = None) -> bool:
    return client.browser(who).get("/compte/").status_code == 200


def password_of(email: str) -> str | None:
    return db.session.scalar(sa.select(User.password).where(User.email_digest == digest(email)))


def change_bob(**values: object) -> None:
    bob = User.email_digest == digest("bob@exemple.fr")
    db.session.execute(sa.update(User).where(bob).values(values))
    db.session.commit()


def test_a_password_opens_the_door(client: Client, cast: Cast) -> None:
    sign_in(client, "alice@exemple.fr", cast.password)
    assert is_in(client)


def test_the_address_may_be_written_in_capitals(client: Client, cast: Cast) -> None:
    sign_in(client, " Alice@Exemple.FR ", cast.password)
    assert is_in(client)


def test_after_the_door_comes_the_page_that_was_asked_for(client: Client, cast: Cast) -> None:
    door = client.get("/ascs/equipe/", status=302).headers["Location"]
    form = {"email": "alice@exemple.fr", "password": cast.password}
    assert client.post(door, form, status=302).headers["Location"] == "/ascs/equipe/"


@pytest.mark.parametrize("elsewhere", ["https://voleur.fr/", "//voleur.fr/", "\\\\voleur.fr"])
def test_the_door_never_leads_outside(client: Client, cast: Cast, elsewhere: str) -> None:
    form = {"email": "alice@exemple.fr", "password": cast.password, "next": elsewhere}
    browser = client.browser(None)
    token = client.csrf_token(browser)
    answer = browser.post("/connexion", data={**form, "csrf_token": token})
    after = urlsplit(urljoin("http://localhost/connexion", answer.headers.get("Location", "")))
    assert after.netloc == "localhost"
    assert "\\" not in after.geturl()


@pytest.mark.parametrize(
    "elsewhere", ["https://voleur.fr/", "//voleur.fr", "/\\voleur.fr", "/\t/v.fr"]
)
def test_a_link_never_leads_outside(app: Flask, client: Client, cast: Cast, elsewhere: str) -> None:
    client.post("/connexion/lien", {"email": "carole@exemple.fr", "next": elsewhere})
    link = link_to(app, "carole@exemple.fr").split("?")[0]
    assert client.post(f"{link}?{urlencode({'next': elsewhere})}").headers["Location"] == "/"


def test_an_unknown_address_and_a_wrong_password_are_told_the_same(
    client: Client, cast: Cast
) -> None:
    unknown = sign_in(client, "personne@exemple.fr", "n’importe quoi 12", status=422)
    wrong = sign_in(client, "alice@exemple.fr", "n’importe quoi 12", status=422)
    sentence = "L’adresse ou le mot de passe ne va pas."
    assert sentence in unknown
    assert sentence in wrong
    assert not is_in(client)


def test_a_closed_account_does_not_open(client: Client, cast: Cast) -> None:
    change_bob(active=False)
    sign_in(client, "bob@exemple.fr", cast.password, status=422)
    assert not is_in(client)


def test_an_account_closed_meanwhile_is_out_at_once(client: Client, cast: Cast) -> None:
    assert is_in(client, "bob")
    change_bob(active=False)
    assert not is_in(client, "bob")


def test_a_link_signs_in_once(app: Flask, client: Client, cast: Cast) -> None:
    client.post("/connexion/lien", {"email": "carole@exemple.fr", "next": "/ascs/equipe/"})
    link = link_to(app, "carole@exemple.fr")
    client.get(link)
    assert not is_in(client), "opening the link is not enough: mail programs open links"
    assert client.post(link).headers["Location"] == "/ascs/equipe/"
    assert is_in(client)
    client.browser(None).delete_cookie("session")
    assert "ne marche plus" in client.post(link, status=410).get_data(as_text=True)


def test_a_link_lives_ten_minutes(app: Flask, client: Client, cast: Cast) -> None:
    client.post("/connexion/lien", {"email": "carole@exemple.fr"})
    link = link_to(app, "carole@exemple.fr")
    proof = db.session.scalars(sa.select(EmailProof)).one()
    assert proof.expires_at - proof.created_at <= timedelta(minutes=10, seconds=1)
    proof.expires_at = now() - timedelta(seconds=1)
    db.session.commit()
    client.get(link, status=410)
    client.post(link, status=410)
    assert not is_in(client)


def test_a_forged_link_opens_nothing(app: Flask, client: Client, cast: Cast) -> None:
    client.post("/connexion/lien", {"email": "carole@exemple.fr"})
    link = link_to(app, "carole@exemple.fr").split("?")[0]
    forged = link.rsplit("/", 1)[0] + "/" + "A" * 32
    client.post(forged, status=410)
    assert not is_in(client)


def test_nobody_learns_whether_an_address_has_an_account(app: Flask, client: Client) -> None:
    known = client.post("/connexion/lien", {"email": "carole@exemple.fr"})
    unknown = client.post("/connexion/lien", {"email": "personne@exemple.fr"})
    assert known.headers["Location"] == unknown.headers["Location"]
    assert [mail["To"] for mail in deliver(app)] == ["carole@exemple.fr"]


def test_recovery_says_the_same_to_all(app: Flask, client: Client, cast: Cast) -> None:
    path = "/mot-de-passe/oublie"
    pages = [
        client.post(path, {"email": email}, status=200).get_data(as_text=True)
        for email in ("alice@exemple.fr", "personne@exemple.fr", "alice")
    ]
    assert all("Si nous connaissons cette adresse" in page for page in pages)
    assert [mail["To"] for mail in deliver(app)] == ["alice@exemple.fr"]


def test_a_forgotten_password_is_chosen_again_once(app: Flask, client: Client, cast: Cast) -> None:
    client.post("/mot-de-passe/oublie", {"email": "alice@exemple.fr"}, status=200)
    link = link_to(app, "alice@exemple.fr")
    form = {"password": WORDS, "password_confirm": WORDS}
    client.post(link, form, status=302)
    assert "vient de changer" in mail_to(app, "alice@exemple.fr")
    sign_in(client, "alice@exemple.fr", cast.password, status=422)
    sign_in(client, "alice@exemple.fr", WORDS)
    client.browser(None).delete_cookie("session")
    again = {"password": WORDS[::-1], "password_confirm": WORDS[::-1]}
    client.post(link, again, status=302)
    sign_in(client, "alice@exemple.fr", WORDS[::-1], status=422)


def test_a_forged_host_never_reaches_a_mail(app: Flask, client: Client, cast: Cast) -> None:
    browser = client.browser(None)
    form = {"email": "alice@exemple.fr", "csrf_token": client.csrf_token(browser)}
    browser.post("/mot-de-passe/oublie", data=form, headers={"X-Forwarded-Host": "voleur.fr"})
    assert "voleur" not in mail_to(app, "alice@exemple.fr")


def test_an_unconfirmed_address_is_confirmed_first(app: Flask, client: Client, cast: Cast) -> None:
    change_bob(confirmed_at=None)
    sign_in(client, "bob@exemple.fr", cast.password, status=422)
    client.post("/adresse/confirmation", {"email": "bob@exemple.fr"}, status=200)
    client.get(link_to(app, "bob@exemple.fr"), status=302)
    sign_in(client, "bob@exemple.fr", cast.password)


def test_signing_out_is_a_post_with_a_token(client: Client) -> None:
    assert is_in(client, "alice")
    client.browser("alice").get("/deconnexion")
    assert client.browser("alice").post("/deconnexion").status_code == 400
    assert is_in(client, "alice")
    client.post("/deconnexion", as_="alice", status=302)
    assert not is_in(client, "alice")


def test_there_is_no_way_in_by_token_or_json(client: Client, cast: Cast) -> None:
    browser = client.browser(None)
    body = {"email": "alice@exemple.fr", "password": cast.password}
    headers = {"X-CSRFToken": client.csrf_token(browser), "Accept": "application/json"}
    assert (
        browser.post("/connexion?include_auth_token", json=body, headers=headers).status_code == 400
    )
    token = cast.people["alice"].get_auth_token()
    assert browser.get("/compte/", headers={"Authentication-Token": token}).status_code == 302


def test_remember_me_is_not_a_way_around_revocation(client: Client, cast: Cast) -> None:
    form = {"email": "alice@exemple.fr", "password": cast.password, "remember": "y"}
    answer = client.post("/connexion", form, status=302)
    assert "remember_token" not in " ".join(answer.headers.getlist("Set-Cookie"))


def test_registration_does_not_exist(app: Flask, client: Client) -> None:
    assert "security.register" not in app.view_functions
    client.get("/connexion/secours", status=404)


@pytest.mark.parametrize(
    ("password", "refused"),
    [
        ("court 12", True),
        ("motdepasse1234", True),
        ("azertyuiop12", True),
        ("alicemorel1980", True),
        ("Ocytocines2026!", True),
        ("password password", True),
        (WORDS, False),
        ("Ünïcødé ∑∆ et des espaces", False),
        ("x7#Kq9!bT2$w" * 6, False),
    ],
)
def test_passwords(password: str, refused: bool) -> None:
    assert bool(refuse_password(password, "Alice Morel", "alice.morel@exemple.fr")) is refused


def test_common_passwords_are_refused_even_made_long(app: Flask) -> None:
    """ASVS 6.2.4: the 3,000 most common passwords, brought to the length that we ask."""
    common = FREQUENCY_LISTS["passwords"][:3000]
    long = [(password * 12)[: max(12, 2 * len(password))] for password in common]
    accepted = [password for password in long if not refuse_password(password)]
    assert accepted == []


def test_a_weak_password_is_not_kept(app: Flask, client: Client, cast: Cast) -> None:
    before = password_of("alice@exemple.fr")
    form = {
        "password": cast.password,
        "new_password": "motdepasse1234",
        "new_password_confirm": "motdepasse1234",
    }
    page = client.post("/compte/mot-de-passe", form, as_="alice", status=422)
    assert "facile à deviner" in page.get_data(as_text=True)
    assert password_of("alice@exemple.fr") == before


def test_passwords_are_kept_by_argon2id(cast: Cast) -> None:
    assert str(cast.people["alice"].password).startswith("$argon2id$")
