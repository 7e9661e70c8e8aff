"""Acts drawn at random on a register of `books.py`: mostly good, often again, sometimes bad.

What is drawn depends on the source of chance alone, never on what the register answered: the same seed gives
the same acts.
"""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from tests.reciprocity.books import CEILING, FLOOR, GROUP, MEMBERS, OPERATOR, VENUE
from tests.reciprocity.model import Act

RECENT = 30
"""How many ids and acts are remembered, to be used again."""
LATER = datetime(2100, 1, 1, tzinfo=UTC)
OVER = datetime(2020, 1, 1, tzinfo=UTC)


class Draw:
    """Acts of one register; `series` makes its ids differ from those of another draw."""

    def __init__(self, today: date, rule: uuid.UUID | None, series: int = 0) -> None:
        self.today, self.rule, self.series = today, rule, series
        self.weights = dict(WEIGHTS)
        self.last_id = 0
        self.transfers: deque[uuid.UUID] = deque(maxlen=RECENT)
        self.holds: deque[uuid.UUID] = deque(maxlen=RECENT)
        self.hours: deque[uuid.UUID] = deque(maxlen=RECENT)
        self.acts: deque[Act] = deque(maxlen=RECENT)

    def act(self, r: Random) -> Act:
        """Any act; one in five was drawn lately, and is sent again as it was, or with another content."""
        chance = r.random()
        if self.acts and chance < 0.14:
            return self.acts[-1] if chance < 0.1 else r.choice(self.acts)
        if self.acts and chance < 0.19:
            return self.altered(r, r.choice(self.acts))
        kind = r.choices(list(self.weights), weights=list(self.weights.values()))[0]
        return self.one(kind, r)

    def one(self, kind: Callable[[Draw, Random], Act], r: Random) -> Act:
        """An act of that kind, remembered."""
        act = kind(self, r)
        self.acts.append(act)
        return act

    def altered(self, r: Random, act: Act) -> Act:
        """The same act, but for one thing."""
        change = r.choice([*(name for name in CHANGES if name in act.arguments), ""])
        if not change or isinstance(act.arguments[change], list):
            return act
        return Act(act.function, act.arguments | {change: CHANGES[change](self, r)})

    def id(self, r: Random, known: deque[uuid.UUID]) -> uuid.UUID:
        """A new id; one in ten times, one that was used."""
        if known and r.random() < 0.1:
            return r.choice(known)
        self.last_id += 1
        known.append(uuid.UUID(int=(self.series << 64) + (0xB << 60) + self.last_id))
        return known[-1]

    def some(self, r: Random, known: deque[uuid.UUID]) -> uuid.UUID:
        """An id that was used, mostly lately, unless there is none."""
        return known[-r.randint(1, min(len(known), 8))] if known else uuid.UUID(int=r.randrange(3))

    def exchange(self, r: Random) -> dict[str, Any]:
        """The arguments of an exchange that was drawn lately; nothing when there is none."""
        found = [act for act in self.acts if act.function == "ledger_post_exchange"]
        return r.choice(found).arguments if found else {}

    def account(self, r: Random) -> int:
        """Mostly a member; sometimes an account of another kind, or none at all."""
        return (
            r.choice(MEMBERS) if r.random() < 0.85 else r.choice([0, 1, 2, 2, GROUP, VENUE, 13, 99])
        )

    def pair(self, r: Random) -> tuple[int, int]:
        """Who received and who gave: two members, or sometimes any two."""
        first, second = r.sample(MEMBERS, 2)
        return (first, second) if r.random() < 0.85 else (self.account(r), self.account(r))

    def minutes(self, r: Random) -> int:
        """Mostly what an exchange lasts."""
        if r.random() < 0.95:
            return r.choice([15, 30, 45, 60, 90, 120, 240])
        return r.choice([0, -30, 1, 1440, 1441, 2**31 - 1])

    def day(self, r: Random) -> date:
        """Mostly a day of this week."""
        ago = (
            r.choice([0, 0, 0, 1, 1, 2, 3])
            if r.random() < 0.9
            else r.choice([-1, 4, 20, 34, 35, 400])
        )
        return self.today - timedelta(days=ago)

    def starts(self, r: Random, often: float = 0.2) -> time | None:
        """When it began, if that is said."""
        return time(r.randrange(6, 24), r.choice([0, 30])) if r.random() < often else None

    def operator(self, r: Random) -> int:
        """Mostly Alice."""
        return OPERATOR if r.random() < 0.98 else r.choice([0, 1, 3])

    def legs(self, r: Random) -> tuple[list[int], list[int]]:
        """A group exchange; one in ten does not sum to zero."""
        people = r.sample(MEMBERS, r.randrange(2, 6))
        shares = [r.choice([-90, -30, 30, 60]) for _ in people[1:]]
        rest = -sum(shares) + (15 if r.random() < 0.1 else 0)
        return people, [*shares, rest]


CHANGES: dict[str, Callable[[Draw, Random], Any]] = {
    "p_id": lambda d, r: d.id(r, d.transfers),
    "p_minutes": lambda d, r: d.minutes(r),
    "p_on": lambda d, r: d.day(r),
    "p_debit": lambda d, r: d.account(r),
    "p_credit": lambda d, r: d.account(r),
    "p_outcome": lambda d, r: r.choice(["accepted", "declined"]),
    "p_decision": lambda d, r: "Une autre raison",
    "p_starts": lambda d, r: d.starts(r, 0.9),
}
"""Argument → another value for it."""


def call(name: str, /, **arguments: Any) -> Act:
    """An act by the name of its function, without its prefixes."""
    return Act(f"ledger_{name}", {f"p_{key}": value for key, value in arguments.items()})


def exchange(d: Draw, r: Random) -> Act:
    debit, credit = d.pair(r)
    return call(
        "post_exchange", id=d.id(r, d.transfers), debit=debit, credit=credit,
        minutes=d.minutes(r), on=d.day(r), operator=d.operator(r), starts=d.starts(r),
        kind=r.choices(["exchange", "cheque", "gift"], weights=[20, 4, 1])[0],
    )  # fmt: skip


def group(d: Draw, r: Random) -> Act:
    accounts, deltas = d.legs(r)
    return call(
        "post_group", id=d.id(r, d.transfers), accounts=accounts, deltas=deltas, on=d.day(r),
        operator=d.operator(r), starts=d.starts(r), lasted=r.choice([30, 60, None]),
    )  # fmt: skip


def batch(d: Draw, r: Random) -> Act:
    rows = range(r.randrange(1, 7))
    kind, days = "exchange", [d.day(r) for _ in rows]
    if r.random() < 0.3:
        past = [20_000] if r.random() < 0.1 else [0, 4, 25, 400, 4000]
        kind, days = "import", [d.today - timedelta(days=r.choice(past)) for _ in rows]
    pairs = [d.pair(r) for _ in rows]
    return call(
        "post_batch", kind=kind, ids=[d.id(r, d.transfers) for _ in rows],
        debits=[debit for debit, _ in pairs], credits=[credit for _, credit in pairs],
        minutes=[r.choice([15, 30, 60]) for _ in rows], days=days, operator=d.operator(r),
    )  # fmt: skip


def reversal(d: Draw, r: Random) -> Act:
    reason = "Erreur" if r.random() < 0.95 else " "
    return call(
        "post_reversal", id=d.id(r, d.transfers), reverses=d.some(r, d.transfers), reason=reason,
        operator=d.operator(r),
    )  # fmt: skip


def hold(d: Draw, r: Random) -> Act:
    # Now and then under the id of a transfer, which accepting it would post again.
    known = d.holds if r.random() < 0.95 else d.transfers
    id_ = d.id(r, known)
    d.holds.append(id_)
    debit, credit = d.pair(r)
    return call(
        "place_hold", id=id_, debit=debit, credit=credit, minutes=d.minutes(r),
        on=d.day(r), wording="", expires=LATER if r.random() < 0.8 else OVER, operator=d.operator(r),
    )  # fmt: skip


def answer(d: Draw, r: Random) -> Act:
    outcome = r.choice(["accepted"] * 4 + ["declined", "cancelled", "expired", "perhaps"])
    return call(
        "settle_hold", id=d.some(r, d.holds), outcome=outcome, operator=d.operator(r), starts=d.starts(r),
    )  # fmt: skip


def held_exchange(d: Draw, r: Random) -> Act:
    """The exchange of a request, posted under its id by another way."""
    for act in reversed(d.acts):
        if act.function == "ledger_place_hold":
            asked = {k: act.arguments[f"p_{k}"] for k in ("id", "debit", "credit", "minutes", "on")}
            return call("post_exchange", **asked, operator=d.operator(r))
    return exchange(d, r)


def gift(d: Draw, r: Random) -> Act:
    return call(
        "post_gift", id=d.id(r, d.transfers), debit=d.account(r),
        minutes=r.choice([30, 60, 1_000_000, 1_000_001, 2**31 - 1]) if r.random() < 0.1 else d.minutes(r),
        on=d.day(r), operator=d.operator(r),
    )  # fmt: skip


def grant(d: Draw, r: Random) -> Act:
    by_rule = d.rule if r.random() < 0.6 else None
    return call(
        "post_grant", id=d.id(r, d.transfers), credit=r.choice([*MEMBERS[:3], d.account(r)]),
        minutes=d.minutes(r), rule=by_rule,
        decision=None if by_rule else r.choice(["Un coup dur", "Un départ", " "]), on=d.day(r),
        operator=d.operator(r),
    )  # fmt: skip


def welcome(d: Draw, r: Random) -> Act:
    return call("post_welcome", credit=d.account(r), minutes=120, operator=d.operator(r))


def settlement(d: Draw, r: Random) -> Act:
    return call("post_settlement", account=d.account(r), operator=d.operator(r))


def declare(d: Draw, r: Random) -> Act:
    return call(
        "declare_time", id=d.id(r, d.hours), account=d.account(r),
        on=d.today - timedelta(days=r.choice([0, 1, 2, 4, 4, 20, 20, 25])), starts=d.starts(r, 0.95),
        minutes=d.minutes(r), regime=r.choice(["volunteering", "paid", "paid", "other"]), activity="",
        operator=d.operator(r),
    )  # fmt: skip


def time_exchange(d: Draw, r: Random) -> Act:
    known = d.exchange(r)
    return call(
        "time_exchange", id=d.id(r, d.hours), transfer=known.get("p_id", d.some(r, d.transfers)),
        account=known.get("p_credit", d.account(r)),
        starts=d.starts(r, 0.95), minutes=d.minutes(r), operator=d.operator(r),
    )  # fmt: skip


def void(d: Draw, r: Random) -> Act:
    return call("void_time", id=d.some(r, d.hours))


def open_account(d: Draw, r: Random) -> Act:
    return call(
        "open_account", kind=r.choice(["member", "group", "tenant", "fund"]), label=None, bulle=None,
        floor=FLOOR, ceiling=CEILING, pseudonym=f"N{r.randrange(30)}", operator=d.operator(r),
    )  # fmt: skip


def limits(d: Draw, r: Random) -> Act:
    return call(
        "set_limits", account=d.account(r), floor=r.choice([0, -60, FLOOR, FLOOR, FLOOR, 60]),
        ceiling=r.choice([0, 60, CEILING, CEILING, -1]), own=r.random() < 0.3, reason="",
        operator=d.operator(r),
    )  # fmt: skip


def default_limits(d: Draw, r: Random) -> Act:
    return call(
        "set_default_limits", bulles=[None], floor=r.choice([-120, FLOOR, FLOOR, FLOOR]), ceiling=CEILING,
        reason="", operator=d.operator(r),
    )  # fmt: skip


def close(d: Draw, r: Random) -> Act:
    return call("close_account", account=d.account(r))


def reopen(d: Draw, r: Random) -> Act:
    return call("reopen_account", account=d.account(r))


def close_days(d: Draw, r: Random) -> Act:
    return call("close_days", through=d.today - timedelta(days=r.choice([2, 20, 33, 34, 36, 60])))


WEIGHTS: dict[Callable[[Draw, Random], Act], int] = {
    exchange: 30, group: 8, batch: 8, reversal: 15, hold: 12, answer: 12, held_exchange: 4, gift: 3,
    grant: 4, welcome: 2, settlement: 4, declare: 4, time_exchange: 3, void: 2, open_account: 1,
    limits: 2, default_limits: 1, close: 3, reopen: 5, close_days: 1,
}  # fmt: skip
