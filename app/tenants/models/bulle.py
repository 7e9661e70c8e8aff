"""Bulles: venues of the network, the associations that act there, the seven stages of each."""

from __future__ import annotations

import enum
import uuid
from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.audit import declare_actions
from app.core.clock import now
from app.core.db import Model, new_id
from app.core.text import fold
from app.tenants.models.tenant import Tenant


class Stage(enum.IntEnum):
    """The seven steps of the approach (seed 000), in their order."""

    MEETINGS = 1
    DESIGN = 2
    AGREEMENT = 3
    TERRITORY = 4
    PILOT = 5
    REVIEW = 6
    EXPANSION = 7

    @property
    def label(self) -> str:
        """Its short name in French."""
        return STAGE_LABELS[self][0]

    @classmethod
    def labels(cls) -> list[str]:
        """The seven names, in order."""
        return [stage.label for stage in cls]

    @property
    def description(self) -> str:
        """What it consists of, one French sentence."""
        return STAGE_LABELS[self][1]


STAGE_LABELS = {
    Stage.MEETINGS: ("Rencontres", "Les associations intéressées se rencontrent."),
    Stage.DESIGN: ("Lieu et budget", "On dessine le lieu idéal et on compte ce qu’il coûte."),
    Stage.AGREEMENT: (
        "Convention type",
        "On écrit les principes, la convention et la gouvernance.",
    ),
    Stage.TERRITORY: ("Territoire", "On choisit un territoire pour essayer."),
    Stage.PILOT: ("Phase de test", "La Bulle ouvre et on essaie avec un pilote."),
    Stage.REVIEW: ("Retour d’expérience", "On regarde ce qui a marché, avec des chiffres."),
    Stage.EXPANSION: ("Démultiplication", "On ouvre ailleurs, avec ce que l’essai a appris."),
}


class StepFreeAccess(enum.StrEnum):
    YES = "yes"
    PARTIAL = "partial"
    NO = "no"
    UNKNOWN = "unknown"


STEP_FREE_LABELS = {
    StepFreeAccess.YES: "Accès de plain-pied",
    StepFreeAccess.PARTIAL: "Accès de plain-pied en partie",
    StepFreeAccess.NO: "Pas d’accès de plain-pied",
    StepFreeAccess.UNKNOWN: "Accès à vérifier",
}

declare_actions(
    {
        "bulle.opened": "a ouvert la Bulle",
        "bulle.updated": "a modifié la fiche de la Bulle",
        "bulle.entrusted": "a confié la Bulle à un autre porteur",
        "bulle.association_joined": "a ajouté une association à la Bulle",
        "bulle.association_left": "a retiré une association de la Bulle",
        "bulle.stage_entered": "a fait passer la Bulle à une autre étape",
        "bulle.stage_corrected": "a corrigé l’étape de la Bulle",
    }
)


class Bulle(Model):
    """The public sheet of one venue. The tenant `porteur_id` runs it. Coordinates are WGS 84."""

    __tablename__ = "bulles"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["territory_kind", "territory_code"], ["territories.kind", "territories.code"]
        ),
        sa.CheckConstraint(
            "step_free_access in ('yes', 'partial', 'no', 'unknown')", name="step_free_access"
        ),
        sa.CheckConstraint("(latitude is null) = (longitude is null)", name="coordinates"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    porteur_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("tenants.id"), index=True)
    landlord_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("tenants.id"))
    landlord_name: Mapped[str] = mapped_column(default="")
    name: Mapped[str]
    sort_key: Mapped[str] = mapped_column(
        default=lambda context: fold(context.get_current_parameters()["name"])
    )
    description: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    postcode: Mapped[str] = mapped_column(default="")
    city: Mapped[str] = mapped_column(default="")
    territory_kind: Mapped[str | None]
    territory_code: Mapped[str | None]
    latitude: Mapped[Decimal | None] = mapped_column(sa.Numeric(8, 5))
    longitude: Mapped[Decimal | None] = mapped_column(sa.Numeric(8, 5))
    step_free_access: Mapped[str] = mapped_column(default=StepFreeAccess.UNKNOWN.value)
    created_at: Mapped[datetime] = mapped_column(default=now)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 read by SQLAlchemy as is

    porteur: Mapped[Tenant] = relationship(foreign_keys=porteur_id, lazy="raise")
    landlord: Mapped[Tenant | None] = relationship(foreign_keys=landlord_id, lazy="raise")
    associations: Mapped[list[BulleAssociation]] = relationship(
        lazy="raise", order_by="BulleAssociation.since_on"
    )
    passages: Mapped[list[StagePassage]] = relationship(
        lazy="raise", order_by="StagePassage.entered_on, StagePassage.id"
    )

    @property
    def stage(self) -> Stage:
        """The stage of the latest passage that stands (a corrected one does not)."""
        return Stage(self.standing_passages[-1].stage)

    @property
    def standing_passages(self) -> list[StagePassage]:
        """The passages that no later one corrects, oldest first."""
        corrected = {p.corrects_id for p in self.passages}
        return [p for p in self.passages if p.id not in corrected]

    @property
    def place(self) -> str:
        """Where it is, in one line."""
        return " ".join(part for part in (self.address, self.postcode, self.city) if part)

    @property
    def coordinates(self) -> tuple[Decimal, Decimal] | None:
        """Latitude and longitude in degrees, or None."""
        if self.latitude is None or self.longitude is None:
            return None
        return self.latitude, self.longitude

    @property
    def is_complete(self) -> bool:
        """Whether a neighbour can find it: address, city, a place on the map, and how to get in."""
        known = self.step_free_access != StepFreeAccess.UNKNOWN
        return bool(self.address and self.city and self.coordinates) and known

    @property
    def step_free_label(self) -> str:
        """Step-free access in French."""
        return STEP_FREE_LABELS[StepFreeAccess(self.step_free_access)]

    @property
    def audit_label(self) -> str:
        return self.name


class BulleAssociation(Model):
    """An organisation that acts in a Bulle, from a day to another."""

    __tablename__ = "bulle_associations"
    __table_args__ = (
        sa.UniqueConstraint("bulle_id", "tenant_id", "since_on"),
        sa.CheckConstraint("until_on is null or until_on >= since_on", name="period"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    bulle_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("bulles.id"))
    tenant_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("tenants.id"))
    since_on: Mapped[date]
    until_on: Mapped[date | None]

    tenant: Mapped[Tenant] = relationship(lazy="raise")

    def is_running(self, day: date) -> bool:
        """Whether the organisation acts there on that day, or will act there later on."""
        return self.until_on is None or self.until_on >= day


class StagePassage(Model):
    """The entry of a Bulle into a stage: when, who decided, why. Never changed: a correction is a
    new row that names the old one."""

    __tablename__ = "stage_passages"
    __table_args__ = (sa.CheckConstraint("stage between 1 and 7", name="stage"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    bulle_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("bulles.id"), index=True)
    stage: Mapped[int]
    entered_on: Mapped[date]
    decided_by: Mapped[str]
    decision: Mapped[str] = mapped_column(default="")
    recorded_by_id: Mapped[uuid.UUID | None]
    recorded_by_name: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(default=now)
    corrects_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("stage_passages.id"), unique=True
    )

    @property
    def label(self) -> str:
        """The stage's name in French."""
        return Stage(self.stage).label
