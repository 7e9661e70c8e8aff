"""Exchanges noted, sent twice, refused, corrected."""

from __future__ import annotations

import pytest

from app.core.clock import today
from app.core.db import db, new_id, tenant_context
from app.reciprocity.commands.exchanges import (
    Exchange,
    correct_exchange,
    record_exchange,
    record_group,
    reverse_transfer,
    share_out,
)
from app.reciprocity.commands.ledger import LedgerRefusal, call, call_rows, operator_of
from app.reciprocity.queries.accounts import get_account
from app.reciprocity.queries.exchanges import SEEN, list_people
from tests.factories.cast import Cast
from tests.factories.reciprocity import join


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
