"""Which passwords are accepted (ASVS 6.2): 12 characters or more, any characters, not easy to guess."""

from __future__ import annotations

import re

from zxcvbn import zxcvbn

from app.core.text import fold

SHORTEST, LONGEST = 12, 256
MEASURED = 72
"""zxcvbn's time grows fast with length: what comes after the 72nd character can only help."""
ENOUGH = 4
"""zxcvbn's score: 10^10 guesses or more."""
OUR_WORDS = ["bulle", "bulles", "de", "des", "vie", "ocytocines", "reseau", "association"]

TOO_SHORT = f"Ce mot de passe est trop court. Écrivez au moins {SHORTEST} caractères."
TOO_LONG = f"Ce mot de passe est trop long. Écrivez au plus {LONGEST} caractères."
TOO_EASY = "Ce mot de passe est facile à deviner. Essayez quatre mots sans rapport entre eux."


def refuse_password(password: str, *about: str) -> str | None:
    """Why a password is refused, in French, or None. `about`: the person's name and address, of
    which it must not be made. zxcvbn compares with 30,000 leaked passwords, names, English words,
    keyboard paths and dates, whatever is put around them or swapped inside. Capitals and accents
    are not counted: they are guessed first."""
    if len(password) < SHORTEST:
        return TOO_SHORT
    if len(password) > LONGEST:
        return TOO_LONG
    words = OUR_WORDS + re.findall(r"[^\W_]+", fold(" ".join(about)))
    return TOO_EASY if zxcvbn(fold(password[:MEASURED]), words)["score"] < ENOUGH else None
