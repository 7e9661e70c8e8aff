"""The list of conventions: SQL statements a page costs, with ten rows and with a thousand."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from app.core.config import Settings
from app.web import create_app
from launcher.servers import Servers
from tests.conventions.test_pages import copies
from tests.factories import conventions as make
from tests.factories.cast import build_cast
from tests.http import Client

DATABASE = "bulles_bench"
STATEMENTS = 8
"""The most SQL statements that a page of the list may send, SET LOCAL apart."""
PROJECT = Path(__file__).resolve().parents[1]


def run() -> bool:
    """Print statements and time for both sizes; whether they are few, and as many for both."""
    with application() as app:
        with app.app_context():
            cast = build_cast()
            convention_id = make.prepare(cast)
            copies(cast, convention_id, 9)
        client = Client(app, cast)
        few, quick = _measure(client)
        with app.app_context():
            copies(cast, convention_id, 990)
        many, slow = _measure(client)
    print(f"page of the list: {few} statements with 10 conventions, {many} with 1 000", end=" ")
    print(f"(limit {STATEMENTS}); time ratio {slow / quick:.2f}")
    return few == many <= STATEMENTS


def _measure(client: Client) -> tuple[int, float]:
    client.get("/ascs/conventions/", as_="alice")
    seen: list[str] = []

    def note(*arguments: object) -> None:
        if not str(arguments[2]).startswith("SET LOCAL"):
            seen.append(str(arguments[2]))

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    start = time.perf_counter()
    client.get("/ascs/conventions/", as_="alice")
    spent = time.perf_counter() - start
    sa.event.remove(sa.Engine, "before_cursor_execute", note)
    return len(seen), spent


@contextmanager
def application() -> Iterator[Flask]:
    """The application on a database of its own, migrated and empty."""
    with Servers(PROJECT / "var" / "bench", environ={}) as servers, _folder() as folder:
        servers.postgres.drop_database(DATABASE)
        servers.postgres.create_database(DATABASE)
        environment = servers.environment(database=DATABASE)
        alembic = [sys.executable, "-m", "alembic", "upgrade", "head"]
        subprocess.run(alembic, cwd=PROJECT, env=os.environ | environment, check=True)
        yield create_app(settings_for(environment, folder))


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def settings_for(environment: dict[str, str], folder: Path) -> Settings:
    """The settings of an application on these servers, its files in this folder."""
    return Settings(
        _env_file=None,
        environment="test",
        secret_key="secret-of-the-bench-" * 3,
        data_key="data-key-of-the-bench-" * 3,
        public_url="http://localhost",
        mail_url=f"folder://{folder / 'mail'}",
        storage_url=f"file://{folder / 'documents'}",
        authority_dir=str(folder / "authority"),
        log_level="ERROR",
        **{name.lower(): value for name, value in environment.items()},
    )
