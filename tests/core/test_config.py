"""Settings are typed; production refuses what belongs to a demonstration."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from app.core.config import Settings

GOOD = {
    "environment": "production",
    "secret_key": "k1-" + "x" * 40,
    "data_key": "k2-" + "y" * 40,
    "database_url": "postgresql+psycopg://bulles_app:pw@db/bulles",
    "redis_url": "redis://cache/0",
    "public_url": "https://bulles.example.fr",
    "mail_url": "smtp://mail.example.fr:587",
    "storage_url": "s3://bulles?endpoint=https://s3.example.fr",
    "authority_dir": "/var/lib/bulles/autorite",
    "seal_pkcs12": "/etc/bulles/sceau.p12",
    "timestamp_url": "https://tsa.example.fr",
}


@pytest.fixture(autouse=True)
def nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of whoever runs the tests do not count."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def settings(**changes: Any) -> Settings:
    """Production, with some settings changed."""
    return Settings(_env_file=None, **GOOD | changes)


def test_production_starts_with_settings_of_its_own() -> None:
    assert settings().is_secure
    assert settings(seal_pkcs12=None, seal_pkcs11="pkcs11:token=sceau").seal_pkcs11


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"secret_key": "short"}, "SECRET_KEY"),
        ({"secret_key": "a-demonstration-secret-of-more-than-32-letters"}, "SECRET_KEY"),
        ({"data_key": "short"}, "DATA_KEY"),
        ({"data_key": "DEMO" * 20}, "DATA_KEY"),
        ({"timestamp_url": "authority:"}, "TIMESTAMP_URL"),
        ({"mail_url": "folder:///tmp/mail"}, "MAIL_URL"),
        ({"public_url": "http://bulles.example.fr"}, "PUBLIC_URL"),
        ({"seal_pkcs12": None}, "SEAL_PKCS12"),
    ],
)
def test_production_refuses_a_demonstration(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ValidationError, match=f"de démonstration en production.*{named}"):
        settings(**changes)
    assert settings(environment="demo", **changes)


def test_a_secret_is_not_told_by_its_refusal() -> None:
    """A traceback goes into logs."""
    with pytest.raises(ValidationError) as refusal:
        settings(secret_key="demo-of-my-very-own-secret")
    assert "my-very-own-secret" not in str(refusal.value)


@pytest.mark.parametrize("name", ["secret_key", "database_url", "mail_url", "authority_dir"])
def test_a_setting_that_is_missing_is_named(name: str) -> None:
    known = {key: value for key, value in GOOD.items() if key != name}
    with pytest.raises(ValidationError, match=name):
        Settings(_env_file=None, **known)


def test_settings_never_change() -> None:
    with pytest.raises(ValidationError):
        settings().mail_from = "someone@else.fr"


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GOOD.items():
        monkeypatch.setenv(name.upper(), value)
    monkeypatch.setenv("TRUSTED_PROXIES", "2")
    assert Settings(_env_file=None).trusted_proxies == 2
