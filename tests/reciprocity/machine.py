"""Every posting function called at random, one after the other, and the model beside it.

    python -m tests.reciprocity.machine --acts 20000

The register must answer what the model answers, refusals included, and hold what it holds; after each step
all that is ever true of a register must be true of this one.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from random import Random

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from launcher.servers import Servers
from tests.reciprocity import acts
from tests.reciprocity.books import (
    CEILING,
    FLOOR,
    GROUP,
    HERE,
    MEMBERS,
    OPERATOR,
    PROJECT,
    THERE,
    VENUE,
    Books,
    migrated,
)
from tests.reciprocity.invariants import find_faults
from tests.reciprocity.model import Account, Act, Register, Rule, Transfer
from tests.reciprocity.rules import NO_LIMIT, judge

chance = st.randoms(use_true_random=True)
ENDOWMENT = 300
STEPS = 150
# The same acts at every run: a suite that fails one day in ten teaches to run it again.
ACTS = settings(
    max_examples=8,
    stateful_step_count=STEPS,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
)


def start(books: Books) -> tuple[Register, acts.Draw]:
    """A new register with an endowed fund and its rule, the model of it, and acts to try on both."""
    books.empty()
    books.open_register(endowment=ENDOWMENT)
    books.open_register(THERE)
    rule = books.adopt_rule()
    opened_on = books.today - timedelta(days=30)
    books.admin.execute("UPDATE ledgers SET opened_on = %s WHERE tenant_id = %s", (opened_on, HERE))
    register = Register(HERE, books.today, opened_on=opened_on, grace=35, operators=OPERATOR)
    register.rule = Rule(rule)
    kinds = dict.fromkeys(MEMBERS, "member") | {GROUP: "group", VENUE: "bulle"}
    register.commit(
        {
            ("account", 1): Account("tenant", -NO_LIMIT, NO_LIMIT, -ENDOWMENT, version=1),
            ("account", 2): Account("fund", 0, NO_LIMIT, ENDOWMENT, version=1),
            ("last_account",): VENUE,
        }
        | {("account", number): Account(kind, FLOOR, CEILING) for number, kind in kinds.items()}
    )
    for number in MEMBERS[:3]:
        # Some who soon come to their limits.
        tight = {"account": number, "floor": -100, "ceiling": 130, "own": False, "reason": ""}
        step(books, register, acts.call("set_limits", operator=1, **tight))
    return register, acts.Draw(books.today, rule)


def step(books: Books, register: Register, act: Act) -> None:
    """Do it on both sides, which must answer the same."""
    expected, written = judge(register, act)
    answer = books.post(HERE, act.function, **act.arguments)
    assert answer == expected, f"{act}: {answer}, not {expected}"
    register.commit(written)


def walk(books: Books, seed: int, number: int, *, look: int = 100) -> None:
    """What the machine does, without Hypothesis: far, fast, and nothing to shrink."""
    register, draw = start(books)
    chance = Random(seed)  # noqa: S311
    for done in range(number):
        step(books, register, draw.act(chance))
        if done % look == look - 1:
            assert find_faults(books.admin) == []
            assert differences(books, register) == []


def differences(books: Books, register: Register) -> list[str]:
    """Where what is committed and the model do not hold the same."""
    held = {
        number: Account(*rest)
        for number, *rest in books.admin.execute(
            "SELECT number, kind, floor, ceiling, balance, held, version, closed_at IS NOT NULL, own_limits"
            " FROM accounts WHERE tenant_id = %s", (HERE,),
        )
    }  # fmt: skip
    expected = register.accounts()
    found = [
        f"account {number}: {held.get(number)}, not {expected.get(number)}"
        for number in sorted({*held, *expected})
        if held.get(number) != expected.get(number)
    ]
    posted = books.ask("SELECT count(*) FROM transfers WHERE tenant_id = %s", HERE)
    known = sum(isinstance(value, Transfer) for value in register.state.values()) + 1
    return found + ([] if posted == known else [f"{posted} transfers, not {known}"])


class Ledger(RuleBasedStateMachine):
    """One register, one act at a time. `books` is given by whoever runs it."""

    books: Books

    @initialize()
    def open(self) -> None:
        self.register, self.draw = start(self.books)

    def post(self, act: Act) -> None:
        """Do it on both sides."""
        step(self.books, self.register, act)

    @invariant()
    def the_books_are_right(self) -> None:
        assert find_faults(self.books.admin) == []
        if hasattr(self, "register"):
            assert differences(self.books, self.register) == []

    @rule(r=chance)
    def do_anything(self, r: Random) -> None:
        self.post(self.draw.act(r))


def _add(kind: object) -> None:
    """One rule per kind of act, for the machine to choose which and to shrink to."""

    def step(self: Ledger, r: Random) -> None:
        self.post(self.draw.one(kind, r))  # type: ignore[arg-type]

    name = kind.__name__  # type: ignore[attr-defined]
    step.__name__ = name
    setattr(Ledger, name, rule(r=chance)(step))


for _kind in acts.WEIGHTS:
    _add(_kind)


def run(books: Books, examples: int = ACTS.max_examples) -> None:
    """Have that many runs of the machine on these books; AssertionError, with the shortest way to it."""
    machine = type("Machine", (Ledger,), {"books": books})
    run_state_machine_as_test(machine, settings=settings(ACTS, max_examples=examples))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it on a database of its own."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--acts", type=int, default=5000)
    number = parser.parse_args(arguments).acts
    with (
        Servers(PROJECT / "var" / "test", fsync=False, environ={}) as servers,
        migrated(servers, "bulles_ledger_machine") as scratch,
        closing(Books(scratch)) as books,
    ):
        run(books, number // STEPS)
    print(f"{number // STEPS * STEPS} acts, no fault.")  # noqa: T201


if __name__ == "__main__":
    main()
