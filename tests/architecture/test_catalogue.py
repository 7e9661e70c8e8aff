"""The real schema has no fault; each planted one is found by its own check, and by no other."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from tests.architecture.catalogue import CHECKS, FAULTS, GRANTS, SHARED_TABLES, find_faults

Plant = Callable[..., psycopg.Connection]


def test_the_real_schema_has_no_fault(planted: Plant) -> None:
    assert find_faults(planted()) == {}


@pytest.mark.parametrize(("check", "fault"), FAULTS, ids=[fault[:60] for _, fault in FAULTS])
def test_a_planted_fault_is_found_by_its_own_check(planted: Plant, check: str, fault: str) -> None:
    assert list(find_faults(planted(fault))) == [check]


def test_every_check_has_a_fault_to_find() -> None:
    assert {check for check, _ in FAULTS} == set(CHECKS)


def test_every_declared_table_exists(planted: Plant) -> None:
    """A declaration that outlives its table would let another one in under its name."""
    declared = {*SHARED_TABLES, *" ".join(GRANTS.values()).split()}
    real = planted().execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    assert declared == {row[0] for row in real}
