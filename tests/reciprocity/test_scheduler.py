"""Sessions at once, crashes, retries: the register always holds what the model holds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.reciprocity.books import Books
from tests.reciprocity.scheduler import Schedule


@pytest.fixture
def schedules(shared_books: Books) -> Iterator[list[Schedule]]:
    """Whose connections are closed at the end."""
    opened: list[Schedule] = []
    yield opened
    for schedule in opened:
        schedule.close()


def test_sessions_at_once(shared_books: Books, schedules: list[Schedule]) -> None:
    schedule = Schedule(shared_books, seed=7)
    schedules.append(schedule)
    counted = schedule.run(1500)
    assert counted["acts"] >= 1500
    # What the proof is about did happen.
    for what in ("waited", "crashes", "crashes as it commits", "no: floor_reached"):
        assert counted[what] > 0, what


def test_acts_of_one_transaction_each_never_wait_in_a_circle(
    shared_books: Books, schedules: list[Schedule]
) -> None:
    schedule = Schedule(shared_books, seed=8, most=1)
    schedules.append(schedule)
    counted = schedule.run(800)
    assert counted["waited"] > 0
    assert counted["circles of transactions of several acts"] == 0


def test_the_same_seed_is_the_same_turns(shared_books: Books, schedules: list[Schedule]) -> None:
    """Alone, a session waits for nobody: its last forty turns, after a hundred and fifty, are the same."""
    runs = []
    for _ in range(2):
        schedule = Schedule(shared_books, seed=9, sessions=1)
        schedules.append(schedule)
        schedule.run(150)
        runs.append(list(schedule.trace))
    assert runs[0] == runs[1]
