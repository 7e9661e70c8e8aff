"""People: one identity for the whole installation, a membership with roles in each organisation."""

from __future__ import annotations

import enum
import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_security import AsaList, UserMixin, WebAuthnMixin
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from app.core.audit import declare_actions
from app.core.clock import now
from app.core.crypto import digest, encrypted_text, normalise_email
from app.core.db import Model, new_id
from app.tenants.models.tenant import Tenant


class Role(enum.StrEnum):
    ADMINISTRATOR = "administrator"
    EDITOR = "editor"
    FACILITATOR = "facilitator"
    READER = "reader"


ROLE_LABELS = {
    Role.ADMINISTRATOR: "Administration",
    Role.EDITOR: "Rédaction",
    Role.FACILITATOR: "Animation",
    Role.READER: "Lecture",
}
ROLE_HINTS = {
    Role.ADMINISTRATOR: "Invite les personnes, règle l’espace, fait tout le reste.",
    Role.EDITOR: "Prépare et propose les conventions.",
    Role.FACILITATOR: "Anime la Bulle, note les échanges et les présences.",
    Role.READER: "Lit, sans rien changer.",
}

declare_actions(
    {
        "member.invited": "a invité une personne",
        "invitation.resent": "a renvoyé une invitation",
        "invitation.revoked": "a retiré une invitation",
        "member.joined": "a rejoint l’organisation",
        "member.roles_changed": "a changé les rôles d’une personne",
        "member.removed": "a retiré une personne de l’équipe",
        "member.restored": "a remis une personne dans l’équipe",
    }
)


class User(UserMixin, Model):
    """A person who signs in. The e-mail address is encrypted; its digest finds it and keeps it unique."""

    __tablename__ = "users"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(encrypted_text())
    email_digest: Mapped[str] = mapped_column(unique=True)
    password: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(unique=True)
    fs_webauthn_user_handle: Mapped[str | None] = mapped_column(unique=True)
    confirmed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    tf_primary_method: Mapped[str | None]
    tf_totp_secret: Mapped[str | None]
    totp_counter: Mapped[int | None] = mapped_column(sa.BigInteger)
    mf_recovery_codes: Mapped[list[str] | None] = mapped_column(
        MutableList.as_mutable(AsaList()), nullable=True
    )

    webauthn: Mapped[list[Passkey]] = relationship(back_populates="user")
    roles: tuple[str, ...] = ()  # Flask-Security's global roles are not ours: roles are per tenant

    @validates("email")
    def _keep_digest(self, key: str, address: str) -> str:
        self.email_digest = digest(normalise_email(address))
        return normalise_email(address)

    @property
    def display_name(self) -> str:
        """The name, or the start of the address while no name is known."""
        return self.name or self.email.split("@")[0]

    @property
    def audit_label(self) -> str:
        return self.display_name


class Passkey(WebAuthnMixin, Model):
    """A WebAuthn credential of a person."""

    __tablename__ = "passkeys"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id"), index=True)
    credential_id: Mapped[bytes] = mapped_column(sa.LargeBinary(1024), unique=True)
    public_key: Mapped[bytes] = mapped_column(sa.LargeBinary)
    sign_count: Mapped[int] = mapped_column(default=0)
    transports: Mapped[list[str] | None] = mapped_column(JSONB)
    extensions: Mapped[str | None]
    backup_state: Mapped[bool]
    device_type: Mapped[str]
    name: Mapped[str]
    usage: Mapped[str]
    create_datetime: Mapped[datetime] = mapped_column(default=now)
    lastuse_datetime: Mapped[datetime] = mapped_column(default=now)

    user: Mapped[User] = relationship(back_populates="webauthn", lazy="raise")

    def get_user_mapping(self) -> dict[str, Any]:
        """How Flask-Security finds the owner of a credential."""
        return {"id": self.user_id}


class Membership(Model):
    """A person in an organisation, with one or several roles. Ended, it can be restored."""

    __tablename__ = "memberships"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "user_id"),
        sa.CheckConstraint(
            "roles <@ array['administrator', 'editor', 'facilitator', 'reader']"
            " and cardinality(roles) > 0",
            name="roles",
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    tenant_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("tenants.id"))
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id"), index=True)
    roles: Mapped[list[str]] = mapped_column(ARRAY(sa.Text))
    since_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(lazy="raise")
    tenant: Mapped[Tenant] = relationship(lazy="raise")

    @property
    def roles_label(self) -> str:
        """The roles in French."""
        return _label(self.roles)

    @property
    def audit_label(self) -> str:
        return self.user.display_name


class ProofPurpose(enum.StrEnum):
    SIGN_IN = "sign_in"
    VERIFY = "verify"


class EmailProof(Model):
    """A secret sent to a person's address: the link that signs in, or the code that proves it is still
    them. The secret itself is derived from the id, and stored nowhere. It serves once, for minutes."""

    __tablename__ = "email_proofs"
    __table_args__ = (sa.CheckConstraint("purpose in ('sign_in', 'verify')", name="purpose"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("users.id"), index=True)
    purpose: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(lazy="raise")


class Invitation(Model):
    """An invitation by e-mail to join an organisation. Its link is derived, never stored."""

    __tablename__ = "invitations"
    __table_args__ = (sa.Index(None, "tenant_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    tenant_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("tenants.id"))
    email: Mapped[str] = mapped_column(encrypted_text())
    email_digest: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    roles: Mapped[list[str]] = mapped_column(ARRAY(sa.Text))
    invited_by_id: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    tenant: Mapped[Tenant] = relationship(lazy="raise")

    @property
    def is_open(self) -> bool:
        """Whether its link still works."""
        return not (self.accepted_at or self.revoked_at) and self.expires_at > now()

    @property
    def roles_label(self) -> str:
        """The roles in French."""
        return _label(self.roles)

    @property
    def audit_label(self) -> str:
        return self.name or self.email


def _label(roles: list[str]) -> str:
    return ", ".join(ROLE_LABELS[role] for role in Role if role in roles)
