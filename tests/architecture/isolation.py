"""The boundary between tenants, attacked at random by organisations that speak SQL themselves.

The machine acts as the role of the application, one organisation at a time, exactly as a request does:
a literal `SET LOCAL app.tenant_id`, then any statement, whoever it names. A model says what the boundary
must let through; after each step the administrator of the server, whom row security does not bind,
reads every table and compares. Inserts are blind: `RETURNING` is refused by the reading policy, which
would hide an insert that the writing policy let through.

`MUTANTS` keeps boundaries with one hole each: the machine must break on every one of them.
"""

# ruff: noqa: S608 names of tables and columns are written here, no one else gives them
from __future__ import annotations

import uuid
from contextlib import ExitStack, closing
from typing import Any

import psycopg
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from psycopg.types.json import Jsonb

from tests.architecture.databases import Scratch

TENANTS = [uuid.UUID(int=n) for n in (1, 2, 3)]
NETWORK = TENANTS[0]
TABLES = {
    "clauses": "tenant_id, id, title",
    "clause_versions": "tenant_id, id, clause_id",
    "counters": "tenant_id, id, last",
    "convention_types": "tenant_id, id, title",
    "type_versions": "tenant_id, id, type_id",
    "deliveries": "tenant_id, id, sender_id, payload->>'text', withdrawn_at IS NOT NULL",
    "catalogue": "publisher_id, id, version",
}
# What no organisation may do to any row, its own included.
REFUSED = [
    "DELETE FROM counters",
    "DELETE FROM deliveries",
    "UPDATE deliveries SET payload = '{}'",
    "UPDATE deliveries SET tenant_id = sender_id",
    "UPDATE deliveries SET sender_id = tenant_id",
    "UPDATE deliveries SET version = 9",
    "UPDATE catalogue SET version = 9",
    "DELETE FROM catalogue",
]
Row = tuple[Any, ...]
tenants = st.sampled_from(TENANTS)
titles = st.sampled_from(["Hours", "Keys", "Insurance"])

SETTING = "nullif(current_setting('app.tenant_id', true), '')::uuid"
MUTANTS = {
    "anyone's row may be written": "ALTER POLICY tenant ON clauses WITH CHECK (true)",
    "a second policy reads everything": (
        "CREATE POLICY more ON counters FOR SELECT TO bulles_app USING (true)"
    ),
    "a row may be given away": f"""
        ALTER POLICY tenant ON counters
          USING (tenant_id = {SETTING}) WITH CHECK (tenant_id IS NOT NULL)""",
    "anyone's row may be deleted": (
        "CREATE POLICY more ON type_versions FOR DELETE TO bulles_app USING (true);"
        "CREATE POLICY see ON type_versions FOR SELECT TO bulles_app USING (true)"
    ),
    "row security is not forced on the owner": "ALTER TABLE clauses NO FORCE ROW LEVEL SECURITY",
    "a foreign key crosses tenants": """
        ALTER TABLE clauses ADD UNIQUE (id);
        ALTER TABLE clause_versions DROP CONSTRAINT fk_clause_versions_tenant_id_clause_id;
        ALTER TABLE clause_versions ADD FOREIGN KEY (clause_id) REFERENCES clauses (id)""",
    "a unique key tells what others hold": "ALTER TABLE convention_types ADD UNIQUE (title)",
    "a third party reads letters": "ALTER POLICY readers ON deliveries USING (true)",
    "the reader cannot read its letter": f"ALTER POLICY readers ON deliveries USING (sender_id = {SETTING})",
    "a letter is signed with another's name": "ALTER POLICY senders_write ON deliveries WITH CHECK (true)",
    "a letter is rewritten": "GRANT UPDATE (payload) ON deliveries TO bulles_app",
    "the reader withdraws a letter": f"""
        ALTER POLICY senders_withdraw ON deliveries
          USING (sender_id = {SETTING} OR tenant_id = {SETTING}) WITH CHECK (true)""",
    "a withdrawn letter comes back": "ALTER TABLE deliveries DISABLE TRIGGER deliveries_once",
    "a letter is destroyed": (
        "GRANT DELETE ON deliveries TO bulles_app;"
        f"CREATE POLICY more ON deliveries FOR DELETE TO bulles_app USING (sender_id = {SETTING});"
        "ALTER TABLE deliveries DISABLE TRIGGER deliveries_kept"
    ),
    "a partner publishes in the network's name": (
        "ALTER POLICY publishers_write ON catalogue WITH CHECK (true)"
    ),
    "a partner publishes in its own name": """
        ALTER TABLE catalogue DROP CONSTRAINT ck_catalogue_publisher;
        ALTER TABLE catalogue DROP CONSTRAINT fk_catalogue_publisher_id_publisher_kind""",
    "the catalogue is rewritten": """
        GRANT UPDATE ON catalogue TO bulles_app;
        CREATE POLICY more ON catalogue FOR UPDATE TO bulles_app USING (true);
        ALTER TABLE catalogue DISABLE TRIGGER catalogue_frozen""",
}  # fmt: skip


class World:
    """One database, entered by the application, by the owner of the schema and by the administrator."""

    def __init__(self, scratch: Scratch) -> None:
        with ExitStack() as stack:
            self.app, self.owner, self.admin = (
                stack.enter_context(closing(scratch.connect(role, autocommit=True)))
                for role in ("bulles_app", "bulles_owner", "postgres")
            )
            self.close = stack.pop_all().close
        self._create_tenants()

    def empty(self) -> None:
        """Forget every row."""
        self.admin.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")

    def act(self, tenant: uuid.UUID, sql: str, *values: object) -> int | None:
        """Run one statement as an organisation; how many rows it touched, None when it was refused."""
        return self._attempt(self.app, tenant, sql, values)

    def act_as_owner(self, tenant: uuid.UUID, sql: str, *values: object) -> int | None:
        """The same, as the role that migrates."""
        return self._attempt(self.owner, tenant, sql, values)

    def read(self, tenant: uuid.UUID, table: str) -> set[Row]:
        """What an organisation reads of a table."""
        with self.app.transaction():
            self.app.execute(f"SET LOCAL app.tenant_id = '{tenant}'")
            return set(self.app.execute(f"SELECT {TABLES[table]} FROM {table}"))

    def holds(self, table: str) -> set[Row]:
        """What a table really holds."""
        return set(self.admin.execute(f"SELECT {TABLES[table]} FROM {table}"))

    def _attempt(
        self, connection: psycopg.Connection, tenant: uuid.UUID, sql: str, values: Row
    ) -> int | None:
        try:
            with connection.transaction():
                connection.execute(f"SET LOCAL app.tenant_id = '{tenant}'")
                return connection.execute(sql, values).rowcount
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.IntegrityError):
            return None

    def _create_tenants(self) -> None:
        for tenant in TENANTS:
            self.admin.execute(
                "INSERT INTO tenants (id, slug, kind, name, short_name, sort_key, address, postcode,"
                " city, created_at, version) VALUES (%s, %s, %s, '', '', '', '', '', '', now(), 1)",
                (tenant, tenant.hex[-6:], "network" if tenant == NETWORK else "association"),
            )


class Isolation(RuleBasedStateMachine):
    """Three organisations, of which one is the network, and what each of them may do to the others."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.world.empty()
        self.rows: dict[str, list[Row]] = {table: [] for table in TABLES}
        self.last_id = 0

    @initialize()
    def give_everyone_something(self) -> None:
        """So that there is something to attack from the first step on."""
        for tenant in TENANTS:
            self.write_a_clause(tenant, tenant, "Hours")
            self.write_a_type(tenant, "Hours")
            self.start_a_counter(tenant, tenant)
            for reader in TENANTS:
                self.send_a_letter(tenant, tenant, reader)
            self.write_a_version_of_each_clause(tenant, tenant)
            self.write_a_version_of_each_type(tenant)
        self.publish(NETWORK, NETWORK)

    def teardown(self) -> None:
        """Whatever was done, everyone reads what is theirs."""
        for tenant in TENANTS:
            self.read(tenant)

    @invariant()
    def tables_hold_what_the_boundary_let_through(self) -> None:
        for table, rows in self.rows.items():
            assert self.world.holds(table) == set(rows), table

    @rule(actor=tenants, owner=tenants, title=titles)
    def write_a_clause(self, actor: uuid.UUID, owner: uuid.UUID, title: str) -> None:
        allowed = actor == owner and title not in self.titles("clauses", owner)
        done = self.world.act(
            actor,
            "INSERT INTO clauses (tenant_id, id, title, search_key, theme, created_at)"
            " VALUES (%s, %s, %s, '', '', now())",
            *(row := (owner, self.new_id(), title)),
        )
        self.expect("clauses", row, done, allowed)

    @rule(actor=tenants, title=titles)
    def write_a_type(self, actor: uuid.UUID, title: str) -> None:
        """Whether another organisation has a type of that title changes nothing."""
        allowed = title not in self.titles("convention_types", actor)
        done = self.world.act(
            actor,
            "INSERT INTO convention_types (tenant_id, id, title, search_key, purpose, created_at)"
            " VALUES (%s, %s, %s, '', '', now())",
            *(row := (actor, self.new_id(), title)),
        )
        self.expect("convention_types", row, done, allowed)

    @rule(actor=tenants, owner=tenants)
    def write_a_version_of_each_clause(self, actor: uuid.UUID, owner: uuid.UUID) -> None:
        """A version stands beside its clause: in the space of whoever owns both, or nowhere."""
        for clause in self.rows["clauses"][:6]:
            row = (owner, self.new_id(), clause[1])
            done = self.world.act(
                actor,
                "INSERT INTO clause_versions (tenant_id, id, clause_id, number, sha256, heading,"
                " blocks, note, written_by, written_at)"
                " VALUES (%s, %s, %s, %s, %s, '', '[]', '', '', now())",
                *(*row, row[1].int, str(row[1])),
            )
            self.expect("clause_versions", row, done, actor == owner == clause[0])

    @rule(actor=tenants)
    def write_a_version_of_each_type(self, actor: uuid.UUID) -> None:
        for parent in self.rows["convention_types"]:
            row = (actor, self.new_id(), parent[1])
            done = self.world.act(
                actor,
                "INSERT INTO type_versions (tenant_id, id, type_id, number, variables, party_roles,"
                " changes, lock_version, published_at, sha256)"
                " VALUES (%s, %s, %s, %s, '[]', '[]', '', 1, NULL, NULL)",
                *(*row, row[1].int),
            )
            has_draft = any(known[2] == parent[1] for known in self.rows["type_versions"])
            self.expect("type_versions", row, done, actor == parent[0] and not has_draft)

    @rule(actor=tenants)
    def delete_every_version_of_a_type(self, actor: uuid.UUID) -> None:
        mine = [row for row in self.rows["type_versions"] if row[0] == actor]
        assert self.world.act(actor, "DELETE FROM type_versions") == len(mine)
        self.rows["type_versions"] = [r for r in self.rows["type_versions"] if r not in mine]

    @rule(actor=tenants, owner=tenants)
    def start_a_counter(self, actor: uuid.UUID, owner: uuid.UUID) -> None:
        row = (owner, self.new_id(), 1)
        done = self.world.act(
            actor,
            "INSERT INTO counters (tenant_id, id, last, series, year) VALUES (%s, %s, %s, %s, 2026)",
            *(*row, str(row[1])),
        )
        self.expect("counters", row, done, actor == owner)

    @rule(actor=tenants)
    def advance_every_counter(self, actor: uuid.UUID) -> None:
        mine = [row for row in self.rows["counters"] if row[0] == actor]
        assert self.world.act(actor, "UPDATE counters SET last = last + 1") == len(mine)
        self.rows["counters"] = [
            (*row[:2], row[2] + 1) if row in mine else row for row in self.rows["counters"]
        ]

    @rule(actor=tenants, to=tenants)
    def move_every_counter(self, actor: uuid.UUID, to: uuid.UUID) -> None:
        """Nobody gives a row away, nor takes one."""
        mine = [row for row in self.rows["counters"] if row[0] == actor]
        done = self.world.act(actor, "UPDATE counters SET tenant_id = %s", to)
        assert done == (len(mine) if actor == to else None)

    @rule(actor=tenants, sender=tenants, reader=tenants)
    def send_a_letter(self, actor: uuid.UUID, sender: uuid.UUID, reader: uuid.UUID) -> None:
        row = (reader, self.new_id(), sender, "as written", False)
        done = self.world.act(
            actor,
            "INSERT INTO deliveries (tenant_id, id, sender_id, payload, kind, subject_id, version,"
            " delivered_at) VALUES (%s, %s, %s, %s, 'tests.letter', %s, 1, now())",
            *(*row[:3], Jsonb({"text": row[3]}), row[1]),
        )
        self.expect("deliveries", row, done, actor == sender)

    @rule(actor=tenants)
    def withdraw_every_letter(self, actor: uuid.UUID) -> None:
        """Of all letters, those that the organisation sent; and for good."""
        letters = self.rows["deliveries"]
        sent = [row for row in letters if row[2] == actor and not row[4]]
        sql = "UPDATE deliveries SET withdrawn_at = now() WHERE withdrawn_at IS NULL"
        assert self.world.act(actor, sql) == len(sent)
        self.rows["deliveries"] = [(*row[:4], True) if row in sent else row for row in letters]
        undone = self.world.act(actor, "UPDATE deliveries SET withdrawn_at = NULL")
        assert undone == (None if any(row[2] == actor for row in letters) else 0)

    @rule(actor=tenants)
    def change_what_never_changes(self, actor: uuid.UUID) -> None:
        for statement in REFUSED:
            assert self.world.act(actor, statement) is None, statement

    @rule(actor=tenants, publisher=tenants)
    def publish(self, actor: uuid.UUID, publisher: uuid.UUID) -> None:
        """Only the network publishes, and only itself in its name."""
        row = (publisher, self.new_id(), 1)
        done = self.world.act(
            actor,
            "INSERT INTO catalogue (publisher_id, id, version, publisher_kind, type_id, title,"
            " search_key, payload, sha256, published_at)"
            " VALUES (%s, %s, %s, %s, %s, '', '', '{}', %s, now())",
            *(*row, "network" if publisher == NETWORK else "association", row[1], str(row[1])),
        )
        self.expect("catalogue", row, done, actor == publisher == NETWORK)

    def read(self, actor: uuid.UUID) -> None:
        """An organisation reads every table: what it may read, and all of it."""
        for table, rows in self.rows.items():
            expected = {row for row in rows if self.may_read(actor, table, row)}
            assert self.world.read(actor, table) == expected, table

    @rule(actor=tenants, owner=tenants, title=titles)
    def act_as_the_owner_of_the_schema(
        self, actor: uuid.UUID, owner: uuid.UUID, title: str
    ) -> None:
        """The role that migrates is bound too: no policy lets it through."""
        assert self.world.act_as_owner(actor, "SELECT FROM clauses") == 0
        done = self.world.act_as_owner(
            actor,
            "INSERT INTO clauses (tenant_id, id, title, search_key, theme, created_at)"
            " VALUES (%s, %s, %s, '', '', now())",
            *(owner, self.new_id(), title),
        )
        assert done is None

    def may_read(self, actor: uuid.UUID, table: str, row: Row) -> bool:
        """A letter has two readers, the catalogue everyone, the rest its organisation alone."""
        if table == "deliveries":
            return actor in {row[0], row[2]}
        return table == "catalogue" or actor == row[0]

    def expect(self, table: str, row: Row, done: int | None, allowed: bool) -> None:
        """An insert did what the boundary says; keep the row that went through."""
        assert done == (1 if allowed else None), (table, row)
        if allowed:
            self.rows[table].append(row)

    def titles(self, table: str, tenant: uuid.UUID) -> set[str]:
        """The titles of an organisation."""
        return {row[2] for row in self.rows[table] if row[0] == tenant}

    def new_id(self) -> uuid.UUID:
        """An id that no row has."""
        self.last_id += 1
        return uuid.UUID(int=100 + self.last_id)
