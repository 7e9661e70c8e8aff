"""The outcome of a verification, in codes; the words are the page's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Status = Literal["intact", "altered", "foreign", "indeterminate", "unsigned", "unreadable"]
"""`foreign`: sound, but by someone our roots do not vouch for. `indeterminate`: sound, but what
would prove it (timestamp, revocation data) is missing or out of date."""

Reason = Literal["too_large", "too_complex", "not_pdf", "encrypted", "damaged"]
"""Why a file is `unreadable`."""

Changes = Literal["none", "archiving", "form_filling", "other"]
"""What came after a signature: proofs for the archive, further signatures, or what may not."""


@dataclass(frozen=True)
class CertificateFacts:
    """What identifies the certificate of a signature: `serial` in decimal, `sha256` of its DER (hex)."""

    issuer: str
    serial: str
    sha256: str


@dataclass(frozen=True)
class SignatureReport:
    """One person's signature, or the network's seal (`closes`: it locks every field).

    `claimed_at` is the signing computer's clock, `timestamped_at` the timestamp's. `verdict` is
    the AdES sub-indication in lower case (ETSI EN 319 102-1, 5.1.3): "ok", "hash_failure",
    "no_certificate_chain_found"… `tampered` says that the file may not be relied on.
    """

    field: str
    signer: str
    organisation: str
    claimed_at: datetime | None
    timestamped_at: datetime | None
    verdict: str
    covers_revision: bool
    changes: Changes
    changed_fields: tuple[str, ...]
    closes: bool
    tampered: bool
    certificate: CertificateFacts


@dataclass(frozen=True)
class Report:
    """The whole file: oldest signature first. `archived_at` is its last document timestamp.

    `attachment` is the JSON document it carries, as it stands there: `verify` alone fills it.
    """

    status: Status
    reason: Reason | None = None
    signatures: tuple[SignatureReport, ...] = ()
    unsigned_fields: tuple[str, ...] = ()
    archived_at: datetime | None = None
    attachment: bytes | None = None

    @property
    def sealed(self) -> bool:
        """Whether the file is intact and its last signature closes it."""
        return self.status == "intact" and self.signatures[-1].closes
