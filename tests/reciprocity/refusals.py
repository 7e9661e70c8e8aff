"""What each posting function refuses, and under which name: a good call of desk.py with one thing wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time, timedelta
from typing import Any

from app.core.clock import today
from app.core.db import new_id
from app.reciprocity.commands.accounts import GRACE_DAYS
from app.reciprocity.models import NO_LIMIT

Case = tuple[str, dict[str, Any], str]
NOBODY = 4000
FUND = 2
MOST = 2**31 - 1
DIFFERENT = "exists_with_different_content"
NO_TRANSFER = "unknown_transfer"


def _ago(days: int) -> Any:
    """That many days before the day of the call."""
    return lambda _: today() - timedelta(days=days)


def _days(*told: int | str | None) -> Any:
    """A number is that many days before the day of the call; anything else stands as it is."""
    return lambda _: [
        str(today() - timedelta(days=day)) if isinstance(day, int) else day for day in told
    ]


TODAY, TOMORROW, SEALED = _ago(0), _ago(-1), _ago(GRACE_DAYS)


def _id(name: str) -> Any:
    return lambda desk: desk.ids[name]


def _who(*names: str) -> Any:
    return lambda desk: [getattr(desk, name) for name in names]


def _one(name: str) -> Any:
    return lambda desk: getattr(desk, name)


def _two_accounts(function: str, *, longest: bool) -> Iterator[Case]:
    """What is refused of anything that moves minutes from one account to another."""
    for minutes in (None, 0, -1, -(2**31)):
        yield function, {"p_minutes": minutes}, "minutes_not_positive"
    for minutes in (1441, MOST):
        yield function, {"p_minutes": minutes}, "too_long" if longest else "too_large"
    for missing in ("p_id", "p_on", "p_operator"):
        yield function, {missing: None}, "incomplete"
    for side in ("p_debit", "p_credit"):
        for number in (None, NOBODY, 0, -1, MOST):
            yield function, {side: number}, "unknown_account"
        yield function, {side: _one("lucette")}, "account_closed"
        yield function, {side: FUND}, "wrong_account_kind"
    yield function, {"p_credit": _one("yann")}, "same_account"
    yield function, {"p_debit": _one("fatima"), "p_minutes": 61}, "floor_reached"
    yield from _dated(function)


def by_function(cases: list[Case]) -> dict[str, list[Case]]:
    """The cases of each function, under its name."""
    return {name: [case for case in cases if case[0] == name] for name, *_ in cases}


def _dated(function: str) -> Iterator[Case]:
    for day in (TOMORROW, "9999-12-31", "infinity"):
        yield function, {"p_on": day}, "future_day"
    for day in (SEALED, "0001-01-01", "-infinity"):
        yield function, {"p_on": day}, "day_sealed"
    for operator in (0, -1, NOBODY, MOST):
        yield function, {"p_operator": operator}, "unknown_operator"


EXCHANGES: list[Case] = [
    *_two_accounts("ledger_post_exchange", longest=True),
    ("ledger_post_exchange", {"p_credit": _one("michel"), "p_minutes": 61}, "ceiling_reached"),
    ("ledger_post_exchange", {"p_kind": "gift"}, "wrong_kind"),
    ("ledger_post_exchange", {"p_kind": None}, "wrong_kind"),
    ("ledger_post_exchange", {"p_id": _id("exchange"), "p_minutes": 45}, DIFFERENT),
    ("ledger_post_exchange", {"p_id": _id("exchange"), "p_kind": "cheque"}, DIFFERENT),
    ("ledger_post_exchange", {"p_id": _id("exchange"), "p_debit": _one("awa")}, DIFFERENT),
    ("ledger_post_exchange", {"p_id": _id("group")}, DIFFERENT),
    ("ledger_post_exchange", {"p_id": _id("reversal")}, DIFFERENT),
    ("ledger_post_exchange", {"p_id": _id("exchange"), "p_starts": time(9)}, DIFFERENT),
]  # fmt: skip

NO_GROUP: list[dict[str, Any]] = [
    {"p_accounts": None}, {"p_deltas": None}, {"p_accounts": [], "p_deltas": []},
    {"p_accounts": [3], "p_deltas": [0]}, {"p_deltas": [60, -60]}, {"p_deltas": [60, -60, None]},
    {"p_accounts": [3, 4, None]}, {"p_accounts": list(range(3, 1010)), "p_deltas": [1, *[0] * 1006]},
]  # fmt: skip
GROUPS: list[Case] = [
    *(("ledger_post_group", changes, "group_malformed") for changes in NO_GROUP),
    ("ledger_post_group", {"p_accounts": _who("yann", "awa", "awa")}, "same_account"),
    ("ledger_post_group", {"p_deltas": [60, -60, 0]}, "minutes_not_positive"),
    ("ledger_post_group", {"p_deltas": [60, -30, -31]}, "not_zero_sum"),
    ("ledger_post_group", {"p_deltas": [MOST, MOST, MOST]}, "not_zero_sum"),
    ("ledger_post_group", {"p_deltas": [1500, -1441, -59]}, "too_long"),
    *(("ledger_post_group", {missing: None}, "incomplete") for missing in ("p_id", "p_on", "p_operator")),
    ("ledger_post_group", {"p_accounts": lambda d: [d.yann, d.awa, NOBODY]}, "unknown_account"),
    ("ledger_post_group", {"p_accounts": _who("yann", "awa", "lucette")}, "account_closed"),
    ("ledger_post_group", {"p_accounts": lambda d: [d.yann, d.awa, FUND]}, "wrong_account_kind"),
    ("ledger_post_group", {"p_accounts": _who("yann", "awa", "fatima"),
                           "p_deltas": [70, -9, -61]}, "floor_reached"),
    ("ledger_post_group", {"p_accounts": _who("michel", "awa", "yann"),
                           "p_deltas": [61, -1, -60]}, "ceiling_reached"),
    ("ledger_post_group", {"p_id": _id("group"), "p_deltas": [50, -25, -25]}, DIFFERENT),
    ("ledger_post_group", {"p_id": _id("group"), "p_deltas": [60, -20, -40]}, DIFFERENT),
    ("ledger_post_group", {"p_id": _id("exchange")}, DIFFERENT),
    ("ledger_post_group", {"p_id": _id("group"), "p_starts": time(9), "p_lasted": 60}, DIFFERENT),
    ("ledger_post_group", {"p_starts": time(9)}, "minutes_not_positive"),
    ("ledger_post_group", {"p_starts": time(9), "p_lasted": -5}, "minutes_not_positive"),
    ("ledger_post_group", {"p_starts": time(23), "p_lasted": 90}, "crosses_midnight"),
    *_dated("ledger_post_group"),
]  # fmt: skip

NO_BATCH: list[dict[str, Any]] = [
    *({name: None} for name in ("p_ids", "p_debits", "p_credits", "p_minutes", "p_days")),
    {"p_minutes": [30]}, {"p_debits": []}, {"p_days": _days(0, 0, 0)},
    {"p_debits": lambda d: [[d.yann, d.awa]]},
]  # fmt: skip
BATCHES: list[Case] = [
    *(("ledger_post_batch", changes, "batch_malformed") for changes in NO_BATCH),
    ("ledger_post_batch", {"p_kind": "gift"}, "wrong_kind"),
    ("ledger_post_batch", {"p_kind": None}, "wrong_kind"),
    ("ledger_post_batch", {"p_operator": None}, "incomplete"),
    ("ledger_post_batch", {"p_minutes": [30, 0]}, "minutes_not_positive"),
    ("ledger_post_batch", {"p_minutes": [30, None]}, "minutes_not_positive"),
    ("ledger_post_batch", {"p_minutes": [30, 1441]}, "too_long"),
    ("ledger_post_batch", {"p_ids": lambda d: [new_id(), None]}, "incomplete"),
    ("ledger_post_batch", {"p_days": _days(0, None)}, "incomplete"),
    ("ledger_post_batch", {"p_debits": lambda d: [d.yann, None]}, "unknown_account"),
    ("ledger_post_batch", {"p_debits": lambda d: [d.yann, NOBODY]}, "unknown_account"),
    ("ledger_post_batch", {"p_credits": _who("bernadette", "awa")}, "same_account"),
    ("ledger_post_batch", {"p_credits": _who("bernadette", "lucette")}, "account_closed"),
    ("ledger_post_batch", {"p_credits": lambda d: [d.bernadette, FUND]}, "wrong_account_kind"),
    ("ledger_post_batch", {"p_debits": _who("yann", "fatima"), "p_minutes": [30, 61]}, "floor_reached"),
    ("ledger_post_batch", {"p_debits": _who("fatima", "fatima"), "p_minutes": [30, 31]}, "floor_reached"),
    ("ledger_post_batch", {"p_credits": _who("michel", "michel"), "p_minutes": [30, 31]}, "ceiling_reached"),
    ("ledger_post_batch", {"p_days": _days(0, -1)}, "future_day"),
    ("ledger_post_batch", {"p_days": _days(0, GRACE_DAYS)}, "day_sealed"),
    ("ledger_post_batch", {"p_days": _days(0, "-infinity")}, "day_sealed"),
    ("ledger_post_batch", {"p_kind": "import", "p_days": _days(0, "-infinity")}, "day_too_old"),
    ("ledger_post_batch", {"p_kind": "import", "p_days": _days(0, "1979-12-31")}, "day_too_old"),
    ("ledger_post_batch", {"p_kind": "import", "p_days": _days(0, "infinity")}, "future_day"),
    ("ledger_post_batch", {"p_operator": NOBODY}, "unknown_operator"),
    ("ledger_post_batch", {"p_ids": lambda d: [new_id(), d.ids["exchange"]]}, DIFFERENT),
    ("ledger_post_batch", {"p_ids": lambda d: [d.ids["gift"]] * 2}, DIFFERENT),
]  # fmt: skip

CORRECTIONS: list[Case] = [
    *(("ledger_post_reversal", {"p_reverses": to}, NO_TRANSFER) for to in (None, new_id(), _id("hold"))),
    ("ledger_post_reversal", {"p_reverses": _id("reversal")}, "reversal_of_reversal"),
    ("ledger_post_reversal", {"p_reverses": _id("cheque")}, "already_reversed"),
    *(("ledger_post_reversal", {"p_reason": reason}, "reason_needed") for reason in (None, "", "  ")),
    *(("ledger_post_reversal", {missing: None}, "incomplete") for missing in ("p_id", "p_operator")),
    ("ledger_post_reversal", {"p_operator": NOBODY}, "unknown_operator"),
    ("ledger_post_reversal", {"p_id": _id("exchange")}, DIFFERENT),
    ("ledger_post_reversal", {"p_id": _id("reversal")}, DIFFERENT),
    ("ledger_post_reversal", {"p_id": _id("group"), "p_reverses": _id("group")}, DIFFERENT),
]  # fmt: skip

FUNDS: list[Case] = [
    *(case for case in _two_accounts("ledger_post_gift", longest=False)
      if "p_credit" not in case[1] and case[1].get("p_debit") != FUND and case[1].get("p_minutes") != 1441),
    ("ledger_post_gift", {"p_debit": FUND}, "same_account"),
    ("ledger_post_gift", {"p_id": _id("gift")}, DIFFERENT),
    *(("ledger_post_grant", {"p_minutes": m}, "minutes_not_positive") for m in (None, 0, -60)),
    ("ledger_post_grant", {"p_minutes": MOST}, "too_large"),
    ("ledger_post_grant", {"p_minutes": 100_000}, "floor_reached"),
    *(("ledger_post_grant", {missing: None}, "incomplete") for missing in ("p_id", "p_on", "p_operator")),
    *(("ledger_post_grant", {"p_credit": number}, "unknown_account") for number in (None, NOBODY)),
    ("ledger_post_grant", {"p_credit": _one("lucette")}, "account_closed"),
    ("ledger_post_grant", {"p_credit": 1}, "wrong_account_kind"),
    ("ledger_post_grant", {"p_credit": FUND}, "same_account"),
    ("ledger_post_grant", {"p_credit": _one("michel"), "p_minutes": 61}, "ceiling_reached"),
    *(("ledger_post_grant", {"p_decision": words}, "reason_needed") for words in (None, "", " ")),
    ("ledger_post_grant", {"p_rule": _id("rule")}, "reason_needed"),
    ("ledger_post_grant", {"p_rule": new_id(), "p_decision": None}, "rule_not_in_force"),
    ("ledger_post_grant", {"p_rule": _id("rule"), "p_decision": None, "p_minutes": 61}, "grant_too_large"),
    ("ledger_post_grant", {"p_rule": _id("rule"), "p_decision": None, "p_credit": _one("bernadette")},
     "grant_not_needed"),
    ("ledger_post_grant", {"p_id": _id("grant"), "p_decision": "Autre chose"}, DIFFERENT),
    *_dated("ledger_post_grant"),
    *(("ledger_post_welcome", {"p_minutes": m}, "minutes_not_positive") for m in (None, 0, -60)),
    ("ledger_post_welcome", {"p_minutes": MOST}, "too_large"),
    ("ledger_post_welcome", {"p_credit": NOBODY}, "unknown_account"),
    ("ledger_post_welcome", {"p_credit": None}, "incomplete"),
    ("ledger_post_welcome", {"p_credit": _one("lucette")}, "account_closed"),
    ("ledger_post_welcome", {"p_credit": FUND}, "wrong_account_kind"),
    ("ledger_post_welcome", {"p_credit": 1}, "same_account"),
    ("ledger_post_welcome", {"p_credit": _one("michel"), "p_minutes": 61}, "ceiling_reached"),
    ("ledger_post_welcome", {"p_operator": None}, "incomplete"),
    ("ledger_post_welcome", {"p_operator": NOBODY}, "unknown_operator"),
    *(("ledger_post_settlement", {"p_account": number}, "unknown_account") for number in (None, NOBODY)),
    ("ledger_post_settlement", {"p_account": 1}, "same_account"),
    ("ledger_post_settlement", {"p_account": FUND}, "same_account"),
    ("ledger_post_settlement", {"p_operator": None}, "incomplete"),
    ("ledger_post_settlement", {"p_operator": NOBODY}, "unknown_operator"),
]  # fmt: skip

ACCOUNTS: list[Case] = [
    *(("ledger_operator", {n: None}, "operator_malformed") for n in ("p_kind", "p_subject", "p_name")),
    ("ledger_operator", {"p_kind": "robot"}, "operator_malformed"),
    *(
        ("ledger_open_account", {"p_kind": kind}, "wrong_account_kind")
        for kind in (None, "x", "tenant", "fund")
    ),
    *(
        (function, changes, "limits_malformed")
        for function in ("ledger_open_account", "ledger_set_limits", "ledger_set_default_limits")
        for changes in (
            {"p_floor": None}, {"p_floor": 1}, {"p_floor": -NO_LIMIT - 1}, {"p_ceiling": None},
            {"p_ceiling": -1}, {"p_ceiling": MOST},
        )
    ),
    *(
        (function, {"p_operator": operator}, "unknown_operator")
        for function in ("ledger_open_account", "ledger_set_limits", "ledger_set_default_limits")
        for operator in (None, 0, NOBODY)
    ),
    ("ledger_open_account", {"p_pseudonym": None}, "pseudonym_taken"),
    ("ledger_open_account", {"p_pseudonym": "organisation"}, "pseudonym_taken"),
    *(
        (function, {"p_bulle": new_id()}, "unknown_bulle")
        for function in ("ledger_open_account", "ledger_move_to_bulle")
    ),
    ("ledger_set_default_limits", {"p_bulles": [None, new_id()]}, "unknown_bulle"),
    *(
        (function, {"p_account": number}, "unknown_account")
        for function in (
            "ledger_set_limits", "ledger_move_to_bulle", "ledger_close_account", "ledger_reopen_account",
        )
        for number in (None, NOBODY, -1)
    ),
    ("ledger_set_limits", {"p_account": FUND}, "unknown_account"),
    ("ledger_close_account", {"p_account": _one("yann")}, "account_not_empty"),
    ("ledger_close_account", {"p_account": 1}, "wrong_account_kind"),
    ("ledger_close_account", {"p_account": FUND}, "wrong_account_kind"),
]  # fmt: skip

HOLDS: list[Case] = [
    *_two_accounts("ledger_place_hold", longest=True),
    ("ledger_place_hold", {"p_expires": None}, "incomplete"),
    ("ledger_place_hold", {"p_expires": "infinity"}, "incomplete"),
    ("ledger_place_hold", {"p_expires": "-infinity"}, "incomplete"),
    ("ledger_place_hold", {"p_id": _id("hold"), "p_minutes": 45}, DIFFERENT),
    ("ledger_place_hold", {"p_id": _id("answered"), "p_on": TOMORROW}, DIFFERENT),
    ("ledger_place_hold", {"p_id": _id("exchange")}, DIFFERENT),
    *(("ledger_settle_hold", {"p_id": to}, "unknown_hold") for to in (None, new_id(), _id("exchange"))),
    *(("ledger_settle_hold", {"p_outcome": o}, "unknown_answer") for o in (None, "", "perhaps", "Accepted")),
    *(("ledger_settle_hold", {"p_operator": o}, "unknown_operator") for o in (None, 0, NOBODY)),
    ("ledger_settle_hold", {"p_outcome": "expired"}, "hold_not_expired"),
    ("ledger_settle_hold", {"p_starts": time(23, 45)}, "crosses_midnight"),
    *(
        ("ledger_settle_hold", {"p_id": _id("over"), "p_outcome": outcome}, "hold_expired")
        for outcome in ("accepted", "declined", "cancelled")
    ),
    *(
        ("ledger_settle_hold", {"p_id": _id("answered"), "p_outcome": outcome}, "already_answered")
        for outcome in ("accepted", "cancelled", "expired")
    ),
]  # fmt: skip

HOURS: list[Case] = [
    *(("ledger_declare_time", {"p_minutes": m}, "minutes_not_positive") for m in (None, 0, -60)),
    *(("ledger_declare_time", {"p_minutes": m}, "crosses_midnight") for m in (601, 1440, MOST)),
    *(("ledger_declare_time", {"p_regime": r}, "wrong_kind") for r in (None, "reciprocity", "x")),
    *(("ledger_declare_time", {missing: None}, "incomplete") for missing in ("p_id", "p_on", "p_operator")),
    ("ledger_declare_time", {"p_starts": None}, "start_missing"),
    ("ledger_declare_time", {"p_starts": "24:00"}, "crosses_midnight"),
    *(("ledger_declare_time", {"p_account": n}, "unknown_account") for n in (None, NOBODY)),
    ("ledger_declare_time", {"p_account": _one("lucette")}, "account_closed"),
    ("ledger_declare_time", {"p_account": 1}, "wrong_account_kind"),
    ("ledger_declare_time", {"p_starts": time(11, 30)}, "same_hour"),
    ("ledger_declare_time", {"p_starts": time(9, 30), "p_regime": "paid"}, "same_hour"),
    ("ledger_declare_time", {"p_id": _id("hours"), "p_minutes": 30}, DIFFERENT),
    ("ledger_declare_time", {"p_id": _id("hours"), "p_account": _one("yann")}, DIFFERENT),
    ("ledger_declare_time", {"p_account": _one("bernadette"), "p_on": TODAY}, "exchange_needs_start"),
    *_dated("ledger_declare_time"),
    *(("ledger_time_exchange", {"p_minutes": m}, "minutes_not_positive") for m in (None, 0, -60)),
    ("ledger_time_exchange", {"p_minutes": MOST}, "crosses_midnight"),
    ("ledger_time_exchange", {"p_starts": None}, "start_missing"),
    ("ledger_time_exchange", {"p_starts": time(23, 45)}, "crosses_midnight"),
    ("ledger_time_exchange", {"p_id": None}, "incomplete"),
    ("ledger_time_exchange", {"p_operator": None}, "unknown_operator"),
    ("ledger_time_exchange", {"p_id": _id("hours")}, DIFFERENT),
    *(
        ("ledger_time_exchange", {"p_transfer": to}, NO_TRANSFER)
        for to in (None, new_id(), _id("cheque"), _id("reversal"), _id("gift"), _id("hold"))
    ),
    *(
        ("ledger_time_exchange", {"p_account": number}, NO_TRANSFER)
        for number in (None, NOBODY, _one("yann"))
    ),
    *(("ledger_void_time", {"p_id": to}, "unknown_hours") for to in (None, new_id(), _id("exchange"))),
    ("ledger_post_exchange", {"p_on": _ago(10), "p_credit": _one("awa")},
     "start_needed"),
    ("ledger_post_group", {"p_on": _ago(10),
                           "p_accounts": _who("awa", "yann", "bernadette")}, "start_needed"),
    ("ledger_post_batch", {"p_days": _days(0, 10),
                           "p_debits": _who("yann", "yann"), "p_credits": _who("bernadette", "awa")},
     "start_needed"),
    ("ledger_post_exchange", {"p_on": _ago(10), "p_credit": _one("awa"),
                              "p_starts": time(11, 59)}, "same_hour"),
    ("ledger_post_exchange", {"p_starts": time(23, 31)}, "crosses_midnight"),
]  # fmt: skip
