"""Real servers, one database per worker, one transaction per test, one cast."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy as sa
from flask import Flask, g, request_started, template_rendered

from app.core.clock import now, paris
from app.core.config import Settings
from app.core.db import Model, db
from app.web import create_app
from launcher.postgres import ADMIN
from launcher.servers import Servers
from tests.factories.cast import Cast, build_cast
from tests.http import Client

PROJECT = Path(__file__).resolve().parent.parent
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
LONGEST = timedelta(minutes=3)
"""What a test may last."""

# A slow machine is no fault: only what is wrong is one.
hypothesis.settings.register_profile(
    "suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("suite")


def pytest_runtest_setup() -> None:
    """Have no test begin on one day and end on the next: it reads the clock, and the database too."""
    time.sleep(pause_at(paris(now())))


def pause_at(instant: datetime) -> float:
    """Seconds to wait at an instant, on the clock of Paris, for a test to end on the day it begins."""
    midnight = (instant + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    left = midnight - instant
    return left.total_seconds() if left < LONGEST else 0


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """The embedded PostgreSQL and Valkey, shared by the workers of a run."""
    with Servers(PROJECT / "var" / "test", fsync=False, environ={}) as running:
        yield running


@pytest.fixture(scope="session")
def database_environment(servers: Servers) -> dict[str, str]:
    """A migrated database of this worker's own, as environment variables."""
    name = f"bulles_test_{WORKER}"
    servers.postgres.drop_database(name)
    servers.postgres.create_database(name)
    environment = servers.environment(database=name, redis_database=int(WORKER[2:]) + 1)
    alembic = [sys.executable, "-m", "alembic", "upgrade", "head"]
    subprocess.run(alembic, cwd=PROJECT, env=os.environ | environment, check=True)
    return environment


@pytest.fixture(scope="session")
def settings(
    database_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """The settings of the suite."""
    folder = tmp_path_factory.mktemp("bulles")
    return Settings(
        _env_file=None,
        environment="test",
        secret_key="secret-of-the-tests-" * 3,
        data_key="data-key-of-the-tests-" * 3,
        public_url="http://localhost",
        mail_url=f"folder://{folder / 'mail'}",
        storage_url=f"file://{folder / 'documents'}",
        authority_dir=str(folder / "authority"),
        log_level="ERROR",
        **{name.lower(): value for name, value in database_environment.items()},
    )


@pytest.fixture(scope="session")
def app(settings: Settings) -> Iterator[Flask]:
    """The application of the suite."""
    application = create_app(settings)

    @request_started.connect_via(application)
    def forget(sender: Flask) -> None:
        # A test holds an application context open, which Flask lends to its requests: whoever was
        # signed in for one would be signed in for the next.
        vars(g._get_current_object()).clear()

    yield application
    with application.app_context():
        db.engine.dispose()
    application.extensions["queue"].connection.close()


@pytest.fixture(autouse=True)
def database(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test that uses the application runs in one outer transaction that is rolled back."""
    if "app" not in request.fixturenames:
        yield
        return
    app = request.getfixturevalue("app")
    with app.app_context():
        engines = db.engines
        engine = engines[None]
        connection = engine.connect()
        transaction = connection.begin()
        engines[None] = connection
        yield
        db.session.remove()
        transaction.rollback()
        connection.close()
        engines[None] = engine
        app.extensions["queue"].empty()


@pytest.fixture(scope="session")
def superuser(servers: Servers, database_environment: dict[str, str]) -> sa.Engine:
    """Who may do anything in this worker's database, even write what row security and triggers forbid."""
    postgres = servers.postgres
    url = postgres.url(ADMIN, postgres.admin_password, f"bulles_test_{WORKER}")
    return sa.create_engine(url, poolclass=sa.NullPool)


@pytest.fixture
def real(app: Flask, database: None, superuser: sa.Engine) -> Iterator[Flask]:
    """The application on its own connections: what is committed is seen by others, and emptied after."""
    engines = db.engines
    connection = engines[None]
    engines[None] = connection.engine
    yield app
    db.session.remove()
    engines[None] = connection
    with superuser.begin() as emptying:
        emptying.exec_driver_sql(
            "CREATE TEMPORARY TABLE themes ON COMMIT DROP AS"
            " SELECT * FROM categories WHERE publisher_id IS NULL"
        )
        emptying.exec_driver_sql(f"TRUNCATE {', '.join(Model.metadata.tables)}")
        # The themes of the product came with the migration, and stay.
        emptying.exec_driver_sql("INSERT INTO categories SELECT * FROM themes")


@pytest.fixture(autouse=True)
def empty_mailbox(request: pytest.FixtureRequest) -> None:
    """No mail of an earlier test."""
    if "app" in request.fixturenames:
        gateway = request.getfixturevalue("app").extensions["mail_gateway"]
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(gateway.folder)


@pytest.fixture
def cast(app: Flask, database: None) -> Cast:
    """Alice administers the ASCS, Bob edits, Carole reads; Denis is of the CCAS, Fanny funds, Olga heads."""
    return build_cast()


@pytest.fixture
def client(app: Flask, cast: Cast) -> Client:
    """A browser that checks every page it is given."""
    return Client(app, cast)


@pytest.fixture
def queries(app: Flask) -> Iterator[list[str]]:
    """The SQL statements of the block, SET LOCAL apart."""
    seen: list[str] = []

    def note(*arguments: object) -> None:
        statement = str(arguments[2])
        if not statement.startswith(("SET LOCAL", "SAVEPOINT", "RELEASE", "ROLLBACK")):
            seen.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(sa.Engine, "before_cursor_execute", note)


@pytest.fixture
def rendered(app: Flask) -> Iterator[list[str]]:
    """The names of the templates rendered."""
    names: list[str] = []

    def note(sender: Flask, template: object, **extra: object) -> None:
        names.append(str(getattr(template, "name", "")))

    with template_rendered.connected_to(note, app):
        yield names
