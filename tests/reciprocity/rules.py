"""What each posting function must answer and write: one rule per function, arguments named alike."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from tests.reciprocity.model import (
    EXCHANGES,
    PEOPLE,
    Account,
    Act,
    Hold,
    Refusal,
    Register,
    Sight,
    Writings,
    check_day,
    check_operator,
    check_regime,
    move,
    move_group,
    record_hours,
    refuse_if,
    time_giver,
    usable,
)

LEAVERS = {"member", "group", "bulle"}
EVERY = PEOPLE | {"fund"}
NO_LIMIT, FUND = 2_000_000_000, 2


RULES: dict[str, Callable[..., Any]] = {}


def judge(
    register: Register, act: Act, writings: Writings | None = None, *, stale: Writings | None = None
) -> tuple[Any, Writings]:
    """What the act answers, and what it writes, over the session's own `writings`.

    `stale`: what it may have read before it had to wait, and is otherwise by now.
    """
    sight = Sight(register, writings or {}, stale or {})
    arguments = {name.removeprefix("p_"): value for name, value in act.arguments.items()}
    try:
        answer = RULES[act.function](sight, **arguments)
    except Refusal as refusal:
        return f"no: {refusal}", {}
    return answer, sight.written


def rule(function: Callable[..., Any]) -> Callable[..., Any]:
    """Say that this is what `ledger_<name>` does."""
    RULES[f"ledger_{function.__name__}"] = function
    return function


@rule
def post_exchange(
    s: Sight, id: uuid.UUID, debit: int, credit: int, minutes: int, on: date, operator: int,
    starts: time | None = None, kind: str = "exchange",
) -> str:  # fmt: skip
    refuse_if(minutes > 1440, "too_long")
    refuse_if(kind not in ("exchange", "cheque"), "wrong_kind")
    status = move(s, id, kind, debit, credit, minutes, on, operator)
    time_giver(s, status, id, credit, on, starts, minutes)
    return status


@rule
def post_group(
    s: Sight, id: uuid.UUID, accounts: list[int], deltas: list[int], on: date, operator: int,
    starts: time | None = None, lasted: int | None = None,
) -> str:  # fmt: skip
    malformed = len(accounts) != len(deltas) or not 2 <= len(accounts) <= 1000
    refuse_if(malformed, "group_malformed")
    refuse_if(len(set(accounts)) < len(accounts), "same_account")
    refuse_if(0 in deltas, "minutes_not_positive")
    refuse_if(sum(deltas), "not_zero_sum")
    refuse_if(min(deltas) < -1440, "too_long")
    legs = dict(zip(accounts, deltas, strict=True))
    status = move_group(s, id, "group", legs, on, operator, limited=True)
    for giver in (number for number, delta in legs.items() if delta > 0):
        time_giver(s, status, id, giver, on, starts, lasted)
    return status


Row = tuple[uuid.UUID, int, int, int, date]


@rule
def post_batch(
    s: Sight, kind: str, ids: list[uuid.UUID], debits: list[int], credits: list[int], minutes: list[int],
    days: list[date], operator: int,
) -> list[str] | str:  # fmt: skip
    refuse_if(kind not in ("exchange", "import"), "wrong_kind")
    rows: list[Row] = list(zip(ids, debits, credits, minutes, days, strict=True))
    for _, debit, credit, amount, _ in rows:
        refuse_if(amount <= 0, "minutes_not_positive")
        refuse_if(amount > 1440, "too_long")
        refuse_if(debit == credit, "same_account")
    # Before anything moves: what is known already is the same, and every day is open.
    created: dict[uuid.UUID, Row] = {}
    for row in rows:
        known = s.get("transfer", row[0])
        first = created.get(row[0])
        legs = {row[1]: -row[3], row[2]: row[3]}
        differs = known and (known.kind, known.legs, known.day) != (kind, legs, row[4])
        refuse_if(differs or (first and first != row), "exists_with_different_content")
        if not known:
            created[row[0]] = row
    for *_, on in created.values():
        check_day(s, on, 1, kind)
    check_operator(s, operator)
    for id_, debit, credit, amount, on in created.values():
        move(s, id_, kind, debit, credit, amount, on, operator)
    for _, _, credit, _, on in created.values():
        check_regime(s, credit, on)
    answers = ["posted" if id_ in created else "exists" for id_ in ids]
    return answers[0] if len(answers) == 1 else answers


@rule
def post_reversal(
    s: Sight, id: uuid.UUID, reverses: uuid.UUID, reason: str, operator: int, replacement: object = None,
) -> str:  # fmt: skip
    transfer = s.get("transfer", reverses)
    if transfer is None:
        raise Refusal("unknown_transfer")
    refuse_if(transfer.kind == "reversal", "reversal_of_reversal")
    refuse_if(not (reason or "").strip(" "), "reason_needed")
    before = s.get("reversed", reverses)
    if before == id:
        return "exists"
    on = transfer.day if transfer.day > s.get("closed_through") else s.register.today
    legs = {number: -delta for number, delta in transfer.legs.items()}
    if transfer.kind == "group":
        status = move_group(s, id, "reversal", legs, on, operator, limited=False)
    else:
        debit, credit = sorted(legs, key=lambda number: legs[number])
        status = move(
            s, id, "reversal", debit, credit, transfer.minutes, on, operator, EVERY, EVERY,
            limited=transfer.kind == "gift",
        )  # fmt: skip
    refuse_if(status == "exists", "exists_with_different_content")
    refuse_if(before, "already_reversed")
    s.put("reversed", reverses, value=id)
    for number in legs:
        for key, hours in s.hours(number):
            if hours.transfer == reverses:
                s.put(*key, value=replace(hours, voided=True))
    return "posted"


@rule
def place_hold(
    s: Sight, id: uuid.UUID, debit: int, credit: int, minutes: int, on: date, wording: str,
    expires: datetime, operator: int,
) -> str:  # fmt: skip
    refuse_if(minutes <= 0, "minutes_not_positive")
    refuse_if(minutes > 1440, "too_long")
    refuse_if(debit == credit, "same_account")
    usable(s, credit, PEOPLE)
    refuse_if(s.account(debit) is None, "unknown_account")
    hold = Hold(debit, credit, minutes, on, expires)
    known = s.get("hold", id)
    if known:
        same = (known.debit, known.credit, known.minutes, known.day) == (debit, credit, minutes, on)
        refuse_if(not same, "exists_with_different_content")
        return "exists"
    refuse_if(s.get("transfer", id), "exists_with_different_content")
    check_day(s, on, operator)
    account = usable(s, debit, PEOPLE)
    refuse_if(account.balance - account.held - minutes < account.floor, "floor_reached")
    s.change(debit, held=account.held + minutes)
    s.put("hold", id, value=hold)
    return "placed"


@rule
def settle_hold(
    s: Sight, id: uuid.UUID, outcome: str, operator: int, starts: time | None = None
) -> str:
    refuse_if(outcome not in ("accepted", "declined", "cancelled", "expired"), "unknown_answer")
    check_operator(s, operator)
    hold = s.get("hold", id)
    if hold is None:
        raise Refusal("unknown_hold")
    before = s.get("outcome", id)
    if before:
        refuse_if(before != outcome, "already_answered")
        return "exists"
    over = hold.expires <= datetime.now(UTC)
    refuse_if((outcome == "expired") != over, "hold_expired" if over else "hold_not_expired")
    status = ""
    if outcome == "accepted":
        on = max(hold.day, s.get("closed_through") + timedelta(days=1))
        debit, credit, minutes = hold.debit, hold.credit, hold.minutes
        status = move(s, id, "exchange", debit, credit, minutes, on, operator, freed=minutes)
        time_giver(s, status, id, hold.credit, on, starts, minutes)
    if status != "posted":
        s.change(hold.debit, held=s.account(hold.debit).held - hold.minutes)  # type: ignore[union-attr]
    s.put("outcome", id, value=outcome)
    return "settled"


@rule
def post_gift(s: Sight, id: uuid.UUID, debit: int, minutes: int, on: date, operator: int) -> str:
    return move(s, id, "gift", debit, FUND, minutes, on, operator, PEOPLE, {"fund"})


@rule
def post_grant(
    s: Sight, id: uuid.UUID, credit: int, minutes: int, rule: uuid.UUID | None, decision: str | None,
    on: date, operator: int,
) -> str:  # fmt: skip
    refuse_if((rule is None) == (not (decision or "").strip(" ")), "reason_needed")
    why = (rule, None if rule else decision, credit)
    status = move(
        s, id, "grant", FUND, credit, minutes, on, operator, {"fund"}, {"member", "group"}
    )
    if status == "exists":
        refuse_if(s.get("grant", id) != why, "exists_with_different_content")
        return status
    if rule:
        force = s.register.rule
        if force is None or force.id != rule:
            raise Refusal("rule_not_in_force")
        before = s.account(credit).balance - minutes  # type: ignore[union-attr]
        refuse_if(minutes > force.grant, "grant_too_large")
        refuse_if(before > force.below, "grant_not_needed")
        year = s.granted(credit, on - timedelta(days=365))
        refuse_if(year + minutes > force.yearly, "grant_beyond_year")
    s.put("grant", id, value=why)
    return status


@rule
def post_welcome(s: Sight, credit: int, minutes: int, operator: int) -> str:
    id_ = s.derived("welcome", credit)
    if s.get("transfer", id_):
        return "exists"
    today = s.register.today
    return move(
        s, id_, "welcome", 1, credit, minutes, today, operator, {"tenant"}, {"member", "group"}
    )


@rule
def post_settlement(s: Sight, account: int, operator: int) -> str:
    found = s.account(account)
    if found is None:
        raise Refusal("unknown_account")
    if found.balance == 0:
        return "exists"
    id_ = s.derived("settlement", account, found.version)
    today = s.register.today
    if found.balance > 0:
        return move(
            s, id_, "settlement", account, FUND, found.balance, today, operator, LEAVERS, {"fund"},
            limited=False,
        )  # fmt: skip
    return move(
        s, id_, "settlement", 1, account, -found.balance, today, operator, {"tenant"}, LEAVERS,
        limited=False,
    )  # fmt: skip


@rule
def declare_time(
    s: Sight, id: uuid.UUID, account: int, on: date, starts: time | None, minutes: int, regime: str,
    activity: str, operator: int,
) -> str:  # fmt: skip
    refuse_if(regime not in ("volunteering", "paid"), "wrong_kind")
    refuse_if(minutes <= 0, "minutes_not_positive")
    usable(s, account, {"member"})
    known = s.get("hours", id)
    if known:
        same = (known.account, known.minutes, known.regime) == (account, minutes, regime)
        refuse_if(
            not same or not starts or known.start != datetime.combine(on, starts),
            "exists_with_different_content",
        )
        return "exists"
    check_day(s, on, operator)
    timed = {hours.transfer for _, hours in s.hours(account)}
    refuse_if(set(s.given(account, on)) - timed, "exchange_needs_start")
    record_hours(s, id, account, on, starts, minutes, regime)
    return "posted"


@rule
def time_exchange(
    s: Sight, id: uuid.UUID, transfer: uuid.UUID, account: int, starts: time, minutes: int, operator: int,
) -> str:  # fmt: skip
    check_operator(s, operator)
    found = s.get("transfer", transfer)
    if (
        found is None
        or found.kind not in EXCHANGES
        or found.legs.get(account, 0) <= 0
        or s.get("reversed", transfer)
    ):
        raise Refusal("unknown_transfer")
    if any(hours.transfer == transfer for _, hours in s.hours(account)):
        return "exists"
    record_hours(s, id, account, found.day, starts, minutes, "reciprocity", transfer)
    return "posted"


@rule
def void_time(s: Sight, id: uuid.UUID) -> str:
    hours = s.get("hours", id)
    if hours is None or hours.regime == "reciprocity":
        raise Refusal("unknown_hours")
    s.put("hours", id, value=replace(hours, voided=True))
    return "posted"


@rule
def open_account(
    s: Sight, kind: str, label: str, bulle: uuid.UUID | None, floor: int, ceiling: int, pseudonym: str,
    operator: int,
) -> int:  # fmt: skip
    _check_limits(floor, ceiling)
    check_operator(s, operator)
    number: int = s.get("last_account") + 1
    refuse_if(kind not in ("member", "bulle", "group", "mirror"), "wrong_account_kind")
    refuse_if(s.get("pseudonym", pseudonym), "pseudonym_taken")
    s.put("last_account", value=number)
    s.put("pseudonym", pseudonym, value=number)
    s.put("account", number, value=Account(kind, floor, ceiling))
    return number


@rule
def set_limits(
    s: Sight, account: int, floor: int, ceiling: int, own: bool, reason: str, operator: int
) -> str:
    _check_limits(floor, ceiling)
    check_operator(s, operator)
    found = s.account(account)
    refuse_if(found is None or found.kind == "fund", "unknown_account")
    s.change(account, floor=floor, ceiling=ceiling, own_limits=own)
    return ""


@rule
def set_default_limits(
    s: Sight, bulles: list[None], floor: int, ceiling: int, reason: str, operator: int
) -> int:
    """Of the members without Bulle, which all the members of the model are."""
    _check_limits(floor, ceiling)
    check_operator(s, operator)
    followers = [
        number
        for number in range(1, s.get("last_account") + 1)
        if (a := s.account(number)) and a.kind == "member" and not a.own_limits
        and (a.floor, a.ceiling) != (floor, ceiling)
    ]  # fmt: skip
    for number in followers:
        s.change(number, floor=floor, ceiling=ceiling)
    return len(followers)


def _check_limits(floor: int, ceiling: int) -> None:
    refuse_if(not -NO_LIMIT <= floor <= 0, "limits_malformed")
    refuse_if(not 0 <= ceiling <= NO_LIMIT, "limits_malformed")


@rule
def close_account(s: Sight, account: int) -> str:
    found = s.account(account)
    if found is None:
        raise Refusal("unknown_account")
    refuse_if(found.kind not in LEAVERS, "wrong_account_kind")
    refuse_if(found.balance or found.held, "account_not_empty")
    s.change(account, closed=True)
    return ""


@rule
def reopen_account(s: Sight, account: int) -> str:
    refuse_if(s.account(account) is None, "unknown_account")
    s.change(account, closed=False)
    return ""


@rule
def close_days(s: Sight, through: date) -> date:
    closed: date = max(s.get("closed_through"), min(through, s.register.today - timedelta(days=3)))
    s.put("closed_through", value=closed)
    return closed
