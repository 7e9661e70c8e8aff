"""Organisations that have a workspace."""

from __future__ import annotations

import enum
import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.audit import declare_actions
from app.core.clock import now
from app.core.db import Model, new_id
from app.core.text import fold


class TenantKind(enum.StrEnum):
    NETWORK = "network"
    ASSOCIATION = "association"
    TERRITORY = "territory"
    FUNDER = "funder"


TENANT_KIND_LABELS = {
    TenantKind.NETWORK: "Tête de réseau",
    TenantKind.ASSOCIATION: "Association",
    TenantKind.TERRITORY: "Collectivité",
    TenantKind.FUNDER: "Financeur",
}

# First words of addresses that belong to no organisation.
RESERVED_SLUGS = frozenset(
    {
        *("accessibilite", "aide", "api", "compte", "connexion", "courrier", "deconnexion"),
        *("donnees", "donnees-personnelles", "favicon", "invitation", "menu", "metrics"),
        *("mot-de-passe", "organisations", "pret", "sante", "signature", "static"),
        *("territoires", "verifier"),
    }
)

declare_actions(
    {
        "tenant.created": "a ajouté l’organisation",
        "tenant.updated": "a modifié l’organisation",
        "tenant.archived": "a fermé l’espace de l’organisation",
        "tenant.restored": "a rouvert l’espace de l’organisation",
    }
)


class Tenant(Model):
    """One organisation. Global: the register of the network, without any person."""

    __tablename__ = "tenants"
    __table_args__ = (
        sa.CheckConstraint(
            "kind in ('network', 'association', 'territory', 'funder')", name="kind"
        ),
        sa.UniqueConstraint("id", "kind"),
        sa.Index(
            "uq_tenants_one_network",
            "kind",
            unique=True,
            postgresql_where=sa.text("kind = 'network'"),
        ),
        sa.ForeignKeyConstraint(
            ["territory_kind", "territory_code"], ["territories.kind", "territories.code"]
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    name: Mapped[str]
    short_name: Mapped[str]
    sort_key: Mapped[str] = mapped_column(
        default=lambda context: fold(context.get_current_parameters()["name"])
    )
    siren: Mapped[str | None]
    siret: Mapped[str | None]
    rna: Mapped[str | None]
    address: Mapped[str] = mapped_column(default="")
    postcode: Mapped[str] = mapped_column(default="")
    city: Mapped[str] = mapped_column(default="")
    territory_kind: Mapped[str | None]
    territory_code: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    archived_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 read by SQLAlchemy as is

    @property
    def kind_label(self) -> str:
        """The kind in French."""
        return TENANT_KIND_LABELS[TenantKind(self.kind)]

    @property
    def place(self) -> str:
        """Where it is, in one line."""
        return " ".join(part for part in (self.address, self.postcode, self.city) if part)

    @property
    def is_network(self) -> bool:
        """Whether this is Ocytocines, the one head of the network."""
        return self.kind == TenantKind.NETWORK

    @property
    def is_funder(self) -> bool:
        """Whether it funds, and so has no members and no hours of its own."""
        return self.kind == TenantKind.FUNDER

    @property
    def audit_label(self) -> str:
        return self.name
