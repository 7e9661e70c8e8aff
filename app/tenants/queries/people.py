"""People and their memberships."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import joinedload

from app.core.clock import now
from app.core.crypto import derive_token, same
from app.core.db import db
from app.core.text import fold
from app.tenants.models import Invitation, Membership, Role, Tenant, User


def find_membership(user_id: uuid.UUID, tenant_id: uuid.UUID) -> Membership | None:
    """The running membership of a person in an organisation, or None."""
    return db.session.scalar(
        sa.select(Membership).where(
            Membership.user_id == user_id,
            Membership.tenant_id == tenant_id,
            Membership.ended_at.is_(None),
        )
    )


def list_memberships(tenant_id: uuid.UUID) -> list[Membership]:
    """The team of an organisation, oldest member first."""
    return list(
        db.session.scalars(
            sa.select(Membership)
            .where(Membership.tenant_id == tenant_id, Membership.ended_at.is_(None))
            .options(joinedload(Membership.user))
            .order_by(Membership.since_at, Membership.id)
        )
    )


def list_own_memberships(user_id: uuid.UUID) -> list[Membership]:
    """The open organisations of a person, by name."""
    return list(
        db.session.scalars(
            sa.select(Membership)
            .join(Membership.tenant)
            .where(
                Membership.user_id == user_id,
                Membership.ended_at.is_(None),
                Tenant.archived_at.is_(None),
            )
            .options(joinedload(Membership.tenant))
            .order_by(Tenant.sort_key)
        )
    )


def search_team(tenant_id: uuid.UUID, *, q: str = "", sort: str = "nom") -> list[Membership]:
    """The team, searched by name, address or role, sorted by `nom`, `-nom`, `depuis` or `-depuis`.
    Addresses are encrypted, so this reads the whole team: some tens of people."""
    team = [m for m in list_memberships(tenant_id) if fold(q) in _words(m)]
    if not sort.endswith("depuis"):
        team.sort(key=lambda membership: fold(membership.user.display_name))
    return team[::-1] if sort.startswith("-") else team


def _words(membership: Membership) -> str:
    person = membership.user
    return fold(f"{person.display_name} {person.email} {membership.roles_label}")


def get_membership(tenant_id: uuid.UUID, membership_id: uuid.UUID) -> Membership:
    """A membership of an organisation, running or ended, or NoResultFound."""
    return db.session.scalars(
        sa.select(Membership)
        .where(Membership.tenant_id == tenant_id, Membership.id == membership_id)
        .options(joinedload(Membership.user))
    ).one()


def count_administrators(tenant_id: uuid.UUID) -> int:
    """How many people administer an organisation. The rows stay locked until the act is over, so that
    two administrators who leave at the same time do not both leave."""
    rows = db.session.scalars(
        sa.select(Membership.id)
        .where(
            Membership.tenant_id == tenant_id,
            Membership.ended_at.is_(None),
            Membership.roles.contains([Role.ADMINISTRATOR.value]),
        )
        .order_by(Membership.id)
        .with_for_update()
    )
    return len(rows.all())


def list_invitations(tenant_id: uuid.UUID) -> list[Invitation]:
    """The invitations that nobody has accepted or revoked, newest first, expired ones included."""
    return list(
        db.session.scalars(
            sa.select(Invitation)
            .where(
                Invitation.tenant_id == tenant_id,
                Invitation.accepted_at.is_(None),
                Invitation.revoked_at.is_(None),
            )
            .order_by(Invitation.created_at.desc())
        )
    )


def get_invitation(tenant_id: uuid.UUID, invitation_id: uuid.UUID) -> Invitation:
    """An invitation of an organisation, or NoResultFound."""
    return db.session.scalars(
        sa.select(Invitation)
        .where(Invitation.tenant_id == tenant_id, Invitation.id == invitation_id)
        .options(joinedload(Invitation.tenant))
    ).one()


def find_waiting_invitation(tenant_id: uuid.UUID, email_digest: str) -> Invitation | None:
    """The invitation of an address that still waits for its answer, or None."""
    return db.session.scalar(
        sa.select(Invitation)
        .where(
            Invitation.tenant_id == tenant_id,
            Invitation.email_digest == email_digest,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > now(),
        )
        .limit(1)
    )


def open_invitation(tenant_id: uuid.UUID, invitation_id: uuid.UUID, token: str) -> Invitation:
    """The invitation of a personal link, whatever its state; NoResultFound when it is not ours."""
    if not same(token, invitation_token(invitation_id)):
        raise NoResultFound
    return get_invitation(tenant_id, invitation_id)


def invitation_token(invitation_id: uuid.UUID) -> str:
    """The secret of an invitation's link."""
    return derive_token("invitation", invitation_id)


def get_person(user_id: uuid.UUID) -> User:
    """A person by id, or NoResultFound."""
    return db.session.get_one(User, user_id)


def list_staff(tenant_id: uuid.UUID) -> list[str]:
    """The addresses of those who administer or edit in an organisation, oldest member first."""
    staff = {Role.ADMINISTRATOR.value, Role.EDITOR.value}
    return [m.user.email for m in list_memberships(tenant_id) if staff & set(m.roles)]
