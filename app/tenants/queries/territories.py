"""Finding a territory of the official geographic code."""

from __future__ import annotations

import re

import sqlalchemy as sa

from app.core.db import db
from app.tenants.models import Territory, TerritoryKind, search_name

MOST = 10
POSTCODE = 5
NAMED = re.compile(r"(?P<name>.*\S)\s*\((?P<code>\w+)\)")
NUMBER = re.compile(r"\d[0-9abAB]\d{0,7}")


def find_territory(kind: str | None, code: str | None) -> Territory | None:
    """A territory by its kind and its official code, or None."""
    return db.session.get(Territory, (kind, code)) if kind and code else None


def find_territories(typed: str) -> list[Territory]:
    """What a person may mean by a name, a postcode or an official code: ten at most, likeliest
    first. `Dijon (21231)`, as `Territory.typed` writes it, means one territory."""
    named = NAMED.fullmatch(typed.strip())
    number = re.sub(r"\s", "", typed).upper()
    if named:
        return _list_where(
            Territory.code == named["code"].upper(),
            Territory.search_name == search_name(named["name"]),
        )
    if NUMBER.fullmatch(number):
        in_postcodes = (
            Territory.postcodes.contains(number) if len(number) == POSTCODE else sa.false()
        )
        return _list_where((Territory.code == number) | in_postcodes)
    return _list_named(search_name(typed))


def _list_named(words: str) -> list[Territory]:
    exact = _list_where(Territory.search_name == words) if words else []
    return exact or (_list_where(Territory.search_name.contains(words)) if len(words) > 1 else [])


def _list_where(*conditions: sa.ColumnElement[bool]) -> list[Territory]:
    nearest = (Territory.kind == TerritoryKind.COMMUNE).desc()
    statement = sa.select(Territory).where(*conditions)
    return list(
        db.session.scalars(
            statement.order_by(
                nearest, Territory.population.desc().nulls_last(), Territory.search_name
            ).limit(MOST)
        )
    )
