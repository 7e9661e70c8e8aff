"""Requests that wait: what is held can go nowhere else, and is always given back or moved."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from app.core.clock import today
from app.reciprocity.commands.ledger import call
from app.reciprocity.queries.accounts import get_account
from app.reciprocity.queries.hours import find_start
from tests.reciprocity.desk import Desk
from tests.reciprocity.refusals import HOLDS, by_function


def held(desk: Desk, name: str) -> tuple[int, int]:
    """Balance and minutes held."""
    account = get_account(getattr(desk, name))
    return account.balance, account.held


@pytest.mark.parametrize("function", by_function(HOLDS))
def test_a_bad_call_is_refused_by_name(desk: Desk, function: str) -> None:
    desk.refuse_all(by_function(HOLDS)[function])


def test_what_is_held_cannot_be_received_twice(desk: Desk) -> None:
    """Fatima may receive an hour; 40 minutes wait for her answer."""
    asked = desk.good("ledger_place_hold", p_debit=desk.fatima, p_minutes=40)
    assert call("ledger_place_hold", **asked) == "placed"
    assert held(desk, "fatima") == (0, 40)
    for function, changes in (
        ("ledger_post_exchange", {"p_debit": desk.fatima, "p_minutes": 21}),
        ("ledger_place_hold", {"p_debit": desk.fatima, "p_minutes": 21}),
        ("ledger_post_gift", {"p_debit": desk.fatima, "p_minutes": 21}),
        ("ledger_post_group", {"p_accounts": [desk.yann, desk.fatima], "p_deltas": [21, -21]}),
        ("ledger_post_batch", {"p_debits": [desk.fatima] * 2, "p_minutes": [10, 11]}),
    ):
        desk.refuse(function, changes, "floor_reached")
    desk.refuse("ledger_close_account", {"p_account": desk.fatima}, "account_not_empty")
    assert desk.post("ledger_post_exchange", p_debit=desk.fatima, p_minutes=20) == "posted"
    assert desk.post("ledger_settle_hold", p_id=asked["p_id"]) == "settled"
    assert held(desk, "fatima") == (-60, 0)


@pytest.mark.parametrize("outcome", ["declined", "cancelled"])
def test_what_is_not_accepted_is_given_back(desk: Desk, outcome: str) -> None:
    before = held(desk, "yann")
    answer = {"p_id": desk.ids["hold"], "p_outcome": outcome, "p_operator": desk.operator}
    assert call("ledger_settle_hold", **answer) == "settled"
    assert call("ledger_settle_hold", **answer) == "exists"
    assert held(desk, "yann") == (before[0], before[1] - 30)
    desk.refuse("ledger_settle_hold", {"p_id": desk.ids["hold"]}, "already_answered")


def test_what_expired_is_given_back_and_cannot_be_accepted(desk: Desk) -> None:
    before = held(desk, "yann")
    over = {"p_id": desk.ids["over"], "p_outcome": "expired"}
    assert desk.post("ledger_settle_hold", **over) == "settled"
    assert held(desk, "yann") == (before[0], before[1] - 30)


def test_an_exchange_posted_meanwhile_under_its_id_frees_the_request(desk: Desk) -> None:
    """Two phones: one asked and was accepted, the other noted the same exchange."""
    asked = desk.good("ledger_place_hold")
    call("ledger_place_hold", **asked)
    balance, waiting = held(desk, "yann")
    same = {name: asked[name] for name in desk.good("ledger_post_exchange")}
    assert call("ledger_post_exchange", **same) == "posted"
    assert desk.post("ledger_settle_hold", p_id=asked["p_id"]) == "settled"
    assert held(desk, "yann") == (balance - 30, waiting - 30)


def test_accepting_on_a_day_of_volunteering_needs_the_start(desk: Desk) -> None:
    """Awa volunteered that day from 10 to 12: an hour counts once."""
    day = today() - timedelta(days=2)
    volunteered = {"p_on": day, "p_starts": time(10), "p_minutes": 120}
    assert desk.post("ledger_declare_time", **volunteered) == "posted"
    asked = desk.good("ledger_place_hold", p_credit=desk.awa, p_on=day)
    call("ledger_place_hold", **asked)
    accepting = {"p_id": asked["p_id"]}
    desk.refuse("ledger_settle_hold", accepting, "start_needed")
    desk.refuse("ledger_settle_hold", accepting | {"p_starts": time(11, 45)}, "same_hour")
    assert desk.post("ledger_settle_hold", **accepting, p_starts=time(12)) == "settled"
    start = find_start(asked["p_id"], desk.awa)
    assert start
    assert start.starts_at == time(12)


def test_accepting_bows_to_no_limit_that_was_kept_when_it_was_asked(desk: Desk) -> None:
    """What is held counts against the floor once, and not again when it moves."""
    asked = desk.good("ledger_place_hold", p_debit=desk.fatima, p_minutes=60)
    call("ledger_place_hold", **asked)
    assert desk.post("ledger_settle_hold", p_id=asked["p_id"]) == "settled"
    assert held(desk, "fatima") == (-60, 0)
