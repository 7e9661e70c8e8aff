"""Organisations, people, Bulles; journal, letters, outbox, sessions, counters."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import rls

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "audit_events",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("subject_label", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_audit_events")),
    )
    op.create_index(
        op.f("ix_audit_events_tenant_id_at"), "audit_events", ["tenant_id", "at"], unique=False
    )
    op.create_index(
        op.f("ix_audit_events_tenant_id_subject_id"),
        "audit_events",
        ["tenant_id", "subject_id"],
        unique=False,
    )
    op.create_table(
        "counters",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_counters")),
        sa.UniqueConstraint(
            "tenant_id", "series", "year", name=op.f("uq_counters_tenant_id_series_year")
        ),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=True),
        sa.Column("args", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pushed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("waiting_on", sa.Text(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("done_at is null and failed_at is null"),
    )
    op.create_table(
        "territories",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("search_name", sa.Text(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=True),
        sa.Column("departement_code", sa.Text(), nullable=True),
        sa.Column("epci_code", sa.Text(), nullable=True),
        sa.Column("postcodes", sa.Text(), nullable=True),
        sa.Column("population", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "kind in ('region', 'departement', 'epci', 'commune')", name=op.f("ck_territories_kind")
        ),
        sa.PrimaryKeyConstraint("kind", "code", name=op.f("pk_territories")),
    )
    op.create_index(
        op.f("ix_territories_departement_code"), "territories", ["departement_code"], unique=False
    )
    op.create_index(
        op.f("ix_territories_search_name"), "territories", ["search_name"], unique=False
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_digest", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("fs_uniquifier", sa.Text(), nullable=False),
        sa.Column("fs_webauthn_user_handle", sa.Text(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tf_primary_method", sa.Text(), nullable=True),
        sa.Column("tf_totp_secret", sa.Text(), nullable=True),
        sa.Column("totp_counter", sa.BigInteger(), nullable=True),
        sa.Column("mf_recovery_codes", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email_digest", name=op.f("uq_users_email_digest")),
        sa.UniqueConstraint("fs_uniquifier", name=op.f("uq_users_fs_uniquifier")),
        sa.UniqueConstraint(
            "fs_webauthn_user_handle", name=op.f("uq_users_fs_webauthn_user_handle")
        ),
    )
    op.create_table(
        "web_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key_sha256", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_sessions")),
        sa.UniqueConstraint("key_sha256", name=op.f("uq_web_sessions_key_sha256")),
    )
    op.create_index(op.f("ix_web_sessions_seen_at"), "web_sessions", ["seen_at"], unique=False)
    op.create_index(op.f("ix_web_sessions_user_id"), "web_sessions", ["user_id"], unique=False)
    op.create_table(
        "passkeys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(length=1024), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.Integer(), nullable=False),
        sa.Column("transports", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("extensions", sa.Text(), nullable=True),
        sa.Column("backup_state", sa.Boolean(), nullable=False),
        sa.Column("device_type", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("usage", sa.Text(), nullable=False),
        sa.Column("create_datetime", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lastuse_datetime", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_passkeys_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkeys")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkeys_credential_id")),
    )
    op.create_index(op.f("ix_passkeys_user_id"), "passkeys", ["user_id"], unique=False)
    op.create_table(
        "email_proofs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "purpose in ('sign_in', 'verify')", name=op.f("ck_email_proofs_purpose")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_email_proofs_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_proofs")),
    )
    op.create_index(op.f("ix_email_proofs_user_id"), "email_proofs", ["user_id"], unique=False)
    op.create_table(
        "tenants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("short_name", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(), nullable=False),
        sa.Column("siren", sa.Text(), nullable=True),
        sa.Column("siret", sa.Text(), nullable=True),
        sa.Column("rna", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("postcode", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("territory_kind", sa.Text(), nullable=True),
        sa.Column("territory_code", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind in ('network', 'association', 'territory', 'funder')",
            name=op.f("ck_tenants_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["territory_kind", "territory_code"],
            ["territories.kind", "territories.code"],
            name=op.f("fk_tenants_territory_kind_territory_code"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenants")),
        sa.UniqueConstraint("id", "kind", name=op.f("uq_tenants_id_kind")),
        sa.UniqueConstraint("slug", name=op.f("uq_tenants_slug")),
    )
    op.create_index(
        "uq_tenants_one_network",
        "tenants",
        ["kind"],
        unique=True,
        postgresql_where=sa.text("kind = 'network'"),
    )
    op.create_table(
        "bulles",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("porteur_id", sa.Uuid(), nullable=False),
        sa.Column("landlord_id", sa.Uuid(), nullable=True),
        sa.Column("landlord_name", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("postcode", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("territory_kind", sa.Text(), nullable=True),
        sa.Column("territory_code", sa.Text(), nullable=True),
        sa.Column("latitude", sa.Numeric(precision=8, scale=5), nullable=True),
        sa.Column("longitude", sa.Numeric(precision=8, scale=5), nullable=True),
        sa.Column("step_free_access", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "step_free_access in ('yes', 'partial', 'no', 'unknown')",
            name=op.f("ck_bulles_step_free_access"),
        ),
        sa.CheckConstraint(
            "(latitude is null) = (longitude is null)", name=op.f("ck_bulles_coordinates")
        ),
        sa.ForeignKeyConstraint(
            ["landlord_id"], ["tenants.id"], name=op.f("fk_bulles_landlord_id")
        ),
        sa.ForeignKeyConstraint(["porteur_id"], ["tenants.id"], name=op.f("fk_bulles_porteur_id")),
        sa.ForeignKeyConstraint(
            ["territory_kind", "territory_code"],
            ["territories.kind", "territories.code"],
            name=op.f("fk_bulles_territory_kind_territory_code"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulles")),
    )
    op.create_index(op.f("ix_bulles_porteur_id"), "bulles", ["porteur_id"], unique=False)
    op.create_table(
        "deliveries",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sender_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("document_sha256", sa.Text(), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["sender_id"], ["tenants.id"], name=op.f("fk_deliveries_sender_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_deliveries_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_deliveries")),
    )
    op.create_index(
        op.f("ix_deliveries_sender_id_subject_id"),
        "deliveries",
        ["sender_id", "subject_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_deliveries_tenant_id_kind_subject_id"),
        "deliveries",
        ["tenant_id", "kind", "subject_id"],
        unique=False,
    )
    op.create_table(
        "invitations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_digest", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("invited_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_invitations_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
    )
    op.create_index(op.f("ix_invitations_tenant_id"), "invitations", ["tenant_id"], unique=False)
    op.create_table(
        "memberships",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "roles <@ array['administrator', 'editor', 'facilitator', 'reader']"
            " and cardinality(roles) > 0",
            name=op.f("ck_memberships_roles"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_memberships_tenant_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_memberships_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memberships")),
        sa.UniqueConstraint("tenant_id", "user_id", name=op.f("uq_memberships_tenant_id_user_id")),
    )
    op.create_index(op.f("ix_memberships_user_id"), "memberships", ["user_id"], unique=False)
    op.create_table(
        "bulle_associations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bulle_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("since_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "until_on is null or until_on >= since_on", name=op.f("ck_bulle_associations_period")
        ),
        sa.ForeignKeyConstraint(
            ["bulle_id"], ["bulles.id"], name=op.f("fk_bulle_associations_bulle_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_bulle_associations_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulle_associations")),
        sa.UniqueConstraint(
            "bulle_id",
            "tenant_id",
            "since_on",
            name=op.f("uq_bulle_associations_bulle_id_tenant_id_since_on"),
        ),
    )
    op.create_table(
        "stage_passages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bulle_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("entered_on", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("recorded_by_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_by_name", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("stage between 1 and 7", name=op.f("ck_stage_passages_stage")),
        sa.ForeignKeyConstraint(
            ["bulle_id"], ["bulles.id"], name=op.f("fk_stage_passages_bulle_id")
        ),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["stage_passages.id"], name=op.f("fk_stage_passages_corrects_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_passages")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_stage_passages_corrects_id")),
    )
    op.create_index(
        op.f("ix_stage_passages_bulle_id"), "stage_passages", ["bulle_id"], unique=False
    )

    rls.create_refuse_change()
    for table in ("audit_events", "counters"):
        rls.protect(table)
    rls.protect_letters("deliveries", sender="sender_id")
    rls.write_once("deliveries", "withdrawn_at")
    rls.freeze("audit_events")
    rls.freeze("stage_passages")
    _grant()


def _grant() -> None:
    for table in ("tenants", "users", "memberships", "invitations", "bulles"):
        rls.grant(table, "SELECT", "INSERT", "UPDATE")
    for table in ("bulle_associations", "counters"):
        rls.grant(table, "SELECT", "INSERT", "UPDATE")
    for table in ("passkeys", "email_proofs", "web_sessions", "outbox", "territories"):
        rls.grant(table, "SELECT", "INSERT", "UPDATE", "DELETE")
    for table in ("audit_events", "stage_passages"):
        rls.grant(table, "SELECT", "INSERT")
    rls.grant("deliveries", "SELECT", "INSERT", columns={"UPDATE": ["withdrawn_at"]})


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_change")


TABLES = (
    "audit_events",
    "counters",
    "outbox",
    "territories",
    "users",
    "web_sessions",
    "passkeys",
    "email_proofs",
    "tenants",
    "bulles",
    "deliveries",
    "invitations",
    "memberships",
    "bulle_associations",
    "stage_passages",
)
