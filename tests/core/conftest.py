"""An authority, and a convention it signed; the application on connections of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.authority import Authority, create_authority
from app.core.db import Model, db
from app.core.gateways.signature import SignatureService
from app.core.gateways.timestamp import timestamper
from app.core.verification import Trust
from tests.core.papers import Papers, convention_html, render, sign_all


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An installation's authority."""
    return create_authority(tmp_path_factory.mktemp("secrets") / "autorite", "secret-of-the-tests")


@pytest.fixture(scope="session")
def service(authority: Authority) -> SignatureService:
    """Signatures with that authority's certificates and timestamps."""
    return SignatureService(authority, timestamper("authority:", authority))


@pytest.fixture(scope="session")
def trust(authority: Authority) -> Trust:
    """What that installation trusts."""
    return Trust.of(authority)


@pytest.fixture(scope="session")
def papers(service: SignatureService) -> Papers:
    """One convention at each step of its life."""
    return sign_all(service, render(convention_html()))


@pytest.fixture
def real(app: Flask, database: None) -> Iterator[Flask]:
    """The application on its own connections: what is committed is seen by others, and emptied after."""
    engines = db.engines
    connection = engines[None]
    engines[None] = connection.engine
    yield app
    db.session.remove()
    engines[None] = connection
    owner = sa.create_engine(app.config["SETTINGS"].database_owner_url)
    with owner.begin() as emptying:
        emptying.exec_driver_sql(f"TRUNCATE {', '.join(Model.metadata.tables)}")
    owner.dispose()
