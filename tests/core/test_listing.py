"""Lists: pages, and the same rows for a spreadsheet."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.db import db, tenant_context
from app.core.listing import PER_PAGE, Page, paginate, to_csv, to_ods
from app.core.numbering import Counter
from tests.factories.cast import Cast

TOTAL = 2 * PER_PAGE + 1


@pytest.fixture
def counters(cast: Cast) -> sa.Select[Counter]:
    """Two whole pages and one row more."""
    with tenant_context(cast.tenants["ascs"].id):
        db.session.add_all(Counter(series=f"{n:03d}", year=2026, last=n) for n in range(TOTAL))
        db.session.commit()
    return sa.select(Counter).order_by(Counter.series)


@pytest.mark.parametrize(
    ("asked", "number", "first", "last"),
    [(1, 1, 1, 25), (2, 2, 26, 50), (3, 3, 51, 51), (9, 3, 51, 51), (0, 1, 1, 25), (-4, 1, 1, 25)],
)
def test_a_page_out_of_range_shows_the_nearest(
    cast: Cast, counters: sa.Select[Counter], asked: int, number: int, first: int, last: int
) -> None:
    with tenant_context(cast.tenants["ascs"].id):
        page = paginate(counters, asked)
        series = [row.series for row in page.rows]
    assert (page.number, page.count, page.total) == (number, 3, TOTAL)
    assert (page.first, page.last) == (first, last)
    assert series == [f"{n:03d}" for n in range(first - 1, last)]


def test_an_empty_list_has_one_empty_page() -> None:
    page: Page[object] = Page([], 0, 1)
    assert (page.count, page.first, page.last) == (1, 0, 0)


def test_a_list_of_millions_is_not_counted_whole(
    cast: Cast, counters: sa.Select[Counter], queries: list[str]
) -> None:
    with tenant_context(cast.tenants["ascs"].id):
        queries.clear()
        page = paginate(counters, 9, at_most=PER_PAGE + 5)
        assert (page.number, page.total, page.is_cut) == (2, PER_PAGE + 5, True)
        assert "LIMIT" in queries[0]
        page = paginate(counters, 9, at_most=TOTAL)
        assert (page.number, page.total, page.is_cut) == (3, TOTAL, False)


def test_plain_rows_are_counted_and_cut_too(cast: Cast, counters: sa.Select[Counter]) -> None:
    with tenant_context(cast.tenants["ascs"].id):
        statement = sa.select(Counter.series, Counter.last).order_by(Counter.last.desc())
        page = paginate(statement, 3, entities=False)
        assert [tuple(row) for row in page.rows] == [("000", 0)]


def read_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_a_french_spreadsheet_opens_the_csv_at_once(app: Flask) -> None:
    content = to_csv(["Nom", "Ville"], [["Léa ; « Élan »", None], ["deux\nlignes", 3]])
    assert content.startswith(b"\xef\xbb\xbf")
    assert read_csv(content) == [["Nom", "Ville"], ["Léa ; « Élan »", ""], ["deux\nlignes", "3"]]


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_is_never_a_formula(sign: str) -> None:
    """Spreadsheets run what begins so, even from a file that somebody else filled (OWASP)."""
    (_, (cell,)) = read_csv(to_csv(["Nom"], [[f'{sign}HYPERLINK("http://ailleurs")']]))
    assert cell.startswith(f"'{sign}")


def test_an_ods_holds_text_only() -> None:
    content = to_ods("Équipe / 2026", ["Nom"], [["=1+1"], [None], ["<b>&"]])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read("content.xml").decode()
    assert "table:formula" not in sheet
    assert "=1+1" in sheet
    assert "&lt;b&gt;&amp;" in sheet
    assert sheet.count('office:value-type="string"') == 4
