"""Servers of their own for the launcher's tests: they are killed, moved and destroyed here."""

from collections.abc import Iterator

import pytest

from launcher.servers import Servers


@pytest.fixture(scope="package")
def own_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    servers = Servers(tmp_path_factory.mktemp("launcher"), fsync=False, environ={})
    yield servers
    servers.destroy()


@pytest.fixture
def servers(own_servers: Servers) -> Servers:
    own_servers.start()
    return own_servers
