"""The gateways of the running application, made once from its settings."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, current_app
from pyhanko.sign.signers import Signer

from app.core.authority import Authority, create_authority
from app.core.config import Settings
from app.core.gateways.mail import open_mail
from app.core.gateways.seal import pkcs11_seal, pkcs12_seal
from app.core.gateways.signature import SignatureService
from app.core.gateways.storage import Storage, open_storage
from app.core.gateways.timestamp import timestamper


def install(app: Flask, settings: Settings) -> None:
    """Open what the settings name."""
    app.extensions["mail_gateway"] = open_mail(settings.mail_url, settings.mail_from)
    app.extensions["storage"] = open_storage(settings.storage_url)
    authority = create_authority(
        Path(settings.authority_dir), settings.secret_key.get_secret_value()
    )
    app.extensions["authority"] = authority
    app.extensions["signatures"] = _signatures(settings, authority)


def storage() -> Storage:
    """Where documents are kept, by content."""
    found: Storage = current_app.extensions["storage"]
    return found


def authority() -> Authority:
    """The installation's own certificate authority."""
    found: Authority = current_app.extensions["authority"]
    return found


def signatures() -> SignatureService:
    """What signs and seals documents."""
    found: SignatureService = current_app.extensions["signatures"]
    return found


def _signatures(settings: Settings, authority: Authority) -> SignatureService:
    bought: Signer | None = None
    if settings.seal_pkcs12:
        password = settings.seal_pkcs12_password
        secret = password.get_secret_value() if password else None
        bought = pkcs12_seal(Path(settings.seal_pkcs12), secret)
    elif settings.seal_pkcs11:
        bought = pkcs11_seal(settings.seal_pkcs11)
    return SignatureService(
        authority,
        timestamper(settings.timestamp_url, authority),
        bought_seal=bought,
        fetching=bought is not None or settings.timestamp_url != "authority:",
    )
