"""What the demonstration network holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from app.conventions.models import State
from app.tenants.models import Role, Stage, StepFreeAccess, TenantKind

NETWORK = "ocytocines"
PASSWORD = "savoir recevoir et donner"  # noqa: S105 shown to everyone, refused in production


@dataclass(frozen=True)
class Organisation:
    """An organisation of the demonstration, by its slug."""

    slug: str
    kind: TenantKind
    name: str
    short_name: str
    address: str
    postcode: str
    city: str
    territory: tuple[str, str]
    siren: str = ""


ORGANISATIONS = (
    Organisation(
        NETWORK, TenantKind.NETWORK, "Ocytocines", "Ocytocines",
        "12 rue des Petits-Carreaux", "75002", "Paris", ("commune", "75056"),
    ),
    Organisation(
        "ascs", TenantKind.ASSOCIATION, "Association des usagers du centre social (ASCS)", "ASCS",
        "Place de la Fontaine d’Ouche", "21000", "Dijon", ("commune", "21231"),
    ),
    Organisation(
        "ccas-dijon", TenantKind.TERRITORY, "Centre communal d’action sociale de Dijon", "CCAS de Dijon",
        "11 rue de l’Hôpital", "21000", "Dijon", ("commune", "21231"),
    ),
    Organisation(
        "yonne-nord", TenantKind.TERRITORY, "Communauté de communes Yonne Nord", "Yonne Nord",
        "52 faubourg de Villeperrot", "89140", "Pont-sur-Yonne", ("commune", "89309"),
    ),
    Organisation(
        "tous-voisins-44", TenantKind.ASSOCIATION, "Tous voisins 44", "Tous voisins 44",
        "3 quai Ceineray", "44000", "Nantes", ("departement", "44"),
    ),
    Organisation(
        "carsat", TenantKind.FUNDER, "Carsat Bourgogne-Franche-Comté", "Carsat",
        "38 rue de Cracovie", "21000", "Dijon", ("region", "27"),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """Someone who signs in, in one organisation."""

    key: str
    name: str
    organisation: str
    role: Role
    what: str

    @property
    def email(self) -> str:
        """The address of the person in the demonstration."""
        return f"{self.key}@exemple.fr"


PEOPLE = (
    Person("olga", "Olga Renaud", NETWORK, Role.ADMINISTRATOR, "administre le réseau"),
    Person("alice", "Alice Morel", "ascs", Role.ADMINISTRATOR, "administre une association"),
    Person("bob", "Bob Petit", "ascs", Role.EDITOR, "prépare les conventions"),
    Person("amina", "Amina Diallo", "ascs", Role.FACILITATOR, "anime la Bulle"),
    Person("carole", "Carole Blanc", "ascs", Role.READER, "lit, sans rien changer"),
    Person(
        "denis", "Denis Vasseur", "ccas-dijon", Role.ADMINISTRATOR, "administre une collectivité"
    ),
    Person("yves", "Yves Garnier", "yonne-nord", Role.ADMINISTRATOR, "administre une collectivité"),
    Person(
        "lea", "Léa Martin", "tous-voisins-44", Role.ADMINISTRATOR, "administre une association"
    ),
    Person("fanny", "Fanny Leroy", "carsat", Role.ADMINISTRATOR, "lit les chiffres d’un financeur"),
)


@dataclass(frozen=True)
class Venue:
    """A Bulle and the days it entered its stages, from the first."""

    name: str
    porteur: str
    description: str
    address: str
    postcode: str
    city: str
    commune: str
    point: tuple[str, str]
    access: StepFreeAccess
    landlord: str
    entered: tuple[date, ...]
    with_: tuple[str, ...] = ()

    @property
    def coordinates(self) -> tuple[Decimal, Decimal]:
        """Latitude and longitude."""
        return Decimal(self.point[0]), Decimal(self.point[1])

    @property
    def stages(self) -> list[tuple[Stage, date]]:
        """Each stage with its day."""
        return list(zip(Stage, self.entered, strict=False))


VENUES = (
    Venue(
        "Fontaine d’Ouche", "ascs",
        "Un appartement au cœur du quartier, aménagé par les habitants. On y tient les ateliers"
        " « Miroir de soi » et la couture des « Fées déclic ».",
        "Place de la Fontaine d’Ouche", "21000", "Dijon", "21231", ("47.31240", "5.00260"),
        StepFreeAccess.PARTIAL, "Bailleur social du quartier",
        (date(2024, 9, 12), date(2024, 12, 5), date(2025, 3, 20), date(2025, 6, 26), date(2025, 11, 24)),
        ("ccas-dijon",),
    ),
    Venue(
        "Yonne Nord", "yonne-nord",
        "Des rencontres régulières et itinérantes, dans les communes éloignées des services.",
        "Espace de vie sociale", "89340", "Villeneuve-la-Guyard", "89460", ("48.33990", "3.06370"),
        StepFreeAccess.YES, "Commune de Villeneuve-la-Guyard",
        (date(2025, 1, 16), date(2025, 5, 22), date(2025, 11, 6), date(2026, 4, 9)),
    ),
    Venue(
        "Tous voisins 44", "tous-voisins-44",
        "Des évènements gratuits et ouverts à tous, portés par des référents bénévoles.",
        "", "44000", "Nantes", "44109", ("47.21840", "-1.55360"),
        StepFreeAccess.UNKNOWN, "",
        (date(2025, 10, 2), date(2026, 2, 12), date(2026, 9, 17)),
    ),
    Venue(
        "Bulle de Paris", NETWORK,
        "Les associations intéressées se rencontrent pour dessiner le premier lieu.",
        "", "75002", "Paris", "75056", ("48.86670", "2.34480"),
        StepFreeAccess.UNKNOWN, "",
        (date(2026, 10, 8),),
    ),
)  # fmt: skip

DECIDERS = "Le conseil d’Ocytocines"


@dataclass(frozen=True)
class Draft:
    """A convention of the demonstration, and the state it is brought to."""

    title: str
    by: str
    type: str
    bulle: str
    starts_on: date
    ends_on: date
    values: dict[str, Any]
    parties: dict[str, tuple[str, str, str, str]] = field(default_factory=dict)
    """Role → (organisation's slug or outside name, signatory, capacity, e-mail)."""
    until: State = State.DRAFT
