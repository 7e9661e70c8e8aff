"""The ledger attacked from another organisation, with every argument of every function; and by its own."""

# ruff: noqa: S608, S311 statements are made here; chance is not a secret
from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, time
from itertools import pairwise
from random import Random
from typing import Any

import psycopg
import pytest

from migrations.rls import APP, OWNER
from tests.reciprocity.books import HERE, OPERATOR, POSTED, TENANTS, THERE, Books
from tests.reciprocity.machine import start

FROZEN = sorted(set(POSTED) - {"accounts", "ledgers", "operators", "seals", "time_records"})
ATTACKS = 1500
MAKE = (
    "CREATE TABLE public.x (i int)",
    "CREATE TEMPORARY TABLE x (i int)",
    "CREATE FUNCTION public.x() RETURNS int LANGUAGE sql RETURN 1",
    f"SET ROLE {OWNER}",
)
CALLABLE = """
    SELECT p.proname, p.proargnames, p.proargtypes::regtype[]::text[]
    FROM pg_proc p WHERE starts_with(p.proname, 'ledger_') AND p.prokind = 'f'
      AND has_function_privilege(%s, p.oid, 'EXECUTE') ORDER BY 1"""


def populate(books: Books, *, here: bool) -> None:
    """Both registers are open, THERE with some exchanges; `here`: HERE with two hundred acts besides."""
    _, draw = start(books)
    chance = Random(5)
    for _ in range(200 if here else 0):
        act = draw.act(chance)
        books.post(HERE, act.function, **act.arguments)
    for n in range(6):
        books.exchange(3 + n, 4 + n, 30, tenant=THERE, p_id=uuid.UUID(int=500 + n))


def functions(books: Books) -> list[tuple[str, list[str], list[str]]]:
    """What the application may call: name, arguments, their types."""
    return books.admin.execute(CALLABLE, (APP,)).fetchall()


def hostile(books: Books) -> dict[str, list[Any]]:
    """For each type, what HERE has, and what anyone may try."""
    ids = [
        row[0]
        for table, column in (
            ("transfers", "id"), ("holds", "id"), ("time_records", "id"), ("fund_rules", "id"),
            ("reversals", "reversal_id"),
        )
        for row in books.admin.execute(f"SELECT {column} FROM {table} WHERE tenant_id = %s", (HERE,))
    ]  # fmt: skip
    words = [
        row[0]
        for row in books.admin.execute(
            "SELECT pseudonym FROM accounts WHERE tenant_id = %s", (HERE,)
        )
    ]
    numbers = [*range(14), 30, 60, 99]
    days = [books.today]
    return {
        "uuid": [*ids, *ids, *TENANTS, uuid.UUID(int=500), None],
        "integer": [*numbers, None],
        "text": [*words, "exchange", "import", "accepted", "declined", "paid", "member", "Un mot", "user"],
        "date": days,
        "time without time zone": [None, time(9)],
        "timestamp with time zone": [datetime(2100, 1, 1, tzinfo=UTC)],
        "boolean": [True],
        "interval": ["0 s"],
        "uuid[]": [[a, b] for a, b in pairwise(ids)],
        "integer[]": [[3, 4], [30, -30], [30, 60], [5, 6]],
        "date[]": [days * 2],
    }  # fmt: skip


def attacks(books: Books, number: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Calls of anything with anything."""
    chance, values = Random(11), hostile(books)
    for name, arguments, types in [chance.choice(functions(books)) for _ in range(number)]:
        yield (
            name,
            {a: chance.choice(values[t]) for a, t in zip(arguments or [], types, strict=False)},
        )


def test_another_organisation_changes_nothing_and_learns_nothing(
    make_books: Callable[[str], Books], books: Books
) -> None:
    """THERE attacks with all that HERE has; each answer is the one it gets in a world where HERE is empty."""
    without = make_books("")
    populate(books, here=True)
    populate(without, here=False)
    before = books.snapshot(HERE)
    answered: set[str] = set()
    for function, arguments in attacks(books, ATTACKS):
        answer = books.post(THERE, function, **arguments)
        assert answer == without.post(THERE, function, **arguments), (function, arguments)
        answered.add(str(answer))
    assert books.snapshot(HERE) == before
    assert {"posted", "exists", "placed"} <= answered


def test_every_function_is_attacked_with_every_type(books: Books) -> None:
    populate(books, here=True)
    values, types = hostile(books), {t for _, _, types in functions(books) for t in types}
    assert types - set(values) == set()
    assert all(values.values())
    assert {name for name, _ in attacks(books, ATTACKS)} == {name for name, *_ in functions(books)}


@pytest.mark.parametrize("tenant", [None, uuid.UUID(int=404)])
def test_no_organisation_no_answer(books: Books, tenant: uuid.UUID | None) -> None:
    populate(books, here=True)
    before = books.snapshot(HERE)
    for function, arguments in attacks(books, 300):
        if tenant and function == "ledger_start":
            continue
        answer = books.post(tenant, function, **arguments)
        assert str(answer).startswith("no: ") or answer in ("", 0, [], None), (
            function,
            arguments,
            answer,
        )
    assert books.snapshot(HERE) == before
    assert books.snapshot(tenant or uuid.UUID(int=404)) == {table: [] for table in POSTED}


@pytest.mark.parametrize("setting", ["nobody", "00000000-0000-0000-0000-000000000001'; --", "*"])
def test_a_malformed_organisation_changes_nothing(books: Books, setting: str) -> None:
    populate(books, here=True)
    before = books.snapshot()
    for function, arguments in attacks(books, 100):
        with books.app.transaction(force_rollback=True):
            books.app.execute("SELECT set_config('app.tenant_id', %s, true)", (setting,))
            named = ", ".join(f"{name} => %({name})s" for name in arguments)
            with suppress(psycopg.Error):
                books.app.execute(f"SELECT * FROM {function}({named})", arguments)
    assert books.snapshot() == before


def run(connection: psycopg.Connection, statement: str) -> None:
    """One statement, as HERE."""
    with connection.transaction():
        connection.execute(f"SET LOCAL app.tenant_id = '{HERE}'")
        connection.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO {t} SELECT * FROM {t}",
        "UPDATE {t} SET tenant_id = tenant_id",
        "DELETE FROM {t}",
        "TRUNCATE {t} CASCADE",
        "LOCK TABLE {t} IN SHARE ROW EXCLUSIVE MODE",
    ],
)
def test_the_application_writes_by_functions_only(shared_books: Books, statement: str) -> None:
    for table in POSTED:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            run(shared_books.app, statement.format(t=table))


def test_the_application_calls_the_entrances_only(books: Books) -> None:
    inner = books.admin.execute(
        "SELECT oid::regprocedure::text, pronargs FROM pg_proc WHERE starts_with(proname, 'ledger_')"
        " AND prokind = 'f' AND NOT prosecdef"
    ).fetchall()
    assert {"ledger_move", "ledger_move_group", "ledger_link"} <= {
        name.split("(")[0] for name, _ in inner
    }
    for name, count in inner:
        call = f"SELECT {name.split('(')[0]}({', '.join(['NULL'] * count)})"
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            run(books.app, call)


@pytest.mark.parametrize("statement", ["UPDATE {t} SET tenant_id = tenant_id", "DELETE FROM {t}"])
def test_what_is_written_stays_even_for_the_owner(books: Books, statement: str) -> None:
    """A trigger refuses each row, whoever asks; and the owner sees one organisation at a time."""
    populate(books, here=True)
    before = books.snapshot()
    for table in (table for table in FROZEN if before[table]):
        for connection in (books.owner, books.admin):
            with pytest.raises(psycopg.IntegrityError, match="never changes"):
                run(connection, statement.format(t=table))
        assert books.owner.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    assert books.snapshot() == before


def test_a_table_of_the_same_name_fools_nobody(books: Books) -> None:
    """Whoever may make temporary tables puts one in the way; the functions look elsewhere."""
    books.admin.execute(f"GRANT TEMPORARY ON DATABASE {books.scratch.name} TO {APP}")
    with closing(books.scratch.connect(APP, autocommit=True)) as attacker:
        for table in ("accounts", "transfers", "entries", "ledgers", "operators", "time_records"):
            attacker.execute(
                f"CREATE TEMPORARY TABLE {table} AS SELECT * FROM public.{table} WITH NO DATA"
            )
        attacker.execute("CREATE FUNCTION pg_temp.ledger_tenant() RETURNS uuid LANGUAGE sql AS"
                         f" $$ SELECT '{THERE}'::uuid $$")  # fmt: skip
        attacker.execute("SET search_path = pg_temp, public")
        with attacker.transaction():
            attacker.execute(f"SET LOCAL app.tenant_id = '{HERE}'")
            attacker.execute(
                "SELECT public.ledger_post_exchange(%s, 3, 4, 30, %s, %s)",
                (uuid.UUID(int=600), books.today, OPERATOR),
            )
        assert attacker.execute("SELECT count(*) FROM pg_temp.entries").fetchone() == (0,)
    books.admin.execute(f"REVOKE TEMPORARY ON DATABASE {books.scratch.name} FROM {APP}")
    assert (books.balances(HERE)[3], books.balances(HERE)[4]) == (-30, 30)
    assert set(books.balances(THERE).values()) == {0}


def test_nobody_creates_anything_in_the_schema(books: Books) -> None:
    for role in (APP, "bulles_net"):
        with closing(books.scratch.connect(role, autocommit=True)) as attacker:
            for statement in MAKE:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    attacker.execute(statement)
