"""Alembic's entry: one migration at a time, as the owner role, never waiting long for a lock."""

from __future__ import annotations

import os

import sqlalchemy as sa
from alembic import context

import app.conventions.models
import app.core.audit
import app.core.deliveries
import app.core.jobs
import app.core.numbering
import app.core.sessions
import app.reciprocity.models
import app.tenants.models  # noqa: F401 each import fills the metadata
from app.core.db import Model

LOCK_KEY = 20_261_122


def _render_type(kind: str, value: object, context: object) -> str | bool:
    # To the database an encrypted column is text; a list of ours (AsaList) too.
    if kind == "type" and isinstance(value, sa.TypeDecorator):
        return "sa.Text()"
    return False


def _compare_type(
    context: object, column: object, field: object, found: object, wanted: object
) -> bool | None:
    return False if isinstance(wanted, sa.TypeDecorator) else None


def run() -> None:
    """Connect with DATABASE_OWNER_URL and apply the migrations."""
    engine = sa.create_engine(os.environ["DATABASE_OWNER_URL"])
    with engine.connect() as connection:
        # Two deployments at once: the second waits here, then finds nothing to do.
        connection.exec_driver_sql(f"SELECT pg_advisory_lock({LOCK_KEY})")
        connection.exec_driver_sql("SET lock_timeout = '4s'")
        connection.exec_driver_sql("SET statement_timeout = '60s'")
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Model.metadata,
            compare_type=_compare_type,
            render_item=_render_type,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
