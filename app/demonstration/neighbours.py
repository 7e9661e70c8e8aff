"""Who gives and who receives in the demonstration: two Bulles, their members, a year of help."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from app.reciprocity.models import THEMES

MOBILITY, WORK, HOME, LEISURE, HEALTH, SOLIDARITY = THEMES


@dataclass(frozen=True)
class Neighbour:
    """A member. `gives` and `seeks`: (title, theme) of what they offer and ask for; with none of the one or
    of the other, they are on one side only."""

    name: str
    interests: tuple[str, ...]
    gives: tuple[tuple[str, str], ...]
    seeks: tuple[tuple[str, str], ...] = ()
    email: str = ""


@dataclass(frozen=True)
class Village:
    """The members of a Bulle. `actor` notes what they do, `administrator` agrees on rules; `pace`:
    exchanges a month; `seed`: what makes the same year each time."""

    slug: str
    bulle: str
    actor: str
    administrator: str
    pace: int
    seed: int
    people: tuple[Neighbour, ...]


@dataclass(frozen=True)
class Help:
    """An exchange of the year: who, to whom, how long, when, what."""

    giver: str
    receiver: str
    minutes: int
    happened_on: date
    title: str
    theme: str


DIJON = Village(
    "ascs",
    "Fontaine d’Ouche",
    "amina",
    "alice",
    22,
    44,
    (
        Neighbour(
            "Bernadette",
            ("cuisiner", "raconter des histoires", "marcher"),
            (("Cuisiner pour une fête", LEISURE), ("Garder un chat", SOLIDARITY)),
            (("Installer une application sur mon téléphone", WORK),),
            "bernadette@exemple.fr",
        ),
        Neighbour(
            "Yann",
            ("cuisiner", "faire du vélo"),
            (("Réparer un vélo", MOBILITY), ("Porter des courses", SOLIDARITY)),
            (("Relire ma lettre de motivation", WORK),),
            "yann@exemple.fr",
        ),
        Neighbour(
            "Fatima",
            ("coudre", "jardiner"),
            (("Reprendre un ourlet", HOME), ("Apprendre le point de croix", LEISURE)),
            (("Un trajet pour l’hôpital", MOBILITY),),
            "fatima@exemple.fr",
        ),
        Neighbour(
            "Michel",
            ("bricoler", "la pétanque"),
            (("Poser une étagère", HOME), ("Changer un joint", HOME)),
            (("Quelqu’un pour jouer aux cartes", LEISURE),),
        ),
        Neighbour(
            "Awa",
            ("chanter", "cuisiner"),
            (("Traduire un courrier", WORK), ("Chanter avec des enfants", LEISURE)),
            (("Monter un meuble", HOME),),
            "awa@exemple.fr",
        ),
        Neighbour(
            "Lucette",
            ("tricoter", "lire"),
            (("Lire à voix haute", LEISURE),),
            (("De la compagnie le jeudi", SOLIDARITY),),
        ),
        Neighbour(
            "Thomas",
            ("jouer", "l’informatique"),
            (("Aider avec un ordinateur", WORK), ("Installer une imprimante", WORK)),
            (("Apprendre à coudre un bouton", HOME),),
        ),
        Neighbour(
            "Ginette",
            ("jardiner", "marcher"),
            (("Arroser les plantes", HOME),),
            (("Porter un sac de terreau", SOLIDARITY),),
        ),
        Neighbour(
            "Hélène",
            ("le yoga", "lire"),
            (("Une séance d’étirements", LEISURE),),
            (("Réparer une fuite", HOME),),
        ),
        Neighbour(
            "Samir",
            ("la musique", "le football"),
            (("Accompagner à la guitare", LEISURE),),
            (("Réviser le code de la route", MOBILITY),),
        ),
        Neighbour(
            "Nadia",
            ("pâtisser", "chanter"),
            (("Garder un enfant après l’école", SOLIDARITY),),
            (("Préparer un entretien", WORK),),
        ),
        Neighbour(
            "Jacques",
            ("pêcher", "les cartes"),
            (("Conduire au marché", MOBILITY),),
            (("Remplir un dossier en ligne", WORK),),
        ),
        Neighbour(
            "Inès",
            ("dessiner", "faire du vélo"),
            (("Dessiner un portrait", LEISURE),),
            (("Une chambre pour un mois", HOME),),
        ),
        Neighbour(
            "Paulette",
            ("tricoter", "cuisiner"),
            (),
            (("Quelqu’un pour marcher après mon opération", HEALTH),),
        ),
        Neighbour("Odette", ("les cartes",), (), (("M’accompagner chez le médecin", HEALTH),)),
        Neighbour("Kévin", ("jouer", "le football"), (("Tondre une pelouse", HOME),)),
        Neighbour("Rachid", ("jardiner",), (("Porter des cartons", SOLIDARITY),)),
    ),
)

YONNE = Village(
    "yonne-nord",
    "Yonne Nord",
    "yves",
    "yves",
    9,
    89,
    (
        Neighbour(
            "Colette",
            ("jardiner", "faire des conserves"),
            (("Partager des plants", LEISURE),),
            (("Conduire à la gare", MOBILITY),),
        ),
        Neighbour(
            "Régis",
            ("la mécanique",),
            (("Conduire à la gare de Sens", MOBILITY),),
            (("Un coup de main au potager", HOME),),
        ),
        Neighbour(
            "Marie-Jo",
            ("coudre", "chanter"),
            (("Retoucher un vêtement", HOME),),
            (("Quelqu’un pour la chorale", LEISURE),),
        ),
        Neighbour(
            "Karim", ("l’informatique", "jardiner"), (("Aider avec une démarche en ligne", WORK),)
        ),
        Neighbour(
            "Odile",
            ("lire", "marcher"),
            (("Tenir compagnie", SOLIDARITY),),
            (("Changer une ampoule", HOME),),
        ),
        Neighbour(
            "Bruno",
            ("bricoler",),
            (("Petites réparations", HOME),),
            (("Cuisiner à plusieurs", LEISURE),),
        ),
        Neighbour("Sandrine", ("cuisiner", "danser"), (("Cuisiner à plusieurs", LEISURE),)),
        Neighbour(
            "Émile",
            ("les cartes", "la pétanque"),
            (("Raconter le village", LEISURE),),
            (("De l’aide pour mes courses", SOLIDARITY),),
        ),
    ),
)

VILLAGES = (DIJON, YONNE)
LOWEST, HIGHEST = -900, 1500
"""Minutes: how far a balance goes in the story."""
LENGTHS = (30, 30, 45, 60, 60, 60, 90, 90, 120, 180)


def tell_year(village: Village, today: date) -> Iterator[Help]:
    """The exchanges of the last twelve months, oldest first: the same for the same day.

    Whoever received is likelier to give, and the other way round, so that nobody goes very far; the first two
    give more than the others.
    """
    dice = random.Random(village.seed)  # noqa: S311 a story, not a secret
    balances = dict.fromkeys((person.name for person in village.people), 0)
    givers = [person for person in village.people if person.gives]
    for day in sorted(dice.randint(0, 364) for _ in range(village.pace * 12)):
        weights = [4 + max(0, -balances[p.name]) // 60 + 3 * (p in givers[:2]) for p in givers]
        giver = dice.choices(givers, weights)[0]
        others = [person for person in village.people if person.seeks and person is not giver]
        receiver = dice.choices(others, [3 + max(0, balances[p.name]) // 90 for p in others])[0]
        title, theme = dice.choice(giver.gives)
        minutes = dice.choice(LENGTHS)
        if balances[receiver.name] - minutes < LOWEST or balances[giver.name] > HIGHEST:
            continue
        balances[giver.name] += minutes
        balances[receiver.name] -= minutes
        happened_on = today - timedelta(days=364 - day)
        yield Help(giver.name, receiver.name, minutes, happened_on, title, theme)
