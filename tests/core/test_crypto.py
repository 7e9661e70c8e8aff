"""Contact details at rest, secrets derived and stored nowhere, keys that change."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.fernet import InvalidToken
from flask import Flask
from pydantic import SecretStr

from app.core.config import Settings
from app.core.crypto import (
    derive_code,
    derive_token,
    digest,
    normalise_email,
    open_json,
    same,
    seal_json,
)
from app.core.db import db
from app.tenants.models import User
from tests.factories.cast import Cast


@pytest.fixture(autouse=True)
def inside(app: Flask) -> None:
    """Keys are those of an application."""


def use(monkeypatch: pytest.MonkeyPatch, app: Flask, **keys: str) -> None:
    """Change the application's keys for the test."""
    settings: Settings = app.config["SETTINGS"]
    changes = {name: SecretStr(value) for name, value in keys.items()}
    monkeypatch.setitem(app.config, "SETTINGS", settings.model_copy(update=changes))


def test_an_address_is_not_readable_in_the_table(cast: Cast) -> None:
    stored = db.session.scalars(sa.text("SELECT email FROM users")).all()
    assert len(set(stored)) == len(cast.people)
    assert not any("exemple" in address for address in stored)
    assert db.session.get_one(User, cast.people["alice"].id).email == "alice@exemple.fr"


def test_an_address_is_found_again_by_its_digest(cast: Cast) -> None:
    wanted = digest(normalise_email("  ALICE@exemple.fr "))
    assert db.session.scalars(sa.select(User).where(User.email_digest == wanted)).one().name == (
        "Alice Morel"
    )


def test_a_digest_needs_the_key(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    before = digest("alice@exemple.fr")
    use(monkeypatch, app, data_key="another-key-" * 4)
    assert digest("alice@exemple.fr") != before


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Alice@Exemple.FR ", "alice@exemple.fr"),
        ("ﬁona@exemple.fr", "fiona@exemple.fr"),
        ("alice＠exemple.fr", "alice@exemple.fr"),
    ],
)
def test_an_address_has_one_spelling(typed: str, kept: str) -> None:
    assert normalise_email(typed) == kept


def test_a_token_is_of_one_purpose_and_one_subject() -> None:
    tokens = {
        derive_token(purpose, part)
        for purpose in ("invitation", "signing-link")
        for part in ("1", "2")
    }
    assert len(tokens) == 4
    assert derive_token("invitation", "1") in tokens
    assert derive_token("a", "b", "c") != derive_token("a", "bc")
    assert all(len(token) == 32 for token in tokens)


def test_a_code_has_six_digits() -> None:
    codes = {derive_code("tests", number) for number in range(200)}
    assert {len(code) for code in codes} == {6}
    assert all(code.isdecimal() for code in codes)
    assert len(codes) > 190


def test_secrets_are_compared_whole() -> None:
    assert same("é-secret", "é-secret")
    assert not same("secret", "secret ")


def test_what_waits_is_sealed() -> None:
    value: dict[str, Any] = {"to": "alice@exemple.fr", "text": "Bonjour à vous"}
    sealed = seal_json(value)
    assert "alice" not in sealed
    assert open_json(sealed) == value
    assert seal_json(value) != sealed


def test_what_the_previous_key_sealed_still_opens(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = app.config["SETTINGS"].data_key.get_secret_value()
    sealed = seal_json({"a": 1})
    use(monkeypatch, app, data_key="the-next-key-" * 4)
    with pytest.raises(InvalidToken):
        open_json(sealed)
    use(monkeypatch, app, data_key="the-next-key-" * 4, data_key_previous=old)
    assert open_json(sealed) == {"a": 1}


def test_what_was_tampered_with_does_not_open() -> None:
    sealed = seal_json({"a": 1})
    with pytest.raises(InvalidToken):
        open_json(sealed[:-4] + ("AAAA" if sealed[-4:] != "AAAA" else "BBBB"))
