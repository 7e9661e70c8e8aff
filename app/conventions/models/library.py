"""The network's library: clauses, and the standard agreements made of them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.conventions.models.blocks import to_text, variables_of
from app.conventions.models.variables import BUILT_IN, Variable
from app.core.audit import declare_actions
from app.core.clock import now
from app.core.db import Model, TenantOwned, new_id, owned_key

declare_actions(
    {
        "clause.created": "a écrit la clause",
        "clause.revised": "a réécrit la clause",
        "clause.retired": "a retiré la clause de la bibliothèque",
        "clause.restored": "a remis la clause dans la bibliothèque",
        "type.created": "a créé le modèle",
        "type.drafted": "a commencé une nouvelle version du modèle",
        "type.edited": "a modifié le brouillon du modèle",
        "type.published": "a publié le modèle",
    }
)


class Clause(TenantOwned, Model):
    """A piece of text of the library, known by its title; its text is its latest version."""

    __tablename__ = "clauses"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "title"),)

    title: Mapped[str]
    theme: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    retired_at: Mapped[datetime | None]

    versions: Mapped[list[ClauseVersion]] = relationship(
        lazy="raise", order_by="ClauseVersion.number", back_populates="clause"
    )

    @property
    def latest(self) -> ClauseVersion:
        """The version that a new agreement takes."""
        return self.versions[-1]

    @property
    def audit_label(self) -> str:
        return self.title


class ClauseVersion(TenantOwned, Model):
    """A text of a clause. Immutable, and unique by its content: writing the same again finds it."""

    __tablename__ = "clause_versions"
    __table_args__ = (
        owned_key("clause_id", "clauses"),
        sa.UniqueConstraint("tenant_id", "clause_id", "number"),
        sa.UniqueConstraint("tenant_id", "clause_id", "sha256"),
    )

    clause_id: Mapped[uuid.UUID]
    number: Mapped[int]
    sha256: Mapped[str]
    heading: Mapped[str]
    blocks: Mapped[list[dict[str, Any]]]
    note: Mapped[str] = mapped_column(default="")
    written_by: Mapped[str]
    written_at: Mapped[datetime] = mapped_column(default=now)

    clause: Mapped[Clause] = relationship(lazy="raise", back_populates="versions")

    @property
    def text(self) -> str:
        """The text as it is edited."""
        return to_text(self.blocks)


class ConventionType(TenantOwned, Model):
    """A standard agreement of the network, through its versions."""

    __tablename__ = "convention_types"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "title"),)

    title: Mapped[str]
    purpose: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)

    versions: Mapped[list[TypeVersion]] = relationship(
        lazy="raise", order_by="TypeVersion.number", back_populates="type"
    )

    @property
    def draft(self) -> TypeVersion | None:
        """The version being written, if any."""
        return next((v for v in self.versions if not v.is_published), None)

    @property
    def published(self) -> TypeVersion | None:
        """The latest published version, if any."""
        return next((v for v in reversed(self.versions) if v.is_published), None)

    @property
    def audit_label(self) -> str:
        return self.title


class TypeVersion(TenantOwned, Model):
    """Ordered clause versions, the variables they ask for, the roles of the parties. Frozen by publication."""

    __tablename__ = "type_versions"
    __table_args__ = (
        owned_key("type_id", "convention_types"),
        sa.UniqueConstraint("tenant_id", "type_id", "number"),
        sa.Index(
            "uq_type_versions_one_draft",
            "tenant_id",
            "type_id",
            unique=True,
            postgresql_where=sa.text("published_at is null"),
        ),
    )

    type_id: Mapped[uuid.UUID]
    number: Mapped[int]
    variables: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    party_roles: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    changes: Mapped[str] = mapped_column(default="")
    lock_version: Mapped[int] = mapped_column(default=1)
    published_at: Mapped[datetime | None]
    sha256: Mapped[str | None]

    type: Mapped[ConventionType] = relationship(lazy="raise", back_populates="versions")
    clauses: Mapped[list[TypeClause]] = relationship(
        lazy="raise", order_by="TypeClause.position", cascade="all, delete-orphan"
    )

    __mapper_args__ = {"version_id_col": lock_version}  # noqa: RUF012 read by SQLAlchemy

    @property
    def is_published(self) -> bool:
        """Whether it is frozen."""
        return self.published_at is not None

    @property
    def schema(self) -> list[Variable]:
        """Its variables, typed."""
        return [Variable.from_json(data) for data in self.variables]

    @property
    def unknown_variables(self) -> dict[str, list[str]]:
        """Variables that its clauses use and nobody declares: heading → names."""
        known = {v["name"] for v in self.variables} | set(BUILT_IN)
        return {
            c.clause_version.heading: sorted(missing)
            for c in self.clauses
            if (missing := variables_of(c.clause_version.blocks) - known)
        }


class TypeClause(TenantOwned, Model):
    """A clause version at its place in a type's version."""

    __tablename__ = "type_clauses"
    __table_args__ = (
        owned_key("type_version_id", "type_versions"),
        owned_key("clause_version_id", "clause_versions"),
        sa.UniqueConstraint(
            "tenant_id", "type_version_id", "position", deferrable=True, initially="DEFERRED"
        ),
    )

    type_version_id: Mapped[uuid.UUID]
    clause_version_id: Mapped[uuid.UUID]
    position: Mapped[int]

    clause_version: Mapped[ClauseVersion] = relationship(lazy="raise", viewonly=True)


class CatalogueEntry(Model):
    """A published standard agreement, whole and frozen: what every organisation reads and pins.

    Global: everyone reads it, only the network writes it (policies and a key on the publisher's kind).
    `payload`: code, title, purpose, version, clauses (heading, blocks, sha256…), variables, party_roles.
    """

    __tablename__ = "catalogue"
    __table_args__ = (
        sa.ForeignKeyConstraint(["publisher_id", "publisher_kind"], ["tenants.id", "tenants.kind"]),
        sa.CheckConstraint("publisher_kind = 'network'", name="publisher"),
        sa.UniqueConstraint("type_id", "version"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    publisher_id: Mapped[uuid.UUID]
    publisher_kind: Mapped[str] = mapped_column(default="network")
    type_id: Mapped[uuid.UUID]
    version: Mapped[int]
    title: Mapped[str]
    payload: Mapped[dict[str, Any]]
    sha256: Mapped[str] = mapped_column(unique=True)
    published_at: Mapped[datetime] = mapped_column(default=now)

    @property
    def schema(self) -> list[Variable]:
        """Its variables, typed."""
        return [Variable.from_json(data) for data in self.payload["variables"]]
