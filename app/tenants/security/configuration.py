"""Flask-Security's configuration: what is switched on, for how long, and under which French address."""

from __future__ import annotations

import base64
import hmac
from datetime import timedelta
from typing import Any

from app.core.clock import now
from app.core.config import Settings
from app.tenants.security.messages import MESSAGES

FRESHNESS = timedelta(minutes=10)
"""How long after a proof of identity the grave acts stay open."""
FORM_GRACE = timedelta(minutes=10)
"""A form opened while fresh may still be sent for this long: nobody loses what they typed."""

URLS = {
    "LOGIN_URL": "/connexion",
    "LOGOUT_URL": "/deconnexion",
    "RESET_URL": "/mot-de-passe/oublie",
    "CHANGE_URL": "/compte/mot-de-passe",
    "CONFIRM_URL": "/adresse/confirmation",
    "VERIFY_URL": "/compte/verification",
    "TWO_FACTOR_SETUP_URL": "/compte/application-de-codes",
    "TWO_FACTOR_TOKEN_VALIDATION_URL": "/connexion/code",
    "TWO_FACTOR_RESCUE_URL": "/connexion/secours",
    "TWO_FACTOR_SELECT_URL": "/connexion/moyen",
    "MULTI_FACTOR_RECOVERY_URL": "/connexion/code-de-secours",
    "MULTI_FACTOR_RECOVERY_CODES_URL": "/compte/codes-de-secours",
    "WAN_REGISTER_URL": "/compte/cles-d-acces",
    "WAN_DELETE_URL": "/compte/cles-d-acces/suppression",
    "WAN_SIGNIN_URL": "/connexion/cle-d-acces",
    "WAN_VERIFY_URL": "/compte/verification/cle-d-acces",
}

FEATURES = {
    "CONFIRMABLE": True,
    "RECOVERABLE": True,
    "CHANGEABLE": True,
    "REGISTERABLE": False,  # by invitation only
    "TWO_FACTOR": True,
    "TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
    "TWO_FACTOR_RESCUE_EMAIL": False,  # e-mail already opens the first door: it cannot be the second
    "TWO_FACTOR_AUTHENTICATOR_VALIDITY": 30,  # seconds around the present step
    "MULTI_FACTOR_RECOVERY_CODES": True,
    "MULTI_FACTOR_RECOVERY_CODES_N": 10,
    "WEBAUTHN": True,
    "WAN_RP_NAME": "Réseau des Bulles",
    "WAN_NAME_ALLOWED_CHARS": ["L", "N", "Pc", "Pd", "Pf", "Po", "Zs"],  # « Téléphone d’Alice »
    "WAN_ALLOW_USER_HINTS": False,  # a passkey says who it is: no list of credentials to fish for
}

RULES = {
    "RETURN_GENERIC_RESPONSES": True,
    "PASSWORD_LENGTH_MIN": 12,
    "PASSWORD_SCHEMES": ["argon2"],
    "PASSWORD_SINGLE_HASH": True,  # argon2id alone: no secret that could not be rotated
    "DEFAULT_REMEMBER_ME": False,
    "FRESHNESS": FRESHNESS,
    "FRESHNESS_GRACE_PERIOD": timedelta(0),
    "FRESHNESS_ALLOW_AUTH_TOKEN": False,
    "API_ENABLED_METHODS": ["session"],
    "RESET_PASSWORD_WITHIN": timedelta(minutes=30),
    "CONFIRM_EMAIL_WITHIN": timedelta(days=2),
    "JOIN_USER_ROLES": False,
    "DATETIME_FACTORY": now,
    "EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},
    "EMAIL_PLAINTEXT": False,  # our own mails, see mailer.py
    "EMAIL_HTML": False,
    "POST_CHANGE_VIEW": "account.security",
    "TWO_FACTOR_POST_SETUP_VIEW": "account.security",
    "WAN_POST_REGISTER_VIEW": "account.security",
    "LOGOUT_METHODS": ["POST"],
    "LOGOUT_CSRF": False,  # CSRFProtect checks every POST before any view
    "POST_LOGOUT_VIEW": ".login",
    "CLI_USERS_NAME": None,
    "CLI_ROLES_NAME": None,
    "STATIC_FOLDER": None,  # our bundle holds all scripts
}

CHEAP_HASH = {"argon2__time_cost": 1, "argon2__memory_cost": 8, "argon2__parallelism": 1}
"""For tests only."""


def configuration(settings: Settings) -> dict[str, Any]:
    """Everything Flask-Security reads from `app.config`."""
    merged = {**FEATURES, **RULES, **URLS, **_secrets(settings)}
    if settings.environment == "test":
        merged["PASSWORD_HASH_PASSLIB_OPTIONS"] = CHEAP_HASH
    return {
        "SESSION_PROTECTION": None,  # ours are rows that can be revoked
        **{f"SECURITY_{name}": value for name, value in merged.items()},
        **{f"SECURITY_MSG_{name}": value for name, value in MESSAGES.items()},
    }


def _secrets(settings: Settings) -> dict[str, Any]:
    """Keys that encrypt one-time-code secrets and recovery codes at rest, derived from SECRET_KEY: a new
    DATA_KEY leaves second factors alone, a new SECRET_KEY has everyone set theirs up again."""
    key = settings.secret_key.get_secret_value()
    return {
        "TOTP_SECRETS": {"1": _derive(key, "totp")},
        "TOTP_ISSUER": "Réseau des Bulles",
        "MULTI_FACTOR_RECOVERY_CODES_KEYS": [_derive(key, "recovery").encode()],
    }


def _derive(key: str, purpose: str) -> str:
    return base64.urlsafe_b64encode(hmac.digest(key.encode(), purpose.encode(), "sha256")).decode()
