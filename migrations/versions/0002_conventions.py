"""Clause library, standard agreements, conventions, rounds of signature."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import rls

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "clauses",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("search_key", sa.Text(), nullable=False),
        sa.Column("theme", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_clauses")),
        sa.UniqueConstraint("tenant_id", "title", name=op.f("uq_clauses_tenant_id_title")),
    )
    op.create_table(
        "convention_types",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("search_key", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_convention_types")),
        sa.UniqueConstraint("tenant_id", "title", name=op.f("uq_convention_types_tenant_id_title")),
    )
    op.create_table(
        "clause_versions",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clause_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("heading", sa.Text(), nullable=False),
        sa.Column("blocks", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "clause_id"],
            ["clauses.tenant_id", "clauses.id"],
            name=op.f("fk_clause_versions_tenant_id_clause_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_clause_versions")),
        sa.UniqueConstraint(
            "tenant_id",
            "clause_id",
            "number",
            name=op.f("uq_clause_versions_tenant_id_clause_id_number"),
        ),
        sa.UniqueConstraint(
            "tenant_id",
            "clause_id",
            "sha256",
            name=op.f("uq_clause_versions_tenant_id_clause_id_sha256"),
        ),
    )
    op.create_table(
        "type_versions",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("variables", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("party_roles", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("lock_version", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "type_id"],
            ["convention_types.tenant_id", "convention_types.id"],
            name=op.f("fk_type_versions_tenant_id_type_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_type_versions")),
        sa.UniqueConstraint(
            "tenant_id", "type_id", "number", name=op.f("uq_type_versions_tenant_id_type_id_number")
        ),
    )
    op.create_index(
        "uq_type_versions_one_draft",
        "type_versions",
        ["tenant_id", "type_id"],
        unique=True,
        postgresql_where=sa.text("published_at is null"),
    )
    op.create_table(
        "catalogue",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("publisher_id", sa.Uuid(), nullable=False),
        sa.Column("publisher_kind", sa.Text(), nullable=False),
        sa.Column("type_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("search_key", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("publisher_kind = 'network'", name=op.f("ck_catalogue_publisher")),
        sa.ForeignKeyConstraint(
            ["publisher_id", "publisher_kind"],
            ["tenants.id", "tenants.kind"],
            name=op.f("fk_catalogue_publisher_id_publisher_kind"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue")),
        sa.UniqueConstraint("sha256", name=op.f("uq_catalogue_sha256")),
        sa.UniqueConstraint("type_id", "version", name=op.f("uq_catalogue_type_id_version")),
    )
    op.create_table(
        "received_conventions",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("origin_id", sa.Uuid(), nullable=False),
        sa.Column("convention_id", sa.Uuid(), nullable=False),
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column("round_number", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("search_key", sa.Text(), nullable=False),
        sa.Column("partners_label", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status_version", sa.Integer(), nullable=False),
        sa.Column("sealed_sha256", sa.Text(), nullable=True),
        sa.Column("evidence_sha256", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lock_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["origin_id"], ["tenants.id"], name=op.f("fk_received_conventions_origin_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_received_conventions")),
        sa.UniqueConstraint(
            "tenant_id",
            "origin_id",
            "convention_id",
            name=op.f("uq_received_conventions_tenant_id_origin_id_convention_id"),
        ),
    )
    op.create_index(
        op.f("ix_received_conventions_tenant_id_changed_at"),
        "received_conventions",
        ["tenant_id", "changed_at"],
        unique=False,
    )
    op.create_table(
        "sealed_documents",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("document_sha256", sa.Text(), nullable=False),
        sa.Column("evidence_sha256", sa.Text(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_sealed_documents_tenant_id")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_sealed_documents")),
        sa.UniqueConstraint("document_sha256", name=op.f("uq_sealed_documents_document_sha256")),
    )
    op.create_table(
        "type_clauses",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type_version_id", sa.Uuid(), nullable=False),
        sa.Column("clause_version_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "clause_version_id"],
            ["clause_versions.tenant_id", "clause_versions.id"],
            name=op.f("fk_type_clauses_tenant_id_clause_version_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "type_version_id"],
            ["type_versions.tenant_id", "type_versions.id"],
            name=op.f("fk_type_clauses_tenant_id_type_version_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_type_clauses")),
        sa.UniqueConstraint(
            "tenant_id",
            "type_version_id",
            "position",
            deferrable=True,
            initially="DEFERRED",
            name=op.f("uq_type_clauses_tenant_id_type_version_id_position"),
        ),
    )
    op.create_table(
        "conventions",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("search_key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("catalogue_id", sa.Uuid(), nullable=False),
        sa.Column("bulle_id", sa.Uuid(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("values", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("partners_label", sa.Text(), nullable=False),
        sa.Column("prepared_by_id", sa.Uuid(), nullable=True),
        sa.Column("prepared_by", sa.Text(), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lock_version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "ends_on is null or starts_on is null or ends_on >= starts_on",
            name=op.f("ck_conventions_period"),
        ),
        sa.ForeignKeyConstraint(["bulle_id"], ["bulles.id"], name=op.f("fk_conventions_bulle_id")),
        sa.ForeignKeyConstraint(
            ["catalogue_id"], ["catalogue.id"], name=op.f("fk_conventions_catalogue_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_conventions")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_conventions_tenant_id_number")),
    )
    op.create_index(
        op.f("ix_conventions_tenant_id_changed_at"),
        "conventions",
        ["tenant_id", "changed_at"],
        unique=False,
    )
    op.create_table(
        "convention_parties",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("convention_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("party_tenant_id", sa.Uuid(), nullable=True),
        sa.Column("is_owner", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("legal", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "answer in ('agree', 'change')", name=op.f("ck_convention_parties_answer")
        ),
        sa.ForeignKeyConstraint(
            ["party_tenant_id"], ["tenants.id"], name=op.f("fk_convention_parties_party_tenant_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "convention_id"],
            ["conventions.tenant_id", "conventions.id"],
            name=op.f("fk_convention_parties_tenant_id_convention_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_convention_parties")),
        sa.UniqueConstraint(
            "tenant_id",
            "convention_id",
            "position",
            deferrable=True,
            initially="DEFERRED",
            name=op.f("uq_convention_parties_tenant_id_convention_id_position"),
        ),
        sa.UniqueConstraint(
            "tenant_id",
            "convention_id",
            "role",
            name=op.f("uq_convention_parties_tenant_id_convention_id_role"),
        ),
    )
    op.create_table(
        "convention_steps",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("convention_id", sa.Uuid(), nullable=False),
        sa.Column("transition", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "convention_id"],
            ["conventions.tenant_id", "conventions.id"],
            name=op.f("fk_convention_steps_tenant_id_convention_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_convention_steps")),
    )
    op.create_table(
        "rounds",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("convention_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("text_sha256", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("frozen_sha256", sa.Text(), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed_sha256", sa.Text(), nullable=True),
        sa.Column("evidence_sha256", sa.Text(), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "convention_id"],
            ["conventions.tenant_id", "conventions.id"],
            name=op.f("fk_rounds_tenant_id_convention_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_rounds")),
        sa.UniqueConstraint(
            "tenant_id",
            "convention_id",
            "number",
            name=op.f("uq_rounds_tenant_id_convention_id_number"),
        ),
    )
    op.create_table(
        "seal_steps",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("document_sha256", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "round_id"],
            ["rounds.tenant_id", "rounds.id"],
            name=op.f("fk_seal_steps_tenant_id_round_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_seal_steps")),
        sa.UniqueConstraint(
            "tenant_id", "round_id", "field", name=op.f("uq_seal_steps_tenant_id_round_id_field")
        ),
        sa.UniqueConstraint(
            "tenant_id",
            "round_id",
            "position",
            name=op.f("uq_seal_steps_tenant_id_round_id_position"),
        ),
    )
    op.create_table(
        "signatories",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("convention_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "convention_id"],
            ["conventions.tenant_id", "conventions.id"],
            name=op.f("fk_signatories_tenant_id_convention_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "party_id"],
            ["convention_parties.tenant_id", "convention_parties.id"],
            name=op.f("fk_signatories_tenant_id_party_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_signatories")),
        sa.UniqueConstraint(
            "tenant_id",
            "party_id",
            "position",
            deferrable=True,
            initially="DEFERRED",
            name=op.f("uq_signatories_tenant_id_party_id_position"),
        ),
    )
    op.create_table(
        "evidence_events",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("signatory_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "round_id"],
            ["rounds.tenant_id", "rounds.id"],
            name=op.f("fk_evidence_events_tenant_id_round_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_evidence_events")),
    )
    op.create_index(
        op.f("ix_evidence_events_tenant_id_round_id_at"),
        "evidence_events",
        ["tenant_id", "round_id", "at"],
        unique=False,
    )
    op.create_table(
        "signatory_acts",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("signatory_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signer_name", sa.Text(), nullable=False),
        sa.Column("signer_title", sa.Text(), nullable=False),
        sa.Column("party_name", sa.Text(), nullable=False),
        sa.Column("document_sha256", sa.Text(), nullable=False),
        sa.Column("consent_version", sa.Integer(), nullable=True),
        sa.Column("consent_text", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("kind in ('signed', 'refused')", name=op.f("ck_signatory_acts_kind")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "round_id"],
            ["rounds.tenant_id", "rounds.id"],
            name=op.f("fk_signatory_acts_tenant_id_round_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_signatory_acts")),
        sa.UniqueConstraint(
            "tenant_id",
            "round_id",
            "signatory_id",
            name=op.f("uq_signatory_acts_tenant_id_round_id_signatory_id"),
        ),
    )
    op.create_table(
        "signing_links",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("signatory_id", sa.Uuid(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "round_id"],
            ["rounds.tenant_id", "rounds.id"],
            name=op.f("fk_signing_links_tenant_id_round_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_signing_links")),
    )
    op.create_index(
        "uq_signing_links_one_live",
        "signing_links",
        ["tenant_id", "round_id", "signatory_id"],
        unique=True,
        postgresql_where=sa.text("revoked_at is null"),
    )
    op.create_table(
        "signing_codes",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "link_id"],
            ["signing_links.tenant_id", "signing_links.id"],
            name=op.f("fk_signing_codes_tenant_id_link_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_signing_codes")),
    )

    for table in TABLES:
        if table not in {"catalogue", "sealed_documents"}:
            rls.protect(table)
    rls.protect_catalogue("catalogue", publisher="publisher_id")
    _freeze()
    _grant()


def _freeze() -> None:
    for table in ("catalogue", "clause_versions", "convention_steps", "evidence_events"):
        rls.freeze(table)
    for table in ("seal_steps", "sealed_documents", "signatory_acts"):
        rls.freeze(table)
    rls.freeze("type_versions", when="OLD.published_at IS NOT NULL")
    rls.write_once("rounds", *ROUND_FACTS)
    _freeze_published_clauses()


def _freeze_published_clauses() -> None:
    """The clauses of a published version are part of it. Commands hold a lock on the version."""
    op.execute(
        """
        CREATE FUNCTION refuse_published_clause() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF EXISTS (
            SELECT FROM type_versions
            WHERE id IN (OLD.type_version_id, NEW.type_version_id) AND published_at IS NOT NULL
          ) THEN
            RAISE EXCEPTION '% of type_clauses refused: a published version never changes', TG_OP
              USING ERRCODE = 'integrity_constraint_violation';
          END IF;
          RETURN coalesce(NEW, OLD);
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER type_clauses_frozen BEFORE INSERT OR UPDATE OR DELETE ON type_clauses"
        " FOR EACH ROW EXECUTE FUNCTION refuse_published_clause()"
    )


def _grant() -> None:
    for table in ("clauses", "convention_types", "conventions", "rounds", "received_conventions"):
        rls.grant(table, "SELECT", "INSERT", "UPDATE")
    for table in ("signing_links", "signing_codes"):
        rls.grant(table, "SELECT", "INSERT", "UPDATE")
    for table in ("type_versions", "type_clauses", "convention_parties", "signatories"):
        rls.grant(table, "SELECT", "INSERT", "UPDATE", "DELETE")
    for table in ("catalogue", "clause_versions", "convention_steps", "evidence_events"):
        rls.grant(table, "SELECT", "INSERT")
    for table in ("seal_steps", "sealed_documents", "signatory_acts"):
        rls.grant(table, "SELECT", "INSERT")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_published_clause()")


TABLES = (
    "clauses",
    "convention_types",
    "clause_versions",
    "type_versions",
    "catalogue",
    "received_conventions",
    "sealed_documents",
    "type_clauses",
    "conventions",
    "convention_parties",
    "convention_steps",
    "rounds",
    "seal_steps",
    "signatories",
    "evidence_events",
    "signatory_acts",
    "signing_links",
    "signing_codes",
)

ROUND_FACTS = (
    "text",
    "text_sha256",
    "code",
    "frozen_at",
    "frozen_sha256",
    "opened_at",
    "sealed_at",
    "sealed_sha256",
    "evidence_sha256",
    "voided_at",
)
