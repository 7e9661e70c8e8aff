"""What makes a table safe: row security, grants, immutability. Used by every migration."""

from __future__ import annotations

from collections.abc import Iterable

from alembic import op

OWNER, APP, NET = "bulles_owner", "bulles_app", "bulles_net"
TENANT = "nullif(current_setting('app.tenant_id', true), '')::uuid"
TENANTS = "string_to_array(nullif(current_setting('app.tenant_ids', true), ''), ',')::uuid[]"

# Tables that hold a tenant_id and are still global, each with its reason.
GLOBAL_TABLES = {
    "memberships": "read before a tenant is known: it is what lets a person in",
    "invitations": "opened from a mail, by someone who belongs to no tenant yet",
    "bulle_associations": "part of a Bulle's public sheet",
    "outbox": "the relay reads every tenant's work; a row holds only names and ids",
    "sealed_documents": "public register of sealed documents, found by an unguessable code",
}


def protect(table: str) -> None:
    """Row security, forced: one tenant for the application, a list to read for the network."""
    _force(table)
    _policy(table, "tenant", "all", APP, f"tenant_id = {TENANT}", f"tenant_id = {TENANT}")
    _policy(table, "network", "select", NET, f"tenant_id = any({TENANTS})")


def protect_letters(table: str, sender: str) -> None:
    """Reader and sender see a letter; the sender writes it as itself, and may withdraw it."""
    _force(table)
    mine = f"{sender} = {TENANT}"
    _policy(table, "readers", "select", APP, f"tenant_id = {TENANT} or {mine}")
    _policy(table, "senders_write", "insert", APP, None, mine)
    _policy(table, "senders_withdraw", "update", APP, mine, mine)


def protect_catalogue(table: str, publisher: str) -> None:
    """Everyone reads; a publisher writes as itself."""
    _force(table)
    _policy(table, "everyone_reads", "select", APP, "true")
    _policy(table, "publishers_write", "insert", APP, None, f"{publisher} = {TENANT}")


def let_publisher_retire(table: str, publisher: str) -> None:
    """The publisher may also mark what it wrote."""
    mine = f"{publisher} = {TENANT}"
    _policy(table, "publishers_retire", "update", APP, mine, mine)


def let_functions_write(table: str) -> None:
    """The functions that run as the owner see and write this table, one tenant at a time like anyone."""
    _policy(table, "functions", "all", OWNER, f"tenant_id = {TENANT}", f"tenant_id = {TENANT}")


def grant_functions(prefix: str, entrances: Iterable[str]) -> None:
    """Nobody calls a function of this prefix but its owner; the application calls the entrances."""
    op.execute(
        f"""
        DO $$
        DECLARE
          f regprocedure;
        BEGIN
          FOR f IN SELECT oid FROM pg_proc WHERE starts_with(proname, '{prefix}') LOOP
            EXECUTE format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC', f);
          END LOOP;
        END $$
        """  # noqa: S608 a prefix of ours
    )
    for name in entrances:
        op.execute(f"GRANT EXECUTE ON FUNCTION {name} TO {APP}")


def drop_functions(prefix: str) -> None:
    """Drop every function and aggregate of this prefix."""
    op.execute(
        f"""
        DO $$
        DECLARE
          f regprocedure;
        BEGIN
          FOR f IN SELECT oid FROM pg_proc WHERE starts_with(proname, '{prefix}') ORDER BY prokind LOOP
            EXECUTE format('DROP ROUTINE IF EXISTS %s CASCADE', f);
          END LOOP;
        END $$
        """  # noqa: S608 a prefix of ours
    )


def grant(table: str, *privileges: str, columns: dict[str, Iterable[str]] | None = None) -> None:
    """Give the application these privileges; `columns` limits one (UPDATE) to some columns."""
    listed = [f"{p} ({', '.join(names)})" for p, names in (columns or {}).items()]
    op.execute(f"GRANT {', '.join([*privileges, *listed])} ON {table} TO {APP}")


def freeze(table: str, when: str = "true") -> None:
    """No row (or none that fits `when`, an expression over OLD) is ever updated or deleted."""
    op.execute(
        f"CREATE TRIGGER {table}_frozen BEFORE UPDATE OR DELETE ON {table}"
        f" FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION refuse_change()"
    )


def write_once(table: str, *columns: str) -> None:
    """These columns, once filled, never change; no row is deleted."""
    changed = " OR ".join(
        f"(OLD.{c} IS NOT NULL AND NEW.{c} IS DISTINCT FROM OLD.{c})" for c in columns
    )
    op.execute(
        f"CREATE TRIGGER {table}_once BEFORE UPDATE ON {table} FOR EACH ROW"
        f" WHEN ({changed}) EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )


def create_refuse_change() -> None:
    """The function behind freeze() and write_once()."""
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          RAISE EXCEPTION '% of % refused: what is signed, posted or decided never changes',
            TG_OP, TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
        END $$
        """
    )


def _force(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def _policy(
    table: str, name: str, command: str, role: str, using: str | None, check: str | None = None
) -> None:
    clauses = [f"USING ({using})"] if using else []
    clauses += [f"WITH CHECK ({check})"] if check else []
    op.execute(f"CREATE POLICY {name} ON {table} FOR {command} TO {role} {' '.join(clauses)}")
