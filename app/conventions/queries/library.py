"""The clause library."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from app.conventions.models import Clause, ClauseVersion, TypeClause, TypeVersion
from app.core.db import db, get_owned, require_tenant_id
from app.core.text import fold


def get_clause(clause_id: uuid.UUID, *, lock: bool = False) -> Clause:
    """A clause with its versions, or NoResultFound. With `lock`, another writer waits for us."""
    if lock:
        get_owned(Clause, clause_id, lock=True)
    return db.session.scalars(
        _clauses().where(Clause.id == clause_id).execution_options(populate_existing=lock)
    ).one()


def list_clauses(
    *, q: str = "", theme: str = "", retired: bool = False, sort: str = "titre"
) -> sa.Select[Clause]:
    """The library (or what was retired from it), searched in titles, themes and texts; sorted by
    `titre`, `theme` or `date` of the last text, with a `-` for the other way."""
    statement = _clauses().where(Clause.retired_at.is_not(None) == retired)
    if q:
        statement = statement.where(Clause.search_key.contains(fold(q), autoescape=True))
    if theme:
        statement = statement.where(Clause.theme == theme)
    columns = {"theme": Clause.theme, "date": _last_written()}
    column: Any = columns.get(sort.removeprefix("-"), Clause.search_key)
    order = column.desc() if sort.startswith("-") else column
    return statement.order_by(order, Clause.search_key, Clause.id)


def list_clause_versions(ids: Sequence[uuid.UUID]) -> Sequence[ClauseVersion]:
    """These texts of clauses, in any order; an unknown one is left out."""
    return db.session.scalars(
        sa.select(ClauseVersion).where(ClauseVersion.id.in_(ids), _own(ClauseVersion))
    ).all()


def list_sibling_versions(clause_version_id: uuid.UUID) -> Sequence[ClauseVersion]:
    """Every text of the clause to which this text belongs; none when it is unknown."""
    clause = sa.select(ClauseVersion.clause_id).where(
        ClauseVersion.id == clause_version_id, _own(ClauseVersion)
    )
    return db.session.scalars(
        sa.select(ClauseVersion).where(ClauseVersion.clause_id.in_(clause), _own(ClauseVersion))
    ).all()


def list_themes() -> list[str]:
    """The themes of the library, in order."""
    themes = db.session.scalars(sa.select(Clause.theme).where(_own(Clause)).distinct())
    return sorted(themes, key=fold)


def is_clause_title_free(title: str) -> bool:
    """Whether no clause bears this title, retired ones included."""
    taken = sa.select(Clause.id).where(_own(Clause), Clause.title == title)
    return db.session.scalar(taken) is None


def list_uses(clause_id: uuid.UUID) -> Sequence[TypeClause]:
    """Where a clause stands: its places in the versions of the standard agreements."""
    return db.session.scalars(
        sa.select(TypeClause)
        .join(TypeClause.clause_version)
        .join(TypeClause.type_version)
        .where(ClauseVersion.clause_id == clause_id, _own(TypeClause))
        .options(
            joinedload(TypeClause.clause_version),
            joinedload(TypeClause.type_version).joinedload(TypeVersion.type),
        )
        .order_by(TypeVersion.type_id, TypeVersion.number.desc())
    ).all()


def _clauses() -> sa.Select[Clause]:
    return sa.select(Clause).where(_own(Clause)).options(selectinload(Clause.versions))


def _own(model: type[Clause | ClauseVersion | TypeClause]) -> sa.ColumnElement[bool]:
    return model.tenant_id == require_tenant_id()


def _last_written() -> sa.ScalarSelect[datetime]:
    return (
        sa.select(sa.func.max(ClauseVersion.written_at))
        .where(ClauseVersion.clause_id == Clause.id, ClauseVersion.tenant_id == Clause.tenant_id)
        .scalar_subquery()
    )
