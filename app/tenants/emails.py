"""Mails of the context: each says one thing, in French, and is sent once the act is committed."""

from __future__ import annotations

from app.core.mail import compose, post
from app.core.pages import public_url
from app.tenants.models import EmailProof, Invitation
from app.tenants.queries import invitation_token, sign_in_token


def post_sign_in_link(proof: EmailProof, next_url: str) -> None:
    """The link that signs in, for ten minutes."""
    url = public_url(
        "door.open_link", proof_id=proof.id, token=sign_in_token(proof.id), next=next_url or None
    )
    post(compose(proof.user.email, "Votre lien de connexion", "lien_de_connexion", url=url))


def post_verification_code(proof: EmailProof, code: str) -> None:
    """The code that proves it is still the same person."""
    subject = f"{code[:3]} {code[3:]} est votre code"
    post(compose(proof.user.email, subject, "code_de_verification", code=code))


def post_invitation(invitation: Invitation, inviter: str) -> None:
    """The personal link by which a person joins an organisation."""
    url = public_url(
        "invitations.show",
        slug=invitation.tenant.slug,
        invitation_id=invitation.id,
        token=invitation_token(invitation.id),
    )
    subject = f"{inviter} vous invite dans l’espace de {invitation.tenant.short_name}"
    message = compose(
        invitation.email, subject, "invitation", invitation=invitation, inviter=inviter, url=url
    )
    post(message)
