"""An authority, and a convention it signed."""

from __future__ import annotations

import pytest

from app.core.authority import Authority, create_authority
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
