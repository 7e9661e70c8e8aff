"""A file of rows, as spreadsheets and other programs write it: its text, its separator, its lines."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from app.core.errors import DomainError

SEPARATORS = ";,\t"
MOST_LINES = 200_000
FORMULA = ("'=", "'+", "'-", "'@", "'\t")
"""How a cell begins that was kept from running as a formula, by us or by another program."""


@dataclass(frozen=True)
class Row:
    """A line of the file: its number as a spreadsheet shows it, from 1, and its cells."""

    line: int
    cells: list[str]


def decode(content: bytes) -> str:
    """The text of a file, whatever a spreadsheet saved it in. DomainError: it is not text."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise DomainError(
        "Nous ne savons pas lire ce fichier. Dans le tableur, enregistrez-le au format CSV."
    )


def read_rows(text: str) -> Iterator[Row]:
    """The rows of a text, header first, empty ones left out.

    DomainError: a quotation mark that is never closed, a cell without end, or too many lines.
    """
    header = next((line for line in io.StringIO(text) if line.strip()), "")
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=_find_separator(header), strict=True
    )
    line = 0
    try:
        for line, cells in enumerate(reader, start=1):
            if line > MOST_LINES:
                raise DomainError(
                    f"Ce fichier a plus de {MOST_LINES} lignes. Coupez-le, et reprenez chaque partie."
                )
            if any(cleaned := [_clean(cell) for cell in cells]):
                yield Row(line, cleaned)
    except csv.Error as fault:
        raise DomainError(
            f"Ligne {line + 1} : un guillemet n’est pas fermé, ou une case est trop longue."
        ) from fault


def _find_separator(header: str) -> str:
    # The cells of a header hold none of the three: the most frequent one stands between them.
    return max(SEPARATORS, key=header.count)


def _clean(cell: str) -> str:
    bare = cell[1:] if cell.startswith(FORMULA) else cell
    return bare.strip() if "\n" in bare else " ".join(bare.split())
