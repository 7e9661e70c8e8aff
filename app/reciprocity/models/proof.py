"""Seals of the register, checks of it, keys that programs use, files taken in."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.audit import declare_actions
from app.core.clock import now
from app.core.crypto import encrypted_text
from app.core.db import Model, TenantBound, TenantOwned

declare_actions(
    {
        "token.created": "a créé une clé d’accès pour un programme",
        "token.revoked": "a fermé une clé d’accès",
        "import.done": "a repris le fichier",
        "export.made": "a téléchargé toutes les données des heures",
    }
)


class Seal(TenantBound, Model):
    """The register's state at one instant, hashed, then signed and timestamped. Never changed after.

    `root`: see chain.seal_root. `snapshot`: PostgreSQL's own list of the transactions it covers. `accounts`,
    `entries`: how many the register holds in all. `closed_through`: the last day that nothing may be dated on
    any more. `signature_sha256`: the CMS signature of `chain.seal_text` with its timestamp, in the store of
    documents; None until the timestamp service has answered.
    """

    __tablename__ = "seals"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed_at: Mapped[datetime] = mapped_column(default=now)
    closed_through: Mapped[date]
    snapshot: Mapped[str]
    accounts: Mapped[int]
    entries: Mapped[int] = mapped_column(sa.BigInteger)
    root: Mapped[bytes]
    signature_sha256: Mapped[str | None]


class SealHead(TenantBound, Model):
    """An account's version and head as a seal covers them."""

    __tablename__ = "seal_heads"
    __table_args__ = (
        sa.ForeignKeyConstraint(["tenant_id", "seal_no"], ["seals.tenant_id", "seals.number"]),
        sa.Index(None, "tenant_id", "account_no", "version"),
    )

    seal_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    account_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]
    head: Mapped[bytes]


class LedgerCheck(TenantOwned, Model):
    """A replay of the whole register: how much it read, how long it took, what it found. Never changed.

    `faults`: name, account and detail of each, none when all is well.
    """

    __tablename__ = "ledger_checks"
    __table_args__ = (sa.Index(None, "tenant_id", "finished_at"),)

    started_at: Mapped[datetime]
    finished_at: Mapped[datetime] = mapped_column(default=now)
    accounts: Mapped[int]
    transfers: Mapped[int] = mapped_column(sa.BigInteger)
    entries: Mapped[int] = mapped_column(sa.BigInteger)
    faults: Mapped[list[dict[str, Any]]]


class ApiToken(TenantOwned, Model):
    """A key with which a program acts for the organisation; only its sha256 is kept: a long random secret
    needs no keyed digest, and so outlives a rotation of keys."""

    __tablename__ = "api_tokens"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "digest"),)

    name: Mapped[str]
    digest: Mapped[str]
    can_write: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by: Mapped[str]
    used_on: Mapped[date | None]
    revoked_at: Mapped[datetime | None]

    @staticmethod
    def digest_of(secret: str) -> str:
        """What is kept of a secret (hex)."""
        return hashlib.sha256(secret.encode()).hexdigest()

    @property
    def audit_label(self) -> str:
        return self.name


class ImportRun(TenantOwned, Model):
    """A file taken in, or tried: all of it or nothing. The same file again is found by its sha256.

    queued → tried or refused, by the trial; tried → accepted, by an administrator; accepted → done, or
    refused when the register changed meanwhile. `lines`: of data; `fresh` ones are new, `known` ones were
    there.
    """

    __tablename__ = "import_runs"
    __table_args__ = (
        sa.CheckConstraint("kind in ('members', 'offers', 'exchanges')", name="kind"),
        sa.CheckConstraint(
            "state in ('queued', 'tried', 'refused', 'accepted', 'done')", name="state"
        ),
    )

    kind: Mapped[str]
    source: Mapped[str]
    file_name: Mapped[str]
    sha256: Mapped[str]
    content: Mapped[str | None] = mapped_column(encrypted_text(), deferred=True)
    """The file's text, until it is taken in or too old: it is full of names and addresses."""
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What the person chose: bulle_id for new members, category_id for themes that are not ours,
    beyond_limits when the limits give way to history, welcome when new members get hours of welcome."""
    state: Mapped[str] = mapped_column(default="queued")
    lines: Mapped[int] = mapped_column(default=0)
    fresh: Mapped[int] = mapped_column(default=0)
    known: Mapped[int] = mapped_column(default=0)
    faults: Mapped[int] = mapped_column(default=0)
    report: Mapped[list[dict[str, Any]]] = mapped_column(default=list, deferred=True)
    """One object per line worth showing: line, status (sample, note, limit, error) and a French sentence."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    created_by: Mapped[str]
    finished_at: Mapped[datetime | None]

    @property
    def audit_label(self) -> str:
        return self.file_name
