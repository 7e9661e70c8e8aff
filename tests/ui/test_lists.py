"""Lists: sorting, pages, addresses; stages and states; the map."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from tests.ui.conftest import TEMPLATES, Render, words

TABLE = """{% from "components/table.html" import tableau, tete_ligne %}
{% call tableau("Conventions", [("Titre", "titre"), ("Avec", ""), ("Changée", "date")], "-date") %}
  <tr role="row">{{ tete_ligne("Un appartement", "/c/1", "2026-014") }}</tr>
{% endcall %}"""
FOOT = '{% from "components/pagination.html" import pied_liste %}{{ pied_liste(page) }}'


@dataclass(frozen=True)
class ShownPage:
    """What the foot of a list reads of `listing.Page`."""

    number: int
    count: int
    first: int = 1
    last: int = 25
    total: int = 312
    is_cut: bool = False


@dataclass(frozen=True)
class Point:
    """A Bulle on the map."""

    nom: str
    lon: float
    lat: float
    cote: str = "start"
    fort: bool = False
    numero: int = 1


@pytest.mark.parametrize(
    ("at", "sorts", "links"),
    [
        ("", [None, None, "descending"], ["tri=titre&page=1", "tri=date&page=1"]),
        ("tri=titre", ["ascending", None, None], ["tri=-titre&page=1", "tri=date&page=1"]),
        ("tri=-titre", ["descending", None, None], ["tri=titre&page=1", "tri=date&page=1"]),
    ],
)
def test_headers_say_the_order_and_offer_the_other(
    render: Render, at: str, sorts: list[str | None], links: list[str]
) -> None:
    table = render(TABLE, at=at)
    assert [th.get("aria-sort") for th in table.findall(".//thead//th")] == sorts
    hrefs = [str(a.get("href")) for a in table.findall(".//thead//a")]
    assert hrefs == [f"/centre/conventions?{link}" for link in links]


def test_a_list_too_long_to_be_counted_says_so(render: Render) -> None:
    assert "1 à 25 sur 312" in words(render(FOOT, page=ShownPage(1, 13)))
    last = ShownPage(400, 400, 9_976, 10_000, 10_000, is_cut=True)
    assert "9 976 à 10 000 sur plus de 10 000" in words(render(FOOT, page=last))


def test_a_search_is_short_enough_for_an_address() -> None:
    pages = [path.read_text() for path in TEMPLATES.rglob("*.html")]
    fields = re.findall(r'<input[^>]* type="search"[^>]*>', "".join(pages))
    assert fields
    assert all(' maxlength="100"' in field for field in fields)


def test_address_keeps_what_was_searched(render: Render) -> None:
    foot = render(FOOT, at="q=terre+%26+eau&tri=-date&page=2", page=ShownPage(2, 3))
    link = foot.find(".//a[@rel='next']")
    assert link is not None
    assert link.get("href") == "/centre/conventions?q=terre+%26+eau&tri=-date&page=3"


@pytest.mark.parametrize(
    ("number", "count", "shown"),
    [
        (1, 2, "Page 1 Page 2 Suivante"),
        (5, 13, "Précédente Page 1 … Page 4 Page 5 Page 6 … Page 13 Suivante"),
        (13, 13, "Précédente Page 1 … Page 12 Page 13"),
    ],
)
def test_pages_show_the_ends_and_the_neighbours(
    render: Render, number: int, count: int, shown: str
) -> None:
    foot = render(FOOT, page=ShownPage(number, count))
    assert " ".join(words(item) for item in foot.findall(".//nav//li")) == shown
    assert [words(a) for a in foot.findall(".//a[@aria-current='page']")] == [f"Page {number}"]


def test_one_page_has_no_pages_but_its_count_and_files(render: Render) -> None:
    foot = render(FOOT, page=ShownPage(1, 1, last=6, total=6))
    assert foot.find(".//nav") is None
    assert words(foot.find(".//p")) == "1 à 6 sur 6"
    hrefs = [a.get("href") for a in foot.findall(".//a")]
    assert hrefs == ["/centre/conventions?format=csv", "/centre/conventions?format=ods"]


@pytest.mark.parametrize(("rang", "done", "current"), [(0, 0, 0), (2, 1, 1), (4, 3, 0)])
def test_stages_have_at_most_one_current(
    render: Render, rang: int, done: int, current: int
) -> None:
    stages = render(
        '{% from "components/etapes.html" import etapes_mini %}{{ etapes_mini("abc", rang) }}',
        rang=rang,
    )
    assert len(stages.findall(".//li[@class='fait']")) == done
    assert len(stages.findall(".//li[@aria-current='step']")) == current


@pytest.mark.parametrize(("code", "css"), [("signing", "etat etat-signature"), ("unheard", "etat")])
def test_state_always_has_its_word(render: Render, code: str, css: str) -> None:
    page = render(
        '{% from "components/etat.html" import etat %}{{ etat(code, "En signature") }}', code=code
    )
    badge = page.find(".//span")
    assert badge is not None
    assert str(badge.get("class")).split() == css.split()
    assert words(badge) == "En signature"


def test_map_puts_north_up_and_west_left(render: Render) -> None:
    points = [
        Point("Paris", 2.35, 48.86),
        Point("Dijon", 5.04, 47.32),
        Point("<Nantes>", -1.55, 47.22),
    ]
    drawing = render(
        '{% from "components/carte.html" import carte %}{{ carte(points, "Carte") }}', points=points
    )
    paris, dijon, nantes = [
        (float(c.get("cx", "")), float(c.get("cy", ""))) for c in drawing.findall(".//{*}circle")
    ]
    assert nantes[0] < paris[0] < dijon[0]
    assert paris[1] < dijon[1] < nantes[1]
    assert all(0 < x < 475 and 0 < y < 445 for x, y in (paris, dijon, nantes))
    assert "<Nantes>" in words(drawing)
