"""A migrated database of the ledger's own tests, and copies of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from app.core.db import tenant_context
from launcher.servers import Servers
from tests.architecture.databases import Scratch
from tests.conftest import WORKER
from tests.factories.cast import Cast
from tests.reciprocity.books import THERE, Books, copied, migrated
from tests.reciprocity.desk import Desk, fill, open_desk


@pytest.fixture(scope="session")
def ledger_schema(servers: Servers) -> Iterator[Scratch]:
    """The real schema, with no row and no connection: what copies are made of."""
    with migrated(servers, f"bulles_ledger_{WORKER}") as scratch:
        yield scratch


@pytest.fixture
def make_books(ledger_schema: Scratch) -> Iterator[Callable[[str], Books]]:
    """Open books in a copy of the real schema, in which some SQL was run first."""
    with ExitStack() as opened:
        yield lambda fault="": opened.enter_context(copied(ledger_schema, "copy", fault))


@pytest.fixture(scope="session")
def shared_books(ledger_schema: Scratch) -> Iterator[Books]:
    """One database for all the tests that empty it first."""
    with copied(ledger_schema, "shared") as books:
        yield books


@pytest.fixture
def books(shared_books: Books) -> Books:
    """A register of HERE and one of THERE, with members and no exchange."""
    shared_books.empty()
    shared_books.open_register()
    shared_books.open_register(THERE)
    return shared_books


@pytest.fixture
def desk(cast: Cast) -> Iterator[Desk]:
    """The register of the ASCS with something of everything in it; the organisation is entered."""
    desk = open_desk(cast)
    with tenant_context(desk.actor.tenant_id):
        fill(desk)
        yield desk
