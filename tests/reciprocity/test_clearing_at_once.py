"""Two organisations that post to each other at the same moment, from real connections, crashes included."""

from __future__ import annotations

import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from random import Random

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.clock import today
from app.core.db import db, new_id, tenant_context
from app.core.deliveries import deliver
from app.reciprocity.commands.clearing import (
    ReceivedHelp,
    record_received_help,
    reverse_visit,
    say_limit,
)
from app.reciprocity.commands.ledger import LedgerRefusal
from app.reciprocity.commands.netting import BALANCES, propose_nettings
from tests.factories import clearing as make
from tests.factories.cast import Cast, build_cast
from tests.factories.reciprocity import join
from tests.factories.together import PATIENCE, crowd
from tests.reciprocity.invariants import find_faults

PAIR = {"alice": "denis", "denis": "alice"}
SESSIONS, ACTS = 6, 25


class House:
    """The ASCS and the CCAS, agreed, really committed; a member each."""

    def __init__(self, app: Flask, cast: Cast, superuser: sa.Engine) -> None:
        self.app, self.cast, self.superuser = app, cast, superuser
        self.members = {
            who: join(cast, f"Membre de {who}", who=who)[f"Membre de {who}"] for who in PAIR
        }
        make.agree(cast, minutes=60 * 100)
        self.codes = {who: make.code_of(cast, who, self.members[who]) for who in PAIR}
        self.actors = {who: cast.actor(who) for who in PAIR}
        self.ids = {who: cast.home(who).id for who in PAIR}

    def help(self, who: str, minutes: int = 30, id_: uuid.UUID | None = None) -> ReceivedHelp:
        """The member of one received from the member of the other."""
        other = PAIR[who]
        return ReceivedHelp(
            id_ or new_id(), self.members[who], self.ids[other], self.codes[other], minutes, today()
        )

    def note(self, who: str, help_: ReceivedHelp) -> str:
        """Note it in the current transaction."""
        return record_received_help(self.actors[who], help_)

    def alone(self, who: str, help_: ReceivedHelp) -> str:
        """Note it in a session and a transaction of its own."""
        with self.app.app_context(), tenant_context(self.ids[who]):
            status = self.note(who, help_)
            db.session.commit()
            return status

    def undo(self, who: str, transfer_id: uuid.UUID) -> str:
        """Correct it in a session and a transaction of its own."""
        with self.app.app_context(), tenant_context(self.ids[who]):
            status = reverse_visit(self.actors[who], transfer_id, "Noté deux fois")
            db.session.commit()
            return status

    def twin(self, help_: ReceivedHelp) -> uuid.UUID:
        """Its other half, in the register of the CCAS."""
        statement = sa.text("SELECT transfer_id FROM clearings WHERE peer_transfer_id = :id")
        with self.superuser.connect() as connection:
            found: uuid.UUID = connection.scalar(statement, {"id": help_.id})
        return found

    def balances(self) -> tuple[int, int]:
        """What the ASCS owes the CCAS, and the CCAS the ASCS."""
        found = make.all_mirrors(self.cast, tuple(PAIR))
        return found["alice", "denis"], found["denis", "alice"]

    def check(self) -> None:
        """All that is true of registers is; mirrors sum to zero; every half has its other half."""
        with self.superuser.connect() as connection:
            driver: psycopg.Connection = connection.connection.driver_connection  # type: ignore[assignment]
            assert list(find_faults(driver)) == []
            halves = connection.exec_driver_sql(
                "SELECT count(*) FROM clearings c LEFT JOIN clearings t ON t.tenant_id = c.peer_id"
                " AND t.transfer_id = c.peer_transfer_id AND t.peer_id = c.tenant_id"
                " AND t.peer_transfer_id = c.transfer_id WHERE t.tenant_id IS NULL"
            ).scalar()
            assert halves == 0
        assert sum(self.balances()) == 0


@pytest.fixture
def house(real: Flask, superuser: sa.Engine) -> House:
    """The two organisations."""
    return House(real, build_cast(), superuser)


def test_both_ways_at_once_nobody_waits_in_a_circle(house: House) -> None:
    def work(session: int) -> Counter[str]:
        chance = Random(session)  # noqa: S311 a draw that can be drawn again
        done = Counter[str]()
        for _ in range(ACTS):
            who = chance.choice(list(PAIR))
            done[who] += house.alone(who, house.help(who)) == "posted"
        return done

    with ThreadPoolExecutor(SESSIONS) as pool:
        done = sum(pool.map(work, range(SESSIONS)), Counter())
    assert done.total() == SESSIONS * ACTS
    owed = 30 * (done["alice"] - done["denis"])
    assert house.balances() == (owed, -owed)
    house.check()


def test_the_same_exchange_sent_at_once_is_noted_once(house: House) -> None:
    help_ = house.help("alice")
    with ThreadPoolExecutor(SESSIONS) as pool:
        statuses = list(pool.map(lambda _: house.alone("alice", help_), range(SESSIONS)))
    assert sorted(statuses) == ["exists"] * (SESSIONS - 1) + ["posted"]
    assert house.balances() == (30, -30)


def test_both_sides_correct_at_once(house: House) -> None:
    for _ in range(8):
        help_ = house.help("alice")
        house.alone("alice", help_)
        twin = house.twin(help_)
        with ThreadPoolExecutor(2) as pool:
            here = pool.submit(house.undo, "alice", help_.id)
            there = pool.submit(house.undo, "denis", twin)
        assert sorted([here.result(), there.result()]) == ["exists", "posted"]
        assert house.balances() == (0, 0)
    house.check()


def test_after_three_days_only_the_giver_s_side_corrects(house: House) -> None:
    help_ = house.help("alice")
    house.alone("alice", help_)
    with house.superuser.begin() as past:
        past.exec_driver_sql("SET LOCAL session_replication_role = replica")
        past.exec_driver_sql("UPDATE transfers SET posted_at = posted_at - interval '73 hours'")
    with pytest.raises(LedgerRefusal) as refusal:
        house.undo("alice", help_.id)
    assert refusal.value.code == "too_late_here"
    assert house.balances() == (30, -30)
    assert house.undo("denis", house.twin(help_)) == "posted"
    assert house.undo("alice", help_.id) == "exists"
    assert house.balances() == (0, 0)


def test_a_crash_leaves_neither_half(house: House) -> None:
    help_ = house.help("alice")
    with crowd(house.app, house.ids["alice"]) as people:
        someone = people.hold(lambda: house.note("alice", help_))
        assert someone.result == "posted"
        someone.abandon()
    assert house.balances() == (0, 0)
    house.check()
    assert house.alone("alice", help_) == "posted"


def test_a_suspension_waits_for_the_exchange_that_is_being_noted(house: House) -> None:
    """It is before or after, never in between."""
    with (
        crowd(house.app, house.ids["alice"]) as ours,
        crowd(house.app, house.ids["denis"]) as theirs,
    ):
        someone = ours.hold(lambda: house.note("alice", house.help("alice")))
        suspended = theirs.start(
            lambda: say_limit(house.actors["denis"], house.ids["alice"], None).state
        )
        assert not suspended.done()
        someone.commit()
        assert suspended.result(PATIENCE) == "suspended"
    with pytest.raises(LedgerRefusal) as refusal:
        house.alone("alice", house.help("alice"))
    assert refusal.value.code == "no_agreement"
    assert house.balances() == (30, -30)


def test_loops_are_sought_by_one_worker_at_a_time(real: Flask) -> None:
    """The last letter and the daily work come together: the second waits, and finds the month proposed."""
    cast, month = build_cast(), today().replace(day=1)
    a, b, c = (cast.home(who).id for who in ("alice", "denis", "fanny"))
    network = cast.home("olga").id
    for us, owed, owing in ((a, b, c), (b, c, a), (c, a, b)):
        balances = {str(owed): 60, str(owing): -60}
        with tenant_context(us):
            deliver(network, BALANCES, us, {"month": month.isoformat(), "balances": balances})
            db.session.commit()
    with crowd(real, network) as people:
        first = people.hold(lambda: propose_nettings(month))
        second = people.start(lambda: propose_nettings(month))
        assert people.waits(second)
        first.commit()
        assert (first.result, second.result(PATIENCE)) == (1, 0)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_done_by_whom_mirrors_sum_to_zero(house: House, seed: int) -> None:
    """Exchanges, retries, corrections and crashes of several sessions, drawn from a seed."""

    def work(session: int) -> int:
        chance = Random(f"{seed}/{session}")  # noqa: S311
        noted: list[tuple[str, ReceivedHelp]] = []
        for _ in range(ACTS):
            who = chance.choice(list(PAIR))
            match chance.choice(("note", "note", "again", "undo", "crash")):
                case "note":
                    help_ = house.help(who, chance.choice((1, 45, 600)))
                    with suppress(LedgerRefusal):
                        house.alone(who, help_)
                        noted.append((who, help_))
                case "again" if noted:
                    with suppress(LedgerRefusal):
                        house.alone(*chance.choice(noted))
                case "undo" if noted:
                    author, help_ = chance.choice(noted)
                    with suppress(LedgerRefusal):
                        house.undo(author, help_.id)
                case "crash":
                    with house.app.app_context(), tenant_context(house.ids[who]):
                        with suppress(LedgerRefusal):
                            house.note(who, house.help(who))
                        db.session.rollback()
        return len(noted)

    with ThreadPoolExecutor(SESSIONS) as pool:
        assert all(pool.map(work, range(SESSIONS)))
    house.check()
