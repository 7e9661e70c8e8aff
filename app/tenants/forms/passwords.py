"""Which passwords are accepted (ASVS 6.2): 12 characters or more, any characters, not easy to guess."""

from __future__ import annotations

from zxcvbn import zxcvbn

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
    """Why a password is refused, in French, or None. `about`: the person's name and address, which it
    must not be made of. zxcvbn compares with 30,000 leaked passwords, names and words of several
    languages, keyboard paths and dates, whatever is put around them or swapped inside."""
    if len(password) < SHORTEST:
        return TOO_SHORT
    if len(password) > LONGEST:
        return TOO_LONG
    words = [*OUR_WORDS, *(word for text in about for word in (text, *text.split()) if word)]
    return TOO_EASY if zxcvbn(password[:MEASURED], words)["score"] < ENOUGH else None
