"""A migrated database of the ledger's own tests, and copies of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from launcher.servers import Servers
from tests.architecture.databases import Scratch
from tests.conftest import PROJECT, WORKER
from tests.reciprocity.books import THERE, Books


@pytest.fixture(scope="session")
def ledger_schema(servers: Servers) -> Iterator[Scratch]:
    """The real schema, with no row and no connection: what copies are made of."""
    scratch = Scratch(servers, f"bulles_ledger_{WORKER}")
    servers.postgres.drop_database(scratch.name)
    servers.postgres.create_database(scratch.name)
    alembic = [sys.executable, "-m", "alembic", "upgrade", "head"]
    environment = os.environ | servers.environment(database=scratch.name)
    subprocess.run(alembic, cwd=PROJECT, env=environment, check=True)
    yield scratch
    servers.postgres.drop_database(scratch.name)


@pytest.fixture(scope="session")
def make_books(ledger_schema: Scratch) -> Iterator[Callable[[str], Books]]:
    """Open books in a copy of the real schema, in which some SQL was run first."""
    postgres = ledger_schema.servers.postgres
    opened: list[Books] = []

    def make(fault: str = "") -> Books:
        scratch = Scratch(ledger_schema.servers, f"{ledger_schema.name}_{len(opened)}")
        postgres.drop_database(scratch.name)
        postgres.create_database(scratch.name, template=ledger_schema.name)
        with postgres.connect() as connection:
            # A wait in a circle is a fault here: it is told at once.
            connection.execute(f"ALTER DATABASE {scratch.name} SET deadlock_timeout = '20ms'")
        books = Books(scratch)
        opened.append(books)
        if fault:
            books.admin.execute(fault)
        return books

    yield make
    for books in opened:
        books.close()
        postgres.drop_database(books.scratch.name)


@pytest.fixture(scope="session")
def shared_books(make_books: Callable[[str], Books]) -> Books:
    """One database for all the tests that empty it first."""
    return make_books("")


@pytest.fixture
def books(shared_books: Books) -> Books:
    """A register of HERE and one of THERE, with members and no exchange."""
    shared_books.empty()
    shared_books.open_register()
    shared_books.open_register(THERE)
    return shared_books
