"""Registers of hours in a scratch database: entered as the application does, read as the administrator.

A call answers with the status that the function returned, or `no: ` and the name of the refusal. Anything
else that PostgreSQL says is a fault, and is raised.
"""

# ruff: noqa: S608 names of functions and tables are written here, no one else gives them
from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import psycopg

from app.reciprocity.commands.ledger import REFUSED
from launcher.servers import Servers
from migrations.rls import APP, OWNER
from tests.architecture.databases import Scratch

TENANTS = [uuid.UUID(int=n) for n in (1, 2, 3)]
HERE, THERE = TENANTS[:2]
BULLE = uuid.UUID(int=9)
PROJECT = Path(__file__).parents[2]
# What the posting functions write, and nobody else.
POSTED = (
    "account_limits", "accounts", "clearings", "entries", "grants", "group_legs", "hold_outcomes", "holds",
    "ledgers", "operators", "reversals", "seal_heads", "seals", "time_records", "transfers",
)  # fmt: skip
MEMBERS = range(3, 11)
GROUP, VENUE = 11, 12
OPERATOR = 2
"""The system is the first author of a register; this is the second, a person."""
FLOOR, CEILING = -900, 1200


@contextmanager
def migrated(servers: Servers, name: str) -> Iterator[Scratch]:
    """A new database of that name with the real schema and no row, dropped at the end."""
    scratch = Scratch(servers, name)
    servers.postgres.drop_database(name)
    servers.postgres.create_database(name)
    alembic = [sys.executable, "-m", "alembic", "upgrade", "head"]
    environment = os.environ | servers.environment(database=name)
    subprocess.run(alembic, cwd=PROJECT, env=environment, check=True)
    tell_circles(scratch)
    yield scratch
    servers.postgres.drop_database(name)


@contextmanager
def copied(schema: Scratch, name: str, fault: str = "") -> Iterator[Books]:
    """Books in a copy of a migrated database, in which some SQL was run first; dropped at the end."""
    postgres = schema.servers.postgres
    scratch = Scratch(schema.servers, f"{schema.name}_{name}")
    postgres.drop_database(scratch.name)
    postgres.create_database(scratch.name, template=schema.name)
    tell_circles(scratch)
    books = Books(scratch)
    if fault:
        books.admin.execute(fault)
    yield books
    books.close()
    postgres.drop_database(scratch.name)


def tell_circles(scratch: Scratch) -> None:
    """Have sessions that wait for each other in a circle told at once: it is a fault here."""
    with scratch.servers.postgres.connect() as connection:
        connection.execute(f"ALTER DATABASE {scratch.name} SET deadlock_timeout = '20ms'")


def named(arguments: dict[str, Any]) -> str:
    """The arguments of a call, for psycopg."""
    return ", ".join(f"{name} => %({name})s" for name in arguments)


class Books:
    """One database, its organisations, and a connection of each role."""

    def __init__(self, scratch: Scratch) -> None:
        self.scratch = scratch
        with ExitStack() as stack:
            self.app, self.owner, self.admin = (
                stack.enter_context(closing(scratch.connect(role, autocommit=True)))
                for role in (APP, OWNER, "postgres")
            )
            self.close = stack.pop_all().close
        for tenant in TENANTS:
            self.admin.execute(
                "INSERT INTO tenants (id, slug, kind, name, short_name, sort_key, address, postcode, city,"
                " created_at, version) VALUES (%s, %s, 'association', '', '', '', '', '', '', now(), 1)"
                " ON CONFLICT DO NOTHING",
                (tenant, tenant.hex[-6:]),
            )

    @property
    def today(self) -> date:
        """The day, as the registers read it."""
        found: date = self.ask("SELECT ledger_today()")
        return found

    def empty(self) -> None:
        """Forget every register."""
        self.admin.execute(f"TRUNCATE {', '.join(POSTED)}, fund_rules, mirrors CASCADE")

    def post(self, tenant: uuid.UUID | None, function: str, **arguments: Any) -> Any:
        """Call a function as the application does; what it returns, or `no: ` and why."""
        try:
            with self.app.transaction():
                self.app.execute(f"SET LOCAL app.tenant_id = '{tenant or ''}'")
                statement = f"SELECT * FROM {function}({named(arguments)})"
                rows = self.app.execute(statement, arguments).fetchall()
        except psycopg.Error as error:
            if error.sqlstate != REFUSED:
                raise
            return f"no: {error.diag.message_primary}"
        return rows[0][0] if len(rows) == 1 else [row[0] for row in rows]

    def ask(self, sql: str, *values: object) -> Any:
        """One value, whoever's it is."""
        row = self.admin.execute(sql, values).fetchone()
        return row[0] if row else None

    def snapshot(self, tenant: uuid.UUID | None = None) -> dict[str, list[str]]:
        """Every row that was posted, as text; of one organisation, or of all."""
        mine = f"WHERE tenant_id = '{tenant}'" if tenant else ""
        return {
            table: [
                row for (row,) in self.admin.execute(f"SELECT t::text FROM {table} t {mine} ORDER BY 1")
            ]
            for table in POSTED
        }  # fmt: skip

    def balances(self, tenant: uuid.UUID = HERE) -> dict[int, int]:
        """The balance of each account."""
        return dict(
            self.admin.execute(
                "SELECT number, balance FROM accounts WHERE tenant_id = %s", (tenant,)
            ).fetchall()
        )

    def open_register(self, tenant: uuid.UUID = HERE, *, endowment: int = 0) -> None:
        """A register with an author, eight members, a group and a venue's account: numbers 3 to 12.

        `endowment`: minutes that the organisation gave its fund.
        """
        assert self.post(tenant, "ledger_start", p_name="Nous", p_grace=35) is True
        author = {"p_kind": "user", "p_subject": uuid.UUID(int=77), "p_name": "Alice Morel"}
        assert self.post(tenant, "ledger_operator", **author) == OPERATOR
        for number in (*MEMBERS, GROUP, VENUE):
            kind = {GROUP: "group", VENUE: "bulle"}.get(number, "member")
            assert self.open_account(tenant, number, kind) == number
        if endowment:
            gift = {"p_debit": 1, "p_minutes": endowment, "p_on": self.today, "p_operator": 1}
            assert self.post(tenant, "ledger_post_gift", p_id=uuid.uuid4(), **gift) == "posted"

    def open_account(self, tenant: uuid.UUID, number: int, kind: str = "member") -> Any:
        """The next account, with the limits of everyone."""
        return self.post(
            tenant, "ledger_open_account", p_kind=kind, p_label=None, p_bulle=None, p_floor=FLOOR,
            p_ceiling=CEILING, p_pseudonym=f"P{number:07}", p_operator=OPERATOR,
        )  # fmt: skip

    def adopt_rule(self, tenant: uuid.UUID = HERE, *, number: int = 1) -> uuid.UUID:
        """A rule of the fund: 60 minutes at most, 100 a year, for whoever is at -60 or below."""
        rule = uuid.UUID(int=0xF00 + number)
        self.admin.execute(
            "INSERT INTO fund_rules (tenant_id, id, number, text, grant_minutes, yearly_minutes, below,"
            " adopted_on, sha256, operator_no, written_at)"
            " VALUES (%s, %s, %s, 'Une heure à la fois.', 60, 100, -60, %s, '', 1, now())",
            (tenant, rule, number, self.today),
        )
        return rule

    def exchange(self, giver: int, receiver: int, minutes: int, **others: Any) -> Any:
        """Note an exchange of today, under a new id unless one is given."""
        return self.post(
            others.pop("tenant", HERE),
            "ledger_post_exchange",
            **{
                "p_id": uuid.uuid4(),
                "p_debit": receiver,
                "p_credit": giver,
                "p_minutes": minutes,
                "p_on": self.today,
                "p_operator": OPERATOR,
            }
            | others,
        )
