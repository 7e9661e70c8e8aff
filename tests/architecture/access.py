"""The access matrix: `access.txt` as rows, and `docs/permissions.md` made from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "permissions.md"
STRANGER = "stranger"
PEOPLE = ("alice", "bob", "carole", "denis", "fanny", "olga", STRANGER)

TITLES = {
    "about": "Pages d’explication",
    "account": "Son propre compte",
    "accueil": "Accueil d’une organisation",
    "api": "Les heures, pour les programmes",
    "bulles": "Bulles",
    "clearing": "Heures avec les autres lieux",
    "cheques": "Chèques-heures",
    "clauses": "Bibliothèque de clauses",
    "conventions": "Conventions",
    "courrier": "Courrier de la démonstration",
    "door": "Liens et codes de connexion",
    "exchanges": "Échanges",
    "figures": "Les heures en chiffres",
    "groups": "Échanges à plusieurs",
    "fund": "Fonds de solidarité",
    "exports": "Données des heures à emporter",
    "health": "Santé de l’installation",
    "home": "Adresse du réseau",
    "hours": "Les heures",
    "imports": "Fichiers à reprendre dans les heures",
    "invitations": "Invitation reçue",
    "jobs": "Travaux en arrière-plan",
    "journal": "Journal",
    "members": "Équipe",
    "offers": "Offres et besoins",
    "openapi": "Description de l’interface des programmes",
    "people": "Membres, qui donnent et reçoivent",
    "nettings": "Compensations entre lieux",
    "picker": "Choix de l’organisation",
    "proof": "Preuve du registre des heures",
    "received": "Conventions reçues",
    "regimes": "Bénévolat et travail payé",
    "register": "Registre des organisations",
    "requests": "Échanges à confirmer",
    "security": "Connexion, mots de passe, codes, clés d’accès",
    "signing": "Signature par lien personnel",
    "space": "Espace d’un membre, par lien personnel",
    "space_door": "Lien de l’espace d’un membre",
    "space_exchanges": "Espace d’un membre : ses échanges",
    "space_notices": "Espace d’un membre : les annonces",
    "space_statement": "Espace d’un membre : son relevé",
    "statements": "Relevé d’un membre",
    "terms": "Règles des heures",
    "themes": "Thèmes des annonces",
    "tokens": "Clés pour les programmes",
    "types": "Modèles de convention",
    "verification": "Vérification d’un document",
}
WORDS = {"401": "clé", "403": "non", "404": "inconnue", "door": "connexion", "proof": "preuve"}
INTRODUCTION = """\
# Qui peut faire quoi

Page écrite par `python -m tests.architecture.access` à partir de `tests/architecture/access.txt`, que
les tests comparent à l’application : ne la modifiez pas à la main.

Alice administre l’ASCS, Bob y rédige, Carole y lit ; Denis administre le CCAS, Fanny un financeur, Olga
Ocytocines, la tête du réseau. `{…}` est un identifiant ; sauf mention contraire, il est de
l’organisation nommée dans l’adresse.

**oui** : la page ou l’acte · **non** : la personne voit l’objet mais son rôle ne permet pas cela (403) ·
**inconnue** : l’adresse n’existe pas pour cette personne (404) · **connexion** : il faut d’abord se
connecter · **preuve** : il faut d’abord prouver de nouveau qui l’on est. Un ! après l’adresse : la
preuve de qui l’on est doit dater de moins de dix minutes.
"""


@dataclass(frozen=True)
class Row:
    """One page and method, and what each person is answered there."""

    method: str
    endpoint: str
    needs_fresh: bool
    address: str
    answers: dict[str, str]

    @property
    def group(self) -> str:
        """The blueprint."""
        return self.endpoint.split(".")[0]

    @property
    def names(self) -> set[str]:
        """The placeholders of its address."""
        return set(re.findall(r"{(\w+)}", self.address))


def read_rows() -> list[Row]:
    """The rows of `access.txt`; ValueError names a line that cannot be read."""
    lines = (HERE / "access.txt").read_text().splitlines()
    return [_read(line) for line in lines if line and not line.startswith("#")]


def _read(line: str) -> Row:
    method, endpoint, address, *answers = line.split()
    match len(answers):
        case 1:
            answers = answers * len(PEOPLE)
        case 2:
            answers = [answers[0]] * (len(PEOPLE) - 1) + [answers[1]]
        case count if count != len(PEOPLE):
            raise ValueError(f"access.txt: {line}")
    people = dict(zip(PEOPLE, answers, strict=True))
    return Row(method, endpoint.rstrip("!"), endpoint.endswith("!"), address, people)


def render_page() -> str:
    """What docs/permissions.md must hold."""
    groups = groupby(read_rows(), key=lambda row: row.group)
    return INTRODUCTION + "".join(_render_group(name, rows) for name, rows in groups)


def _render_group(name: str, rows: Iterator[Row]) -> str:
    people = " | ".join(who.capitalize() for who in PEOPLE[:-1])
    head = f"| adresse | {people} | sans compte |\n|---{'|---' * len(PEOPLE)}|\n"
    return f"\n## {TITLES[name]}\n\n{head}" + "".join(_render_row(row) for row in rows)


def _render_row(row: Row) -> str:
    words = (WORDS.get(row.answers[who], "oui") for who in PEOPLE)
    mark = " !" if row.needs_fresh else ""
    return f"| {row.method} `{row.address}`{mark} | {' | '.join(words)} |\n"


if __name__ == "__main__":
    PAGE.write_text(render_page())
