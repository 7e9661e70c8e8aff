"""French as it is written: days, hours, amounts, counts, lists; names as they are sorted."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from app.core import text
from app.core.clock import paris
from app.core.text import (
    duration,
    euros,
    fold,
    hour,
    instant,
    join_names,
    long_date,
    month_year,
    of_name,
    plural,
    short_date,
    slugify,
    typography,
    weekday_date,
)

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("day", "written"),
    [
        (date(2026, 11, 20), "20 novembre 2026"),
        (date(2027, 1, 1), "1er janvier 2027"),
        (date(2026, 8, 2), "2 août 2026"),
    ],
)
def test_a_day_in_full(day: date, written: str) -> None:
    assert long_date(day) == written.replace(" ", NBSP)


def test_a_month() -> None:
    assert month_year(date(2026, 8, 2)) == f"août{NBSP}2026"


def test_a_day_of_the_week() -> None:
    assert weekday_date(date(2026, 11, 23)) == f"lundi 23{NBSP}novembre{NBSP}2026"


@pytest.mark.parametrize(
    ("day", "written"),
    [
        (date(2026, 2, 3), "3 févr."),
        (date(2026, 5, 1), "1er mai"),
        (date(2025, 10, 2), "2 oct. 2025"),
    ],
)
def test_a_short_day(monkeypatch: pytest.MonkeyPatch, day: date, written: str) -> None:
    monkeypatch.setattr(text, "today", lambda: date(2026, 11, 22))
    assert short_date(day) == written.replace(" ", NBSP)


@pytest.mark.parametrize(
    ("utc", "day", "time"),
    [
        (datetime(2026, 7, 1, 22, 30, tzinfo=UTC), "2 juillet 2026", "0 h 30"),
        (datetime(2026, 12, 31, 23, 5, tzinfo=UTC), "1er janvier 2027", "0 h 05"),
        (datetime(2026, 11, 20, 8, 12, tzinfo=UTC), "20 novembre 2026", "9 h 12"),
    ],
)
def test_an_instant_is_told_on_a_paris_clock(utc: datetime, day: str, time: str) -> None:
    assert instant(utc) == f"{day} à {time}".replace(" ", NBSP).replace(f"{NBSP}à{NBSP}", " à ")
    assert hour(utc) == time.replace(" ", NBSP)
    assert paris(utc) == utc


@pytest.mark.parametrize(
    ("cents", "written"),
    [
        (0, f"0{NBSP}€"),
        (1250, f"12,50{NBSP}€"),
        (1_650_000, f"16{NBSP}500{NBSP}€"),
        (-5, f"−0,05{NBSP}€"),
        (123_456_789_00, f"123{NBSP}456{NBSP}789{NBSP}€"),
    ],
)
def test_an_amount(cents: int, written: str) -> None:
    assert euros(cents) == written


@pytest.mark.parametrize(
    ("minutes", "written"),
    [
        (0, "0 min"),
        (45, "45 min"),
        (60, "1 h"),
        (90, "1 h 30"),
        (-125, "−2 h 05"),
        (-15, "−15 min"),
        (75_000, "1 250 h"),
    ],
)
def test_a_duration(minutes: int, written: str) -> None:
    assert duration(minutes) == written.replace(" ", NBSP)


@pytest.mark.parametrize(
    ("count", "written"), [(0, "0 convention"), (1, "1 convention"), (2, "2 conventions")]
)
def test_zero_is_singular(count: int, written: str) -> None:
    assert plural(count, "convention") == written.replace(" ", NBSP)


def test_a_plural_of_its_own() -> None:
    assert plural(3, "travail", "travaux") == f"3{NBSP}travaux"


@pytest.mark.parametrize(
    ("names", "written"),
    [([], ""), (["A"], "A"), (["A", "B"], "A et B"), (["A", "B", "C"], "A, B et C")],
)
def test_a_list_of_names(names: list[str], written: str) -> None:
    assert join_names(names) == written


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Yann", "de Yann"),
        ("Awa", "d’Awa"),
        ("Élise", "d’Élise"),
        ("Hélène", "d’Hélène"),
        ("Yves", "d’Yves"),
        ("", "de "),
    ],
)
def test_of_someone(name: str, written: str) -> None:
    assert of_name(name) == written


def test_names_are_sorted_without_accents_nor_case() -> None:
    names = ["Évreux", "Œuvre", "eaux", "Zoé", "abbaye", "ÉTAMPES"]
    assert sorted(names, key=fold) == ["abbaye", "eaux", "ÉTAMPES", "Évreux", "Œuvre", "Zoé"]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Centre social de Dijon", "centre-social-de-dijon"),
        ("L’Œuvre d’Été — n° 3 !", "l-oeuvre-d-ete-n-3"),
        ("???", ""),
        ("x" * 80, "x" * 60),
    ],
)
def test_the_address_of_a_name(name: str, slug: str) -> None:
    assert slugify(name) == slug


@pytest.mark.parametrize(
    ("typed", "spaced"),
    [
        ("Pourquoi ?", "Pourquoi\u00a0?"),
        ("« Un lieu » : 12 €, non ?", "«\u00a0Un lieu\u00a0»\u00a0: 12\u00a0€, non\u00a0?"),
        (" » et la suite", "\u00a0» et la suite"),
        ("a[b] ?x=1 ; y", "a[b] ?x=1\u00a0; y"),
        ("10:30", "10:30"),
    ],
)
def test_french_marks_never_begin_a_line(typed, spaced):
    assert typography(typed) == spaced
