"""A letter: its reader reads it, its sender wrote it once and may withdraw it, nobody else knows of it."""

from __future__ import annotations

import uuid

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import NoResultFound, ProgrammingError

from app.core.db import db, tenant_context
from app.core.deliveries import Delivery, deliver, find_latest_letter, get_letter, withdraw
from app.core.jobs import OutboxRow
from tests.factories.cast import Cast

KIND = "tests.proposal"
SUBJECT = uuid.UUID(int=42)


@pytest.fixture
def letter(cast: Cast) -> uuid.UUID:
    """A letter from the ASCS to the CCAS."""
    return send(cast, 1)


def send(cast: Cast, version: int, *, to: str = "ccas") -> uuid.UUID:
    """The ASCS writes."""
    with tenant_context(cast.tenants["ascs"].id):
        text = {"text": f"version {version}"}
        sent = deliver(cast.tenants[to].id, KIND, SUBJECT, text, version=version)
        db.session.commit()
        return sent.id


def find_visible(cast: Cast, slug: str) -> list[uuid.UUID]:
    """The letters that an organisation sees."""
    with tenant_context(cast.tenants[slug].id):
        return list(db.session.scalars(sa.select(Delivery.id)))


def test_reader_and_sender_see_it_and_no_third_party(cast: Cast, letter: uuid.UUID) -> None:
    seen = {slug: find_visible(cast, slug) for slug in cast.tenants}
    assert {slug for slug, letters in seen.items() if letters == [letter]} == {"ascs", "ccas"}
    assert db.session.scalars(sa.select(Delivery)).all() == []


def test_the_readers_job_is_woken_in_the_readers_space(cast: Cast, letter: uuid.UUID) -> None:
    row = db.session.scalars(sa.select(OutboxRow)).one()
    assert (row.name, row.tenant_id) == ("tests.receive_proposal", cast.tenants["ccas"].id)
    assert row.args == {"delivery_id": str(letter)}


def test_only_its_reader_opens_it(cast: Cast, letter: uuid.UUID) -> None:
    with tenant_context(cast.tenants["ccas"].id):
        opened = get_letter(letter)
        assert opened.payload == {"text": "version 1"}
        assert opened.sender_id == cast.tenants["ascs"].id
    for slug in ("ascs", "carsat"):
        with tenant_context(cast.tenants[slug].id), pytest.raises(NoResultFound):
            get_letter(letter)


def test_nobody_writes_in_anothers_name(cast: Cast) -> None:
    with tenant_context(cast.tenants["carsat"].id):
        forged = Delivery(
            tenant_id=cast.tenants["ccas"].id, sender_id=cast.tenants["ascs"].id, kind=KIND,
            subject_id=SUBJECT, version=9, payload={},
        )  # fmt: skip
        db.session.add(forged)
        with pytest.raises(ProgrammingError, match="row-level security"):
            db.session.flush()


@pytest.mark.parametrize("change", [{"payload": {}}, {"version": 9}, {"kind": "tests.other"}])
def test_what_was_sent_is_never_rewritten(
    cast: Cast, letter: uuid.UUID, change: dict[str, object]
) -> None:
    with tenant_context(cast.tenants["ascs"].id), pytest.raises(ProgrammingError, match="denied"):
        db.session.execute(sa.update(Delivery).values(change))


def test_the_latest_version_is_found(cast: Cast, letter: uuid.UUID) -> None:
    newest = send(cast, 3)
    send(cast, 2)
    with tenant_context(cast.tenants["ccas"].id):
        found = find_latest_letter(KIND, cast.tenants["ascs"].id, SUBJECT)
        assert found is not None
        assert found.id == newest
        assert find_latest_letter(KIND, cast.tenants["voisins"].id, SUBJECT) is None


def test_withdrawing_marks_every_letter_sent_about_the_subject(
    cast: Cast, letter: uuid.UUID
) -> None:
    send(cast, 1, to="carsat")
    with tenant_context(cast.tenants["ascs"].id):
        withdraw(KIND, SUBJECT)
        db.session.commit()
        assert db.session.scalars(sa.select(Delivery.withdrawn_at.is_(None))).all() == [False] * 2


def test_the_reader_cannot_withdraw_what_it_received(cast: Cast, letter: uuid.UUID) -> None:
    with tenant_context(cast.tenants["ccas"].id):
        withdraw(KIND, SUBJECT)
        forced = sa.update(Delivery).values(withdrawn_at=sa.func.now()).returning(Delivery.id)
        assert db.session.execute(forced).all() == []
        db.session.commit()
        assert get_letter(letter).withdrawn_at is None
