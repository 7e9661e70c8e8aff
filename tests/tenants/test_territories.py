"""The official geographic code: loaded again and again, found by name, postcode or code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.core.db import db
from app.tenants import commands, queries
from app.tenants.models import TerritoryKind
from tests.factories.cast import Cast

COMMUNES = {
    "21231": ("Dijon", ["21000", "21100"], 159_000),
    "89460": ("Villeneuve-la-Guyard", ["89340"], 3_300),
    "49100": ("Dijonval", ["49001"], 200),
    "97801": ("Saint-Martin", ["97150"], 32_000),
    "65392": ("Saint-Martin", ["65360"], 400),
}


def commune(code: str, name: str, postcodes: list[str], population: int) -> dict[str, Any]:
    return {
        "code": code,
        "nom": name,
        "type": "commune-actuelle",
        "departement": code[:2],
        "region": "27",
        "zone": "metro",
        "codesPostaux": postcodes,
        "population": population,
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small package with the shapes of the real one."""
    part = {**commune("21999", "Quartier ancien", [], 0), "type": "commune-deleguee"}
    write(tmp_path, "communes", [*(commune(c, *rest) for c, rest in COMMUNES.items()), part])
    region = {"code": "27", "nom": "Bourgogne-Franche-Comté", "zone": "metro"}
    write(tmp_path, "regions", [region, {"code": "975", "nom": "Saint-Pierre", "zone": "com"}])
    departement = {"code": "21", "nom": "Côte-d'Or", "region": "27", "zone": "metro"}
    write(tmp_path, "departements", [departement])
    members = [{"code": "21231"}, {"code": "00000"}]
    metropole = {"code": "242100410", "nom": "Dijon Métropole", "membres": members}
    write(tmp_path, "epci", [{**metropole, "populationMunicipale": 250_000}])
    return tmp_path


def write(folder: Path, name: str, entries: list[dict[str, Any]]) -> None:
    (folder / f"{name}.json").write_text(json.dumps(entries))


def write_communes(folder: Path, *kept: str, **renamed: str) -> None:
    names = {
        code: (renamed.get(f"c{code}", COMMUNES[code][0]), *COMMUNES[code][1:]) for code in kept
    }
    write(folder, "communes", [commune(code, *rest) for code, rest in names.items()])


def names(typed: str) -> list[str]:
    return [territory.typed for territory in queries.find_territories(typed)]


def test_the_code_is_counted_and_parts_of_communes_are_left_out(app: Flask, folder: Path) -> None:
    assert commands.load_territories(folder) == {
        "régions": 1,
        "départements": 1,
        "intercommunalités": 1,
        "communes": 5,
        "retirés": 0,
        "gardés car utilisés": 0,
    }
    dijon = queries.find_territory(TerritoryKind.COMMUNE, "21231")
    assert dijon
    assert (dijon.epci_code, dijon.departement_code) == ("242100410", "21")


def test_loading_twice_changes_nothing(app: Flask, folder: Path) -> None:
    assert commands.load_territories(folder) == commands.load_territories(folder)


def test_a_renamed_commune_takes_its_new_name(app: Flask, folder: Path) -> None:
    commands.load_territories(folder)
    write_communes(folder, "21231", "89460", c89460="Villeneuve-sur-Yonne Nord")
    commands.load_territories(folder)
    assert names("89340") == ["Villeneuve-sur-Yonne Nord (89460)"]


def test_a_merged_commune_goes_unless_something_refers_to_it(
    app: Flask, cast: Cast, folder: Path
) -> None:
    commands.load_territories(folder)
    bulle = queries.get_bulle(cast.bulle.id)
    bulle.territory_kind, bulle.territory_code = "commune", "89460"
    db.session.flush()
    write_communes(folder, "21231")
    counts = commands.load_territories(folder)
    assert (counts["retirés"], counts["gardés car utilisés"]) == (3, 1)
    assert names("Villeneuve la Guyard") == ["Villeneuve-la-Guyard (89460)"]
    assert names("Dijonval") == []


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("dijon", ["Dijon (21231)"]),
        ("DIJON ", ["Dijon (21231)"]),
        ("21 100", ["Dijon (21231)"]),
        ("21231", ["Dijon (21231)"]),
        ("21", ["Côte-d’Or (21)"]),
        ("cote d or", ["Côte-d’Or (21)"]),
        ("villeneuve", ["Villeneuve-la-Guyard (89460)"]),
        ("St-Martin", ["Saint-Martin (97801)", "Saint-Martin (65392)"]),
        ("Saint-Martin (65392)", ["Saint-Martin (65392)"]),
        ("Dijon (65392)", []),
        ("%", []),
        ("", []),
    ],
)
def test_a_territory_is_found(app: Flask, folder: Path, typed: str, expected: list[str]) -> None:
    commands.load_territories(folder)
    assert names(typed) == expected
