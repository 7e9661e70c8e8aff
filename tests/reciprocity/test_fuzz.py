"""Anything given to any function: an answer or a named refusal, never an error of the database.

The arguments are those that PostgreSQL lists, so a new function is tried without being asked for.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, time, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.core.clock import today
from tests.reciprocity.books import HERE, TENANTS, Books
from tests.reciprocity.invariants import find_faults
from tests.reciprocity.machine import start
from tests.reciprocity.test_isolation_attack import functions

MOST = 2**31 - 1
ids = st.integers(0, 12).map(lambda n: uuid.UUID(int=n)) | st.uuids() | st.sampled_from(TENANTS)
numbers = (
    st.integers(-3, 14)
    | st.integers(-90, 1500)
    | st.sampled_from([-MOST - 1, -MOST, MOST, 2_000_000_000])
)
days = (
    st.integers(-5, 40).map(lambda n: str(today() - timedelta(days=n)))
    | st.dates().map(str)
    | st.sampled_from(["infinity", "-infinity", "4713-01-01 BC", "5874897-12-31"])
)
times = st.times().map(lambda t: t.replace(tzinfo=None)) | st.sampled_from(
    [time(0), time(23, 59), "24:00"]
)
instants = (
    st.datetimes(timezones=st.just(UTC))
    | st.sampled_from([datetime(2100, 1, 1, tzinfo=UTC), "infinity", "-infinity"])
)  # fmt: skip
CODES = """exchange cheque group gift import accepted declined cancelled expired volunteering paid
    member bulle tenant fund mirror user system P0000003"""
words = (
    st.sampled_from(CODES.split())
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
    | st.just("é" * 5000)
)
OF_TYPE: dict[str, st.SearchStrategy[Any]] = {
    "uuid": ids,
    "integer": numbers,
    "date": days,
    "time without time zone": times,
    "timestamp with time zone": instants,
    "text": words,
    "boolean": st.booleans(),
    "interval": st.sampled_from(["0 s", "1 ms", "-1 day"]),
    "uuid[]": st.lists(ids | st.none(), max_size=5),
    "integer[]": st.lists(numbers | st.none(), max_size=5)
    | st.lists(st.lists(numbers, min_size=2, max_size=2), max_size=3),
    "date[]": st.lists(days | st.none(), max_size=5),
}  # fmt: skip
FUZZ = settings(
    max_examples=150,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def arguments_of(names: list[str], types: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Every argument, each of them missing one time in some."""
    return st.fixed_dictionaries(
        {name: OF_TYPE[type_] | st.none() for name, type_ in zip(names, types, strict=False)}
    )


def attack(books: Books, function: str, names: list[str], types: list[str]) -> None:
    """Call it with anything; Books.post() lets through what is neither an answer nor a refusal."""

    @FUZZ
    @given(arguments_of(names, types))
    def run(arguments: dict[str, Any]) -> None:
        books.post(HERE, function, **arguments)

    run()


def test_no_argument_brings_out_an_error_of_the_database(shared_books: Books) -> None:
    start(shared_books)
    for function, names, types in functions(shared_books):
        attack(shared_books, function, names or [], types)
        assert find_faults(shared_books.admin) == [], function
