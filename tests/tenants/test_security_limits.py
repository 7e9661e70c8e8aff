"""Tries are counted (ASVS 6.3.1), and a door whose tries cannot be counted stays shut."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask_limiter import Limiter
from redis.exceptions import ConnectionError as RedisDown

from app.core import limits
from app.core.config import Settings
from tests.factories.cast import Cast
from tests.http import Client


@pytest.fixture(autouse=True)
def limiter(
    settings: Settings, client: Client, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Limiter]:
    """Limits are off in the other tests: here they are counted, from zero, Alice being signed in."""
    client.browser("alice")
    counting = Limiter(limits.caller, app=Flask("counting"), storage_uri=settings.redis_url)
    counting.reset()
    monkeypatch.setattr(limits, "limiter", counting)
    yield counting
    counting.reset()
    counting.storage.storage.close()  # type: ignore[attr-defined]  # of the Redis storage


def try_password(client: Client, email: str, password: str, status: int) -> None:
    client.post("/connexion", {"email": email, "password": password}, status=status)


def test_an_account_is_not_tried_for_ever(client: Client, cast: Cast) -> None:
    for _ in range(10):
        try_password(client, "alice@exemple.fr", "pas celui-là 12", 422)
    try_password(client, "alice@exemple.fr", "pas celui-là 12", 429)
    try_password(client, "Alice@exemple.fr ", cast.password, 429)
    try_password(client, "bob@exemple.fr", cast.password, 302)


def test_the_page_of_too_many_tries_says_what_to_do(client: Client) -> None:
    for _ in range(5):
        client.post("/connexion/lien", {"email": "alice@exemple.fr"})
    page = client.post("/connexion/lien", {"email": "alice@exemple.fr"}, status=429)
    assert "Attendez quelques minutes" in page.get_data(as_text=True)


def test_one_place_does_not_try_every_account(client: Client) -> None:
    for number in range(60):
        try_password(client, f"personne{number}@exemple.fr", "pas celui-là 12", 422)
    try_password(client, "personne99@exemple.fr", "pas celui-là 12", 429)


@pytest.mark.parametrize(
    ("path", "form", "tries", "refused"),
    [
        ("/mot-de-passe/oublie", {"email": "alice@exemple.fr"}, 5, 200),
        ("/adresse/confirmation", {"email": "alice@exemple.fr"}, 5, 200),
    ],
)
def test_mails_are_not_sent_for_ever(
    client: Client, path: str, form: dict[str, str], tries: int, refused: int
) -> None:
    for _ in range(tries):
        client.post(path, form, status=refused)
    client.post(path, form, status=429)


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/compte/verification", {"password": "pas celui-là 12"}),
        ("/compte/verification/courriel", {"code": "123456"}),
        ("/compte/verification/application", {"code": "123456"}),
        ("/compte/mot-de-passe", {"password": "pas celui-là 12"}),
    ],
)
def test_who_is_signed_in_is_counted_too(client: Client, path: str, form: dict[str, str]) -> None:
    for _ in range(10):
        client.post(path, form, as_="alice", status=422)
    client.post(path, form, as_="alice", status=429)


def test_reading_the_door_is_not_counted(client: Client) -> None:
    for _ in range(70):
        client.get("/connexion")


def test_without_redis_the_door_stays_shut(
    client: Client, cast: Cast, limiter: Limiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*arguments: object, **options: object) -> int:
        raise RedisDown("Connection refused")

    monkeypatch.setattr(limiter.storage, "incr", down)
    form = {"email": "alice@exemple.fr", "password": cast.password}
    page = client.post("/connexion", form, status=503).get_data(as_text=True)
    assert "Un service ne répond pas" in page
    assert client.browser(None).get("/compte/").status_code == 302
    client.get("/connexion")
    client.get("/compte/", as_="alice")
