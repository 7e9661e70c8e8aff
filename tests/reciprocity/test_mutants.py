"""The proof finds the faults: the machine or the scheduler breaks on every faulty function."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from tests.reciprocity.books import Books
from tests.reciprocity.machine import run, walk
from tests.reciprocity.mutants import EQUIVALENT, MUTANTS
from tests.reciprocity.scheduler import Schedule

BREAKS = (AssertionError, psycopg.IntegrityError, psycopg.errors.TooManyRows)
"""A function that raises what it must not is broken too."""


def run_machine(books: Books) -> None:
    """Two short runs, then long walks."""
    run(books, 2)
    for seed in range(4):
        walk(books, seed, 1500)


def run_scheduler(books: Books) -> None:
    """Under some seeds, one act for each transaction: then no circle at all may form."""
    for seed in range(8):
        schedule = Schedule(books, seed, most=1)
        try:
            schedule.run(1000)
        finally:
            schedule.close()


@pytest.mark.parametrize("name", MUTANTS)
def test_a_faulty_function_is_found(make_books: Callable[[str], Books], name: str) -> None:
    books = make_books(MUTANTS[name].sql())
    with pytest.raises(BREAKS):
        {"machine": run_machine, "scheduler": run_scheduler}[MUTANTS[name].broken_by](books)


@pytest.mark.parametrize("name", EQUIVALENT)
def test_what_cannot_be_a_fault_changes_nothing(
    make_books: Callable[[str], Books], name: str
) -> None:
    books = make_books(EQUIVALENT[name][0].sql())
    run(books, 2)
    walk(books, 0, 1000)
