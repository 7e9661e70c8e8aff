"""Every setting, typed, read once from the environment (and `.env`). `.env.example` lists them."""

from __future__ import annotations

from typing import Literal, Self

from flask import current_app
from pydantic import SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Environment = Literal["demo", "test", "development", "production"]


class Settings(BaseSettings):
    """One frozen instance, in `app.config["SETTINGS"]`."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    environment: Environment = "development"
    secret_key: SecretStr
    data_key: SecretStr
    data_key_previous: SecretStr | None = None
    database_url: str
    database_owner_url: str | None = None
    database_net_url: str | None = None
    redis_url: str
    public_url: str = "http://127.0.0.1:5000"
    mail_url: str
    mail_from: str = "Réseau des Bulles <bonjour@reseau-des-bulles.fr>"
    storage_url: str
    authority_dir: str
    seal_pkcs12: str | None = None
    seal_pkcs12_password: SecretStr | None = None
    seal_pkcs11: str | None = None
    timestamp_url: str = "authority:"
    log_level: str = "INFO"
    trusted_proxies: int = 0
    metrics_token: SecretStr | None = None
    verify_max_bytes: int = 25_000_000

    @property
    def is_secure(self) -> bool:
        """Whether the site is served over HTTPS: cookies are then `__Host-` and Secure."""
        return self.public_url.startswith("https://")

    @model_validator(mode="after")
    def refuse_demonstration_in_production(self) -> Self:
        """A demonstration secret, key, mail folder or timestamp never reaches production."""
        if self.environment == "production":
            faults = list(self._demonstration_settings())
            if faults:
                raise ValueError(f"réglages de démonstration en production : {', '.join(faults)}")
        return self

    def _demonstration_settings(self) -> list[str]:
        secrets = {"SECRET_KEY": self.secret_key, "DATA_KEY": self.data_key}
        weak = [
            name
            for name, value in secrets.items()
            if len(value.get_secret_value()) < 32 or "demo" in value.get_secret_value().lower()
        ]
        if self.timestamp_url == "authority:":
            weak.append("TIMESTAMP_URL")
        if self.mail_url.startswith("folder:"):
            weak.append("MAIL_URL")
        if not self.is_secure:
            weak.append("PUBLIC_URL")
        if not (self.seal_pkcs12 or self.seal_pkcs11):
            weak.append("SEAL_PKCS12 ou SEAL_PKCS11")
        return weak


def load_settings() -> Settings:
    """Settings from the environment; a missing or wrong one raises pydantic's ValidationError."""
    return Settings()  # type: ignore[call-arg]  # values come from the environment


def settings() -> Settings:
    """The settings of the running application."""
    found: Settings = current_app.config["SETTINGS"]
    return found
