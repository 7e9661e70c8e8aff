"""The journal: a declared vocabulary, written with the act, never changed."""

from __future__ import annotations

import uuid

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError

from app.core.audit import ACTIONS, SYSTEM, AuditEvent, list_events, record
from app.core.db import db, tenant_context
from tests.factories.cast import Cast


@pytest.fixture
def ours(cast: Cast) -> uuid.UUID:
    """An organisation whose journal has two lines."""
    tenant_id = cast.tenants["ascs"].id
    with tenant_context(tenant_id):
        record(cast.actor("alice"), "bulle.updated", cast.bulle, what="address")
        record(None, "bulle.opened", cast.tenants["ascs"])
        db.session.commit()
    return tenant_id


def test_a_line_says_who_did_what_on_what(cast: Cast, ours: uuid.UUID) -> None:
    with tenant_context(ours):
        event = db.session.scalars(list_events(subject_id=cast.bulle.id)).one()
        assert event.actor_id == cast.people["alice"].id
        assert (event.actor_name, event.subject_label) == ("Alice Morel", "Fontaine d’Ouche")
        assert (event.subject_type, event.details) == ("Bulle", {"what": "address"})
        assert event.sentence == ACTIONS["bulle.updated"]


def test_the_installation_signs_what_nobody_did(ours: uuid.UUID) -> None:
    with tenant_context(ours):
        statement = list_events().where(AuditEvent.actor_id.is_(None))
        assert db.session.scalars(statement).one().actor_name == SYSTEM


def test_an_action_that_nobody_declared_is_a_mistake(cast: Cast) -> None:
    with tenant_context(cast.tenants["ascs"].id), pytest.raises(LookupError, match=r"bulle\.moved"):
        record(None, "bulle.moved", cast.bulle)


def test_the_journal_is_of_one_organisation(cast: Cast, ours: uuid.UUID) -> None:
    for slug in ("ccas", "ocytocines"):
        with tenant_context(cast.tenants[slug].id):
            assert db.session.scalars(list_events()).all() == []


@pytest.mark.parametrize(
    "change", [sa.update(AuditEvent).values(actor_name="X"), sa.delete(AuditEvent)]
)
def test_a_line_is_never_changed_nor_deleted(ours: uuid.UUID, change: sa.Executable) -> None:
    with tenant_context(ours), pytest.raises(ProgrammingError, match="permission denied"):
        db.session.execute(change)


@pytest.mark.parametrize(("q", "found"), [("fontaine", 1), ("morel", 1), ("centre", 1), ("zzz", 0)])
def test_the_journal_is_searched_by_names(ours: uuid.UUID, q: str, found: int) -> None:
    with tenant_context(ours):
        assert len(db.session.scalars(list_events(q=q)).all()) == found


def test_an_act_that_fails_leaves_no_line(cast: Cast) -> None:
    with tenant_context(cast.tenants["ascs"].id):
        record(cast.actor("alice"), "bulle.updated", cast.bulle)
        db.session.rollback()
        assert db.session.scalars(list_events()).all() == []
