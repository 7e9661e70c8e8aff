"""The installation's own certification authority, kept in one folder.

Racine → AC signataires → one certificate for each signing; the root also vouches for the seal and
for the demonstration's timestamps. Keys are P-256, except the RSA key pyHanko's local timestamps
need; all are encrypted with the installation's secret and readable by their owner alone.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from app.core.clock import now
from app.core.issuing import (
    CLOCK_SKEW,
    Credential,
    Extensions,
    PrivateKey,
    authority_extensions,
    certify,
    distinguished_name,
    empty_revocation_list,
    signer_extensions,
    timestamp_extensions,
)

YEAR = timedelta(days=365)
SIGNATORY_LIFE = timedelta(hours=1)
"""A signatory's certificate serves once, then its key is forgotten; the timestamp stays proof."""

Name = Literal["racine", "signataires", "sceau", "horodatage"]
_REVOCATION_LIFE: dict[Name, timedelta] = {
    "racine": timedelta(days=90),
    "signataires": timedelta(days=7),
}


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
        subject = distinguished_name(name, organisation)
        signed = certify(subject, key, self.signatories, SIGNATORY_LIFE, signer_extensions())
        chain = (self.signatories.certificate, self.root.certificate)
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
            if known.next_update_utc and known.next_update_utc > now() + CLOCK_SKEW:
                return known
        issuer = self.root if name == "racine" else self.signatories
        fresh = empty_revocation_list(issuer, _REVOCATION_LIFE[name])
        _write_atomically(path, fresh.public_bytes(Encoding.DER))
        return fresh

    def _load(self, name: Name, *chain: x509.Certificate) -> Credential:
        certificate = x509.load_pem_x509_certificate((self._folder / f"{name}.pem").read_bytes())
        key = load_pem_private_key((self._folder / f"{name}.key").read_bytes(), self._secret)
        if not isinstance(key, PrivateKey):
            raise TypeError(f"{name}.key")
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
    root_subject = distinguished_name("Racine", network)
    root = Credential(
        certify(root_subject, root_key, None, 20 * YEAR, authority_extensions(1)), root_key
    )
    issued: tuple[tuple[Name, str, PrivateKey, timedelta, Extensions], ...] = (
        ("signataires", "AC signataires", signatories_key, 15 * YEAR, authority_extensions(0)),
        ("sceau", "Sceau", seal_key, 10 * YEAR, signer_extensions()),
        ("horodatage", "Horodatage", timestamps_key, 10 * YEAR, timestamp_extensions()),
    )
    _write_credential(folder, "racine", root, secret)
    for name, title, key, life, extensions in issued:
        certificate = certify(distinguished_name(title, network), key, root, life, extensions)
        _write_credential(folder, name, Credential(certificate, key), secret)


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
