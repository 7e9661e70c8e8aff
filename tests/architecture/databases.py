"""Databases in which the architecture tests look, and plant faults."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from launcher.postgres import ADMIN
from launcher.servers import ROLE_OF_URL, Servers


@dataclass(frozen=True)
class Scratch:
    """A database of the tests' servers, and how each role enters it."""

    servers: Servers
    name: str

    def connect(self, role: str, *, autocommit: bool = False) -> psycopg.Connection:
        """Log in as one of the three roles, or as the administrator of the server."""
        url = self._urls()[role].replace("+psycopg", "")
        return psycopg.connect(url, autocommit=autocommit)

    def _urls(self) -> dict[str, str]:
        postgres = self.servers.postgres
        found = self.servers.environment(database=self.name)
        urls = {role: found[variable] for variable, role in ROLE_OF_URL.items()}
        return urls | {ADMIN: postgres.url(ADMIN, postgres.admin_password, self.name)}
