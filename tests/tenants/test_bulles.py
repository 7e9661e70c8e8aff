"""Bulles: opening, sheets, stages as a dated history, associations, list and map."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import NoResultFound

from app.core.clock import today
from app.core.db import db, tenant_context
from app.core.errors import DomainError
from app.core.permissions import Actor, Forbidden
from app.tenants import commands, queries
from app.tenants.commands import BulleSheet, Passage
from app.tenants.models import Bulle, Stage, StagePassage, Territory
from app.tenants.routes.drawings import place_points
from tests.factories.cast import Cast
from tests.http import Client

PLACES = {"Yonne Nord": (48.34, 3.06), "Paris": (48.86, 2.35), "Nantes": (47.22, -1.55)}


@pytest.fixture
def bulle_id(cast: Cast) -> uuid.UUID:
    """The Bulle of the ASCS, which entered its first stage today."""
    return cast.bulle.id


@pytest.fixture
def olga(cast: Cast, bulle_id: uuid.UUID) -> Iterator[Actor]:
    """Olga, in the network's own tenant."""
    actor = cast.actor("olga")
    with tenant_context(actor.tenant_id):
        yield actor


def to(stage: Stage, day: date | None = None) -> Passage:
    return Passage(stage, day or today(), "Le conseil", "Oui.")


def current(bulle_id: uuid.UUID) -> Stage:
    db.session.flush()
    db.session.expire_all()
    return queries.get_bulle(bulle_id).stage


def test_a_passage_moves_the_bulle_and_keeps_who_decided(olga: Actor, bulle_id: uuid.UUID) -> None:
    row = commands.record_passage(olga, bulle_id, to(Stage.DESIGN))
    assert current(bulle_id) == Stage.DESIGN
    assert (row.decided_by, row.recorded_by_name) == ("Le conseil", "Olga Renaud")


def test_a_day_to_come_is_refused(olga: Actor, bulle_id: uuid.UUID) -> None:
    with pytest.raises(DomainError, match="pas encore arrivé"):
        commands.record_passage(olga, bulle_id, to(Stage.DESIGN, today() + timedelta(days=1)))
    assert current(bulle_id) == Stage.MEETINGS


def test_a_day_before_the_current_stage_is_refused(olga: Actor, bulle_id: uuid.UUID) -> None:
    with pytest.raises(DomainError, match="ou un jour plus tard"):
        commands.record_passage(olga, bulle_id, to(Stage.DESIGN, today() - timedelta(days=1)))


def test_the_same_form_sent_twice_moves_the_bulle_once(olga: Actor, bulle_id: uuid.UUID) -> None:
    commands.record_passage(olga, bulle_id, to(Stage.DESIGN))
    db.session.flush()
    with pytest.raises(DomainError, match="déjà à l’étape"):
        commands.record_passage(olga, bulle_id, to(Stage.DESIGN))


def test_a_correction_is_a_new_row_that_names_the_old_one(olga: Actor, bulle_id: uuid.UUID) -> None:
    wrong = commands.record_passage(olga, bulle_id, to(Stage.PILOT))
    db.session.flush()
    right = commands.correct_passage(olga, bulle_id, wrong.id, to(Stage.TERRITORY))
    assert current(bulle_id) == Stage.TERRITORY
    assert right.corrects_id == wrong.id
    assert len(queries.get_bulle(bulle_id).passages) == 3
    with pytest.raises(DomainError, match="déjà corrigée"):
        commands.correct_passage(olga, bulle_id, wrong.id, to(Stage.DESIGN))


def test_a_passage_is_never_rewritten_even_by_sql(olga: Actor, bulle_id: uuid.UUID) -> None:
    rewriting = sa.update(StagePassage).values(decided_by="Personne")
    with pytest.raises(sa.exc.DBAPIError), db.session.begin_nested():
        db.session.execute(rewriting)


def test_a_passage_of_another_bulle_is_not_found(
    olga: Actor, cast: Cast, bulle_id: uuid.UUID
) -> None:
    other = commands.open_bulle(olga, olga.tenant_id, BulleSheet("Paris"), to(Stage.MEETINGS))
    with pytest.raises(NoResultFound):
        commands.correct_passage(olga, bulle_id, other.passages[0].id, to(Stage.DESIGN))


def test_an_organisation_acts_once_at_a_time(olga: Actor, bulle_id: uuid.UUID) -> None:
    row = commands.add_association(olga, bulle_id, olga.tenant_id, date(2025, 1, 1))
    db.session.flush()
    with pytest.raises(DomainError, match="agit déjà"):
        commands.add_association(olga, bulle_id, olga.tenant_id, date(2026, 1, 1))
    with pytest.raises(DomainError, match="plus tard"):
        commands.end_association(olga, bulle_id, row.id, date(2024, 12, 31))
    commands.end_association(olga, bulle_id, row.id, date(2025, 6, 30))
    db.session.flush()
    commands.add_association(olga, bulle_id, olga.tenant_id, date(2026, 1, 1))
    db.session.flush()
    assert [b.id for b in queries.list_joined_bulles(olga.tenant_id)] == [bulle_id]


@pytest.mark.parametrize(
    ("who", "may_edit"),
    [("alice", True), ("bob", True), ("carole", False), ("denis", False), ("fanny", False)],
)
def test_the_porteurs_staff_edits_the_sheet_and_decides_no_stage(
    cast: Cast, bulle_id: uuid.UUID, who: str, may_edit: bool
) -> None:
    actor = cast.actor(who)
    with tenant_context(actor.tenant_id):
        if may_edit:
            commands.update_bulle(actor, bulle_id, BulleSheet("Autre nom"))
        else:
            with pytest.raises(Forbidden):
                commands.update_bulle(actor, bulle_id, BulleSheet("Autre nom"))
        with pytest.raises(Forbidden):
            commands.record_passage(actor, bulle_id, to(Stage.DESIGN))
        with pytest.raises(Forbidden):
            commands.entrust_bulle(actor, bulle_id, actor.tenant_id)


@pytest.mark.parametrize("address", ["/ascs/bulles/", "/carsat/bulles/"])
def test_every_member_reads_every_sheet(client: Client, bulle_id: uuid.UUID, address: str) -> None:
    who = "carole" if "ascs" in address else "fanny"
    client.get(address, as_=who)
    page = client.get(f"{address}{bulle_id}", as_=who).get_data(as_text=True)
    assert "Fontaine d’Ouche" in page
    assert "Modifier" not in page


@pytest.mark.parametrize(
    "page", ["presentation", "lieu", "porteur", "etapes/nouvelle", "associations/nouvelle"]
)
def test_the_forms_of_a_bulle_open_for_the_network_only(
    client: Client, bulle_id: uuid.UUID, page: str
) -> None:
    client.get(f"/ocytocines/bulles/{bulle_id}/{page}", as_="olga")
    client.get(f"/carsat/bulles/{bulle_id}/{page}", as_="fanny", status=403)


def test_opening_a_bulle_asks_which_territory_when_several_answer(
    client: Client, cast: Cast
) -> None:
    for code in ("65392", "97801"):
        place = Territory(kind="commune", code=code, name="Saint-Martin")
        place.search_name = "saint martin"
        db.session.add(place)
    form = {
        "name": "Bulle de Saint-Martin",
        "porteur": str(cast.tenants["voisins"].id),
        "territory": "St Martin",
        "stage": "1",
        "entered_on": "2026-01-05",
        "decided_by": "Le conseil",
    }
    db.session.commit()
    page = client.post("/ocytocines/bulles/nouvelle", form, as_="olga", status=422)
    assert 'value="commune:65392"' in page.get_data(as_text=True)
    chosen = {**form, "territory": ["St Martin", "commune:65392"]}
    client.post("/ocytocines/bulles/nouvelle", chosen, as_="olga")
    bulle = db.session.scalars(sa.select(Bulle).where(Bulle.name == form["name"])).one()
    assert (bulle.territory_kind, bulle.territory_code) == ("commune", "65392")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("47.3156, 5.0147", (Decimal("47.31560"), Decimal("5.01470"))),
        ("47,3156 ; -1,5", (Decimal("47.31560"), Decimal("-1.50000"))),
        ("47.3156", None),
        ("147.3, 5.0", None),
        ("quelque part", None),
    ],
)
def test_the_place_on_the_map_is_two_numbers(
    client: Client, bulle_id: uuid.UUID, typed: str, expected: tuple[Decimal, Decimal] | None
) -> None:
    form = {"version": "1", "coordinates": typed, "step_free_access": "yes"}
    client.post(f"/ascs/bulles/{bulle_id}/lieu", form, as_="alice", status=303 if expected else 422)
    db.session.expire_all()
    assert queries.get_bulle(bulle_id).coordinates == expected


def test_an_old_page_does_not_overwrite_a_newer_sheet(client: Client, bulle_id: uuid.UUID) -> None:
    address = f"/ascs/bulles/{bulle_id}/presentation"
    client.post(address, {"version": "1", "name": "La Fontaine"}, as_="alice")
    client.post(address, {"version": "1", "name": "L’Ouche"}, as_="bob", status=422)
    db.session.expire_all()
    assert queries.get_bulle(bulle_id).name == "La Fontaine"


def test_the_list_is_filtered_by_the_stage_that_stands(
    client: Client, olga: Actor, bulle_id: uuid.UUID
) -> None:
    wrong = commands.record_passage(olga, bulle_id, to(Stage.PILOT))
    db.session.flush()
    commands.correct_passage(olga, bulle_id, wrong.id, to(Stage.DESIGN))
    db.session.flush()
    found = {stage: db.session.scalars(queries.list_bulles(stage=stage)).all() for stage in Stage}
    assert [stage for stage, bulles in found.items() if bulles] == [Stage.DESIGN]


def test_the_list_is_exported(client: Client, bulle_id: uuid.UUID) -> None:
    text = client.get("/ascs/bulles/?format=csv", as_="carole").get_data().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert [(row["Nom"], row["Étape"]) for row in rows] == [("Fontaine d’Ouche", "1. Rencontres")]


def test_the_map_shows_those_that_the_list_shows_and_names_never_overlap() -> None:
    bulles = [_placed(name, *place) for name, place in PLACES.items()]
    bulles += [_placed("La Réunion", -21.1, 55.5), Bulle(name="Nulle part", passages=[_first()])]
    points = place_points(bulles)
    assert {point.nom for point in points} == set(PLACES)
    boxes = [box for point in points for box in (point.circle, point.label(point.cote))]
    names = [point.label(point.cote) for point in points]
    assert not any(a.meets(b) for a in names for b in boxes if a != b)


def _placed(name: str, latitude: float, longitude: float) -> Bulle:
    place = {"latitude": Decimal(str(latitude)), "longitude": Decimal(str(longitude))}
    return Bulle(name=name, **place, passages=[_first()])


def _first() -> StagePassage:
    return StagePassage(id=uuid.uuid4(), stage=1, entered_on=date(2026, 1, 1), decided_by="")
