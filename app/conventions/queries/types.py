"""The standard agreements: the network's own, and the catalogue that every organisation reads."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import aliased, joinedload, selectinload

from app.conventions.models import (
    CatalogueEntry,
    Clause,
    ClauseVersion,
    ConventionType,
    TypeClause,
    TypeVersion,
)
from app.core.db import db, get_owned, require_tenant_id
from app.core.text import fold

CATALOGUE_SORTS = {"date": CatalogueEntry.published_at}
TYPE_SORTS = {"date": ConventionType.created_at}


def get_type(type_id: uuid.UUID, *, lock: bool = False) -> ConventionType:
    """A standard agreement of the network with its versions, or NoResultFound. With `lock`, another
    writer waits for us."""
    if lock:
        get_owned(ConventionType, type_id, lock=True)
    return db.session.scalars(
        _types().where(ConventionType.id == type_id).execution_options(populate_existing=lock)
    ).one()


def get_type_version(type_version_id: uuid.UUID, *, lock: bool = False) -> TypeVersion:
    """A version with its clauses and every text of these, or NoResultFound.

    With `lock`, whoever changes the same version at this moment waits for us.
    """
    if lock:
        db.session.expire(get_owned(TypeVersion, type_version_id, lock=True))
    clause = (
        selectinload(TypeVersion.clauses)
        .joinedload(TypeClause.clause_version)
        .joinedload(ClauseVersion.clause)
        .selectinload(Clause.versions)
    )
    return db.session.scalars(
        sa.select(TypeVersion)
        .where(TypeVersion.id == type_version_id, TypeVersion.tenant_id == require_tenant_id())
        .options(joinedload(TypeVersion.type), clause)
    ).one()


def get_draft(type_id: uuid.UUID) -> TypeVersion:
    """The version of a standard agreement that is being written, whole; or NoResultFound."""
    draft = get_type(type_id).draft
    if draft is None:
        raise NoResultFound
    return get_type_version(draft.id)


def list_types(*, q: str = "", sort: str = "titre") -> sa.Select[ConventionType]:
    """The network's standard agreements, drafts included, searched by title and purpose; sorted by
    `titre` or `date` of creation, with a `-` for the other way."""
    statement = _types()
    if q:
        statement = statement.where(ConventionType.search_key.contains(fold(q), autoescape=True))
    column = TYPE_SORTS.get(sort.removeprefix("-"), ConventionType.search_key)
    order = column.desc() if sort.startswith("-") else column
    return statement.order_by(order, ConventionType.id)


def is_type_title_free(title: str) -> bool:
    """Whether no standard agreement bears this title."""
    taken = sa.select(ConventionType.id).where(
        ConventionType.tenant_id == require_tenant_id(), ConventionType.title == title
    )
    return db.session.scalar(taken) is None


def get_catalogue_entry(entry_id: uuid.UUID) -> CatalogueEntry:
    """A published standard agreement, any version of it, or NoResultFound."""
    return db.session.get_one(CatalogueEntry, entry_id)


def get_published(type_id: uuid.UUID, version: int | None = None) -> CatalogueEntry:
    """A published version of a standard agreement, the last by default; or NoResultFound."""
    statement = sa.select(CatalogueEntry).where(CatalogueEntry.type_id == type_id)
    if version is not None:
        statement = statement.where(CatalogueEntry.version == version)
    return db.session.scalars(statement.order_by(CatalogueEntry.version.desc()).limit(1)).one()


def list_published_versions(type_id: uuid.UUID) -> Sequence[CatalogueEntry]:
    """Every published version of a standard agreement, the last first."""
    return db.session.scalars(
        sa.select(CatalogueEntry)
        .where(CatalogueEntry.type_id == type_id)
        .order_by(CatalogueEntry.version.desc())
    ).all()


def list_catalogue(*, q: str = "", sort: str = "titre") -> sa.Select[CatalogueEntry]:
    """The last version of each standard agreement, searched by title and purpose; sorted by
    `titre` or `date` of publication, with a `-` for the other way."""
    newer = aliased(CatalogueEntry)
    has_newer = sa.exists().where(
        newer.type_id == CatalogueEntry.type_id, newer.version > CatalogueEntry.version
    )
    statement = sa.select(CatalogueEntry).where(~has_newer)
    if q:
        statement = statement.where(CatalogueEntry.search_key.contains(fold(q), autoescape=True))
    column = CATALOGUE_SORTS.get(sort.removeprefix("-"), CatalogueEntry.search_key)
    order = column.desc() if sort.startswith("-") else column
    return statement.order_by(order, CatalogueEntry.id)


def _types() -> sa.Select[ConventionType]:
    return (
        sa.select(ConventionType)
        .where(ConventionType.tenant_id == require_tenant_id())
        .options(selectinload(ConventionType.versions))
    )
