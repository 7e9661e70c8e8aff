"""The register of organisations."""

from __future__ import annotations

import uuid

import sqlalchemy as sa

from app.core.db import db
from app.core.text import fold
from app.tenants.models import RESERVED_SLUGS, Tenant, TenantKind


def get_tenant(tenant_id: uuid.UUID) -> Tenant:
    """An organisation by id, or NoResultFound."""
    return db.session.get_one(Tenant, tenant_id)


def find_tenant(tenant_id: uuid.UUID) -> Tenant | None:
    """An organisation by id, or None."""
    return db.session.get(Tenant, tenant_id)


def get_tenant_by_slug(slug: str) -> Tenant:
    """The open organisation of an address, or NoResultFound."""
    return db.session.scalars(
        sa.select(Tenant).where(Tenant.slug == slug, Tenant.archived_at.is_(None))
    ).one()


def get_network() -> Tenant:
    """Ocytocines, the head of the network."""
    return db.session.scalars(sa.select(Tenant).where(Tenant.kind == TenantKind.NETWORK)).one()


def has_network() -> bool:
    """Whether the head of the network exists."""
    found = sa.select(Tenant.id).where(Tenant.kind == TenantKind.NETWORK)
    return db.session.scalar(found) is not None


def is_slug_free(slug: str) -> bool:
    """Whether an address is neither reserved nor an organisation's, closed ones included."""
    taken = sa.select(Tenant.id).where(Tenant.slug == slug)
    return slug not in RESERVED_SLUGS and db.session.scalar(taken) is None


def list_open_tenants(*kinds: TenantKind) -> list[Tenant]:
    """The open organisations (of these kinds), by name: what a form proposes to choose among."""
    statement = sa.select(Tenant).where(Tenant.archived_at.is_(None)).order_by(Tenant.sort_key)
    return list(db.session.scalars(statement.where(Tenant.kind.in_(kinds)) if kinds else statement))


def list_tenant_ids(*, closed: bool = False) -> list[uuid.UUID]:
    """The ids of every open organisation; of the closed ones too if asked."""
    statement = sa.select(Tenant.id).order_by(Tenant.id)
    if not closed:
        statement = statement.where(Tenant.archived_at.is_(None))
    return list(db.session.scalars(statement))


def list_tenants(*, q: str = "", kind: str = "", sort: str = "nom") -> sa.Select[Tenant]:
    """The register, searched by name, city or number; sorted by `nom` or `date`, `-` reverses."""
    statement = sa.select(Tenant)
    if kind:
        statement = statement.where(Tenant.kind == kind)
    if q:
        like = f"%{fold(q)}%"
        statement = statement.where(
            Tenant.sort_key.like(like)
            | sa.func.lower(Tenant.city).like(like)
            | Tenant.siret.like(like)
            | sa.func.lower(Tenant.rna).like(like)
        )
    column = Tenant.created_at if sort.endswith("date") else Tenant.sort_key
    return statement.order_by(column.desc() if sort.startswith("-") else column, Tenant.id)
