-- The three roles of the application, none of which can go round row-level security.
-- Embedded servers: the launcher runs this file. A PostgreSQL of your own (16 or later), once, as
-- its administrator:
--   psql -f launcher/roles.sql
--   psql -c '\password bulles_owner' -c '\password bulles_app' -c '\password bulles_net'
--   createdb --owner=bulles_owner --encoding=UTF8 --locale=C.UTF-8 --template=template0 bulles
-- bulles_owner owns the schema (migrations only), bulles_app serves one tenant at a time,
-- bulles_net only reads, over a list of tenants.

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['bulles_owner', 'bulles_app', 'bulles_net'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
      EXECUTE format('CREATE ROLE %I', name);
    END IF;
    EXECUTE format(
      'ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOREPLICATION NOBYPASSRLS',
      name
    );
  END LOOP;
END
$$;
