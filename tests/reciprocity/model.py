"""What a register must answer, in plain Python: one organisation, one act at a time, no database.

`rules.judge` says what an act answers and what it writes, without writing it. Several sessions may each
keep what they wrote and did not commit, since an act locks what it changes until the end of its transaction:
their writings are then laid over what is committed, and `commit` adds them to it.

Acts are the calls of the posting functions, under the names of their arguments. What must be given is given:
`refusals.py` and `test_fuzz.py` leave it out.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

Key = tuple[Any, ...]
Writings = dict[Key, Any]
PEOPLE = {"member", "bulle", "tenant", "group"}
EXCHANGES = {"exchange", "group", "cheque", "import"}
OLDEST = date(1980, 1, 1)


@dataclass(frozen=True)
class Act:
    """A call of a posting function."""

    function: str
    arguments: dict[str, Any]

    def __str__(self) -> str:
        shown = ", ".join(f"{name[2:]}={value}" for name, value in self.arguments.items())
        return f"{self.function[7:]}({shown})"


@dataclass(frozen=True)
class Account:
    """A row of accounts."""

    kind: str
    floor: int
    ceiling: int
    balance: int = 0
    held: int = 0
    version: int = 0
    closed: bool = False
    own_limits: bool = False


@dataclass(frozen=True)
class Transfer:
    """A transfer and its legs: account number → signed minutes."""

    kind: str
    legs: Mapping[int, int]
    minutes: int
    day: date


@dataclass(frozen=True)
class Hold:
    """A request that waits."""

    debit: int
    credit: int
    minutes: int
    day: date
    expires: datetime


@dataclass(frozen=True)
class Hours:
    """A stretch of someone's day."""

    account: int
    start: datetime
    minutes: int
    regime: str
    transfer: uuid.UUID | None
    voided: bool = False

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=self.minutes)


@dataclass(frozen=True)
class Rule:
    """The fund's rule in force."""

    id: uuid.UUID
    grant: int = 60
    yearly: int = 100
    below: int = -60


class Refusal(Exception):
    """The act is refused under that name."""


class Register:
    """The committed state: key → value, where a key is a table's name and what identifies the row."""

    def __init__(
        self, tenant: uuid.UUID, today: date, *, opened_on: date, grace: int, operators: int
    ) -> None:
        self.tenant, self.today, self.operators = tenant, today, operators
        self.opened_on = opened_on
        self.rule: Rule | None = None
        self.state: Writings = {("closed_through",): today - timedelta(days=grace)}
        # Where to look for what has no key of its own; only ever added to.
        self.hours_of: dict[int, list[Key]] = defaultdict(list)
        self.given_by: dict[tuple[int, date], list[uuid.UUID]] = defaultdict(list)
        self.granted_to: dict[int, list[uuid.UUID]] = defaultdict(list)

    def commit(self, writings: Writings) -> None:
        """Make these writings everyone's."""
        for key, value in writings.items():
            if key not in self.state:
                self._index(key, value)
            self.state[key] = value

    def accounts(self) -> dict[int, Account]:
        """Every account."""
        return {key[1]: value for key, value in self.state.items() if key[0] == "account"}

    def _index(self, key: Key, value: Any) -> None:
        match key[0]:
            case "hours":
                self.hours_of[value.account].append(key)
            case "transfer":
                for number, delta in value.legs.items():
                    if delta > 0:
                        self.given_by[number, value.day].append(key[1])
            case "grant":
                self.granted_to[value[2]].append(key[1])


class Sight:
    """What one act sees, and what it writes."""

    def __init__(self, register: Register, writings: Writings, stale: Writings) -> None:
        self.register, self.over, self.stale = register, writings, stale
        self.written: Writings = {}

    def get(self, *key: Any) -> Any:
        """A value, None when there is none."""
        for layer in (self.stale, self.written, self.over, self.register.state):
            if key in layer:
                return layer[key]
        return None

    def put(self, *key: Any, value: Any) -> None:
        """Write a value."""
        self.written[key] = value

    def account(self, number: int | None) -> Account | None:
        account: Account | None = self.get("account", number)
        return account

    def change(self, number: int, **changes: Any) -> None:
        """Write some columns of an account."""
        self.put("account", number, value=replace(self.account(number), **changes))  # type: ignore[type-var]

    def hours(self, account: int, *, voided: bool = False) -> Iterator[tuple[Key, Hours]]:
        """The stretches of someone's days that stand; `voided`: also those that no longer do."""
        keys = {*self.register.hours_of[account], *self._mine("hours")}
        for key in keys:
            hours = self.get(*key)
            if hours.account == account and (voided or not hours.voided):
                yield key, hours

    def given(self, account: int, day: date) -> Iterator[uuid.UUID]:
        """The exchanges that someone gave that day and that stand."""
        ids = {*self.register.given_by[account, day], *(key[1] for key in self._mine("transfer"))}
        for id_ in ids:
            transfer: Transfer = self.get("transfer", id_)
            if (
                transfer.kind in EXCHANGES
                and transfer.day == day
                and transfer.legs.get(account, 0) > 0
                and not self.get("reversed", id_)
            ):
                yield id_

    def granted(self, account: int, since: date) -> int:
        """Minutes granted to someone by the rule after that day, those taken back left out."""
        ids = {*self.register.granted_to[account], *(key[1] for key in self._mine("grant"))}
        found = [(id_, self.get("transfer", id_), self.get("grant", id_)) for id_ in ids]
        return sum(
            transfer.minutes
            for id_, transfer, grant in found
            if grant[0] and grant[2] == account and transfer.day > since and not self.get("reversed", id_)
        )  # fmt: skip

    def derived(self, *parts: object) -> uuid.UUID:
        """The id that a function makes by itself."""
        text = "/".join(map(str, (self.register.tenant, *parts)))
        digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
        return uuid.UUID(f"{digest[:12]}8{digest[13:16]}8{digest[17:]}")

    def _mine(self, table: str) -> list[Key]:
        return [key for layer in (self.over, self.written) for key in layer if key[0] == table]


def refuse_if(condition: object, name: str) -> None:
    """Refuse the act under that name."""
    if condition:
        raise Refusal(name)


def check_day(s: Sight, day: date, operator: int, kind: str = "") -> None:
    """Neither to come, nor closed unless it is taken over from before the register; by a known author."""
    taken_over = kind == "import" and OLDEST <= day < s.register.opened_on
    refuse_if(day > s.register.today, "future_day")
    refuse_if(kind == "import" and day < OLDEST, "day_too_old")
    refuse_if(day <= s.get("closed_through") and not taken_over, "day_sealed")
    refuse_if(not 1 <= operator <= s.register.operators, "unknown_operator")


def check_operator(s: Sight, operator: int) -> None:
    """A known author."""
    refuse_if(not 1 <= operator <= s.register.operators, "unknown_operator")


def usable(s: Sight, number: int | None, kinds: set[str]) -> Account:
    """An account that is there, open, and of these kinds."""
    account = s.account(number)
    if account is None:
        raise Refusal("unknown_account")
    refuse_if(account.closed, "account_closed")
    refuse_if(account.kind not in kinds, "wrong_account_kind")
    return account


def shift(
    s: Sight, number: int, delta: int, kinds: set[str], *, freed: int = 0, limited: bool = True
) -> None:
    """One entry: limits stop only what goes further in the wrong direction."""
    account = usable(s, number, kinds)
    balance = account.balance + delta
    if limited and delta < 0:
        refuse_if(balance - account.held + freed < account.floor, "floor_reached")
    if limited and delta > 0:
        refuse_if(balance > account.ceiling, "ceiling_reached")
    s.change(number, balance=balance, held=account.held - freed, version=account.version + 1)


def move(
    s: Sight, id: uuid.UUID, kind: str, debit: int, credit: int, minutes: int, on: date, operator: int,
    debit_kinds: set[str] = PEOPLE, credit_kinds: set[str] = PEOPLE, *, freed: int = 0, limited: bool = True,
) -> str:  # fmt: skip
    """Two accounts, one transfer."""
    refuse_if(minutes <= 0, "minutes_not_positive")
    refuse_if(minutes > 1_000_000 and limited, "too_large")
    refuse_if(debit == credit, "same_account")
    transfer = Transfer(kind, {debit: -minutes, credit: minutes}, minutes, on)
    known = s.get("transfer", id)
    if known:
        refuse_if(known != transfer, "exists_with_different_content")
        return "exists"
    check_day(s, on, operator, kind)
    for number, delta in sorted(transfer.legs.items()):
        kinds = debit_kinds if delta < 0 else credit_kinds
        shift(s, number, delta, kinds, freed=freed if delta < 0 else 0, limited=limited)
    s.put("transfer", id, value=transfer)
    return "posted"


def move_group(
    s: Sight,
    id: uuid.UUID,
    kind: str,
    legs: dict[int, int],
    on: date,
    operator: int,
    *,
    limited: bool,
) -> str:
    """Several accounts, one transfer."""
    minutes = sum(delta for delta in legs.values() if delta > 0)
    transfer = Transfer(kind, legs, minutes, on)
    known = s.get("transfer", id)
    if known:
        refuse_if(known != transfer, "exists_with_different_content")
        return "exists"
    check_day(s, on, operator)
    for number, delta in sorted(legs.items()):
        shift(s, number, delta, PEOPLE, limited=limited)
    s.put("transfer", id, value=transfer)
    return "posted"


def check_regime(s: Sight, giver: int, day: date) -> None:
    """An exchange whose hour is not known, on a day with hours of another regime."""
    others = [h for _, h in s.hours(giver) if h.start.date() == day and h.regime != "reciprocity"]
    refuse_if(others, "start_needed")


def record_hours(
    s: Sight, id: object, account: int, on: date, starts: Any, minutes: int | None, regime: str,
    transfer: uuid.UUID | None = None,
) -> None:  # fmt: skip
    """A stretch of a day, which overlaps none of that person's."""
    if minutes is None or minutes <= 0:
        raise Refusal("minutes_not_positive")
    refuse_if(starts is None, "start_missing")
    refuse_if(minutes > 1440, "crosses_midnight")
    hours = Hours(account, datetime.combine(on, starts), minutes, regime, transfer)
    midnight = datetime.combine(on, datetime.min.time()) + timedelta(days=1)
    refuse_if(hours.end > midnight, "crosses_midnight")
    refuse_if(s.get("hours", id), "exists_with_different_content")
    for _, other in s.hours(account):
        refuse_if(hours.start < other.end and other.start < hours.end, "same_hour")
    s.put("hours", id, value=hours)


def time_giver(
    s: Sight, status: str, transfer: uuid.UUID, giver: int, on: date, starts: Any, lasted: int | None,
) -> None:  # fmt: skip
    """When the giver was at it; sent again with a start, it is the start that was said then."""
    if status == "posted" and starts is None:
        check_regime(s, giver, on)
    elif status == "posted":
        record_hours(s, ("of", transfer, giver), giver, on, starts, lasted, "reciprocity", transfer)
    elif starts is not None:
        said = (transfer, datetime.combine(on, starts), lasted)
        known = {(h.transfer, h.start, h.minutes) for _, h in s.hours(giver, voided=True)}
        refuse_if(said not in known, "exists_with_different_content")
