"""The posting functions and their model agree, whatever is asked, refusals included."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.reciprocity.books import Books
from tests.reciprocity.machine import Ledger

# The same acts at every run: a suite that fails one day in ten teaches to run it again.
ACTS = settings(
    max_examples=8,
    stateful_step_count=150,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
)


def test_the_register_answers_what_the_model_answers(shared_books: Books) -> None:
    run_state_machine_as_test(type("Machine", (Ledger,), {"books": shared_books}), settings=ACTS)
