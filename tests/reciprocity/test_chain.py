"""The chain computed by Python is the one that PostgreSQL computes."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.clock import today
from app.core.db import db, tenant_context
from app.reciprocity.commands.exchanges import record_group, reverse_transfer
from app.reciprocity.models import Entry, Transfer, TransferKind
from app.reciprocity.models.chain import Line, core, link, replay
from app.reciprocity.queries.accounts import get_account
from tests.factories.cast import Cast
from tests.factories.reciprocity import exchange, join

INTS = st.integers(-(2**31), 2**31 - 1)
ACCOUNTS = st.none() | st.integers(1, 2**31 - 1)
DAYS = st.dates(date(1900, 1, 1), date(2200, 1, 1))
CENTURIES = 6 * 10**15  # microseconds: some 190 years
INSTANTS = st.integers(-CENTURIES, CENTURIES).map(
    lambda offset: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=offset)
)
KINDS = st.sampled_from(TransferKind).map(str) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12
)

CORE = sa.text(
    "SELECT ledger_core(:id, :kind, :debit, :credit, :minutes, :day, :operator, :posted)"
).bindparams(sa.bindparam("debit", type_=sa.Integer), sa.bindparam("credit", type_=sa.Integer))
LINK = sa.text("SELECT ledger_link(:head, :core, :number, :version, :delta)")


@pytest.fixture(scope="session")
def owner(app: Flask) -> sa.Engine:
    """The functions inside are nobody's to call but their owner's."""
    return sa.create_engine(app.config["SETTINGS"].database_owner_url, poolclass=sa.NullPool)


@given(
    id_=st.uuids(), kind=KINDS, debit=ACCOUNTS, credit=ACCOUNTS, minutes=INTS, day=DAYS,
    operator=INTS, posted=INSTANTS, head=st.binary(min_size=32, max_size=32), number=INTS,
    version=INTS, delta=INTS,
)  # fmt: skip
@settings(
    max_examples=200,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_python_and_postgresql_agree_on_every_byte(
    twin: sa.Connection,
    id_: uuid.UUID,
    kind: str,
    debit: int | None,
    credit: int | None,
    minutes: int,
    day: date,
    operator: int,
    posted: datetime,
    head: bytes,
    number: int,
    version: int,
    delta: int,
) -> None:
    facts = {
        "id": id_, "kind": kind, "debit": debit, "credit": credit, "minutes": minutes,
        "day": day, "operator": operator, "posted": posted,
    }  # fmt: skip
    theirs = twin.scalar(CORE, facts)
    ours = core(id_, kind, debit, credit, minutes, day, operator, posted)
    assert ours == bytes(theirs)
    added = {"head": head, "core": ours, "number": number, "version": version, "delta": delta}
    assert link(head, ours, number, version, delta) == bytes(twin.scalar(LINK, added))


@pytest.fixture
def twin(owner: sa.Engine) -> sa.Connection:
    """A connection of the owner, for as long as the test."""
    with owner.connect() as connection:
        yield connection


def test_an_account_replays_to_its_head(cast: Cast) -> None:
    a, b, c, *_ = join(cast).values()
    alice = cast.actor("alice")
    exchange(cast, a, b, 90)
    wrong = exchange(cast, a, c, 45)
    with tenant_context(alice.tenant_id):
        record_group(alice, uuid.uuid4(), {a: 60, b: -20, c: -40}, today())
        reverse_transfer(alice, wrong, "C’était un autre jour")
        for number in (a, b, c):
            assert replay(number, _lines(number)) == get_account(number).head


def _lines(number: int) -> list[Line]:
    rows = db.session.execute(
        sa.select(Entry, Transfer)
        .join(
            Transfer,
            (Transfer.tenant_id == Entry.tenant_id) & (Transfer.id == Entry.transfer_id),
        )
        .where(Entry.account_no == number)
        .order_by(Entry.version)
    )
    return [
        Line(entry.version, entry.delta, core(
            t.id, t.kind, t.debit, t.credit, t.minutes, t.happened_on, t.operator_no, t.posted_at
        ))
        for entry, t in rows
    ]  # fmt: skip
