"""Exchanges noted, sent twice, refused, corrected."""

from __future__ import annotations

from functools import partial

import pytest
from flask import Flask

from app.core.clock import today
from app.core.db import db, new_id, tenant_context
from app.core.errors import DomainError
from app.core.permissions import Forbidden
from app.reciprocity.commands import exchanges
from app.reciprocity.commands.exchanges import (
    CORRECTION,
    Exchange,
    correct_exchange,
    describe_exchange,
    may_correct,
    record_exchange,
    record_group,
    reverse_transfer,
    share_out,
    thank,
)
from app.reciprocity.commands.ledger import LedgerRefusal, call, call_rows, operator_of
from app.reciprocity.policies import MemberActor
from app.reciprocity.queries.accounts import get_account
from app.reciprocity.queries.exchanges import SEEN, find_note, get_transfer, list_people
from tests.factories.cast import Cast, build_cast
from tests.factories.reciprocity import exchange, join, noting
from tests.factories.together import crowd


def balances(*numbers: int) -> list[int]:
    return [get_account(number).balance for number in numbers]


def test_an_exchange_moves_minutes_once(cast: Cast) -> None:
    a, b, *_ = join(cast).values()
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        act = Exchange(new_id(), giver=a, receiver=b, minutes=90, happened_on=today())
        assert record_exchange(alice, act) == "posted"
        assert record_exchange(alice, act) == "exists"
        assert balances(a, b) == [90, -90]
        with pytest.raises(LedgerRefusal) as refusal:
            record_exchange(alice, Exchange(act.id, a, b, 60, today()))
        assert refusal.value.code == "exists_with_different_content"
        assert balances(a, b) == [90, -90]


def test_a_group_exchange_sums_to_zero(cast: Cast) -> None:
    a, b, c, d, *_ = join(cast).values()
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        shares = share_out([a, b], [c, d], 45)
        transfer = new_id()
        assert record_group(alice, transfer, shares, today()) == "posted"
        assert record_group(alice, transfer, shares, today()) == "exists"
        assert balances(a, b, c, d) == [45, 45, -45, -45]
        reverse_transfer(alice, transfer, "Erreur de jour")
        assert balances(a, b, c, d) == [0, 0, 0, 0]
        with pytest.raises(LedgerRefusal) as refusal:
            record_group(alice, new_id(), {a: 30, b: -1000_000 + 30, c: 999_940}, today())
        assert refusal.value.code == "too_long"


def test_a_batch_is_posted_whole_or_not_at_all(cast: Cast) -> None:
    a, b, c, *_ = join(cast).values()
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        ids = [new_id() for _ in range(3)]
        batch = {
            "p_kind": "exchange", "p_ids": ids, "p_debits": [b, c, a], "p_credits": [a, a, b],
            "p_minutes": [60, 30, 45], "p_days": [today()] * 3, "p_operator": operator_of(alice),
        }  # fmt: skip
        assert call_rows("ledger_post_batch", **batch) == ["posted"] * 3
        assert call_rows("ledger_post_batch", **batch) == ["exists"] * 3
        assert balances(a, b, c) == [45, -15, -30]
        over = batch | {"p_ids": [new_id() for _ in range(3)], "p_minutes": [60, 1440, 45]}
        with pytest.raises(LedgerRefusal) as refusal:
            call_rows("ledger_post_batch", **over)
        assert (refusal.value.code, refusal.value.detail) == ("floor_reached", "2")
        assert balances(a, b, c) == [45, -15, -30]


def test_a_correction_is_linked_and_made_once(cast: Cast) -> None:
    a, b, c, *_ = join(cast).values()
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        wrong = Exchange(new_id(), a, b, 90, today())
        record_exchange(alice, wrong)
        right = Exchange(new_id(), a, c, 60, today())
        assert correct_exchange(alice, wrong.id, right, "C’était Fatima") == "posted"
        assert correct_exchange(alice, wrong.id, right, "C’était Fatima") == "exists"
        assert balances(a, b, c) == [60, 0, -60]
        with pytest.raises(LedgerRefusal) as refusal:
            call(
                "ledger_post_reversal", p_id=new_id(), p_reverses=wrong.id, p_reason="encore",
                p_operator=operator_of(alice),
            )  # fmt: skip
        assert refusal.value.code == "already_reversed"
        db.session.commit()


def test_what_is_sent_again_leaves_alone_what_was_said_since(cast: Cast) -> None:
    a, b, c, *_ = join(cast).values()
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        noted = Exchange(new_id(), a, b, 60, today(), wording="Chez Bernadette, 3 rue X")
        right = Exchange(new_id(), a, c, 60, today(), wording="Chez Bernadette, 3 rue X")
        gathering = new_id()

        def send() -> list[str]:
            shares = {a: 60, b: -30, c: -30}
            return [
                record_exchange(alice, noted),
                record_group(alice, gathering, shares, today(), wording="Atelier chez Bernadette"),
                correct_exchange(alice, noted.id, right, "C’était Fatima"),
            ]

        assert send() == ["posted"] * 3
        told = (noted.id, gathering, right.id)
        for transfer_id in told:
            describe_exchange(alice, transfer_id, "")
        assert send() == ["exists"] * 3
        notes = [find_note(transfer_id) for transfer_id in told]
        assert [note and note.wording for note in notes] == ["", "", ""]


def test_only_what_is_between_two_is_replaced_and_by_something_new(cast: Cast) -> None:
    a, b, c, *_ = join(cast).values()
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        gathering = new_id()
        record_group(alice, gathering, {a: 60, b: -30, c: -30}, today())
        with pytest.raises(DomainError, match="entre deux personnes"):
            correct_exchange(alice, gathering, Exchange(new_id(), a, b, 60, today()), "À deux")
        noted = Exchange(new_id(), a, b, 90, today())
        record_exchange(alice, noted)
        for instead in (noted.id, gathering):
            with pytest.raises(LedgerRefusal) as refusal, db.session.begin_nested():
                correct_exchange(alice, noted.id, Exchange(instead, a, b, 45, today()), "Erreur")
            assert refusal.value.code == "exists_with_different_content"
        assert balances(a, b, c) == [150, -120, -30]


def test_a_correction_does_not_give_its_two_people_more_time(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b, c, *_ = join(cast).values()
    alice = cast.actor("alice")
    yann = MemberActor(alice.tenant_id, "Yann", member_id=new_id(), account_no=b)
    with tenant_context(alice.tenant_id):
        told, right, later, gathering = (new_id() for _ in range(4))
        record_exchange(alice, Exchange(told, a, b, 60, today()))
        for before, after, minutes in ((told, right, 45), (right, later, 30)):
            shorter = Exchange(after, a, b, minutes, today())
            assert correct_exchange(yann, before, shorter, "Moins long")
        corrected = get_transfer(later)
        latest = corrected.posted_at + CORRECTION
        fresh = Exchange(new_id(), a, b, 60, today())
        record_exchange(alice, fresh)
        record_group(alice, gathering, {a: 60, b: -30, c: -30}, today())
        monkeypatch.setattr(exchanges, "now", lambda: latest)
        assert may_correct(yann, get_transfer(fresh.id))
        assert not may_correct(yann, get_transfer(gathering))  # the team's to undo
        assert not may_correct(yann, corrected)
        with pytest.raises(Forbidden):
            reverse_transfer(yann, later, "Rien de tout cela")
        assert may_correct(alice, corrected)


def test_corrections_and_exchanges_never_wait_in_a_circle(real: Flask) -> None:
    """One corrects 5 into 3 while another notes an exchange between 3 and 5: each has its turn."""
    cast = build_cast()
    three, four, five, six, *_ = join(cast).values()
    alice, wrong = cast.actor("alice"), exchange(cast, six, five, 60)
    right = Exchange(new_id(), six, three, 60, today())

    with crowd(real, alice.tenant_id) as people:
        first = people.hold(noting(alice, four, three))
        another = people.start(noting(alice, three, five))
        assert people.waits(another)
        correcting = people.start(
            partial(correct_exchange, alice, wrong, right, "C’était Bernadette")
        )
        assert people.waits(another, correcting)
        first.commit()
        assert (another.result(20), correcting.result(20)) == ("posted", "posted")
        assert people.do(lambda: balances(three, four, five, six)) == [-60, 10, -10, 60]


def test_two_people_tell_the_same_exchange_at_once(real: Flask) -> None:
    cast = build_cast()
    a, b, *_ = join(cast).values()
    alice, noted = cast.actor("alice"), exchange(cast, a, b, 60)
    with crowd(real, alice.tenant_id) as people:
        first = people.hold(partial(describe_exchange, alice, noted, "Vélo"))
        others = [
            people.start(partial(describe_exchange, alice, noted, "Réparer un vélo")),
            people.start(partial(thank, alice, noted, "Merci !")),
        ]
        assert people.waits(*others)
        first.commit()
        for other in others:
            other.result(20)
    with tenant_context(alice.tenant_id):
        note = find_note(noted)
        assert note
        assert (note.wording, note.thanks) == ("Réparer un vélo", "Merci !")


def test_those_seen_last_come_first_on_a_busy_day(cast: Cast) -> None:
    names = [f"{letter}lix" for letter in "ABCDEFGHIJKLMN"]
    numbers = join(cast, *names)
    organisation = 1
    alice = cast.actor("alice")
    with tenant_context(alice.tenant_id):
        for name in names:
            record_exchange(alice, Exchange(new_id(), organisation, numbers[name], 15, today()))
        seen = [(numbers[name], name) for name in reversed(names)]
        assert list_people() == seen[:SEEN]
        record_exchange(
            alice, Exchange(new_id(), numbers["Alix"], numbers["Clix"], 15, today(), wording="Vélo")
        )
        assert {name for _, name in list_people()[:2]} == {"Alix", "Clix"}
        assert list_people(without=[numbers["Alix"]])[0] == (numbers["Clix"], "Clix")
        db.session.commit()
    join(cast, "Zoé")
    with tenant_context(alice.tenant_id):
        # Someone new has moved nothing: they come after those of their day who did.
        assert "Zoé" not in {name for _, name in list_people()}
