"""The session is bound to one organisation; outside of one it reads nothing and writes nothing."""

from __future__ import annotations

import threading
import uuid

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import NoResultFound, ProgrammingError, StatementError
from sqlalchemy.orm import aliased

from app.core.db import (
    after_commit,
    current_tenant_id,
    db,
    enter_tenant,
    get_owned,
    tenant_context,
)
from app.core.numbering import Counter, next_number
from tests.factories.cast import Cast, build_cast
from tests.factories.together import PATIENCE

COUNT = sa.select(sa.func.count()).select_from(Counter)


@pytest.fixture
def ours(cast: Cast) -> uuid.UUID:
    """An organisation that owns one counter."""
    return start_counter(cast)


def start_counter(cast: Cast) -> uuid.UUID:
    """Give the ASCS one counter."""
    tenant_id = cast.tenants["ascs"].id
    with tenant_context(tenant_id):
        next_number("tests")
        db.session.commit()
    return tenant_id


def test_an_organisation_reads_its_own_rows_and_no_other(cast: Cast, ours: uuid.UUID) -> None:
    with tenant_context(ours):
        assert db.session.scalar(COUNT) == 1
    with tenant_context(cast.tenants["ccas"].id):
        assert db.session.scalar(COUNT) == 0


def test_outside_of_an_organisation_nothing_is_read(ours: uuid.UUID) -> None:
    assert current_tenant_id() is None
    assert db.session.scalar(COUNT) == 0


def test_outside_of_an_organisation_nothing_is_written(app: Flask) -> None:
    db.session.add(Counter(series="tests", year=2026))
    with pytest.raises(StatementError, match="no tenant"):
        db.session.flush()


def test_the_database_refuses_what_the_model_would_let_through(cast: Cast) -> None:
    """The boundary is row security: a row that names another organisation is refused by PostgreSQL."""
    with tenant_context(cast.tenants["ascs"].id):
        stolen = Counter(tenant_id=cast.tenants["ccas"].id, series="tests", year=2026)
        db.session.add(stolen)
        with pytest.raises(ProgrammingError, match="row-level security"):
            db.session.flush()


def test_the_organisation_cannot_change_on_the_way(cast: Cast, ours: uuid.UUID) -> None:
    with tenant_context(ours):
        with pytest.raises(RuntimeError, match="cannot change"):
            enter_tenant(cast.tenants["ccas"].id)
        assert db.session.scalar(COUNT) == 1


def test_a_transaction_already_begun_is_bound_too(ours: uuid.UUID) -> None:
    assert db.session.scalar(COUNT) == 0
    assert db.session().in_transaction()
    with tenant_context(ours):
        assert db.session.scalar(COUNT) == 1


def test_every_transaction_of_the_block_is_bound(ours: uuid.UUID) -> None:
    with tenant_context(ours):
        db.session.commit()
        assert db.session.scalar(COUNT) == 1
        db.session.rollback()
        assert db.session.scalar(COUNT) == 1


def test_a_savepoint_changes_nothing(ours: uuid.UUID) -> None:
    with tenant_context(ours):
        with db.session.begin_nested() as savepoint:
            next_number("inside")
            assert db.session.scalar(COUNT) == 2
            savepoint.rollback()
        assert db.session.scalar(COUNT) == 1


def test_nothing_read_inside_is_handed_back_outside(cast: Cast, ours: uuid.UUID) -> None:
    """The identity map would answer without asking the database."""
    with tenant_context(ours):
        counter = db.session.scalars(sa.select(Counter)).one()
        key = (counter.tenant_id, counter.id)
        assert get_owned(Counter, counter.id) is counter
    assert db.session.get(Counter, key) is None
    with tenant_context(cast.tenants["ccas"].id), pytest.raises(NoResultFound):
        get_owned(Counter, key[1])


def test_the_binding_ends_with_the_transaction(real: Flask) -> None:
    """A connection given back to the pool carries no organisation to its next user."""
    start_counter(build_cast())
    with db.engine.connect() as raw:
        assert not raw.exec_driver_sql("SELECT current_setting('app.tenant_id', true)").scalar()
        assert raw.scalar(COUNT) == 0


def test_every_statement_carries_the_organisation(ours: uuid.UUID, queries: list[str]) -> None:
    """For plans, and for routing on a cluster; it protects nothing."""
    twin = aliased(Counter)
    with tenant_context(ours):
        db.session.execute(sa.select(Counter, twin).join(twin, twin.series == Counter.series))
        db.session.execute(sa.update(Counter).values(last=3))
        db.session.scalar(COUNT)
    joined, updated, counted = queries
    assert "counters_1.tenant_id = " in joined
    for statement in (joined, updated, counted):
        assert "counters.tenant_id = " in statement


def test_callbacks_run_once_after_the_commit(app: Flask) -> None:
    called: list[str] = []
    after_commit(lambda: called.append("kept"))
    with db.session.begin_nested() as savepoint:
        savepoint.rollback()
    assert called == []
    db.session.commit()
    db.session.commit()
    assert called == ["kept"]


def test_callbacks_of_a_transaction_that_failed_are_forgotten(app: Flask) -> None:
    called: list[str] = []
    db.session.scalar(COUNT)
    after_commit(lambda: called.append("forgotten"))
    db.session.rollback()
    db.session.commit()
    assert called == []


def test_numbers_follow_each_other_in_each_organisation(cast: Cast) -> None:
    given = []
    for slug in ("ascs", "ascs", "ccas"):
        with tenant_context(cast.tenants[slug].id):
            given.append(next_number("convention")[5:])
            db.session.commit()
    assert given == ["001", "002", "001"]


def test_two_who_ask_for_a_number_at_once_get_two(real: Flask) -> None:
    tenant_id = build_cast().tenants["ascs"].id
    first_holds, given = threading.Event(), []

    def take() -> None:
        with real.app_context(), tenant_context(tenant_id):
            first_holds.wait(PATIENCE)
            given.append(next_number("convention")[5:])
            db.session.commit()

    second = threading.Thread(target=take)
    second.start()
    with tenant_context(tenant_id):
        given.append(next_number("convention")[5:])
        first_holds.set()
        db.session.commit()
    second.join(PATIENCE)
    assert sorted(given) == ["001", "002"]
