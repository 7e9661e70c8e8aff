"""The daily seal: what it covers, what it cannot miss, what signs it."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError

from app.core.authority import create_authority
from app.core.clock import today
from app.core.db import db, new_id, tenant_context
from app.core.errors import ServiceUnavailable
from app.core.gateways.signature import SignatureService
from app.core.gateways.timestamp import timestamper
from app.core.jobs import later_once
from app.core.services import authority, signatures, storage
from app.core.verification import Trust, examine_detached
from app.reciprocity.commands import sealing
from app.reciprocity.commands.exchanges import Exchange, record_exchange
from app.reciprocity.commands.ledger import LedgerRefusal
from app.reciprocity.models import GENESIS, Account, Seal
from app.reciprocity.models.chain import seal_root, seal_text
from app.reciprocity.queries.proof import find_root_before, get_seal, list_seal_heads
from tests.factories.cast import Cast, build_cast
from tests.factories.reciprocity import exchange, join
from tests.factories.together import PATIENCE, Crowd, crowd
from tests.factories.work import do_work


def covered(number: int) -> dict[int, int]:
    """Account → version, as a seal covers them."""
    return {head.account_no: head.version for head in list_seal_heads(number)}


def test_a_seal_covers_what_moved_since_the_last_one(cast: Cast) -> None:
    a, b, c, *_ = join(cast).values()
    exchange(cast, a, b, 60)
    with tenant_context(cast.actor("alice").tenant_id):
        assert sealing.write_seal() == 1
        db.session.commit()
    exchange(cast, a, c, 30)
    with tenant_context(cast.actor("alice").tenant_id):
        assert sealing.write_seal() == 2
        assert (covered(1), covered(2)) == ({a: 1, b: 1}, {a: 2, c: 1})
        assert (get_seal(2).accounts, get_seal(2).entries) == (8, 4)
        for number, before in ((1, GENESIS), (2, get_seal(1).root)):
            heads = [(h.account_no, h.version, h.head) for h in list_seal_heads(number)]
            assert get_seal(number).root == seal_root(before, heads)
            assert find_root_before(number) == before


def test_a_day_without_exchange_is_sealed_too_and_once(cast: Cast) -> None:
    join(cast)
    with tenant_context(cast.actor("alice").tenant_id):
        assert [sealing.write_seal(), sealing.write_seal()] == [1, 1]
        assert covered(1) == {}
        assert get_seal(1).root == seal_root(GENESIS, [])


def test_closing_leaves_three_days_open_and_never_goes_back(cast: Cast) -> None:
    join(cast)
    with tenant_context(cast.actor("alice").tenant_id):
        close = sa.text("SELECT ledger_close_days(:day)")
        three_days_ago = today() - timedelta(days=3)
        assert sealing.close_days() == today() - timedelta(days=35)
        assert db.session.scalar(close, {"day": today()}) == three_days_ago
        assert sealing.close_days() == three_days_ago
    with tenant_context(cast.actor("denis").tenant_id):
        assert sealing.close_days() is None


def test_a_seal_is_signed_and_dated_once(cast: Cast) -> None:
    a, b, *_ = join(cast).values()
    exchange(cast, a, b, 60)
    with tenant_context(cast.actor("alice").tenant_id):
        sealing.sign_seal(sealing.write_seal())
        seal = get_seal(1)
        content, trust = seal_text(seal, GENESIS), Trust.of(authority())
        signature = storage().get(str(seal.signature_sha256))
        stamped_at = examine_detached(content, signature, trust)
        assert stamped_at is not None
        assert abs(stamped_at - seal.sealed_at) < timedelta(minutes=1)
        assert f"racine : {seal.root.hex()}\n" in content.decode()
        first = seal.signature_sha256
        sealing.sign_seal(1)
        assert get_seal(1).signature_sha256 == first


@pytest.mark.parametrize("change", ["UPDATE seals SET root = ''", "DELETE FROM seal_heads"])
def test_a_seal_never_changes(
    staged: tuple[Cast, Crowd], superuser: sa.Engine, change: str
) -> None:
    cast, people = staged
    a, b, *_ = join(cast).values()
    exchange(cast, a, b, 60)
    people.do(sealing.write_seal)
    with pytest.raises(IntegrityError, match="never changes"), superuser.begin() as root:
        root.exec_driver_sql(change)


def test_a_signature_of_something_else_is_worth_nothing(app: Flask, tmp_path) -> None:
    trust = Trust.of(authority())
    signature = signatures().seal_bytes(b"Registre")
    assert examine_detached(b"Registre", signature, trust)
    assert examine_detached(b"Registr3", signature, trust) is None
    assert examine_detached(b"Registre", signature[:-1] + b"?", trust) is None
    assert examine_detached(b"Registre", b"", trust) is None
    stranger = create_authority(tmp_path / "authority", "secret-of-a-stranger")
    forged = SignatureService(stranger, timestamper("authority:", stranger)).seal_bytes(b"Registre")
    assert examine_detached(b"Registre", forged, trust) is None
    assert examine_detached(b"Registre", forged, replace(trust, roots=Trust.of(stranger).roots))


def test_without_timestamp_the_seal_waits_for_its_signature(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    join(cast)
    silent = timestamper("http://127.0.0.1:9/", authority())
    with tenant_context(cast.actor("alice").tenant_id):
        number = sealing.write_seal()
        with monkeypatch.context() as patched:
            patched.setattr(signatures(), "_timestamps", silent)
            with pytest.raises(ServiceUnavailable):
                sealing.sign_seal(number)
        assert get_seal(number).signature_sha256 is None
        sealing.sign_seal(number)
        assert get_seal(number).signature_sha256


def test_the_daily_work_done_twice_makes_one_seal(cast: Cast) -> None:
    a, b, *_ = join(cast).values()
    exchange(cast, a, b, 60)
    ascs, ccas = cast.actor("alice").tenant_id, cast.actor("denis").tenant_id
    for slot in ("2026-11-22/0", "2026-11-22/0", "again"):
        for tenant_id in (ascs, ccas):
            later_once("reciprocity.seal_register", slot, tenant_id)
    db.session.commit()
    done = do_work()
    assert done.count("reciprocity.sign_seal") == done.count("reciprocity.write_seal") == 2
    with tenant_context(ascs):
        assert [seal.number for seal in db.session.scalars(sa.select(Seal))] == [1]
        assert get_seal(1).signature_sha256
    with tenant_context(ccas):
        assert db.session.scalars(sa.select(Seal)).all() == []


@pytest.fixture
def staged(real: Flask) -> tuple[Cast, Crowd]:
    """The cast and members, committed, and sessions for the ASCS."""
    cast = build_cast()
    db.session.commit()
    with crowd(real, cast.actor("alice").tenant_id) as people:
        yield cast, people


def note(cast: Cast, giver: int, receiver: int, days_ago: int = 0):
    """The act of noting an exchange of an hour."""
    act = Exchange(new_id(), giver, receiver, 60, today() - timedelta(days=days_ago))
    return lambda: record_exchange(cast.actor("alice"), act)


def close(days_ago: int):
    """The act of closing the days up to that one."""
    day = today() - timedelta(days=days_ago)
    return lambda: db.session.scalar(sa.text("SELECT ledger_close_days(:day)"), {"day": day})


def is_waiting(sealer: Future[int]) -> bool:
    """Wait until the sealer itself waits; False when it is done without."""
    sleeping = sa.text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event = 'PgSleep'"
    )
    while not sealer.done():
        db.session.rollback()  # PostgreSQL lists the sessions once in a transaction
        if db.session.scalar(sleeping):
            return True
    return False


def test_a_posting_in_flight_is_waited_for_and_whole(staged: tuple[Cast, Crowd]) -> None:
    cast, people = staged
    a, b, *_ = join(cast).values()
    author = people.hold(note(cast, a, b))
    sealer = people.start(sealing.write_seal)
    assert is_waiting(sealer)
    author.commit()
    assert sealer.result(PATIENCE) == 1
    assert people.do(lambda: covered(1)) == {a: 1, b: 1}


def test_what_is_abandoned_is_in_no_seal(staged: tuple[Cast, Crowd]) -> None:
    cast, people = staged
    a, b, *_ = join(cast).values()
    author = people.hold(note(cast, a, b))
    sealer = people.start(sealing.write_seal)
    assert is_waiting(sealer)
    author.abandon()
    assert sealer.result(PATIENCE) == 1
    assert people.do(lambda: covered(1)) == {}


def test_a_posting_of_a_day_that_closes_is_in_the_seal_or_refused(
    staged: tuple[Cast, Crowd],
) -> None:
    cast, people = staged
    a, b, c, d, *_ = join(cast).values()
    early = people.hold(note(cast, a, b, days_ago=10))
    people.do(close(days_ago=5))
    with pytest.raises(LedgerRefusal) as refusal:
        people.do(note(cast, c, d, days_ago=10))
    assert refusal.value.code == "day_sealed"
    sealer = people.start(sealing.write_seal)
    assert is_waiting(sealer)
    early.commit()
    sealer.result(PATIENCE)
    assert people.do(lambda: covered(1)) == {a: 1, b: 1}
    assert people.do(lambda: get_seal(1).closed_through) == today() - timedelta(days=5)


def test_who_comes_after_the_seal_began_is_not_waited_for_nor_lost(
    staged: tuple[Cast, Crowd],
) -> None:
    cast, people = staged
    a, b, c, d, *_ = join(cast).values()
    early = people.hold(note(cast, a, b))
    sealer = people.start(sealing.write_seal)
    assert is_waiting(sealer)
    late = people.hold(note(cast, c, d))
    early.commit()
    assert sealer.result(PATIENCE) == 1
    late.commit()
    assert people.do(sealing.write_seal) == 2
    assert people.do(lambda: (covered(1), covered(2))) == ({a: 1, b: 1}, {c: 1, d: 1})


def test_a_posting_without_end_is_not_waited_for_without_end(
    staged: tuple[Cast, Crowd], monkeypatch: pytest.MonkeyPatch
) -> None:
    cast, people = staged
    a, b, *_ = join(cast).values()
    monkeypatch.setattr(sealing, "PATIENCE", timedelta(milliseconds=100))
    author = people.hold(note(cast, a, b))
    with pytest.raises(LedgerRefusal) as refusal:
        people.do(sealing.write_seal)
    assert refusal.value.code == "postings_in_flight"
    assert people.do(lambda: db.session.scalars(sa.select(Seal)).all()) == []
    author.commit()


def test_two_who_seal_at_once_go_on_from_each_other(staged: tuple[Cast, Crowd]) -> None:
    cast, people = staged
    a, b, *_ = join(cast).values()
    exchange(cast, a, b, 60)
    sealers = [people.start(sealing.write_seal) for _ in range(4)]
    assert {sealer.result(PATIENCE) for sealer in sealers} == {1}
    moved = people.do(lambda: db.session.scalars(sa.select(Account.version)).all())
    assert sum(moved) == people.do(lambda: get_seal(1).entries)
