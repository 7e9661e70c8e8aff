"""One house for all the scenarios of this folder; each scenario signs a convention of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.db import db
from tests.chaos.house import House
from tests.chaos.office import Journey, Office
from tests.chaos.outside import MailServer, TimestampServer


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every scenario is slow."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="package")
def timestamps() -> Iterator[TimestampServer]:
    """A timestamp service that can be stopped."""
    server = TimestampServer()
    yield server
    server.stop()


@pytest.fixture(scope="package")
def mail_server() -> Iterator[MailServer]:
    """A mail server, down until it is started."""
    server = MailServer()
    yield server
    server.stop()


@pytest.fixture(scope="package")
def house(tmp_path_factory: pytest.TempPathFactory, timestamps: TimestampServer) -> Iterator[House]:
    """The house, its servers up and migrated."""
    house = House(tmp_path_factory.mktemp("house"), TIMESTAMP_URL=timestamps.url)
    house.open()
    yield house
    house.close()


@pytest.fixture(scope="package")
def office(house: House, timestamps: TimestampServer) -> Iterator[Office]:
    """The inside of the house, where everything runs."""
    office = Office(house)
    timestamps.authority = office.app.extensions["authority"]
    timestamps.start()
    house.run()
    yield office
    with office.app.app_context():
        db.engine.dispose()
    office.app.extensions["queue"].connection.close()


@pytest.fixture(autouse=True)
def whole(house: House, office: Office) -> Iterator[None]:
    """What a scenario broke is whole again, and what it did not spring is not for the next one."""
    house.rest()
    yield
    for trap in house.traps.iterdir():
        trap.unlink()


@pytest.fixture
def journey(office: Office) -> Journey:
    """A new convention whose signatures are open."""
    return office.in_signature()
