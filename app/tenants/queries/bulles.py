"""The public sheets of the Bulles."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import aliased, joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from app.core.clock import today
from app.core.db import db
from app.core.text import fold
from app.tenants.models import Bulle, BulleAssociation, StagePassage, Territory, TerritoryKind

Row = TypeVar("Row", StagePassage, BulleAssociation)


def get_bulle(bulle_id: uuid.UUID, *, lock: bool = False) -> Bulle:
    """A Bulle with its history and its associations, or NoResultFound."""
    statement = sa.select(Bulle).where(Bulle.id == bulle_id).options(*_whole())
    if lock:
        statement = statement.with_for_update(of=Bulle).execution_options(populate_existing=True)
    return db.session.scalars(statement).one()


def get_passage(bulle: Bulle, passage_id: uuid.UUID) -> StagePassage:
    """A passage of this Bulle, or NoResultFound."""
    return _one_of(bulle.passages, passage_id)


def get_association(bulle: Bulle, association_id: uuid.UUID) -> BulleAssociation:
    """An association of this Bulle, or NoResultFound."""
    return _one_of(bulle.associations, association_id)


def list_bulles(
    *, q: str = "", stage: int | None = None, departement: str = "", sort: str = "nom"
) -> sa.Select[Bulle]:
    """The Bulles, searched by name or city, filtered by current stage and by département code;
    sorted by `nom` or `etape`, with a `-` for the other way."""
    current = _current_stages().subquery()
    statement = (
        sa.select(Bulle)
        .join(current, current.c.bulle_id == Bulle.id)
        .options(*_whole())
        .order_by(*_order(sort, current.c.stage))
    )
    if q:
        like = f"%{fold(q)}%"
        statement = statement.where(
            Bulle.sort_key.like(like) | sa.func.lower(Bulle.city).like(f"%{q.lower()}%")
        )
    if stage:
        statement = statement.where(current.c.stage == stage)
    inside = sa.exists().where(_place(), _departement_code() == departement)
    return statement.where(inside) if departement else statement


def list_run_bulles(tenant_id: uuid.UUID) -> list[Bulle]:
    """The Bulles that an organisation runs (*porteur*), by name."""
    return _list_where(Bulle.porteur_id == tenant_id)


def list_joined_bulles(tenant_id: uuid.UUID) -> list[Bulle]:
    """The Bulles where an organisation acts today without running them, by name."""
    acts = sa.exists().where(
        BulleAssociation.bulle_id == Bulle.id,
        BulleAssociation.tenant_id == tenant_id,
        BulleAssociation.since_on <= today(),
        BulleAssociation.until_on.is_(None) | (BulleAssociation.until_on >= today()),
    )
    return _list_where(acts, Bulle.porteur_id != tenant_id)


def list_bulle_departements() -> Sequence[Territory]:
    """The départements that have at least one Bulle, by name."""
    codes = sa.select(_departement_code()).join(Bulle, _place())
    statement = sa.select(Territory).where(
        Territory.kind == TerritoryKind.DEPARTEMENT, Territory.code.in_(codes)
    )
    return db.session.scalars(statement.order_by(Territory.search_name)).all()


def _one_of(rows: list[Row], id_: uuid.UUID) -> Row:
    found = next((row for row in rows if row.id == id_), None)
    if found is None:
        raise NoResultFound
    return found


def _whole() -> list[ORMOption]:
    return [
        joinedload(Bulle.porteur),
        joinedload(Bulle.landlord),
        selectinload(Bulle.passages),
        selectinload(Bulle.associations).joinedload(BulleAssociation.tenant),
    ]


def _list_where(*conditions: sa.ColumnElement[bool]) -> list[Bulle]:
    statement = sa.select(Bulle).where(*conditions).options(*_whole())
    return list(db.session.scalars(statement.order_by(Bulle.sort_key, Bulle.id)))


def _current_stages() -> sa.Select[uuid.UUID, int]:
    """The stage of each Bulle: that of its latest passage that no later one corrects."""
    correction = aliased(StagePassage)
    return (
        sa.select(StagePassage.bulle_id, StagePassage.stage)
        .where(~sa.exists().where(correction.corrects_id == StagePassage.id))
        .ext(distinct_on(StagePassage.bulle_id))
        .order_by(StagePassage.bulle_id, StagePassage.entered_on.desc(), StagePassage.id.desc())
    )


def _place() -> sa.ColumnElement[bool]:
    return (Territory.kind == Bulle.territory_kind) & (Territory.code == Bulle.territory_code)


def _departement_code() -> sa.ColumnElement[str | None]:
    """The département of a territory: itself when it is one."""
    is_one = Territory.kind == TerritoryKind.DEPARTEMENT
    return sa.case((is_one, Territory.code), else_=Territory.departement_code)


def _order(sort: str, stage: sa.ColumnElement[int]) -> list[sa.ColumnElement[object]]:
    columns = [stage, Bulle.sort_key] if sort.endswith("etape") else [Bulle.sort_key]
    return [*((c.desc() for c in columns) if sort.startswith("-") else columns), Bulle.id]
