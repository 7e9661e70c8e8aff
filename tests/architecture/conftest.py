"""A migrated database of the architecture tests' own, and copies of it to plant faults in."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing

import psycopg
import pytest

from launcher.servers import Servers
from tests.architecture.databases import Scratch
from tests.conftest import PROJECT, WORKER


@pytest.fixture(scope="session")
def schema(servers: Servers) -> Iterator[Scratch]:
    """The real schema, with no row and no connection: what copies are made of."""
    scratch = Scratch(servers, f"bulles_architecture_{WORKER}")
    servers.postgres.drop_database(scratch.name)
    servers.postgres.create_database(scratch.name)
    alembic = [sys.executable, "-m", "alembic", "upgrade", "head"]
    environment = os.environ | servers.environment(database=scratch.name)
    subprocess.run(alembic, cwd=PROJECT, env=environment, check=True)
    yield scratch
    servers.postgres.drop_database(scratch.name)


@pytest.fixture
def copy(schema: Scratch) -> Iterator[Callable[[str], Scratch]]:
    """Make a copy of the real schema and run some SQL in it, as the administrator of the server."""
    made: list[Scratch] = []

    def make(fault: str = "") -> Scratch:
        postgres = schema.servers.postgres
        scratch = Scratch(schema.servers, f"{schema.name}_copy_{len(made)}")
        postgres.drop_database(scratch.name)
        postgres.create_database(scratch.name, template=schema.name)
        made.append(scratch)
        if fault:
            with closing(scratch.connect("postgres", autocommit=True)) as connection:
                connection.execute(fault)
        return scratch

    yield make
    for scratch in made:
        schema.servers.postgres.drop_database(scratch.name)


@pytest.fixture
def planted(schema: Scratch) -> Iterator[Callable[[str], psycopg.Connection]]:
    """A transaction of the administrator in which a fault was planted; rolled back at the end."""
    with closing(schema.connect("postgres")) as connection:

        def plant(fault: str = "") -> psycopg.Connection:
            if fault:
                connection.execute(fault)
            return connection

        yield plant
        connection.rollback()
