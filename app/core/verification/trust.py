"""Whom the verification believes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from cryptography.hazmat.primitives.serialization import Encoding

from app.core.authority import Authority


@dataclass(frozen=True)
class Trust:
    """Root certificates, and the revocation lists in force of the authorities under them, DER.

    The lists inside a file prove the past; those in force keep it provable once they are stale.
    """

    roots: tuple[bytes, ...]
    revocation_lists: tuple[bytes, ...] = ()

    @classmethod
    def of(cls, authority: Authority) -> Self:
        """What the installation trusts: its own authority and those in its `confiance` folder."""
        roots = (root.public_bytes(Encoding.DER) for root in authority.trust_roots())
        lists = (found.public_bytes(Encoding.DER) for found in authority.revocation_lists())
        return cls(tuple(roots), tuple(lists))
