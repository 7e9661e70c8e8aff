"""What the suite promises of itself: it fails for a fault, not for the hour or the machine."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import datetime

import hypothesis
import pytest

from app.core.clock import PARIS
from tests.conftest import PROJECT, pause_at


def days_read(tree: ast.AST) -> Iterator[int]:
    """The lines that ask for the day or the instant as a module is imported."""
    if isinstance(tree, ast.Call) and ast.unparse(tree.func) in {"today", "now"}:
        yield tree.lineno
    children = ast.iter_child_nodes(tree)
    if isinstance(tree, ast.FunctionDef | ast.Lambda):
        decorators = getattr(tree, "decorator_list", [])
        children = filter(None, [*decorators, *tree.args.defaults, *tree.args.kw_defaults])
    for child in children:
        yield from days_read(child)


def test_the_day_is_read_when_a_test_runs() -> None:
    """A module is imported hours before its last test, perhaps the day before."""
    found = [
        f"{path.relative_to(PROJECT)}:{line}"
        for top in ("app", "worker", "bench", "tests")
        for path in (PROJECT / top).rglob("*.py")
        for line in days_read(ast.parse(path.read_text()))
    ]
    assert found == []


@pytest.mark.parametrize(
    "fault",
    [
        "DAY = today() - timedelta(days=2)",
        "CASES = [*(f(now()) for _ in range(2))]",
        "def f(day=today()): ...",
        "def f(*, day=today()): ...",
        "f = lambda day=today(): day",
        "@pytest.mark.parametrize('day', [today()])\ndef test_it(day): ...",
        "class Day:\n    day = today()",
    ],
)
def test_a_day_read_too_early_is_found(fault: str) -> None:
    assert list(days_read(ast.parse(fault)))
    assert not list(days_read(ast.parse("def f(day=None):\n    return [today(), lambda: now()]")))


def test_the_day_is_that_of_paris() -> None:
    """For an hour or two each night, a day in UTC is yesterday."""
    in_utc = re.compile(r"\bnow\(\)\.(date|year|month|day)\b|\bcurrent_date\b", re.IGNORECASE)
    assert in_utc.search("now().date()")
    assert in_utc.search("SELECT current_date")
    found = [
        path.relative_to(PROJECT).as_posix()
        for top in ("app", "worker", "migrations", "tests")
        for path in (PROJECT / top).rglob("*.*")
        if path.suffix in {".py", ".sql"} and in_utc.search(path.read_text())
    ]
    assert found == ["tests/architecture/test_suite.py"]


@pytest.mark.parametrize(
    ("hour", "seconds"), [("23:56", 0), ("23:57:30", 150), ("23:59:59", 1), ("00:00", 0)]
)
@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25", "2028-02-29", "2026-12-31"])
def test_no_test_begins_too_near_midnight(day: str, hour: str, seconds: float) -> None:
    assert pause_at(datetime.fromisoformat(f"{day}T{hour}").replace(tzinfo=PARIS)) == seconds


def test_a_slow_example_is_no_fault() -> None:
    assert hypothesis.settings().deadline is None
