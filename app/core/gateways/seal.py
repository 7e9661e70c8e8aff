"""The network's seal: the authority's own, a bought PKCS#12 file, or a key in a PKCS#11 device."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from pyhanko.sign.signers import Signer, SimpleSigner

from app.core.authority import Authority
from app.core.errors import DomainError
from app.core.gateways.certificates import asn1_certificate, asn1_key, certificate_store
from app.core.issuing import Credential


def signer_of(credential: Credential) -> SimpleSigner:
    """pyHanko's signer for a key of our own authority."""
    return SimpleSigner(
        asn1_certificate(credential.certificate),
        asn1_key(credential.key),
        certificate_store(credential.chain),
    )


def own_seal(authority: Authority) -> SimpleSigner:
    """The seal issued by the installation itself."""
    return signer_of(authority.seal)


def pkcs12_seal(path: Path, password: str | None) -> SimpleSigner:
    """A bought seal from a `.p12` file, its chain inside; raises DomainError, in French."""
    try:
        passphrase = password.encode() if password else None
        signer: SimpleSigner = SimpleSigner.load_pkcs12_data(path.read_bytes(), [], passphrase)
    except (OSError, ValueError) as fault:
        raise DomainError(f"Le cachet « {path} » ne s’ouvre pas : {fault}.") from fault
    return signer


def pkcs11_seal(uri: str) -> Signer:
    """A bought seal whose key stays in its device, named by an RFC 7512 address:
    `pkcs11:token=Cachet;object=sceau?module-path=/usr/lib/….so&pin-value=…`.

    Raises DomainError, in French, when the optional `python-pkcs11` is not installed.
    """
    try:
        from pkcs11.exceptions import PKCS11Error  # type: ignore[import-not-found]  # optional
        from pyhanko.config.pkcs11 import TokenCriteria
        from pyhanko.sign.pkcs11 import PKCS11Signer, open_pkcs11_session
    except ImportError as missing:
        raise DomainError(
            "Le cachet est dans un boîtier PKCS#11 : installez « python-pkcs11 »."
        ) from missing
    token, query = _read_pkcs11_uri(uri)
    try:
        session = open_pkcs11_session(
            query["module-path"],
            token_criteria=TokenCriteria(label=token["token"]),
            user_pin=query.get("pin-value"),
        )
        return PKCS11Signer(session, cert_label=token["object"], other_certs_to_pull=None)
    except (KeyError, PKCS11Error) as fault:
        raise DomainError(f"Le cachet PKCS#11 ne s’ouvre pas : {fault!r}.") from fault


def _read_pkcs11_uri(uri: str) -> tuple[dict[str, str], dict[str, str]]:
    parts = urlsplit(uri)
    named = (part.partition("=") for part in parts.path.split(";"))
    return {name: unquote(value) for name, _, value in named}, dict(parse_qsl(parts.query))
