"""The installation's own certification authority, kept in one folder.

Racine → AC signataires → one certificate for each signing; the root also vouches for the seal and
for the demonstration's timestamps. Keys are P-256, except the RSA key pyHanko's local timestamps
need; all are encrypted with the installation's secret and readable by their owner alone.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.core.clock import now

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

YEAR = timedelta(days=365)
SIGNATORY_LIFE = timedelta(hours=1)
"""A signatory's certificate serves once, then its key is forgotten; the timestamp stays proof."""

_CLOCK_SKEW = timedelta(minutes=5)
_NAME_LENGTH = 64  # ub-common-name and ub-organization-name, RFC 5280, annex A.1

Name = Literal["racine", "signataires", "sceau", "horodatage"]
_REVOCATION_LIFE: dict[Name, timedelta] = {
    "racine": timedelta(days=90),
    "signataires": timedelta(days=7),
}


@dataclass(frozen=True)
class Credential:
    """A certificate, its private key, and the certificates above it, nearest first."""

    certificate: x509.Certificate
    key: PrivateKey
    chain: tuple[x509.Certificate, ...] = ()


class Authority:
    """The authority in `folder`; `create_authority` makes the folder once."""

    def __init__(self, folder: Path, secret: str) -> None:
        self._folder = folder
        self._secret = secret.encode()

    @cached_property
    def root(self) -> Credential:
        """The self-signed top of every chain."""
        return self._load("racine")

    @cached_property
    def signatories(self) -> Credential:
        """The authority that issues the signatories' certificates."""
        return self._load("signataires", self.root.certificate)

    @cached_property
    def seal(self) -> Credential:
        """The network's own seal, for want of a bought one."""
        return self._load("sceau", self.root.certificate)

    @cached_property
    def timestamps(self) -> Credential:
        """What signs the demonstration's timestamps (RFC 3161)."""
        return self._load("horodatage", self.root.certificate)

    def issue_signatory(self, name: str, organisation: str) -> Credential:
        """A certificate for one signature, valid an hour, in the name of one person."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _subject(name, organisation)
        extensions = (_leaf(), _key_usage(content_commitment=True))
        chain = (self.signatories.certificate, self.root.certificate)
        signed = _certify(subject, key, self.signatories, SIGNATORY_LIFE, extensions)
        return Credential(signed, key, chain)

    def trust_roots(self) -> tuple[x509.Certificate, ...]:
        """Our root, and those put as PEM in `confiance/` for a bought seal or timestamp."""
        bought = sorted((self._folder / "confiance").glob("*.pem"))
        certificates = [x509.load_pem_x509_certificate(path.read_bytes()) for path in bought]
        return (self.root_certificate, *certificates)

    @cached_property
    def root_certificate(self) -> x509.Certificate:
        """The root's certificate, readable without the secret."""
        return x509.load_pem_x509_certificate((self._folder / "racine.pem").read_bytes())

    def revocation_lists(self) -> tuple[x509.CertificateRevocationList, ...]:
        """The lists in force of the root and of the signatories' authority, renewed when due."""
        return self._revocation_list("racine"), self._revocation_list("signataires")

    def _revocation_list(self, name: Name) -> x509.CertificateRevocationList:
        path = self._folder / f"{name}.crl"
        if path.exists():
            known = x509.load_der_x509_crl(path.read_bytes())
            if known.next_update_utc and known.next_update_utc > now() + _CLOCK_SKEW:
                return known
        issuer = self.root if name == "racine" else self.signatories
        fresh = _empty_revocation_list(issuer, _REVOCATION_LIFE[name])
        _write_atomically(path, fresh.public_bytes(Encoding.DER))
        return fresh

    def _load(self, name: Name, *chain: x509.Certificate) -> Credential:
        certificate = x509.load_pem_x509_certificate((self._folder / f"{name}.pem").read_bytes())
        key = load_pem_private_key((self._folder / f"{name}.key").read_bytes(), self._secret)
        assert isinstance(key, PrivateKey)  # noqa: S101
        return Credential(certificate, key, chain)


def create_authority(folder: Path, secret: str, network: str = "Réseau des Bulles") -> Authority:
    """The authority of `folder`, made if the folder is missing or empty.

    The folder appears whole or not at all; of two set-ups at once, the second keeps the first's.
    """
    if not (folder / "racine.pem").exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".autorite-", dir=folder.parent))
        _write_authority(draft, secret.encode(), network)
        try:
            draft.rename(folder)
        except OSError:
            shutil.rmtree(draft)
            if not (folder / "racine.pem").exists():
                raise
    return Authority(folder, secret)


def _write_authority(folder: Path, secret: bytes, network: str) -> None:
    root_key, signatories_key, seal_key = (ec.generate_private_key(ec.SECP256R1()) for _ in "123")
    timestamps_key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    root_subject = _subject("Racine", network)
    root = Credential(
        _certify(root_subject, root_key, None, 20 * YEAR, _authority_extensions(1)), root_key
    )
    issued: tuple[tuple[Name, str, PrivateKey, timedelta, Extensions], ...] = (
        ("signataires", "AC signataires", signatories_key, 15 * YEAR, _authority_extensions(0)),
        ("sceau", "Sceau", seal_key, 10 * YEAR, (_leaf(), _key_usage(content_commitment=True))),
        ("horodatage", "Horodatage", timestamps_key, 10 * YEAR, _timestamp_extensions()),
    )
    _write_credential(folder, "racine", root, secret)
    for name, title, key, life, extensions in issued:
        certificate = _certify(_subject(title, network), key, root, life, extensions)
        _write_credential(folder, name, Credential(certificate, key), secret)


Extensions = tuple[tuple[x509.ExtensionType, bool], ...]


def _authority_extensions(path_length: int) -> Extensions:
    constraints = x509.BasicConstraints(ca=True, path_length=path_length)
    return (constraints, True), _key_usage(key_cert_sign=True, crl_sign=True)


def _timestamp_extensions() -> Extensions:
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    return _leaf(), _key_usage(digital_signature=True), (purpose, True)  # RFC 3161, 2.3


def _leaf() -> tuple[x509.ExtensionType, bool]:
    return x509.BasicConstraints(ca=False, path_length=None), True


def _key_usage(**granted: bool) -> tuple[x509.ExtensionType, bool]:
    uses = dict.fromkeys(
        ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
         "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
        False,
    )  # fmt: skip
    return x509.KeyUsage(**{**uses, **granted}), True


def _subject(name: str, organisation: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "FR"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _fit(organisation)),
            x509.NameAttribute(NameOID.COMMON_NAME, _fit(name)),
        ]
    )


def _fit(text: str) -> str:
    return text if len(text) <= _NAME_LENGTH else text[: _NAME_LENGTH - 1] + "…"


def _certify(
    subject: x509.Name,
    key: PrivateKey,
    issuer: Credential | None,
    life: timedelta,
    extensions: Iterable[tuple[x509.ExtensionType, bool]],
) -> x509.Certificate:
    """A certificate for `key`, signed by `issuer`, or by itself when there is none."""
    start = now() - _CLOCK_SKEW
    signing_key = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(_authority_key(signing_key), False)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(signing_key, hashes.SHA256())


def _authority_key(key: PrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _empty_revocation_list(issuer: Credential, life: timedelta) -> x509.CertificateRevocationList:
    issued_at: datetime = now() - _CLOCK_SKEW
    return (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(issued_at)
        .next_update(issued_at + life)
        .add_extension(x509.CRLNumber(int(issued_at.timestamp())), False)
        .add_extension(_authority_key(issuer.key), False)
        .sign(issuer.key, hashes.SHA256())
    )


def _write_credential(folder: Path, name: Name, credential: Credential, secret: bytes) -> None:
    encryption = BestAvailableEncryption(secret)
    key = credential.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    _write_atomically(folder / f"{name}.key", key)
    _write_atomically(folder / f"{name}.pem", credential.certificate.public_bytes(Encoding.PEM))


def _write_atomically(path: Path, content: bytes) -> None:
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 0600
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(draft).replace(path)
