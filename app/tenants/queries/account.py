"""A person and the secrets sent to them."""

from __future__ import annotations

import uuid

import sqlalchemy as sa

from app.core.clock import now
from app.core.crypto import derive_token, digest, normalise_email, same
from app.core.db import db
from app.tenants.models import EmailProof, ProofPurpose, User


def find_user(email: str) -> User | None:
    """The person of an address, or None."""
    address = digest(normalise_email(email))
    return db.session.scalar(sa.select(User).where(User.email_digest == address))


def find_proof(proof_id: uuid.UUID) -> EmailProof | None:
    """A link that was sent, or None."""
    return db.session.get(EmailProof, proof_id)


def sign_in_token(proof_id: uuid.UUID) -> str:
    """The secret of a link that signs in."""
    return derive_token("sign-in", proof_id)


def opens(proof: EmailProof, token: str) -> bool:
    """Whether a token is the secret of a link that still works."""
    alive = proof.used_at is None and proof.expires_at > now()
    is_link = proof.purpose == ProofPurpose.SIGN_IN
    return alive and is_link and same(token, sign_in_token(proof.id))
