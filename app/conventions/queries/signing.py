"""Rounds of signature: links, codes, acts, evidence, sealed documents."""

from __future__ import annotations

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from app.conventions.models import (
    EvidenceEvent,
    Round,
    SealedDocument,
    SealStep,
    SigningCode,
    SigningLink,
)
from app.core.db import db, get_owned, require_tenant_id


def get_round(round_id: uuid.UUID) -> Round:
    """A round of the current tenant with its acts, or NoResultFound."""
    return db.session.scalars(
        sa.select(Round)
        .where(Round.id == round_id, Round.tenant_id == require_tenant_id())
        .options(selectinload(Round.acts))
    ).one()


def get_link(link_id: uuid.UUID) -> SigningLink:
    """A personal link of the current tenant, or NoResultFound."""
    return get_owned(SigningLink, link_id)


def find_live_link(round_id: uuid.UUID, signatory_id: uuid.UUID) -> SigningLink | None:
    """The link of a signatory that still works, or None."""
    return db.session.scalar(
        sa.select(SigningLink).where(
            SigningLink.round_id == round_id,
            SigningLink.signatory_id == signatory_id,
            SigningLink.revoked_at.is_(None),
        )
    )


def find_code(link_id: uuid.UUID, *, lock: bool = False) -> SigningCode | None:
    """The last code sent for a link, or None. Locked, two tries at once are counted one by one."""
    statement = (
        sa.select(SigningCode)
        .where(SigningCode.link_id == link_id)
        .order_by(SigningCode.sent_at.desc(), SigningCode.id.desc())
        .limit(1)
    )
    return db.session.scalar(statement.with_for_update() if lock else statement)


def count_codes(link_id: uuid.UUID, since: datetime) -> int:
    """How many codes were sent for a link since an instant."""
    return (
        db.session.scalar(
            sa.select(sa.func.count(SigningCode.id)).where(
                SigningCode.link_id == link_id, SigningCode.sent_at > since
            )
        )
        or 0
    )


def has_opening(
    round_id: uuid.UUID, signatory_id: uuid.UUID, address: str, user_agent: str
) -> bool:
    """Whether the evidence already says that this browser, from this address, opened the link."""
    found = db.session.scalar(
        sa.select(EvidenceEvent.id)
        .where(
            EvidenceEvent.round_id == round_id,
            EvidenceEvent.signatory_id == signatory_id,
            EvidenceEvent.kind == "opened",
            EvidenceEvent.address == address,
            EvidenceEvent.user_agent == user_agent,
        )
        .limit(1)
    )
    return found is not None


def list_evidence(round_id: uuid.UUID) -> list[EvidenceEvent]:
    """Every fact of a round, oldest first."""
    return list(
        db.session.scalars(
            sa.select(EvidenceEvent)
            .where(EvidenceEvent.round_id == round_id)
            .order_by(EvidenceEvent.at, EvidenceEvent.id)
        )
    )


def list_seal_steps(round_id: uuid.UUID) -> list[SealStep]:
    """What was done to the document of a round, in order."""
    return list(
        db.session.scalars(
            sa.select(SealStep).where(SealStep.round_id == round_id).order_by(SealStep.position)
        )
    )


def find_sealed_document(code: str) -> SealedDocument | None:
    """The sealed document of a QR code, or None."""
    return db.session.get(SealedDocument, code)


def find_sealed_by_hash(sha256: str) -> SealedDocument | None:
    """The sealed document (or evidence file) of these exact bytes, or None."""
    return db.session.scalar(
        sa.select(SealedDocument).where(
            (SealedDocument.document_sha256 == sha256) | (SealedDocument.evidence_sha256 == sha256)
        )
    )
