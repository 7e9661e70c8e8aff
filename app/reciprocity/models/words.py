"""What people say they like, offer or need, cut into words that can be compared. Pure."""

from __future__ import annotations

import re

from app.core.errors import DomainError
from app.core.text import fold

MOST_INTERESTS = 20
LONGEST_INTEREST = 60
"""Letters."""
SHORTEST = 3
"""Letters: a shorter word says nothing."""
ROOT = 4
"""Letters that stay at least when an ending is taken off."""
ENDINGS = (
    "ations", "ation", "ements", "ement", "ieres", "iere", "euses", "euse", "eries", "erie",
    "eurs", "iers", "ages", "eur", "ier", "age", "ees", "ee", "er", "ir", "es", "s", "x", "e",
)  # fmt: skip
"""Longest first: « couture », « coutures » and « couturière » all begin by « coutur »."""
COMMON = """
les des une aux sur par son ses mes mon leur leurs nos vos qui que quoi est sont ont avec pour dans chez
sans entre plus moins tres bien bon bonne petit petite petits petites grand grande aide aider aides
besoin besoins cherche chercher propose proposer offre offrir demande donner faire fait aime aimer adore
envie savoir peut pouvoir voudrais aimerais quelqu quelques personne personnes fois heure heures jour
jours semaine mois tout tous toute toutes autre autres avoir etre mieux coup main service services chose
choses
"""
"""What is in every notice, folded."""
EMPTY = frozenset(COMMON.split())


def read_interests(typed: str) -> list[str]:
    """A list in free words, separated by commas or lines; each one once. DomainError: too many, too long."""
    interests: dict[str, str] = {}
    for part in re.split(r"[,;\n]", typed):
        words = " ".join(part.split())
        if words:
            interests.setdefault(fold(words), words)
    if len(interests) > MOST_INTERESTS:
        raise DomainError(f"Gardez {MOST_INTERESTS} centres d’intérêt au plus.")
    for words in interests.values():
        if len(words) > LONGEST_INTEREST:
            raise DomainError(f"« {words[:30]}… » est trop long. Séparez par des virgules.")
    return list(interests.values())


def stem(word: str) -> str:
    """What stays of a folded word without its ending."""
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= ROOT:
            return word[: -len(ending)]
    return word


def stems(text: str) -> frozenset[str]:
    """The words of a text that say something, without accents nor endings."""
    words = re.findall(r"[a-z0-9]+", fold(text))
    return frozenset(stem(word) for word in words if len(word) >= SHORTEST and word not in EMPTY)
