"""The network's library: clauses, and the catalogue of the standard agreements it has published."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.conventions.models.blocks import to_text
from app.conventions.models.variables import Variable
from app.core.audit import declare_actions
from app.core.clock import now
from app.core.db import Model, TenantOwned, new_id, owned_key

declare_actions(
    {
        "clause.created": "a écrit la clause",
        "clause.revised": "a réécrit la clause",
        "clause.retired": "a retiré la clause de la bibliothèque",
        "clause.restored": "a remis la clause dans la bibliothèque",
    }
)


class Clause(TenantOwned, Model):
    """A piece of text of the library, known by its title; its text is its latest version.

    `search_key`: title, theme and latest text without accents. The title comes first: it sorts.
    """

    __tablename__ = "clauses"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "title"),)

    title: Mapped[str]
    theme: Mapped[str]
    search_key: Mapped[str]
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

    def to_json(self) -> dict[str, Any]:
        """The text as a standard agreement publishes it."""
        return {
            "clause_id": str(self.clause_id),
            "version_id": str(self.id),
            "sha256": self.sha256,
            "number": self.number,
            "heading": self.heading,
            "blocks": self.blocks,
        }


class CatalogueEntry(Model):
    """A published standard agreement, whole and frozen: what every organisation reads and pins.

    Global: everyone reads it, only the network writes it (policies, a key on the publisher's kind).
    `payload`: title, purpose, version, changes, variables, party_roles (role, label, required) and
    clauses (clause_id, version_id, sha256, number, heading, blocks).
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
    search_key: Mapped[str]
    payload: Mapped[dict[str, Any]]
    sha256: Mapped[str] = mapped_column(unique=True)
    published_at: Mapped[datetime] = mapped_column(default=now)

    @property
    def schema(self) -> list[Variable]:
        """Its variables, typed."""
        return [Variable.from_json(data) for data in self.payload["variables"]]
