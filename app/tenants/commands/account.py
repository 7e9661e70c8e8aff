"""Acts of a person on their own account: links and codes by e-mail, sessions, the name."""

from __future__ import annotations

import uuid
from datetime import timedelta

import sqlalchemy as sa

from app.core.clock import now
from app.core.crypto import derive_code, same, seal_json
from app.core.db import db
from app.core.errors import DomainError
from app.core.jobs import later
from app.core.sessions import list_sessions, revoke_sessions
from app.tenants import emails, queries
from app.tenants.models import EmailProof, ProofPurpose, User

PROOF_LIFE = timedelta(minutes=10)
"""ASVS 6.5.5: a secret sent by another channel lives ten minutes at most."""

DEAD_LINK = "Ce lien ne marche plus. Demandez-en un autre."
WRONG_CODE = "Ce code ne va pas. Vérifiez-le, ou demandez-en un autre."


def ask_sign_in_link(email: str, next_url: str) -> None:
    """Answer in the same time whether or not the address is known: a job looks for it (ASVS 6.3.8)."""
    later("tenants.send_sign_in_link", sealed=seal_json({"email": email, "next": next_url}))


def send_sign_in_link(email: str, next_url: str) -> None:
    """Send a link to the person of an address; nothing happens when there is none."""
    user = queries.find_user(email)
    if user and user.active:
        emails.post_sign_in_link(_prove(user, ProofPurpose.SIGN_IN), next_url)


def open_sign_in_link(proof_id: uuid.UUID, token: str) -> User:
    """Use a link, once. Opening it also proves the address. DomainError when it no longer works."""
    proof = db.session.scalar(
        sa.select(EmailProof).where(EmailProof.id == proof_id).with_for_update()
    )
    if proof is None or not queries.opens(proof, token):
        raise DomainError(DEAD_LINK)
    user = db.session.get_one(User, proof.user_id)
    if not user.active:
        raise DomainError(DEAD_LINK)
    proof.used_at = now()
    user.confirmed_at = user.confirmed_at or now()
    return user


def send_verification_code(user: User) -> None:
    """Send a code to the signed-in person; the codes sent before no longer work."""
    db.session.execute(
        sa.update(EmailProof)
        .where(EmailProof.user_id == user.id, EmailProof.purpose == ProofPurpose.VERIFY)
        .where(EmailProof.used_at.is_(None))
        .values(used_at=now())
    )
    proof = _prove(user, ProofPurpose.VERIFY)
    emails.post_verification_code(proof, derive_code("verify", proof.id))


def use_verification_code(user: User, code: str) -> None:
    """Use the code, once. DomainError when it is wrong or too old."""
    proof = db.session.scalar(
        sa.select(EmailProof)
        .where(EmailProof.user_id == user.id, EmailProof.purpose == ProofPurpose.VERIFY)
        .where(EmailProof.used_at.is_(None), EmailProof.expires_at > now())
        .with_for_update()
    )
    if proof is None or not same(code, derive_code("verify", proof.id)):
        raise DomainError(WRONG_CODE)
    proof.used_at = now()


def rename(user: User, name: str) -> None:
    """Change how the person is called everywhere from now on; what is signed keeps the name of its day."""
    user.name = name


def end_session(user_id: uuid.UUID, session_id: uuid.UUID) -> None:
    """Sign a person out of one of their sessions."""
    revoke_sessions(user_id, only=session_id)


def end_other_sessions(user_id: uuid.UUID, keep: uuid.UUID | None) -> None:
    """Sign a person out everywhere but in the session `keep` (None: everywhere)."""
    for other in list_sessions(user_id):
        if other.id != keep:
            revoke_sessions(user_id, only=other.id)


def purge_proofs() -> None:
    """Forget links and codes a day after they stopped working."""
    db.session.execute(
        sa.delete(EmailProof).where(EmailProof.expires_at < now() - timedelta(days=1))
    )


def _prove(user: User, purpose: ProofPurpose) -> EmailProof:
    proof = EmailProof(user=user, purpose=purpose, expires_at=now() + PROOF_LIFE)
    db.session.add(proof)
    db.session.flush()
    return proof
