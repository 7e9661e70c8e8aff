"""The standard agreements of the network, while they are written: versions made of clauses."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.conventions.models.blocks import Block, variables_in_sentences, variables_of
from app.conventions.models.library import ClauseVersion
from app.conventions.models.variables import BUILT_IN, Variable, VariableKind
from app.core.audit import declare_actions
from app.core.clock import now
from app.core.db import Model, TenantOwned, owned_key

declare_actions(
    {
        "type.created": "a créé le modèle",
        "type.drafted": "a commencé une nouvelle version du modèle",
        "type.edited": "a modifié le brouillon du modèle",
        "type.published": "a publié le modèle",
    }
)


class ConventionType(TenantOwned, Model):
    """A standard agreement of the network, through its versions."""

    __tablename__ = "convention_types"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "title"),)

    title: Mapped[str]
    purpose: Mapped[str]
    search_key: Mapped[str]
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
    """Ordered clause versions, the variables they ask for, the roles of the parties.

    Publication freezes it. Each change of its draft, also of its clauses, moves `lock_version`.
    """

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
    def clause_version_ids(self) -> list[uuid.UUID]:
        """Its clause versions, in order."""
        return [c.clause_version_id for c in self.clauses]

    @property
    def unknown_variables(self) -> dict[str, list[str]]:
        """Variables that its clauses use and nobody declares: heading → names."""
        known = {v["name"] for v in self.variables} | set(BUILT_IN)
        return self._by_heading(lambda blocks: variables_of(blocks) - known)

    @property
    def misplaced_tables(self) -> dict[str, list[str]]:
        """Tables that stand inside a sentence or a list: heading → names."""
        tables = {v.name for v in self.schema if v.kind == VariableKind.TABLE}
        return self._by_heading(lambda blocks: variables_in_sentences(blocks) & tables)

    @property
    def unused_variables(self) -> list[Variable]:
        """Variables that are asked for and that no clause prints."""
        used = {n for c in self.clauses for n in variables_of(c.clause_version.blocks)}
        return [v for v in self.schema if v.name not in used]

    @property
    def outdated_clauses(self) -> list[TypeClause]:
        """The clauses that have a newer version in the library."""
        return [c for c in self.clauses if c.is_outdated]

    def obstacles(self) -> list[str]:
        """What stands in the way of its publication, one French sentence each."""
        found = [] if self.clauses else ["Ajoutez au moins une clause."]
        found += [
            f"La clause « {heading} » utilise {{{{ {name} }}}}. Décrivez cette variable."
            for heading, names in self.unknown_variables.items()
            for name in names
        ]
        found += [
            f"Dans la clause « {heading} », mettez le tableau {{{{ {name} }}}} seul sur sa ligne."
            for heading, names in self.misplaced_tables.items()
            for name in names
        ]
        return found if self.party_roles else [*found, "Dites qui sont les parties."]

    def payload(self) -> dict[str, Any]:
        """All that a convention takes from it, as the catalogue holds it."""
        return {
            "title": self.type.title,
            "purpose": self.type.purpose,
            "version": self.number,
            "changes": self.changes,
            "clauses": [c.clause_version.to_json() for c in self.clauses],
            "variables": self.variables,
            "party_roles": self.party_roles,
        }

    def _by_heading(self, names_in: Callable[[list[Block]], set[str]]) -> dict[str, list[str]]:
        return {
            c.clause_version.heading: sorted(names)
            for c in self.clauses
            if (names := names_in(c.clause_version.blocks))
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
    type_version: Mapped[TypeVersion] = relationship(lazy="raise", viewonly=True)

    @property
    def is_outdated(self) -> bool:
        """Whether the library has a newer version of this clause."""
        return self.clause_version.number < self.clause_version.clause.latest.number
