"""The session: one per request or job, bound to one tenant, with after-commit callbacks.

The boundary between tenants is PostgreSQL's row security, fed by one `SET LOCAL` per transaction. The
`tenant_id =` that every ORM statement also carries is for plans and routing; it protects nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from datetime import datetime
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import event
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import (
    DeclarativeBase,
    InstrumentedAttribute,
    Mapped,
    ORMExecuteState,
    Session,
    SessionTransaction,
    mapped_column,
    registry,
    with_loader_criteria,
)
from uuid_utils.compat import uuid7

_tenant: ContextVar[uuid.UUID | None] = ContextVar("tenant", default=None)


class Model(DeclarativeBase):
    """Every table. Subclassed directly, not through db.Model, so that mypy sees the columns."""

    registry = registry(
        metadata=sa.MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={
            str: sa.Text,
            datetime: sa.DateTime(timezone=True),
            dict[str, Any]: JSONB,
            list[dict[str, Any]]: JSONB,
        },
    )


class TenantSession(FlaskSession):
    """A session whose transactions each begin by naming their tenant."""


db = SQLAlchemy(
    model_class=Model,
    session_options={"class_": TenantSession, "join_transaction_mode": "create_savepoint"},
    engine_options={
        "pool_pre_ping": True,
        # PgBouncer in transaction mode hands a prepared statement to another client.
        "connect_args": {"prepare_threshold": None},
    },
)


def new_id() -> uuid.UUID:
    """A UUIDv7: made here, ordered by time."""
    return uuid7()


def current_tenant_id() -> uuid.UUID | None:
    """The tenant of the running request or job, None outside one."""
    return _tenant.get()


def require_tenant_id() -> uuid.UUID:
    """The tenant of the running request or job; outside one, writing fails here."""
    tenant_id = _tenant.get()
    if tenant_id is None:
        raise RuntimeError("no tenant: a tenant-owned row cannot be written here")
    return tenant_id


class TenantBound:
    """Mixin: the key begins with tenant_id; row security filters on it."""

    tenant_id: Mapped[uuid.UUID] = mapped_column(
        primary_key=True, default=require_tenant_id, sort_order=-2
    )


class TenantOwned(TenantBound):
    """Mixin: the key is (tenant_id, id)."""

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id, sort_order=-1)


Owned = TypeVar("Owned", bound=TenantOwned)


def owned_key(column: str, table: str) -> sa.ForeignKeyConstraint:
    """A foreign key between tenant-owned tables. A plain one would cross tenants: its check bypasses RLS."""
    return sa.ForeignKeyConstraint(["tenant_id", column], [f"{table}.tenant_id", f"{table}.id"])


def get_owned(model: type[Owned], id_: uuid.UUID, *, lock: bool = False) -> Owned:
    """The row of the current tenant, or NoResultFound (404) whoever else may own it."""
    return db.session.get_one(
        model,
        (require_tenant_id(), id_),
        with_for_update={"of": cast(Any, model)} if lock else None,
        populate_existing=lock,
    )


def among(column: InstrumentedAttribute[Any], values: Iterable[Any]) -> sa.ColumnElement[bool]:
    """Whether a column is one of these values. They are sent as one array: `IN` sends each on its own, and
    PostgreSQL takes 65 535 at most."""
    return column == sa.any_(sa.literal(list(set(values)), ARRAY(column.type)))


def _set_local(connection: sa.Connection, tenant_id: uuid.UUID | None) -> None:
    # A literal, not set_config(): Citus carries only SET LOCAL to its workers. A UUID object cannot inject.
    connection.exec_driver_sql(f"SET LOCAL app.tenant_id = '{tenant_id or ''}'")


def enter_tenant(tenant_id: uuid.UUID) -> Token[uuid.UUID | None]:
    """Bind the running request or job to one tenant; once a tenant is bound, it cannot change."""
    if _tenant.get() is not None:
        raise RuntimeError("the tenant cannot change inside a request or a job")
    session = db.session()
    if session.in_transaction():
        _set_local(session.connection(), tenant_id)
    return _tenant.set(tenant_id)


def leave_tenant(token: Token[uuid.UUID | None]) -> None:
    """End the tenant's transaction, so that nothing read under it stays in the session."""
    db.session.rollback()
    db.session.expunge_all()
    _tenant.reset(token)


@contextmanager
def tenant_context(tenant_id: uuid.UUID | None) -> Iterator[None]:
    """Run the block as one tenant (or as none, for a job of the whole installation)."""
    if tenant_id is None:
        yield
        db.session.rollback()
        return
    token = enter_tenant(tenant_id)
    try:
        yield
    finally:
        leave_tenant(token)


ReadAs = Callable[[uuid.UUID], sa.Connection]
"""What gives, for a tenant, the connection that reads it until another is asked for."""


@contextmanager
def one_instant() -> Iterator[ReadAs]:
    """The database as it is now, for as long as the block lasts, on a connection of its own, which cannot
    write."""
    options: Any = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with db.engine.engine.connect().execution_options(**options) as connection:

        def read_as(tenant_id: uuid.UUID) -> sa.Connection:
            _set_local(connection, tenant_id)
            return connection

        yield read_as


def after_commit(callback: Callable[[], None]) -> None:
    """Call back once the transaction has committed; forgotten if it rolls back."""
    db.session().info.setdefault("after_commit", []).append(callback)


@event.listens_for(TenantSession, "after_begin")
def _bind_tenant(
    session: Session, transaction: SessionTransaction, connection: sa.Connection
) -> None:
    if not transaction.nested:
        _set_local(connection, _tenant.get())


@event.listens_for(TenantSession, "do_orm_execute")
def _carry_tenant(state: ORMExecuteState) -> None:
    tenant_id = _tenant.get()
    if tenant_id is None or state.is_column_load or state.is_relationship_load or state.is_insert:
        return
    state.statement = state.statement.options(
        with_loader_criteria(
            TenantBound,
            lambda cls: cls.tenant_id == tenant_id,
            include_aliases=True,
        )
    )


@event.listens_for(TenantSession, "after_commit")
def _run_callbacks(session: Session) -> None:
    for callback in session.info.pop("after_commit", []):
        callback()


@event.listens_for(TenantSession, "after_soft_rollback")
def _drop_callbacks(session: Session, previous_transaction: SessionTransaction) -> None:
    if not previous_transaction.nested:
        session.info.pop("after_commit", None)
