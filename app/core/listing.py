"""Lists: pages of 25, and the same rows as CSV or ODS."""

from __future__ import annotations

import codecs
import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from app.core.db import db

PER_PAGE = 25
CHUNK = 64 * 1024
"""Characters of a streamed CSV that are sent together."""
Row = TypeVar("Row")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of a list. `is_cut`: there are more rows than the `total` that can be shown."""

    rows: Sequence[Row]
    total: int
    number: int
    is_cut: bool = False

    @property
    def count(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PER_PAGE))

    @property
    def first(self) -> int:
        """Rank of the first row shown, from 1; 0 when the list is empty."""
        return min(self.total, (self.number - 1) * PER_PAGE + 1)

    @property
    def last(self) -> int:
        """Rank of the last row shown."""
        return min(self.total, self.number * PER_PAGE)


def paginate(
    statement: sa.Select[*tuple[Any, ...]],
    number: int,
    *,
    entities: bool = True,
    at_most: int | None = None,
) -> Page[Any]:
    """One page of a statement's rows: entities, or plain rows when several columns are selected.
    A page number out of range shows the nearest page. `at_most`: how many rows are counted and shown, of a
    list that may have millions."""
    total = count_rows(statement, at_most and at_most + 1)
    is_cut = at_most is not None and total > at_most
    total -= is_cut
    number = min(max(1, number), max(1, -(-total // PER_PAGE)))
    start = (number - 1) * PER_PAGE
    wanted = statement.limit(min(PER_PAGE, total - start)).offset(start)
    rows = db.session.scalars(wanted).all() if entities else db.session.execute(wanted).all()
    return Page(rows, total, number, is_cut)


def count_rows(statement: sa.Select[*tuple[Any, ...]], at_most: int | None = None) -> int:
    """How many rows a statement has; no more than `at_most` are looked for."""
    rows = statement.order_by(None).limit(at_most).subquery()
    return db.session.scalar(sa.select(sa.func.count()).select_from(rows)) or 0


def to_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A CSV that French spreadsheets open at once: semicolons, UTF-8 with its mark."""
    return b"".join(stream_csv(header, rows))


def stream_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """The same CSV, some rows at a time."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(header)
    yield codecs.BOM_UTF8
    for row in rows:
        writer.writerow([_defuse(cell) for cell in row])
        if out.tell() > CHUNK:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


def stream_zip(files: Iterable[tuple[str, Iterable[bytes]]]) -> Iterator[bytes]:
    """An archive of files (name, content in pieces), made while it is sent: nothing is kept whole."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, pieces in files:
            with archive.open(name, "w", force_zip64=True) as entry:
                for piece in pieces:
                    entry.write(piece)
                    yield pipe.take()
            yield pipe.take()
    yield pipe.take()


class _Pipe(io.RawIOBase):
    """What is written waits here until it is taken; an archive written to it never goes back."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._waiting += data
        return len(data)

    def take(self) -> bytes:
        taken = bytes(self._waiting)
        self._waiting.clear()
        return taken


def to_ods(title: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """The same rows as an OpenDocument spreadsheet of one sheet."""
    document = OpenDocumentSpreadsheet()
    table = Table(name=title[:31])
    for row in [header, *rows]:
        line = TableRow()
        for cell in row:
            holder = TableCell(valuetype="string")
            holder.addElement(P(text="" if cell is None else str(cell)))
            line.addElement(holder)
        table.addElement(line)
    document.spreadsheet.addElement(table)
    out = io.BytesIO()
    document.write(out)
    return out.getvalue()


def _defuse(cell: Any) -> str:
    # A cell that begins like a formula runs in a spreadsheet: a quote in front makes it text (OWASP).
    # Minutes, negative or not, stay numbers.
    text = "" if cell is None else str(cell)
    if isinstance(cell, int):
        return text
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
