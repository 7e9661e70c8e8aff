"""The gate of PostgreSQL's catalogue: what makes the boundary between tenants, read from the system tables.

Each check is one statement that returns the faults it finds, one name a row. `FAULTS` keeps, for each
check, what it must find: a check that finds nothing anywhere is no check.
"""

# ruff: noqa: S608, E501 statements are written here, no one else gives a part; faults stand on one line
from __future__ import annotations

import psycopg

from migrations.rls import APP, GLOBAL_TABLES, NET, OWNER

ROLES = (OWNER, APP, NET)

# Tables without a tenant_id: one for the whole installation, each with its reason.
SHARED_TABLES = {
    "alembic_version": "which migration the schema is at",
    "bulles": "the public sheet of each venue",
    "catalogue": "the standard agreements that Ocytocines publishes to everyone",
    "categories": "the themes of offers and requests, the same in the whole network",
    "email_proofs": "a person proves an address before any organisation is known",
    "passkeys": "a person signs in before any organisation is known",
    "stage_passages": "part of a Bulle's public sheet",
    "tenants": "the register of the network",
    "territories": "the official geographic code",
    "users": "one identity for the whole installation",
    "web_sessions": "a browser has a session before anyone signs in",
}

# What bulles_app may do; bulles_net may do nothing yet, PUBLIC never anything.
GRANTS = {
    # What the posting functions alone write.
    "SELECT": (
        "account_limits accounts clearings entries grants group_legs hold_outcomes holds ledgers operators"
        " reversals seal_heads seals time_records transfers"
    ),
    "SELECT, INSERT": (
        "audit_events bulle_terms catalogue categories cheque_uses clause_versions convention_steps deliveries"
        " evidence_events fund_rules ledger_checks seal_steps sealed_documents signatory_acts stage_passages"
    ),
    "SELECT, INSERT, UPDATE": (
        "api_tokens booklets bulle_associations bulles clauses convention_types conventions counters"
        " exchange_notes import_runs invitations member_links members memberships mirrors nettings offers"
        " received_conventions rounds signing_codes signing_links tenants users"
    ),
    "SELECT, INSERT, UPDATE, DELETE": (
        "convention_parties email_proofs outbox passkeys signatories territories type_clauses"
        " type_versions web_sessions"
    ),
}
COLUMN_GRANTS = ["categories.retired_at UPDATE", "deliveries.withdrawn_at UPDATE"]

# Triggers that refuse to change what is signed, posted, published or decided.
GUARDS = [
    "account_limits_frozen",
    "audit_events_frozen",
    "bulle_terms_frozen",
    "catalogue_frozen",
    "cheque_uses_frozen",
    "clause_versions_frozen",
    "clearings_frozen",
    "convention_steps_frozen",
    "deliveries_kept",
    "deliveries_once",
    "entries_frozen",
    "evidence_events_frozen",
    "fund_rules_frozen",
    "grants_frozen",
    "group_legs_frozen",
    "hold_outcomes_frozen",
    "holds_frozen",
    "ledger_checks_frozen",
    "mirrors_kept",
    "mirrors_once",
    "nettings_kept",
    "nettings_once",
    "reversals_frozen",
    "rounds_kept",
    "rounds_once",
    "seal_heads_frozen",
    "seal_steps_frozen",
    "sealed_documents_frozen",
    "seals_kept",
    "seals_once",
    "signatory_acts_frozen",
    "stage_passages_frozen",
    "time_records_kept",
    "time_records_once",
    "transfers_frozen",
    "type_clauses_frozen",
    "type_versions_frozen",
]

# Tables that everyone reads and that their publisher writes.
PUBLISHED = ["catalogue", "categories"]

# What the posting functions, which run as the owner, see one tenant at a time.
POSTED = [*GRANTS["SELECT"].split(), "fund_rules", "mirrors", "nettings"]

# The functions that run as their owner; only the application may call them.
DEFINERS = [
    "ledger_close_account",
    "ledger_close_days",
    "ledger_declare_time",
    "ledger_lock_accounts",
    "ledger_move_to_bulle",
    "ledger_open_account",
    "ledger_operator",
    "ledger_place_hold",
    "ledger_post_batch",
    "ledger_post_clearing",
    "ledger_post_exchange",
    "ledger_post_gift",
    "ledger_post_grant",
    "ledger_post_group",
    "ledger_post_netting",
    "ledger_post_reversal",
    "ledger_post_settlement",
    "ledger_post_welcome",
    "ledger_reopen_account",
    "ledger_reverse_clearing",
    "ledger_seal",
    "ledger_set_default_limits",
    "ledger_set_limits",
    "ledger_settle_hold",
    "ledger_sign_seal",
    "ledger_start",
    "ledger_time_exchange",
    "ledger_void_time",
]

_SETTING = "(NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid"
_LIST = "(string_to_array(NULLIF(current_setting('app.tenant_ids'::text, true), ''::text), ','::text))::uuid[]"
_MINE = f"(tenant_id = {_SETTING})"
_SENT = f"(sender_id = {_SETTING})"

# Every expression a policy may have: role, command, USING, WITH CHECK. "*" is any tenant-owned table.
POLICIES = [
    ("*", APP, "ALL", _MINE, _MINE),
    ("*", NET, "SELECT", f"(tenant_id = ANY ({_LIST}))", None),
    ("deliveries", APP, "SELECT", f"({_MINE} OR {_SENT})", None),
    ("deliveries", APP, "INSERT", None, _SENT),
    ("deliveries", APP, "UPDATE", _SENT, _SENT),
    *((table, APP, "SELECT", "true", None) for table in PUBLISHED),
    *((table, APP, "INSERT", None, f"(publisher_id = {_SETTING})") for table in PUBLISHED),
    ("categories", APP, "UPDATE", f"(publisher_id = {_SETTING})", f"(publisher_id = {_SETTING})"),
    *((table, OWNER, "ALL", _MINE, _MINE) for table in POSTED),
]

_OURS = "n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
_RELATIONS = f"""
  relations AS (
    SELECT c.*, c.oid::regclass::text AS name, a.attnum AS tenant_column,
      (c.relkind IN ('r', 'p') AND a.attnum IS NOT NULL AND NOT c.relname = ANY (%(global)s)) AS owned
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace AND {_OURS}
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT attisdropped
  )
"""

CHECKS = {
    "shared table that nobody declared": """
        SELECT name FROM relations WHERE relkind IN ('r', 'p') AND tenant_column IS NULL
          AND NOT relname = ANY (%(shared)s)
    """,
    "row security not enabled": """
        SELECT name FROM relations WHERE (owned OR relname = ANY (%(published)s)) AND NOT relrowsecurity
    """,
    "row security not forced": """
        SELECT name FROM relations WHERE (owned OR relname = ANY (%(published)s)) AND NOT relforcerowsecurity
    """,
    "no policy": """
        SELECT name FROM relations r WHERE (owned OR relname = ANY (%(published)s))
          AND NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = r.oid)
    """,
    "policy with a sub-select": """
        SELECT tablename || ' ' || policyname FROM pg_policies WHERE concat(qual, with_check) ~ 'SELECT'
    """,
    "policy wider than the standard ones": """
        SELECT tablename || ' ' || policyname FROM pg_policies p
        WHERE concat(qual, with_check) !~ 'SELECT' AND NOT EXISTS (
          SELECT FROM unnest(%(tables)s::text[], %(roles)s::text[], %(commands)s::text[],
            %(usings)s::text[], %(checks)s::text[]) AS standard (tab, rol, command, qual, checked)
          WHERE tab IN (p.tablename, '*') AND (tab <> '*' OR p.tablename <> 'deliveries' AND NOT p.tablename = ANY (%(published)s))
            AND p.roles = ARRAY[rol]::name[] AND p.cmd = command
            AND p.qual IS NOT DISTINCT FROM standard.qual
            AND p.with_check IS NOT DISTINCT FROM standard.checked)
    """,
    "key without tenant_id": """
        SELECT conname FROM pg_constraint k JOIN relations r ON r.oid = k.conrelid
        WHERE owned AND contype IN ('p', 'u', 'x') AND NOT tenant_column = ANY (conkey)
    """,
    "unique index without tenant_id": """
        SELECT indexrelid::regclass::text FROM pg_index i JOIN relations r ON r.oid = i.indrelid
        WHERE owned AND indisunique AND NOT tenant_column = ANY (indkey)
          AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
    """,
    "foreign key that crosses tenants": """
        SELECT conname FROM pg_constraint k
        JOIN relations child ON child.oid = k.conrelid JOIN relations parent ON parent.oid = k.confrelid
        WHERE contype = 'f' AND child.owned AND parent.owned AND NOT EXISTS (
          SELECT FROM unnest(conkey, confkey) AS pair (here, there)
          WHERE here = child.tenant_column AND there = parent.tenant_column)
    """,
    "view that reads as its owner": """
        SELECT name FROM relations WHERE relkind = 'v'
          AND NOT coalesce(reloptions, '{}') && ARRAY['security_invoker=true', 'security_invoker=on']
    """,
    "materialised view": "SELECT name FROM relations WHERE relkind = 'm'",
    "function that runs as its owner": f"""
        SELECT f.oid::regprocedure::text FROM pg_proc f JOIN pg_namespace n ON n.oid = pronamespace
        WHERE prosecdef AND {_OURS} AND NOT (proname = ANY (%(definers)s) AND proowner = '{OWNER}'::regrole)
    """,
    "owner's function with a search path of the caller": f"""
        SELECT f.oid::regprocedure::text FROM pg_proc f JOIN pg_namespace n ON n.oid = pronamespace
        WHERE prosecdef AND {_OURS} AND NOT coalesce(proconfig, '{{}}') @> ARRAY['search_path=public, pg_temp']
          AND proname = ANY (%(definers)s)
    """,
    "inner function open to others than its owner": f"""
        SELECT f.oid::regprocedure::text FROM pg_proc f JOIN pg_namespace n ON n.oid = pronamespace,
          aclexplode(coalesce(proacl, acldefault('f', proowner)))
        WHERE starts_with(proname, 'ledger_') AND {_OURS} AND grantee <> proowner
          AND NOT (grantee = %(app)s::regrole AND proname = ANY (%(definers)s))
    """,
    "entrance of the ledger that is closed": """
        SELECT wanted FROM unnest(%(definers)s::text[]) AS wanted WHERE NOT EXISTS (
          SELECT FROM pg_proc WHERE proname = wanted AND prosecdef
          AND has_function_privilege(%(app)s, oid, 'EXECUTE'))
    """,
    "role above row security": """
        SELECT rolname FROM pg_roles WHERE rolname = ANY (%(our_roles)s) AND (rolsuper OR rolbypassrls
          OR rolcreaterole OR rolcreatedb OR rolreplication OR rolinherit)
    """,
    "role that is a member of another": """
        SELECT member::regrole || ' in ' || roleid::regrole FROM pg_auth_members
        WHERE member::regrole::text = ANY (%(our_roles)s)
    """,
    "privilege that row security does not see": """
        SELECT name || ' ' || privilege_type FROM relations r, aclexplode(r.relacl)
        WHERE grantee <> relowner AND privilege_type IN ('TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN')
    """,
    "grant that nobody declared": """
        SELECT name || ' ' || privilege_type || ' to ' || grantee::regrole
        FROM relations r, aclexplode(r.relacl)
        WHERE grantee <> relowner AND privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'USAGE')
          AND NOT (grantee = %(app)s::regrole AND (name || ' ' || privilege_type) = ANY (%(grants)s))
        UNION ALL
        SELECT name || '.' || attname || ' ' || privilege_type || ' to ' || grantee::regrole
        FROM relations r JOIN pg_attribute a ON a.attrelid = r.oid, aclexplode(a.attacl)
        WHERE NOT (grantee = %(app)s::regrole
          AND (name || '.' || attname || ' ' || privilege_type) = ANY (%(column_grants)s))
    """,
    "grant that is declared and missing": """
        SELECT wanted FROM unnest(%(grants)s::text[]) AS wanted WHERE NOT EXISTS (
          SELECT FROM relations r WHERE name = split_part(wanted, ' ', 1)
          AND has_table_privilege(%(app)s, r.oid, split_part(wanted, ' ', 2)))
    """,
    "default privileges": "SELECT defaclrole::regrole::text FROM pg_default_acl",
    "schema in which the application may create": f"""
        SELECT nspname FROM pg_namespace n, pg_roles r
        WHERE {_OURS} AND nspname !~ '^pg_' AND rolname IN (%(app)s, '{NET}') AND NOT rolsuper
          AND has_schema_privilege(rolname, n.oid, 'CREATE')
    """,
    "not owned by bulles_owner": """
        SELECT name FROM relations WHERE relkind IN ('r', 'p', 'v', 'm')
          AND relowner <> 'bulles_owner'::regrole
    """,
    "guard absent or switched off": """
        SELECT guard FROM unnest(%(guards)s::text[]) AS guard WHERE NOT EXISTS (
          SELECT FROM pg_trigger WHERE tgname = guard AND tgenabled IN ('O', 'A'))
    """,
}

# check → SQL that plants what it must find, and that no other check finds.
FAULTS = [
    ("shared table that nobody declared", "CREATE TABLE secrets (id uuid); ALTER TABLE secrets OWNER TO bulles_owner"),
    ("row security not enabled", "ALTER TABLE clauses DISABLE ROW LEVEL SECURITY"),
    ("row security not enabled", "ALTER TABLE catalogue DISABLE ROW LEVEL SECURITY"),
    ("row security not forced", "ALTER TABLE counters NO FORCE ROW LEVEL SECURITY"),
    ("no policy", "DROP POLICY tenant ON rounds; DROP POLICY network ON rounds"),
    (
        "policy with a sub-select",
        "CREATE POLICY more ON clauses FOR SELECT TO bulles_app USING (tenant_id IN (SELECT id FROM tenants))",
    ),
    ("policy wider than the standard ones", "ALTER POLICY tenant ON clauses WITH CHECK (true)"),
    ("policy wider than the standard ones", "ALTER POLICY tenant ON clauses TO PUBLIC"),
    ("policy wider than the standard ones", "CREATE POLICY more ON counters FOR SELECT USING (true)"),
    ("policy wider than the standard ones", "ALTER POLICY readers ON deliveries USING (true)"),
    ("policy wider than the standard ones", "ALTER POLICY publishers_write ON catalogue WITH CHECK (true)"),
    (
        "policy wider than the standard ones",
        # An expression of the letters has no place on another table.
        f"CREATE POLICY more ON received_conventions FOR SELECT TO bulles_app USING (tenant_id = {_SETTING} OR origin_id = {_SETTING})",
    ),
    ("key without tenant_id", "ALTER TABLE clauses ADD UNIQUE (title)"),
    ("key without tenant_id", "ALTER TABLE counters ADD EXCLUDE USING btree (id WITH =)"),
    ("unique index without tenant_id", "CREATE UNIQUE INDEX ON clauses (title) WHERE retired_at IS NULL"),
    (
        "foreign key that crosses tenants",
        # A single-column one needs a key without tenant_id first: this one is faulty alone.
        "ALTER TABLE clause_versions ADD FOREIGN KEY (clause_id, tenant_id) REFERENCES clauses (tenant_id, id)",
    ),
    (
        "view that reads as its owner",
        "CREATE VIEW everything AS SELECT * FROM clauses; ALTER VIEW everything OWNER TO bulles_owner",
    ),
    (
        "materialised view",
        "CREATE MATERIALIZED VIEW frozen AS SELECT * FROM clauses; ALTER TABLE frozen OWNER TO bulles_owner",
    ),
    (
        "function that runs as its owner",
        "CREATE FUNCTION every() RETURNS bigint SECURITY DEFINER LANGUAGE sql AS 'SELECT count(*) FROM clauses'",
    ),
    (
        "function that runs as its owner",
        # Declared, and not the owner's: it would see more, or less, than the others.
        "ALTER FUNCTION ledger_void_time OWNER TO CURRENT_USER; GRANT EXECUTE ON FUNCTION ledger_void_time TO bulles_app",
    ),
    ("owner's function with a search path of the caller", "ALTER FUNCTION ledger_post_exchange RESET search_path"),
    ("inner function open to others than its owner", "GRANT EXECUTE ON FUNCTION ledger_move TO bulles_app"),
    ("inner function open to others than its owner", "GRANT EXECUTE ON FUNCTION ledger_post_group TO PUBLIC"),
    ("entrance of the ledger that is closed", "REVOKE EXECUTE ON FUNCTION ledger_start FROM bulles_app"),
    ("grant that nobody declared", "GRANT INSERT ON entries TO bulles_app"),
    ("policy wider than the standard ones", "ALTER POLICY functions ON entries USING (true)"),
    ("guard absent or switched off", "ALTER TABLE entries DISABLE TRIGGER entries_frozen"),
    ("role above row security", "ALTER ROLE bulles_app BYPASSRLS"),
    ("role above row security", "ALTER ROLE bulles_net SUPERUSER"),
    ("role above row security", "ALTER ROLE bulles_owner CREATEROLE"),
    ("role that is a member of another", "GRANT pg_read_all_data TO bulles_app"),
    ("privilege that row security does not see", "GRANT TRUNCATE ON clauses TO bulles_app"),
    ("privilege that row security does not see", "GRANT TRIGGER ON clauses TO PUBLIC"),
    ("grant that nobody declared", "GRANT DELETE ON audit_events TO bulles_app"),
    ("grant that nobody declared", "GRANT SELECT ON users TO bulles_net"),
    ("grant that nobody declared", "GRANT UPDATE (payload) ON deliveries TO bulles_app"),
    ("grant that is declared and missing", "REVOKE DELETE ON outbox FROM bulles_app"),
    ("default privileges", "ALTER DEFAULT PRIVILEGES FOR ROLE bulles_owner GRANT SELECT ON TABLES TO PUBLIC"),
    ("schema in which the application may create", "GRANT CREATE ON SCHEMA public TO bulles_app"),
    ("not owned by bulles_owner", "ALTER TABLE clauses OWNER TO bulles_app"),
    ("guard absent or switched off", "ALTER TABLE clause_versions DISABLE TRIGGER clause_versions_frozen"),
    ("guard absent or switched off", "DROP TRIGGER rounds_once ON rounds"),
]  # fmt: skip


def find_faults(connection: psycopg.Connection) -> dict[str, list[str]]:
    """What each check finds in this database; checks that find nothing are left out."""
    found = {
        check: [row[0] for row in connection.execute(f"WITH {_RELATIONS} {sql}", _parameters())]
        for check, sql in CHECKS.items()
    }
    return {check: sorted(names) for check, names in found.items() if names}


def _parameters() -> dict[str, object]:
    columns = zip(*POLICIES, strict=True)
    names = ("tables", "roles", "commands", "usings", "checks")
    return dict(zip(names, map(list, columns), strict=True)) | {
        "global": list(GLOBAL_TABLES),
        "shared": list(SHARED_TABLES),
        "our_roles": list(ROLES),
        "app": APP,
        "guards": GUARDS,
        "published": PUBLISHED,
        "definers": DEFINERS,
        "column_grants": COLUMN_GRANTS,
        "grants": [
            f"{table} {privilege}"
            for privileges, tables in GRANTS.items()
            for table in tables.split()
            for privilege in privileges.split(", ")
        ],
    }
