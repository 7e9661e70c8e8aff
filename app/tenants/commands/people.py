"""Inviting people to an organisation, their roles, their departure and their return."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from app.core.audit import record
from app.core.clock import now
from app.core.crypto import digest, normalise_email
from app.core.db import db
from app.core.errors import DomainError
from app.core.permissions import Actor, authorize
from app.tenants import emails, policies, queries
from app.tenants.models import Invitation, Membership, Role, Tenant, User

INVITATION_LIFE = timedelta(days=14)

LAST_ADMINISTRATOR = (
    "C’est la seule personne qui administre l’espace. Donnez d’abord ce rôle à quelqu’un d’autre."
)
CLOSED_INVITATION = "Cette invitation n’est plus ouverte. Demandez-en une autre."


@dataclass(frozen=True)
class Guest:
    """Someone to invite."""

    name: str
    email: str
    roles: Sequence[str]


def invite_person(actor: Actor, guest: Guest) -> Invitation:
    """Send an invitation. DomainError: already of the team, or already invited."""
    authorize(policies.can_manage_people(actor))
    return _invite(actor, queries.get_tenant(actor.tenant_id), guest)


def invite_first_administrator(
    actor: Actor, tenant: Tenant, *, name: str, email: str
) -> Invitation:
    """Invite who will administer a new organisation. DomainError: somebody already does."""
    authorize(policies.can_manage_register(actor))
    if queries.count_administrators(tenant.id):
        raise DomainError("Quelqu’un administre déjà cet espace. Cette personne invite les autres.")
    return _invite(actor, tenant, Guest(name, email, [Role.ADMINISTRATOR]))


def _invite(actor: Actor, tenant: Tenant, guest: Guest) -> Invitation:
    _refuse_known(tenant.id, guest)
    invitation = Invitation(
        tenant=tenant,
        email=normalise_email(guest.email),
        email_digest=digest(normalise_email(guest.email)),
        name=guest.name,
        roles=list(guest.roles),
        invited_by_id=actor.user_id,
        expires_at=now() + INVITATION_LIFE,
    )
    db.session.add(invitation)
    db.session.flush()
    record(actor, "member.invited", invitation, roles=list(guest.roles))
    emails.post_invitation(invitation, actor.name)
    return invitation


def resend_invitation(actor: Actor, invitation_id: uuid.UUID) -> Invitation:
    """Send the same link again, for fourteen more days. DomainError when it is no longer open."""
    authorize(policies.can_manage_people(actor))
    invitation = _lock_waiting(actor.tenant_id, invitation_id)
    invitation.expires_at = now() + INVITATION_LIFE
    record(actor, "invitation.resent", invitation)
    emails.post_invitation(invitation, actor.name)
    return invitation


def revoke_invitation(actor: Actor, invitation_id: uuid.UUID) -> Invitation:
    """Take an invitation back: its link no longer opens anything."""
    authorize(policies.can_manage_people(actor))
    invitation = _lock_waiting(actor.tenant_id, invitation_id)
    invitation.revoked_at = now()
    record(actor, "invitation.revoked", invitation)
    return invitation


def accept_invitation(invitation_id: uuid.UUID, user: User) -> Membership:
    """The person joins the team with the roles of the invitation. Its link came to their address,
    thereby confirmed. DomainError when it is closed, or made for another address."""
    invitation = _lock(invitation_id)
    if not invitation.is_open or invitation.email_digest != user.email_digest:
        raise DomainError(CLOSED_INVITATION)
    invitation.accepted_at = now()
    user.confirmed_at = user.confirmed_at or now()
    membership = _join(invitation, user)
    record(_as_actor(membership), "member.joined", membership, roles=membership.roles)
    return membership


def create_person(invitation: Invitation, name: str, password_hash: str | None) -> User:
    """The account of someone who accepts an invitation; without a password they enter by link."""
    user = User(
        name=name,
        email=invitation.email,
        password=password_hash,
        fs_uniquifier=uuid.uuid4().hex,
        fs_webauthn_user_handle=uuid.uuid4().hex,
        confirmed_at=now(),
    )
    db.session.add(user)
    db.session.flush()
    return user


def change_roles(actor: Actor, membership_id: uuid.UUID, roles: Sequence[str]) -> Membership:
    """Give a person these roles and no other; it holds from their next click. DomainError: the only
    administrator would stop being one."""
    authorize(policies.can_manage_people(actor))
    membership = queries.get_membership(actor.tenant_id, membership_id)
    if Role.ADMINISTRATOR not in roles:
        _keep_an_administrator(membership)
    before, membership.roles = membership.roles, list(roles)
    record(actor, "member.roles_changed", membership, before=before, after=membership.roles)
    return membership


def remove_member(actor: Actor, membership_id: uuid.UUID) -> Membership:
    """End a person's rights in the organisation, at once. Their account and what they did stay."""
    authorize(policies.can_manage_people(actor))
    membership = queries.get_membership(actor.tenant_id, membership_id)
    _keep_an_administrator(membership)
    if membership.ended_at is None:
        membership.ended_at = now()
        record(actor, "member.removed", membership)
    return membership


def restore_member(actor: Actor, membership_id: uuid.UUID) -> Membership:
    """Undo a departure, with the roles of before."""
    authorize(policies.can_manage_people(actor))
    membership = queries.get_membership(actor.tenant_id, membership_id)
    if membership.ended_at:
        membership.ended_at = None
        record(actor, "member.restored", membership)
    return membership


def _refuse_known(tenant_id: uuid.UUID, guest: Guest) -> None:
    user = queries.find_user(guest.email)
    if user and queries.find_membership(user.id, tenant_id):
        raise DomainError(f"{user.display_name} fait déjà partie de l’équipe.")
    if queries.find_waiting_invitation(tenant_id, digest(normalise_email(guest.email))):
        raise DomainError("Cette adresse a déjà une invitation. Vous pouvez la renvoyer.")


def _keep_an_administrator(membership: Membership) -> None:
    administers = Role.ADMINISTRATOR in membership.roles and membership.ended_at is None
    if administers and queries.count_administrators(membership.tenant_id) == 1:
        raise DomainError(LAST_ADMINISTRATOR)


def _lock(invitation_id: uuid.UUID) -> Invitation:
    # Two clicks on the same link: the second waits here, then finds the invitation accepted.
    return db.session.scalars(
        sa.select(Invitation)
        .where(Invitation.id == invitation_id)
        .options(joinedload(Invitation.tenant))
        .with_for_update(of=Invitation)
        .execution_options(populate_existing=True)
    ).one()


def _lock_waiting(tenant_id: uuid.UUID, invitation_id: uuid.UUID) -> Invitation:
    queries.get_invitation(tenant_id, invitation_id)
    invitation = _lock(invitation_id)
    if invitation.accepted_at or invitation.revoked_at:
        raise DomainError(CLOSED_INVITATION)
    return invitation


def _join(invitation: Invitation, user: User) -> Membership:
    """A new membership, or the one of someone who comes back."""
    membership = db.session.scalar(
        sa.select(Membership)
        .where(Membership.tenant_id == invitation.tenant_id, Membership.user_id == user.id)
        .with_for_update()
    )
    if membership is None:
        membership = Membership(tenant_id=invitation.tenant_id)
        db.session.add(membership)
    membership.user, membership.roles = user, list(invitation.roles)
    membership.ended_at, membership.since_at = None, now()
    db.session.flush()
    return membership


def _as_actor(membership: Membership) -> Actor:
    return Actor(
        tenant_id=membership.tenant_id,
        name=membership.user.display_name,
        user_id=membership.user_id,
        roles=frozenset(membership.roles),
    )
