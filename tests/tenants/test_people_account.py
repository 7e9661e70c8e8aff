"""One's own account, and the list of one's organisations."""

from __future__ import annotations

import re
from pathlib import Path

import sqlalchemy as sa

from app.core.db import db
from app.tenants.models import Membership, User
from tests.factories.cast import Cast
from tests.http import Client


def test_who_works_in_one_place_goes_there(client: Client) -> None:
    assert client.get("/", as_="alice", status=302).headers["Location"] == "/ascs/"


def test_who_works_in_several_chooses(client: Client, cast: Cast) -> None:
    also = Membership(
        tenant_id=cast.tenants["ccas"].id, user_id=cast.people["bob"].id, roles=["reader"]
    )
    db.session.add(also)
    db.session.commit()
    assert client.get("/", as_="bob", status=302).headers["Location"] == "/organisations"
    page = client.get("/organisations", as_="bob").get_data(as_text=True)
    assert page.index("Association des usagers") < page.index("Centre communal")


def test_who_works_nowhere_is_told_what_to_do(client: Client, cast: Cast) -> None:
    bob = cast.people["bob"].id
    db.session.execute(
        sa.update(Membership).where(Membership.user_id == bob).values(ended_at=sa.func.now())
    )
    db.session.commit()
    page = client.get("/organisations", as_="bob").get_data(as_text=True)
    assert "Demandez une invitation" in page


def test_a_stranger_goes_to_the_door(client: Client) -> None:
    assert client.get("/", status=302).headers["Location"] == "/connexion"
    for path in ("/compte/", "/compte/securite", "/organisations"):
        assert client.get(path, status=302).headers["Location"].startswith("/connexion?next=")


def test_a_name_is_changed(client: Client, cast: Cast) -> None:
    client.post("/compte/", {"name": "  Bob   Grand "}, as_="bob")
    assert db.session.get_one(User, cast.people["bob"].id).name == "Bob Grand"
    client.post("/compte/", {"name": " "}, as_="bob", status=422)


def test_the_pages_of_the_account_open(client: Client) -> None:
    for path in (
        "/compte/",
        "/compte/securite",
        "/compte/mot-de-passe",
        "/compte/application-de-codes",
        "/compte/codes-de-secours",
        "/compte/cles-d-acces",
        "/compte/verification",
        "/compte/verification/courriel",
        "/compte/verification/application",
        "/compte/verification/cle-d-acces",
    ):
        client.get(path, as_="alice")


def test_the_pages_of_the_door_open(client: Client) -> None:
    for path in (
        "/connexion",
        "/connexion/lien",
        "/connexion/cle-d-acces",
        "/mot-de-passe/oublie",
        "/adresse/confirmation",
    ):
        page = client.get(path)
        assert "no-store" in page.headers["Cache-Control"]


def test_the_security_page_names_real_tests() -> None:
    tests = Path(__file__).parents[1]
    named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", (tests.parent / "docs/asvs.md").read_text())
    assert len(named) > 40
    missing = [
        f"{file}::{name}"
        for file, name in named
        if file != "test_people_account.py" and f"def {name}(" not in (tests / file).read_text()
    ]
    assert missing == []
