"""Territories of the official geographic code (COG): region > département > EPCI > commune."""

from __future__ import annotations

import enum
import re

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model
from app.core.text import fold


class TerritoryKind(enum.StrEnum):
    REGION = "region"
    DEPARTEMENT = "departement"
    EPCI = "epci"
    COMMUNE = "commune"


TERRITORY_LABELS = {
    TerritoryKind.REGION: "Région",
    TerritoryKind.DEPARTEMENT: "Département",
    TerritoryKind.EPCI: "Intercommunalité",
    TerritoryKind.COMMUNE: "Commune",
}


def search_name(name: str) -> str:
    """A name as it is searched: no accent, hyphen or apostrophe; saint and sainte in full."""
    words = re.sub(r"[^a-z0-9]+", " ", fold(name)).strip()
    return re.sub(r"\bst(e?)\b", r"saint\1", words)


class Territory(Model):
    """One territory. A commune's parents are its EPCI (None outside one) and its département."""

    __tablename__ = "territories"
    __table_args__ = (
        sa.Index(None, "search_name"),
        sa.Index(None, "departement_code"),
        sa.CheckConstraint("kind in ('region', 'departement', 'epci', 'commune')", name="kind"),
    )

    kind: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    search_name: Mapped[str]
    region_code: Mapped[str | None]
    departement_code: Mapped[str | None]
    epci_code: Mapped[str | None]
    postcodes: Mapped[str | None]
    population: Mapped[int | None]

    @property
    def typed(self) -> str:
        """What a person writes to name it and no other: `Dijon (21231)`."""
        return f"{self.name} ({self.code})"

    @property
    def described(self) -> str:
        """The name as a person tells it from its namesakes: `Saint-Martin (65360), commune`."""
        first = (self.postcodes or self.code).split(" ")[0]
        return f"{self.name} ({first}), {self.kind_label.lower()}"

    @property
    def kind_label(self) -> str:
        """The kind in French."""
        return TERRITORY_LABELS[TerritoryKind(self.kind)]
