"""Loading the official geographic code (COG): npm package `@etalab/decoupage-administratif`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert

from app.core.db import db
from app.tenants.models import Bulle, Tenant, Territory, TerritoryKind, search_name

Entry = dict[str, Any]
LABELS = {
    TerritoryKind.REGION: "régions",
    TerritoryKind.DEPARTEMENT: "départements",
    TerritoryKind.EPCI: "intercommunalités",
    TerritoryKind.COMMUNE: "communes",
}


def load_territories(folder: Path) -> dict[str, int]:
    """Write the territories of `folder` (the package's `data`), as often as wanted; commit nothing.

    What the code no longer has is deleted, unless an organisation or a Bulle still refers to it.
    Returns how many of each kind, how many were removed, how many were kept for that reason.
    """
    rows = list(_read(folder))
    _upsert(rows)
    removed = _remove_gone(rows)
    counts = {label: sum(r["kind"] == kind for r in rows) for kind, label in LABELS.items()}
    total = db.session.scalar(sa.select(sa.func.count()).select_from(Territory)) or 0
    return {**counts, "retirés": removed, "gardés car utilisés": total - len(rows)}


def _read(folder: Path) -> Iterator[Entry]:
    regions, departements, epcis, communes = (
        json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("regions", "departements", "epci", "communes")
    )
    # Délégué, associated and arrondissement entries are parts of an actual commune, not communes.
    actual = [commune for commune in communes if commune["type"] == "commune-actuelle"]
    places = {commune["code"]: commune for commune in actual}
    epci_of = {member["code"]: epci["code"] for epci in epcis for member in epci["membres"]}
    yield from (_row(TerritoryKind.REGION, entry) for entry in regions if not _is_apart(entry))
    yield from (
        _row(TerritoryKind.DEPARTEMENT, entry, region_code=entry["region"])
        for entry in departements
        if not _is_apart(entry)
    )
    yield from (_epci_row(epci, places) for epci in epcis)
    yield from (_commune_row(commune, epci_of) for commune in actual)


def _is_apart(entry: Entry) -> bool:
    # An overseas collectivity stands in both files, and is neither a région nor a département.
    return bool(entry["zone"] == "com")


def _row(kind: TerritoryKind, entry: Entry, **more: Any) -> Entry:
    return {
        "kind": kind.value,
        "code": entry["code"],
        "name": entry["nom"].replace("'", "’"),
        "search_name": search_name(entry["nom"]),
        "region_code": None,
        "departement_code": None,
        "epci_code": None,
        "postcodes": None,
        "population": None,
        **more,
    }


def _epci_row(epci: Entry, places: dict[str, Entry]) -> Entry:
    # An EPCI may spread over several départements: it is filed under that of its largest member.
    members = [places[m["code"]] for m in epci["membres"] if m["code"] in places]
    largest = max(members, key=lambda place: place.get("population") or 0, default={})
    return _row(
        TerritoryKind.EPCI,
        epci,
        region_code=largest.get("region"),
        departement_code=largest.get("departement"),
        population=epci.get("populationMunicipale"),
    )


def _commune_row(commune: Entry, epci_of: dict[str, str]) -> Entry:
    return _row(
        TerritoryKind.COMMUNE,
        commune,
        region_code=commune.get("region"),
        departement_code=commune.get("departement"),
        epci_code=epci_of.get(commune["code"]),
        postcodes=" ".join(commune.get("codesPostaux", [])) or None,
        population=commune.get("population"),
    )


def _upsert(rows: list[Entry]) -> None:
    """One statement: the rows travel as one JSON value, which PostgreSQL unfolds."""
    columns = Territory.__table__.columns
    given = sa.func.jsonb_to_recordset(sa.literal(rows, JSONB))
    source = given.table_valued(*columns, name="given").render_derived(with_types=True)
    statement = insert(Territory).from_select([c.name for c in columns], sa.select(source))
    changes = {c.name: statement.excluded[c.name] for c in columns if not c.primary_key}
    db.session.execute(
        statement.on_conflict_do_update(index_elements=["kind", "code"], set_=changes)
    )


def _remove_gone(rows: list[Entry]) -> int:
    """Delete the territories that are not among these rows and that nothing refers to."""
    kinds, codes = (sa.literal([row[k] for row in rows], ARRAY(sa.Text)) for k in ("kind", "code"))
    given = sa.func.unnest(kinds, codes).table_valued("kind", "code").render_derived()
    current = sa.tuple_(Territory.kind, Territory.code).in_(sa.select(given))
    gone = sa.delete(Territory).where(~current, ~_is_used(Tenant), ~_is_used(Bulle))
    return len(db.session.execute(gone.returning(Territory.code)).all())


def _is_used(model: type[Tenant | Bulle]) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        model.territory_kind == Territory.kind, model.territory_code == Territory.code
    )
