"""Every refusal has a name and a French sentence, and leaves not one entry; nothing else ever comes out."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from app.core.clock import today
from app.core.db import db, new_id, tenant_context
from app.reciprocity.commands.ledger import SENTENCES, LedgerRefusal, call
from app.reciprocity.queries.accounts import get_account
from tests.conftest import PROJECT
from tests.factories.cast import Cast
from tests.reciprocity.desk import GOOD, Desk, snapshot
from tests.reciprocity.refusals import (
    ACCOUNTS,
    BATCHES,
    CORRECTIONS,
    EXCHANGES,
    FUNDS,
    GROUPS,
    by_function,
)

CASES = [*EXCHANGES, *GROUPS, *BATCHES, *CORRECTIONS, *FUNDS, *ACCOUNTS]
INNER = {"netting_changed"}
"""Refusals that do not come out: ledger_post_netting() answers `lapsed`."""
NAMED = re.compile(r"(?:EXCEPTION|THEN|ELSE) '([a-z_]+)'")


def names_in(source: str) -> Iterator[str]:
    """The refusals that a file of functions can raise."""
    for statement in re.findall(r"RAISE EXCEPTION.*?;|v_code := CASE.*?END;", source, re.DOTALL):
        yield from NAMED.findall(statement)


def test_every_refusal_has_a_sentence() -> None:
    raised = {
        name
        for file in (PROJECT / "migrations" / "reciprocity").glob("*.sql")
        for name in names_in(file.read_text())
    }
    assert len(raised) > 40
    assert raised - set(SENTENCES) == INNER
    for sentence in SENTENCES.values():
        assert re.fullmatch(r"[«A-ZÀÉ{].*[.?]", sentence), sentence


@pytest.mark.parametrize("function", GOOD)
def test_a_good_call_is_accepted(desk: Desk, function: str) -> None:
    before = snapshot()
    assert desk.post(function) != "exists"
    assert snapshot() != before or function == "ledger_set_default_limits"


@pytest.mark.parametrize("function", by_function(CASES))
def test_a_bad_call_is_refused_by_name(desk: Desk, function: str) -> None:
    desk.refuse_all(by_function(CASES)[function])


def test_a_refusal_says_who_and_when(desk: Desk) -> None:
    sealed = desk.refuse("ledger_post_exchange", {"p_on": "2020-01-01"}, "day_sealed")
    assert re.search(r"clos jusqu’au \d+\w*\s\w+\s\d{4}\.", sealed)
    michel = {"p_credit": desk.michel, "p_minutes": 61}
    full = desk.refuse("ledger_post_exchange", michel, "ceiling_reached")
    assert full == "Michel peut encore donner 1\u00a0h."


@pytest.mark.parametrize(
    "changes",
    [
        {"p_minutes": 2**31}, {"p_credit": -(2**40)}, {"p_operator": 10**30},
        {"p_kind": "exchange\0"}, {"p_kind": "\ud800"}, {"p_on": "demain"}, {"p_id": "7"},
        {"p_starts": "25:00"},
    ],
)  # fmt: skip
def test_what_postgresql_cannot_read_is_refused_too(desk: Desk, changes: dict[str, object]) -> None:
    desk.refuse("ledger_post_exchange", changes, "malformed")


def test_no_register_no_posting(cast: Cast) -> None:
    ids = {
        "p_id": new_id(),
        "p_debit": 3,
        "p_credit": 4,
        "p_minutes": 30,
        "p_on": today(),
        "p_operator": 1,
    }
    with tenant_context(cast.actor("denis").tenant_id), pytest.raises(LedgerRefusal) as refusal:
        call("ledger_post_exchange", **ids)
    assert refusal.value.code == "no_ledger"


@pytest.mark.parametrize(
    "function", sorted(set(GOOD) - {"ledger_set_limits", "ledger_open_account"})
)
def test_the_same_again_adds_nothing(desk: Desk, function: str) -> None:
    arguments = desk.good(function)
    first = call(function, **arguments)
    after = snapshot()
    known = first in ("posted", "placed", "settled") and function != "ledger_void_time"
    assert call(function, **arguments) == ("exists" if known else first)
    assert snapshot() == after


def test_over_the_limit_one_can_still_come_back(desk: Desk) -> None:
    """A limit stops only what goes further in the wrong direction."""
    desk.post("ledger_post_exchange", p_minutes=240)
    for number, floor, ceiling in ((desk.yann, -60, 60), (desk.bernadette, -60, 60)):
        call("ledger_set_limits", p_account=number, p_floor=floor, p_ceiling=ceiling, p_own=True,
             p_reason="", p_operator=desk.operator)  # fmt: skip
    yann = get_account(desk.yann).balance
    assert yann < -60
    desk.refuse("ledger_post_exchange", {"p_credit": desk.awa, "p_minutes": 1}, "floor_reached")
    desk.refuse("ledger_post_exchange", {"p_debit": desk.awa, "p_minutes": 1}, "ceiling_reached")
    back = {"p_debit": desk.bernadette, "p_credit": desk.yann, "p_minutes": 30}
    assert desk.post("ledger_post_exchange", **back) == "posted"
    assert (
        desk.post("ledger_post_group", p_accounts=[desk.yann, desk.awa], p_deltas=[15, -15])
        == "posted"
    )
    assert desk.post(
        "ledger_post_batch", p_debits=[desk.bernadette] * 2, p_credits=[desk.yann] * 2, p_minutes=[5, 5]
    ) == ["posted"] * 2  # fmt: skip
    assert get_account(desk.yann).balance == yann + 55


def test_the_rule_counts_a_year_per_person(desk: Desk) -> None:
    by_rule = {
        "p_rule": desk.ids["rule"],
        "p_decision": None,
        "p_credit": desk.fatima,
        "p_minutes": 55,
    }
    assert desk.post("ledger_post_grant", **by_rule) == "posted"
    taken = {"p_debit": desk.fatima, "p_credit": desk.yann, "p_minutes": 60}
    assert desk.post("ledger_post_exchange", **taken) == "posted"
    desk.refuse("ledger_post_grant", by_rule, "grant_beyond_year")
    assert desk.post("ledger_post_grant", **(by_rule | {"p_minutes": 45})) == "posted"


def test_a_correction_restores_the_truth_whatever_the_limits(desk: Desk) -> None:
    """Fatima may not go below -60; what she never gave leaves her all the same."""
    gave = desk.good("ledger_post_exchange", p_debit=desk.yann, p_credit=desk.fatima, p_minutes=60)
    call("ledger_post_exchange", **gave)
    for minutes in (60, 60):
        desk.post("ledger_post_exchange", p_debit=desk.fatima, p_credit=desk.awa, p_minutes=minutes)
    assert get_account(desk.fatima).balance == -60
    desk.post("ledger_post_reversal", p_reverses=gave["p_id"])
    assert get_account(desk.fatima).balance == -120


def test_what_leaves_a_closed_account_is_refused_and_what_corrects_it(desk: Desk) -> None:
    shut = {"p_debit": desk.awa, "p_credit": desk.michel, "p_minutes": 30}
    first = desk.good("ledger_post_exchange", **shut)
    call("ledger_post_exchange", **first)
    desk.post("ledger_post_settlement", p_account=desk.michel)
    call("ledger_close_account", p_account=desk.michel)
    desk.refuse("ledger_post_reversal", {"p_reverses": first["p_id"]}, "account_closed")
    call("ledger_reopen_account", p_account=desk.michel)
    assert desk.post("ledger_post_reversal", p_reverses=first["p_id"]) == "posted"
    db.session.commit()
