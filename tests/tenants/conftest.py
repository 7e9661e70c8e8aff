"""What the tests of people and sign-in need besides the suite's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask, g, request_started


@pytest.fixture(autouse=True)
def own_request_globals(request: pytest.FixtureRequest) -> Iterator[None]:
    """Each request finds `g` empty, as on a server. A test holds an application context open, which
    Flask lends to its requests: who was signed in for one would be signed in for the next."""
    if "app" not in request.fixturenames:
        yield
        return

    def forget(sender: Flask) -> None:
        vars(g._get_current_object()).clear()  # type: ignore[attr-defined]

    with request_started.connected_to(forget, request.getfixturevalue("app")):
        yield
