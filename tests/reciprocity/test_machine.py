"""The posting functions and their model agree, whatever is asked, refusals included."""

from __future__ import annotations

from tests.reciprocity.books import Books
from tests.reciprocity.machine import run, walk


def test_the_register_answers_what_the_model_answers(shared_books: Books) -> None:
    run(shared_books)


def test_it_still_does_after_a_long_walk(shared_books: Books) -> None:
    walk(shared_books, 1, 1500)
