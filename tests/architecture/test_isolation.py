"""The boundary holds against random attacks; each boundary with a hole is broken by them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.architecture.databases import Scratch
from tests.architecture.isolation import MUTANTS, Isolation, World

# The same attacks at every run: a suite that fails one day in ten teaches to run it again.
ATTACK = settings(
    max_examples=40,
    stateful_step_count=20,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
)
Copy = Callable[..., Scratch]


@contextmanager
def machine_in(scratch: Scratch) -> Iterator[type[Isolation]]:
    """The machine, acting in one database."""
    world = World(scratch)
    try:
        yield type("Machine", (Isolation,), {"world": world})
    finally:
        world.close()


def test_the_real_boundary_holds(copy: Copy) -> None:
    with machine_in(copy()) as machine:
        run_state_machine_as_test(machine, settings=ATTACK)


@pytest.mark.parametrize("hole", MUTANTS)
def test_a_boundary_with_a_hole_is_broken(copy: Copy, hole: str) -> None:
    with machine_in(copy(MUTANTS[hole])) as machine, pytest.raises(AssertionError):
        run_state_machine_as_test(machine, settings=ATTACK)
