"""Secrets at rest: the encrypted column, the keyed digest that finds it again, derived tokens and codes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import unicodedata
from typing import Any

import sqlalchemy as sa
from cryptography.fernet import Fernet, MultiFernet
from sqlalchemy_utils.types.encrypted.encrypted_type import AesGcmEngine, StringEncryptedType

from app.core.config import settings


def _data_key() -> str:
    return settings().data_key.get_secret_value()


def encrypted_text() -> StringEncryptedType:
    """A column of contact details, encrypted with AES-GCM under DATA_KEY."""
    return StringEncryptedType(sa.Text, _data_key, AesGcmEngine)


def normalise_email(address: str) -> str:
    """The one spelling of an e-mail address."""
    return unicodedata.normalize("NFKC", address).strip().lower()


def digest(value: str) -> str:
    """A keyed digest (hex), to find an encrypted value again without reading it."""
    return _mac(_data_key(), "digest", value).hex()


def derive_token(purpose: str, *parts: object) -> str:
    """A link's secret: recomputed when needed, stored nowhere, different for each purpose and subject."""
    mac = _mac(settings().secret_key.get_secret_value(), purpose, *map(str, parts))
    return base64.urlsafe_b64encode(mac[:24]).decode()


def derive_code(purpose: str, *parts: object) -> str:
    """A six-digit code, recomputed when needed, stored nowhere."""
    mac = _mac(settings().secret_key.get_secret_value(), purpose, *map(str, parts))
    return f"{int.from_bytes(mac[:8]) % 1_000_000:06d}"


def same(one: str, other: str) -> bool:
    """Constant-time comparison of two secrets."""
    return hmac.compare_digest(one.encode(), other.encode())


def seal_json(value: dict[str, Any]) -> str:
    """Encrypt a small JSON object (a mail that waits to be sent)."""
    return _fernet().encrypt(json.dumps(value).encode()).decode()


def open_json(sealed: str) -> dict[str, Any]:
    """Decrypt what seal_json() made; also with the previous key while a rotation runs."""
    opened: dict[str, Any] = json.loads(_fernet().decrypt(sealed.encode()))
    return opened


def _fernet() -> MultiFernet:
    keys = [settings().data_key, settings().data_key_previous]
    return MultiFernet([Fernet(_fernet_key(key.get_secret_value())) for key in keys if key])


def _fernet_key(key: str) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest())


def _mac(key: str, *parts: str) -> bytes:
    return hmac.digest(key.encode(), "\x1f".join(parts).encode(), "sha256")
