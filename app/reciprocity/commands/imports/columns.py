"""Which column says what: our own tables by their header, TimeOverflow's by their place.

TimeOverflow writes its headers in the language of whoever downloads them, and always in the same order
(coopdevs/timeoverflow, app/decorators: report/member, report/post, report/transfer, and the complete ones).
A transfer there goes from who received the help to who gave it, as an account pays another.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.core.errors import DomainError
from app.core.text import fold, join_names

SOURCES = {"table": "Un tableur", "timeoverflow": "TimeOverflow"}
KINDS = {"members": "Les membres", "offers": "Les annonces", "exchanges": "Les échanges passés"}

Cells = dict[str, str]
"""What a row says, by the name of the column; a column that is not there is absent."""


@dataclass(frozen=True)
class Column:
    """A column of our tables: how its header is written, what it holds, an example."""

    name: str
    header: str
    meaning: str
    example: str = ""
    needed: bool = False
    also: tuple[str, ...] = ()


TABLES = {
    "members": (
        Column(
            "key",
            "Clé",
            "ce qui désigne cette personne dans vos fichiers",
            "M-12",
            also=("n", "numero", "id"),
        ),
        Column(
            "name",
            "Nom",
            "comment on l’appelle",
            "Bernadette L.",
            needed=True,
            also=("prenom", "nom et prenom"),
        ),
        Column("kind", "Genre", "« membre », ou « groupe »", "membre"),
        Column(
            "email",
            "E-mail",
            "",
            "bernadette@exemple.fr",
            also=("mail", "courriel", "adresse e-mail"),
        ),
        Column("phone", "Téléphone", "", "03 80 00 00 00", also=("tel", "portable")),
        Column(
            "interests",
            "Centres d’intérêt",
            "séparés par des virgules",
            "cuisine, jardin",
            also=("interets",),
        ),
        Column("shows", "Contact visible", "« oui » si les autres membres le voient", "non"),
        Column("bulle", "Bulle", "le nom de sa Bulle", ""),
        Column(
            "joined", "Inscrit le", "", "21/11/2024", also=("inscription", "date d inscription")
        ),
        Column("left", "Parti le", "vide si la personne est là", ""),
    ),
    "offers": (
        Column(
            "key",
            "Clé",
            "ce qui désigne cette annonce dans vos fichiers",
            "A-7",
            also=("n", "numero", "id"),
        ),
        Column(
            "member",
            "Membre",
            "le nom de qui la publie",
            "Bernadette L.",
            needed=True,
            also=("nom",),
        ),
        Column("member_key", "Clé du membre", "pour les homonymes", "M-12"),
        Column("kind", "Genre", "« offre » ou « besoin »", "offre", also=("type",)),
        Column("category", "Thème", "", "Loisirs, culture et sport", also=("categorie",)),
        Column("title", "Titre", "", "Cours de tricot", needed=True, also=("annonce",)),
        Column("text", "Texte", "", "Le jeudi après-midi.", also=("description",)),
        Column("group", "Pour un groupe", "« oui » ou « non »", "non"),
        Column("published", "Publiée le", "", "21/11/2024", also=("date",)),
        Column("expires", "Dernier jour", "", ""),
        Column("closed", "Retirée le", "", ""),
    ),
    "exchanges": (
        Column(
            "key",
            "Clé",
            "ce qui désigne cet échange dans vos fichiers",
            "E-340",
            also=("n", "numero", "id"),
        ),
        Column("day", "Jour", "", "21/11/2024", needed=True, also=("date", "le")),
        Column("giver", "Qui a donné", "", "Yann", needed=True, also=("donne par", "donneur")),
        Column("giver_key", "Clé de qui a donné", "pour les homonymes", "M-15"),
        Column(
            "receiver",
            "Qui a reçu",
            "",
            "Bernadette L.",
            needed=True,
            also=("recu par", "receveur"),
        ),
        Column("receiver_key", "Clé de qui a reçu", "pour les homonymes", "M-12"),
        Column(
            "duration",
            "Durée",
            "1:30, 1 h 30, 90 min ou 1,5 h",
            "1:30",
            needed=True,
            also=("minutes", "heures", "temps"),
        ),
        Column("wording", "Quoi", "", "Courses", also=("objet", "description", "pour")),
        Column("category", "Thème", "", "", also=("categorie",)),
    ),
}

PLACES: dict[str, dict[int, tuple[str, ...]]] = {
    "members": {
        9: ("key", "name", "email", "phone", "phone_2", "joined"),
        16: ("key", "name", "email", "", "phone", "phone_2", "", "joined"),
    },
    "offers": {
        5: ("key", "title", "", "member", "published"),
        10: ("key", "title", "text", "category", "kind", "member", "member_key", "published"),
    },
    "exchanges": {
        5: ("day", "receiver", "giver", "wording", "duration"),
        9: ("day", "receiver", "receiver_key", "giver", "giver_key", "wording", "", "reason", "hours"),
    },
}  # fmt: skip
"""Kind → width of the file → the names of its columns, in their order."""


def match_columns(source: str, kind: str, header: list[str]) -> list[str]:
    """The name of each column of a file, "" for one that says nothing to us. DomainError: it lacks one."""
    return _by_place(kind, header) if source == "timeoverflow" else _by_header(kind, header)


def _by_place(kind: str, header: list[str]) -> list[str]:
    names = PLACES[kind].get(len(header))
    if names is None:
        widths = " ou ".join(map(str, PLACES[kind]))
        raise DomainError(
            f"Ce fichier a {len(header)} colonnes. Celui de TimeOverflow en a {widths} :"
            " téléchargez-le de nouveau, au format CSV, et ne changez rien."
        )
    return [*names, *[""] * (len(header) - len(names))]


def _by_header(kind: str, header: list[str]) -> list[str]:
    known = {
        _bare(word): column.name
        for column in TABLES[kind]
        for word in (column.header, *column.also)
    }
    # « Minutes » and « Heures » say the unit of a bare number besides.
    units = {"heures": "hours", "heure": "hours"} if kind == "exchanges" else {}
    names = [units.get(_bare(title)) or known.get(_bare(title), "") for title in header]
    missing = [
        f"« {column.header} »"
        for column in TABLES[kind]
        if column.needed
        and column.name not in names
        and not (column.name == "duration" and "hours" in names)
    ]
    if missing:
        raise DomainError(
            f"Il manque la colonne {join_names(missing)}. La première ligne du fichier nomme les colonnes."
        )
    return names


def _bare(title: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", fold(title)))


def name_cells(names: list[str], cells: list[str]) -> Cells:
    """A row by the names of its columns."""
    return {name: cell for name, cell in zip(names, cells, strict=False) if name}
