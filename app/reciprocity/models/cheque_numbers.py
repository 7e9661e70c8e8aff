"""The number of a cheque: booklet, cheque, and a letter that tells a misread number. Pure.

The letter is the remainder of the number by 23, as in the Spanish identity number: 23 is prime and 10 one of
its primitive roots, so that a wrong digit, or two digits exchanged wherever they stand, always change it. The
organisation is part of the sum: a cheque from elsewhere is told too, 22 times out of 23.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass

from app.core.errors import DomainError

LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
"""23 letters; I, O and Q, too much like digits, are not among them."""
NUMBER = re.compile(r"(\d{1,6})(?:[\s./-]+(\d{1,2})[\s./-]*|(\d{2}))([A-Z])")


@dataclass(frozen=True)
class ChequeNumber:
    """What is read on a cheque: `0007-03-K`."""

    booklet: int
    cheque: int
    letter: str

    def __str__(self) -> str:
        return f"{self.booklet:04d}-{self.cheque:02d}-{self.letter}"

    def is_right(self, tenant_id: uuid.UUID) -> bool:
        """Whether the letter is that of this number, in this organisation."""
        return self == number_cheque(tenant_id, self.booklet, self.cheque)


def number_cheque(tenant_id: uuid.UUID, booklet: int, cheque: int) -> ChequeNumber:
    """The number of a cheque (from 1) of a booklet."""
    rank = (booklet * 100 + cheque + tenant_id.int) % len(LETTERS)
    return ChequeNumber(booklet, cheque, LETTERS[rank])


def read_number(text: str) -> ChequeNumber:
    """A number as it was typed, or scanned: with or without its dashes, alone or at the end of an address.

    DomainError: this is no number of a cheque. The letter is not checked.
    """
    last = text.strip().rstrip("/").rpartition("/")[2] if "://" in text else text.strip()
    found = NUMBER.fullmatch(last.upper())
    if found is None:
        raise DomainError("Un numéro de chèque ressemble à 0007-03-K : recopiez-le en entier.")
    booklet, apart, together, letter = found.groups()
    return ChequeNumber(int(booklet), int(apart or together), letter)
