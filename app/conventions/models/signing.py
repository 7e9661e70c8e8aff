"""Rounds of signature: the frozen text, who was invited, how they proved who they are, what they did.

Links, acts and evidence name a signatory by the id that the round's frozen text holds, without a key to
`signatories`: that table is the draft, which a later round may rewrite.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.clock import now
from app.core.crypto import derive_code, derive_token, same
from app.core.db import Model, TenantOwned, owned_key

LINK_LIFETIME = timedelta(days=30)
CODE_LIFETIME = timedelta(minutes=15)
CODE_ATTEMPTS = 5

CONSENT_VERSION = 1
CONSENTS = {
    1: "J’ai lu la convention {number}. J’accepte de la signer par voie électronique, pour {party}.",
}
"""What a signatory agrees to, by version. A published version is never edited: write the next one."""


class Round(TenantOwned, Model):
    """One proposal of a convention: the text as its parties read it, then its document and signatures.

    `text` is the resolved convention (see documents.resolve), `text_sha256` its address. Both, and what
    is frozen or sealed, are written once. A round voided by an edit or a refusal stays readable.
    """

    __tablename__ = "rounds"
    __table_args__ = (
        owned_key("convention_id", "conventions"),
        sa.UniqueConstraint("tenant_id", "convention_id", "number"),
    )

    convention_id: Mapped[uuid.UUID]
    number: Mapped[int]
    text: Mapped[dict[str, Any]]
    text_sha256: Mapped[str]
    code: Mapped[str]
    proposed_at: Mapped[datetime] = mapped_column(default=now)
    proposed_by: Mapped[str]
    frozen_at: Mapped[datetime | None]
    frozen_sha256: Mapped[str | None]
    pages: Mapped[int | None]
    opened_at: Mapped[datetime | None]
    sealed_at: Mapped[datetime | None]
    sealed_sha256: Mapped[str | None]
    evidence_sha256: Mapped[str | None]
    voided_at: Mapped[datetime | None]
    void_reason: Mapped[str] = mapped_column(default="")

    acts: Mapped[list[SignatoryAct]] = relationship(lazy="raise", order_by="SignatoryAct.at")

    @property
    def is_signing(self) -> bool:
        """Whether signatures are being collected."""
        return bool(self.opened_at) and not (self.voided_at or self.sealed_at)

    def act_of(self, signatory_id: uuid.UUID) -> SignatoryAct | None:
        """What a signatory did in this round, None while awaited."""
        return next((act for act in self.acts if act.signatory_id == signatory_id), None)

    def is_signed_by(self, signatories: Iterable[Any]) -> bool:
        """Whether each of these signatories has signed."""
        return all((act := self.act_of(s.id)) and act.kind == "signed" for s in signatories)

    @property
    def audit_label(self) -> str:
        return f"{self.text['number']}, tour {self.number}"


class SigningLink(TenantOwned, Model):
    """A signatory's personal link for one round. Its secret is derived; a new link revokes it."""

    __tablename__ = "signing_links"
    __table_args__ = (
        owned_key("round_id", "rounds"),
        sa.Index(
            "uq_signing_links_one_live",
            "tenant_id",
            "round_id",
            "signatory_id",
            unique=True,
            postgresql_where=sa.text("revoked_at is null"),
        ),
    )

    round_id: Mapped[uuid.UUID]
    signatory_id: Mapped[uuid.UUID]
    sent_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column(default=lambda: now() + LINK_LIFETIME)
    revoked_at: Mapped[datetime | None]

    @property
    def token(self) -> str:
        """The secret of its address."""
        return derive_token("signing-link", self.id)

    def opens_with(self, token: str) -> bool:
        """Whether the secret is the right one (whatever the link's state)."""
        return same(self.token, token)


class SigningCode(TenantOwned, Model):
    """A code sent by e-mail to prove who signs. Derived, never stored; a few tries, a few minutes."""

    __tablename__ = "signing_codes"
    __table_args__ = (owned_key("link_id", "signing_links"),)

    link_id: Mapped[uuid.UUID]
    sent_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column(default=lambda: now() + CODE_LIFETIME)
    attempts: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]

    @property
    def code(self) -> str:
        """The six digits."""
        return derive_code("signing-code", self.id)

    @property
    def is_live(self) -> bool:
        """Whether it may still be tried."""
        return self.used_at is None and self.attempts < CODE_ATTEMPTS and self.expires_at > now()

    def accepts(self, typed: str) -> bool:
        """Whether these are the digits, spaces apart."""
        return same(self.code, "".join(typed.split()))


class SignatoryAct(TenantOwned, Model):
    """What a signatory did in a round: signed, or refused with a reason. Once, never changed."""

    __tablename__ = "signatory_acts"
    __table_args__ = (
        owned_key("round_id", "rounds"),
        sa.UniqueConstraint("tenant_id", "round_id", "signatory_id"),
        sa.CheckConstraint("kind in ('signed', 'refused')", name="kind"),
    )

    round_id: Mapped[uuid.UUID]
    signatory_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)
    signer_name: Mapped[str]
    signer_title: Mapped[str]
    party_name: Mapped[str]
    document_sha256: Mapped[str]
    consent_version: Mapped[int | None]
    consent_text: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")


class EvidenceEvent(TenantOwned, Model):
    """One fact of the evidence file: a link sent or opened, a code sent, mistaken or confirmed, an act."""

    __tablename__ = "evidence_events"
    __table_args__ = (
        owned_key("round_id", "rounds"),
        sa.Index(None, "tenant_id", "round_id", "at"),
    )

    round_id: Mapped[uuid.UUID]
    signatory_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now)
    address: Mapped[str] = mapped_column(default="")
    user_agent: Mapped[str] = mapped_column(default="")
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)


EVIDENCE_LABELS = {
    "link_sent": "Lien personnel envoyé",
    "opened": "Lien ouvert",
    "code_sent": "Code envoyé par e-mail",
    "code_mistaken": "Code inexact",
    "code_confirmed": "Code confirmé",
    "signed": "Consentement donné et signature",
    "refused": "Refus de signer",
}


class SealStep(TenantOwned, Model):
    """One step of the making of the signed document, done once: each signature, the seal, the evidence."""

    __tablename__ = "seal_steps"
    __table_args__ = (
        owned_key("round_id", "rounds"),
        sa.UniqueConstraint("tenant_id", "round_id", "field"),
        sa.UniqueConstraint("tenant_id", "round_id", "position"),
    )

    round_id: Mapped[uuid.UUID]
    position: Mapped[int]
    field: Mapped[str]
    document_sha256: Mapped[str]
    done_at: Mapped[datetime] = mapped_column(default=now)


class SealedDocument(Model):
    """The public register of sealed documents: what the QR code's link tells. Global, written once.

    `facts`: number, title, parties, signatories (name, title, party, at), starts_on, ends_on.
    """

    __tablename__ = "sealed_documents"

    code: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("tenants.id"))
    document_sha256: Mapped[str] = mapped_column(unique=True)
    evidence_sha256: Mapped[str]
    sealed_at: Mapped[datetime] = mapped_column(default=now)
    facts: Mapped[dict[str, Any]]
