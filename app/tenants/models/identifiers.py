"""Numbers that France gives to organisations: checked, and written without spaces. Pure."""

from __future__ import annotations

import re

from stdnum.exceptions import ValidationError
from stdnum.fr import siren, siret

from app.core.errors import DomainError

# W, the registry (digits of a département; 2A, 2B, 9R… in Corsica and overseas), a number.
RNA = re.compile(r"W\d[0-9A-Z]\d{7}")
POSTCODE = re.compile(r"\d{5}")
SIREN_DIGITS = 9


def compact(typed: str) -> str:
    """A number without the spaces and stops that people put in it."""
    return re.sub(r"[\s.]", "", typed)


def read_siren(typed: str) -> str:
    """The nine digits of a SIREN whose Luhn key is right, or DomainError."""
    try:
        return str(siren.validate(typed))
    except ValidationError as error:
        raise DomainError(
            "Ce numéro SIREN n’est pas bon. Il a 9 chiffres : vérifiez-les un par un."
        ) from error


def read_siret(typed: str) -> str:
    """The fourteen digits of a SIRET, or DomainError. Those of La Poste have a key of their own
    (INSEE): the sum of their digits is a multiple of five; python-stdnum knows it."""
    try:
        return str(siret.validate(typed))
    except ValidationError as error:
        raise DomainError(
            "Ce numéro SIRET n’est pas bon. Il a 14 chiffres : vérifiez-les un par un."
        ) from error


def read_rna(typed: str) -> str:
    """The number of an association in the national register (`W212001234`), or DomainError."""
    number = compact(typed).upper()
    if not RNA.fullmatch(number):
        raise DomainError(
            "Ce numéro RNA n’est pas bon. Il commence par W, puis 9 caractères, comme W212001234."
        )
    return number


def read_postcode(typed: str) -> str:
    """The five digits of a postcode, or DomainError."""
    number = compact(typed)
    if not POSTCODE.fullmatch(number):
        raise DomainError("Un code postal a 5 chiffres, par exemple 21000.")
    return number
