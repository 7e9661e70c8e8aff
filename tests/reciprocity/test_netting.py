"""Loops of debts between organisations: found, proposed, accepted by all, written everywhere or nowhere."""

from __future__ import annotations

import itertools
import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.clock import today
from app.core.db import db, tenant_context
from app.core.deliveries import deliver
from app.core.errors import DomainError, StalePage
from app.core.permissions import Forbidden
from app.reciprocity.commands.ledger import LedgerRefusal, call
from app.reciprocity.commands.netting import (
    ANSWER,
    BALANCES,
    NETTING,
    answer_netting,
    lapse_nettings,
    propose_nettings,
    send_balances,
    tend_nettings,
)
from app.reciprocity.models import Netting, NettingState
from app.reciprocity.models.loops import Debts, Loop, find_loops, is_loop, sha256_of
from app.reciprocity.queries.clearing import list_nettings
from tests.factories import clearing as make
from tests.factories.cast import Cast
from tests.factories.reciprocity import join
from tests.factories.work import do_work, failures

RING = ("alice", "denis", "fanny")
NODES = [uuid.UUID(int=n) for n in range(7)]
PAIRS = list(itertools.combinations(NODES, 2))


def this_month() -> date:
    """Its first day."""
    return today().replace(day=1)


@st.composite
def some_debts(draw: st.DrawFn) -> dict[tuple[uuid.UUID, uuid.UUID], int]:
    """Between any two organisations: nothing, or a debt one way."""
    signed = draw(st.lists(st.integers(-500, 500), min_size=len(PAIRS), max_size=len(PAIRS)))
    return {
        (pair if minutes > 0 else pair[::-1]): abs(minutes)
        for pair, minutes in zip(PAIRS, signed, strict=True)
        if minutes
    }


def after(debts: Debts, loops: list[Loop]) -> Counter[tuple[uuid.UUID, uuid.UUID]]:
    """What is left once the loops are cancelled."""
    left = Counter(debts)
    for loop in loops:
        left.subtract(dict.fromkeys(loop.debts(), loop.minutes))
    return left


def positions(debts: Debts) -> Counter[uuid.UUID]:
    """What each owes, less what it is owed."""
    net: Counter[uuid.UUID] = Counter()
    for (owing, owed), minutes in debts.items():
        net[owing] += minutes
        net[owed] -= minutes
    return Counter({node: minutes for node, minutes in net.items() if minutes})


@given(some_debts())
def test_loops_cancel_debts_and_nothing_else(debts: dict[tuple[uuid.UUID, uuid.UUID], int]) -> None:
    loops = find_loops(debts)
    left = after(debts, loops)
    assert positions(left) == positions(debts)
    assert all(0 <= left[pair] <= minutes for pair, minutes in debts.items())
    assert left.keys() == debts.keys()
    assert find_loops(left) == []
    assert len(loops) <= len(debts)
    assert loops == find_loops(dict(reversed(debts.items())))
    # A loop's legs are a loop, and say what it cancels.
    assert all(is_loop(loop.legs()) and loop.minutes > 0 for loop in loops)
    # In whatever order, and if some are declined, no debt changes sides.
    for kept in (loops[::2], loops[1::2], loops[:1]):
        assert min(after(debts, kept).values(), default=0) >= 0


@given(some_debts())
def test_nothing_cyclic_is_left(debts: dict[tuple[uuid.UUID, uuid.UUID], int]) -> None:
    left = after(debts, find_loops(debts))
    owed = {pair for pair, minutes in left.items() if minutes}
    nodes = set(NODES)
    # Kahn: as long as somebody owes nobody, take them away; who is left stands in a loop.
    while done := {node for node in nodes if not any(pair[0] == node for pair in owed)}:
        nodes -= done
        owed = {pair for pair in owed if pair[1] not in done}
    assert not nodes


def test_what_is_no_loop() -> None:
    a, b, c, d = NODES[:4]
    legs = Loop((a, b, c), 60).legs()
    assert is_loop(legs)
    assert not is_loop(legs[:2])
    assert not is_loop([*legs, legs[0]])
    assert not is_loop([legs[0], legs[1], {**legs[2], "minutes": 61}])
    assert not is_loop([legs[0], legs[1], {**legs[2], "owes_id": str(d)}])
    assert not is_loop([{**leg, "minutes": 0} for leg in legs])
    assert not is_loop([{**leg, "minutes": True} for leg in legs])
    assert not is_loop("legs")
    assert not is_loop(["legs"] * 3)
    two = [
        {"tenant_id": str(x), "owes_id": str(y), "owed_by_id": str(y), "minutes": 5}
        for x, y in ((a, b), (b, a))
    ]
    assert not is_loop(two)


@dataclass
class Ring:
    """The ASCS owes the CCAS 120 minutes, which owes the Carsat 90, which owes the ASCS 60; all agreed."""

    cast: Cast
    accounts: dict[str, int]

    def visit(self, who: str, giver_of: str, minutes: int) -> None:
        """A member of one received from a member of another."""
        code = make.code_of(self.cast, giver_of, self.accounts[giver_of])
        make.visit(self.cast, who, self.accounts[who], giver_of, code, minutes)

    def balances(self) -> list[int]:
        """What each owes the next: the ASCS, the CCAS, the Carsat. Each pair sums to zero."""
        owed = make.all_mirrors(self.cast, RING)
        assert all(owed[one, other] == -owed[other, one] for one, other in owed)
        return [owed[pair] for pair in itertools.pairwise((*RING, RING[0]))]

    def propose(self) -> uuid.UUID:
        """Each tells the network, which proposes; the loop's id."""
        for who in RING:
            with tenant_context(self.cast.home(who).id):
                assert send_balances(this_month())
                assert not send_balances(this_month())
                db.session.commit()
        do_work()
        assert failures() == []
        with tenant_context(self.cast.home("alice").id):
            return db.session.scalars(list_nettings()).one().id

    def answer(self, who: str, netting_id: uuid.UUID, accept: bool = True) -> None:
        """One answers; nothing else is done yet."""
        actor = self.cast.actor(who)
        with tenant_context(actor.tenant_id):
            sha256 = db.session.scalars(list_nettings()).one().sha256
            answer_netting(actor, netting_id, sha256, accept)
            db.session.commit()

    def states(self) -> list[str]:
        """Where it stands for each."""
        found = []
        for who in RING:
            with tenant_context(self.cast.home(who).id):
                found.append(db.session.scalars(list_nettings()).one().state)
        return found


@pytest.fixture
def ring(cast: Cast) -> Ring:
    accounts = {who: join(cast, f"Membre de {who}", who=who)[f"Membre de {who}"] for who in RING}
    for one, other in itertools.combinations(RING, 2):
        make.agree(cast, one, other)
    ring = Ring(cast, accounts)
    for (who, giver_of), minutes in zip(
        itertools.pairwise((*RING, RING[0])), (120, 90, 60), strict=True
    ):
        ring.visit(who, giver_of, minutes)
    assert ring.balances() == [120, 90, 60]
    return ring


def test_a_loop_is_proposed_accepted_by_all_and_written_everywhere(ring: Ring) -> None:
    netting_id = ring.propose()
    assert ring.states() == ["proposed"] * 3
    for who in RING:
        assert ring.balances() == [120, 90, 60]
        ring.answer(who, netting_id)
        do_work()
    assert ring.balances() == [60, 30, 0]
    assert ring.states() == ["posted"] * 3
    for who in RING:
        with tenant_context(ring.cast.home(who).id):
            assert call("ledger_post_netting", p_id=netting_id) == "exists"
            told = "SELECT count(*) FROM audit_events WHERE action = 'netting.posted'"
            assert db.session.scalar(db.text(told)) == 1
    assert ring.balances() == [60, 30, 0]
    assert failures() == []


def test_nothing_of_a_person_leaves_an_organisation(ring: Ring) -> None:
    ring.propose()
    with tenant_context(ring.cast.home("olga").id):
        payloads = db.session.execute(
            db.text("SELECT sender_id, payload FROM deliveries WHERE kind = :kind"),
            {"kind": BALANCES},
        ).all()
    assert len(payloads) == 3
    known = {str(ring.cast.home(who).id) for who in RING}
    for _, payload in payloads:
        assert payload.keys() == {"month", "balances"}
        assert payload["balances"].keys() <= known


def test_one_refusal_ends_it_for_all(ring: Ring) -> None:
    netting_id = ring.propose()
    ring.answer("alice", netting_id)
    ring.answer("denis", netting_id)
    ring.answer("denis", netting_id, accept=False)  # changes their mind before it is written
    do_work()
    assert ring.states() == ["lapsed", "declined", "lapsed"]
    alice = ring.cast.actor("alice")
    with tenant_context(alice.tenant_id):
        netting = db.session.scalars(list_nettings()).one()
        with pytest.raises(DomainError):
            answer_netting(alice, netting_id, netting.sha256, True)
    assert ring.balances() == [120, 90, 60]


def test_debts_that_moved_are_cancelled_only_if_none_changes_sides(ring: Ring) -> None:
    netting_id = ring.propose()
    ring.visit("alice", "fanny", 15)  # the Carsat owes 45 minutes now: less than the loop cancels
    assert ring.balances() == [120, 90, 45]
    for who in RING:
        ring.answer(who, netting_id)
    do_work()
    assert ring.states() == ["lapsed"] * 3
    assert ring.balances() == [120, 90, 45]
    assert failures() == []


def test_debts_that_grew_are_cancelled_as_proposed(ring: Ring) -> None:
    netting_id = ring.propose()
    ring.visit("fanny", "alice", 30)
    for who in RING:
        ring.answer(who, netting_id)
    do_work()
    assert ring.balances() == [60, 30, 30]


def test_who_answers_and_to_what(ring: Ring) -> None:
    netting_id = ring.propose()
    bob, alice = ring.cast.actor("bob"), ring.cast.actor("alice")
    with tenant_context(bob.tenant_id):
        sha256 = db.session.scalars(list_nettings()).one().sha256
        with pytest.raises(Forbidden):
            answer_netting(bob, netting_id, sha256, True)
        with pytest.raises(StalePage):
            answer_netting(alice, netting_id, "0" * 64, True)
        # Nobody else has accepted: asking the register to write changes nothing.
        assert call("ledger_post_netting", p_id=netting_id) == "waiting"
        with pytest.raises(LedgerRefusal) as refusal:
            call("ledger_post_netting", p_id=uuid.uuid4())
        assert refusal.value.code == "unknown_netting"
    assert ring.balances() == [120, 90, 60]


def test_a_loop_that_one_side_made_up_is_not_written(ring: Ring) -> None:
    """Alice's application writes what it likes in its own row: the others' rows say otherwise."""
    netting_id = ring.propose()
    for who in ("denis", "fanny"):
        ring.answer(who, netting_id)
    ids, month = [ring.cast.home(who).id for who in RING], this_month()
    with tenant_context(ids[0]):
        forged = Loop((ids[0], ids[1], ids[2]), 30).legs()
        other = Netting(
            id=uuid.uuid4(), month=month, legs=forged, sha256=sha256_of(forged), state="accepted"
        )
        crooked = [{**forged[0], "minutes": 5}, *forged[1:]]
        bent = Netting(
            id=uuid.uuid4(), month=month, legs=crooked, sha256=sha256_of(crooked), state="accepted"
        )
        db.session.add_all([other, bent])
        db.session.flush()
        assert call("ledger_post_netting", p_id=other.id) == "waiting"
        with pytest.raises(LedgerRefusal) as refusal:
            call("ledger_post_netting", p_id=bent.id)
        assert refusal.value.code == "netting_malformed"
    assert ring.balances() == [120, 90, 60]


def test_forged_letters_change_nothing(ring: Ring) -> None:
    ids, month = [ring.cast.home(who).id for who in RING], this_month().isoformat()
    netting_id = ring.propose()
    legs = Loop((ids[0], ids[1], ids[2]), 10).legs()
    letter = {"month": month, "legs": legs, "sha256": sha256_of(legs)}
    voisins, network = ring.cast.tenants["voisins"].id, ring.cast.home("olga").id
    with tenant_context(voisins):
        deliver(ids[0], NETTING, uuid.uuid4(), letter)  # not from the network
        deliver(ids[0], ANSWER, netting_id, {"answer": "declined"})  # not of the loop
        for balances in ("x", {"x": 1}, {str(ids[0]): "1"}, {str(ids[0]): 10**6}):
            deliver(network, BALANCES, voisins, {"month": month, "balances": balances})
        deliver(network, BALANCES, voisins, {"month": "demain"})
        db.session.commit()
    with tenant_context(network):
        deliver(ids[0], NETTING, uuid.uuid4(), {**letter, "sha256": "0" * 64})
        deliver(ids[0], NETTING, uuid.uuid4(), {**letter, "month": "2020-01-01"})
        deliver(ids[0], NETTING, uuid.uuid4(), {**letter, "legs": legs[:2]})
        strangers = Loop((voisins, ids[1], ids[2]), 10).legs()
        deliver(ids[0], NETTING, uuid.uuid4(), {**letter, "legs": strangers})
        db.session.commit()
    do_work()
    assert failures() == []
    assert ring.states() == ["proposed"] * 3


def test_a_refusal_that_arrives_before_the_proposal(ring: Ring) -> None:
    ids = [ring.cast.home(who).id for who in RING]
    legs = Loop((ids[0], ids[1], ids[2]), 10).legs()
    netting_id = uuid.uuid4()
    with tenant_context(ids[1]):
        deliver(ids[0], ANSWER, netting_id, {"answer": "declined"})
        db.session.commit()
    do_work()
    with tenant_context(ring.cast.home("olga").id):
        letter = {"month": this_month().isoformat(), "legs": legs, "sha256": sha256_of(legs)}
        deliver(ids[0], NETTING, netting_id, letter)
        db.session.commit()
    do_work()
    with tenant_context(ids[0]):
        assert db.session.scalars(list_nettings()).one().state == NettingState.LAPSED


def test_the_month_s_end_and_the_daily_work(ring: Ring) -> None:
    ring.propose()
    with tenant_context(ring.cast.home("olga").id):
        assert propose_nettings(this_month()) == 0  # once a month
    for who in (*RING, "olga"):
        with tenant_context(ring.cast.home(who).id):
            tend_nettings()
            db.session.commit()
    assert ring.states() == ["proposed"] * 3
    next_year = this_month().replace(year=today().year + 1)
    with tenant_context(ring.cast.home("alice").id):
        lapse_nettings(next_year)
        db.session.commit()
    assert ring.states() == ["lapsed", "proposed", "proposed"]


def test_a_debt_that_one_side_alone_tells_is_not_counted(ring: Ring) -> None:
    for who in RING[:2]:
        with tenant_context(ring.cast.home(who).id):
            send_balances(this_month())
            db.session.commit()
    do_work()
    with tenant_context(ring.cast.home("olga").id):
        assert propose_nettings(this_month()) == 0
