"""The hours: members, their offers, the ledger in minutes, its seals, clearing between organisations."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import rls

revision = "0003"
down_revision = "0002"

FUNCTIONS = Path(__file__).parents[1] / "reciprocity"
FILES = ("posting", "accounts", "kinds", "clearing", "seals")
THEMES = (
    "Mobilité",
    "Emploi",
    "Logement",
    "Loisirs, culture et sport",
    "Santé et bien-être",
    "Solidarité",
)


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.create_table(
        "api_tokens",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("can_write", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("used_on", sa.Date(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("tenant_id", "digest", name=op.f("uq_api_tokens_tenant_id_digest")),
    )
    op.create_table(
        "entries",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("account_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("delta", sa.Integer(), nullable=False),
        sa.Column("balance_after", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "account_no", "version", name=op.f("pk_entries")),
    )
    op.create_table(
        "fund_rules",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("grant_minutes", sa.Integer(), nullable=False),
        sa.Column("yearly_minutes", sa.Integer(), nullable=False),
        sa.Column("below", sa.Integer(), nullable=False),
        sa.Column("adopted_on", sa.Date(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("operator_no", sa.Integer(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "grant_minutes > 0 and yearly_minutes >= grant_minutes",
            name=op.f("ck_fund_rules_minutes"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_fund_rules")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_fund_rules_tenant_id_number")),
    )
    op.create_table(
        "import_runs",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("fresh", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("faults", sa.Integer(), nullable=False),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind in ('members', 'offers', 'exchanges')", name=op.f("ck_import_runs_kind")
        ),
        sa.CheckConstraint(
            "state in ('queued', 'tried', 'refused', 'accepted', 'done')",
            name=op.f("ck_import_runs_state"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_import_runs")),
    )
    op.create_table(
        "ledger_checks",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accounts", sa.Integer(), nullable=False),
        sa.Column("transfers", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("faults", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_ledger_checks")),
    )
    op.create_index(
        op.f("ix_ledger_checks_tenant_id_finished_at"),
        "ledger_checks",
        ["tenant_id", "finished_at"],
        unique=False,
    )
    op.create_table(
        "ledgers",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("last_account", sa.Integer(), nullable=False),
        sa.Column("last_operator", sa.Integer(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("closed_through", sa.Date(), nullable=False),
        sa.Column("grace_days", sa.Integer(), nullable=False),
        sa.CheckConstraint("grace_days between 3 and 366", name=op.f("ck_ledgers_grace_days")),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_ledgers")),
    )
    op.create_table(
        "nettings",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("legs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('proposed', 'accepted', 'declined', 'posted', 'lapsed')",
            name=op.f("ck_nettings_state"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_nettings")),
    )
    op.create_table(
        "operators",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind in ('user', 'member', 'token', 'system')", name=op.f("ck_operators_kind")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "number", name=op.f("pk_operators")),
        sa.UniqueConstraint(
            "tenant_id", "kind", "subject_id", name=op.f("uq_operators_tenant_id_kind_subject_id")
        ),
    )
    op.create_table(
        "seals",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_through", sa.Date(), nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.Column("accounts", sa.Integer(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("signature_sha256", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "number", name=op.f("pk_seals")),
    )
    op.create_table(
        "transfers",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("operator_no", sa.Integer(), nullable=False),
        sa.Column("debit", sa.Integer(), nullable=True),
        sa.Column("credit", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_transfers")),
    )
    op.create_index(
        op.f("ix_transfers_posted_at_happened_on"),
        "transfers",
        ["posted_at", "happened_on"],
        unique=False,
        postgresql_using="brin",
    )
    op.create_table(
        "clearings",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("peer_id", sa.Uuid(), nullable=False),
        sa.Column("peer_transfer_id", sa.Uuid(), nullable=False),
        sa.Column("pseudonym", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "transfer_id"],
            ["transfers.tenant_id", "transfers.id"],
            name=op.f("fk_clearings_tenant_id_transfer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "transfer_id", name=op.f("pk_clearings")),
    )
    op.create_index(
        op.f("ix_clearings_tenant_id_peer_id"), "clearings", ["tenant_id", "peer_id"], unique=False
    )
    op.create_table(
        "grants",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("rule_id", sa.Uuid(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(rule_id is null) <> (decision is null)", name=op.f("ck_grants_reason")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "rule_id"],
            ["fund_rules.tenant_id", "fund_rules.id"],
            name=op.f("fk_grants_tenant_id_rule_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "transfer_id"],
            ["transfers.tenant_id", "transfers.id"],
            name=op.f("fk_grants_tenant_id_transfer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "transfer_id", name=op.f("pk_grants")),
    )
    op.create_table(
        "group_legs",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("account_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("delta", sa.Integer(), nullable=False),
        sa.CheckConstraint("delta <> 0", name=op.f("ck_group_legs_delta")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "transfer_id"],
            ["transfers.tenant_id", "transfers.id"],
            name=op.f("fk_group_legs_tenant_id_transfer_id"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "transfer_id", "account_no", name=op.f("pk_group_legs")
        ),
    )
    op.create_table(
        "reversals",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("reversed_id", sa.Uuid(), nullable=False),
        sa.Column("reversal_id", sa.Uuid(), nullable=False),
        sa.Column("replaced_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "reversal_id"],
            ["transfers.tenant_id", "transfers.id"],
            name=op.f("fk_reversals_tenant_id_reversal_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "reversed_id"],
            ["transfers.tenant_id", "transfers.id"],
            name=op.f("fk_reversals_tenant_id_reversed_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "reversed_id", name=op.f("pk_reversals")),
        sa.UniqueConstraint(
            "tenant_id", "reversal_id", name=op.f("uq_reversals_tenant_id_reversal_id")
        ),
    )
    op.create_table(
        "seal_heads",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("seal_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("account_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "seal_no"],
            ["seals.tenant_id", "seals.number"],
            name=op.f("fk_seal_heads_tenant_id_seal_no"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "seal_no", "account_no", name=op.f("pk_seal_heads")),
    )
    op.create_index(
        op.f("ix_seal_heads_tenant_id_account_no_version"),
        "seal_heads",
        ["tenant_id", "account_no", "version"],
        unique=False,
    )
    op.create_table(
        "categories",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("publisher_id", sa.Uuid(), nullable=True),
        sa.Column("publisher_kind", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "publisher_kind = 'network' and publisher_id is not null"
            " or publisher_kind is null and publisher_id is null",
            name=op.f("ck_categories_publisher"),
        ),
        sa.ForeignKeyConstraint(
            ["publisher_id", "publisher_kind"],
            ["tenants.id", "tenants.kind"],
            name=op.f("fk_categories_publisher_id_publisher_kind"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_categories")),
        sa.UniqueConstraint("name", name=op.f("uq_categories_name")),
    )
    op.create_table(
        "accounts",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("balance", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("floor", sa.Integer(), nullable=False),
        sa.Column("ceiling", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("moved_on", sa.Date(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("pseudonym", sa.Text(), nullable=False),
        sa.Column("bulle_id", sa.Uuid(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("own_limits", sa.Boolean(), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["bulle_id"], ["bulles.id"], name=op.f("fk_accounts_bulle_id")),
        sa.PrimaryKeyConstraint("tenant_id", "number", name=op.f("pk_accounts")),
        sa.UniqueConstraint("tenant_id", "pseudonym", name=op.f("uq_accounts_tenant_id_pseudonym")),
        postgresql_with={"fillfactor": 60},
    )
    op.create_table(
        "bulle_terms",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bulle_id", sa.Uuid(), nullable=True),
        sa.Column("floor", sa.Integer(), nullable=False),
        sa.Column("ceiling", sa.Integer(), nullable=False),
        sa.Column("gentle_low", sa.Integer(), nullable=False),
        sa.Column("gentle_high", sa.Integer(), nullable=False),
        sa.Column("welcome", sa.Integer(), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("operator_no", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "floor <= gentle_low and gentle_low <= 0 and 0 <= gentle_high and gentle_high <= ceiling",
            name=op.f("ck_bulle_terms_order"),
        ),
        sa.CheckConstraint("welcome between 0 and 6000", name=op.f("ck_bulle_terms_welcome")),
        sa.ForeignKeyConstraint(["bulle_id"], ["bulles.id"], name=op.f("fk_bulle_terms_bulle_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_bulle_terms")),
    )
    op.create_index(
        op.f("ix_bulle_terms_tenant_id_bulle_id_since_at"),
        "bulle_terms",
        ["tenant_id", "bulle_id", "since_at"],
        unique=False,
    )
    op.create_table(
        "exchange_notes",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("category_id", sa.Uuid(), nullable=True),
        sa.Column("offer_id", sa.Uuid(), nullable=True),
        sa.Column("thanks", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["category_id"], ["categories.id"], name=op.f("fk_exchange_notes_category_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "transfer_id"],
            ["transfers.tenant_id", "transfers.id"],
            name=op.f("fk_exchange_notes_tenant_id_transfer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "transfer_id", name=op.f("pk_exchange_notes")),
    )
    op.create_table(
        "account_limits",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_no", sa.Integer(), nullable=False),
        sa.Column("since_version", sa.Integer(), nullable=False),
        sa.Column("floor", sa.Integer(), nullable=False),
        sa.Column("ceiling", sa.Integer(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("operator_no", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_no"],
            ["accounts.tenant_id", "accounts.number"],
            name=op.f("fk_account_limits_tenant_id_account_no"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_account_limits")),
    )
    op.create_index(
        op.f("ix_account_limits_tenant_id_account_no_since_version"),
        "account_limits",
        ["tenant_id", "account_no", "since_version"],
        unique=False,
    )
    op.create_table(
        "holds",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("debit", sa.Integer(), nullable=False),
        sa.Column("credit", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("operator_no", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("debit <> credit", name=op.f("ck_holds_accounts")),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_holds_minutes")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "credit"],
            ["accounts.tenant_id", "accounts.number"],
            name=op.f("fk_holds_tenant_id_credit"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "debit"],
            ["accounts.tenant_id", "accounts.number"],
            name=op.f("fk_holds_tenant_id_debit"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_holds")),
    )
    op.create_index(
        op.f("ix_holds_tenant_id_credit"), "holds", ["tenant_id", "credit"], unique=False
    )
    op.create_index(op.f("ix_holds_tenant_id_debit"), "holds", ["tenant_id", "debit"], unique=False)
    op.create_table(
        "members",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_no", sa.Integer(), nullable=False),
        sa.Column("bulle_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("email_digest", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("interests", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("search_key", sa.Text(), nullable=False),
        sa.Column("joined_on", sa.Date(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shows_contact", sa.Boolean(), nullable=False),
        sa.Column("imported_key", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["bulle_id"], ["bulles.id"], name=op.f("fk_members_bulle_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_no"],
            ["accounts.tenant_id", "accounts.number"],
            name=op.f("fk_members_tenant_id_account_no"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_members")),
        sa.UniqueConstraint(
            "tenant_id", "account_no", name=op.f("uq_members_tenant_id_account_no")
        ),
    )
    op.create_index(
        op.f("ix_members_tenant_id_email_digest"),
        "members",
        ["tenant_id", "email_digest"],
        unique=False,
    )
    op.create_index(
        op.f("ix_members_tenant_id_sort_key"), "members", ["tenant_id", "sort_key"], unique=False
    )
    op.create_table(
        "mirrors",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("peer_id", sa.Uuid(), nullable=False),
        sa.Column("account_no", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ours_minutes", sa.Integer(), nullable=True),
        sa.Column("theirs_minutes", sa.Integer(), nullable=True),
        sa.Column("limit_minutes", sa.Integer(), nullable=True),
        sa.Column("sent_version", sa.Integer(), nullable=False),
        sa.Column("seen_version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state in ('proposed', 'received', 'agreed', 'suspended', 'declined')",
            name=op.f("ck_mirrors_state"),
        ),
        sa.CheckConstraint(
            "state <> 'agreed' or account_no is not null and limit_minutes is not null",
            name=op.f("ck_mirrors_agreed"),
        ),
        sa.CheckConstraint("peer_id <> tenant_id", name=op.f("ck_mirrors_peer")),
        sa.ForeignKeyConstraint(["peer_id"], ["tenants.id"], name=op.f("fk_mirrors_peer_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_no"],
            ["accounts.tenant_id", "accounts.number"],
            name=op.f("fk_mirrors_tenant_id_account_no"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "peer_id", name=op.f("pk_mirrors")),
        sa.UniqueConstraint(
            "tenant_id", "account_no", name=op.f("uq_mirrors_tenant_id_account_no")
        ),
    )
    op.create_table(
        "time_records",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_no", sa.Integer(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("during", postgresql.TSRANGE(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("regime", sa.Text(), nullable=False),
        sa.Column("transfer_id", sa.Uuid(), nullable=True),
        sa.Column("activity", sa.Text(), nullable=False),
        sa.Column("operator_no", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("tenant_id"), "="),
            (sa.column("account_no"), "="),
            (sa.column("during"), "&&"),
            where=sa.text("voided_at is null"),
            using="gist",
            name="ex_time_records_same_hour",
        ),
        sa.CheckConstraint(
            "(regime = 'reciprocity') = (transfer_id is not null)",
            name=op.f("ck_time_records_transfer"),
        ),
        sa.CheckConstraint(
            "regime in ('reciprocity', 'volunteering', 'paid')", name=op.f("ck_time_records_regime")
        ),
        sa.CheckConstraint("minutes between 1 and 1440", name=op.f("ck_time_records_minutes")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_no"],
            ["accounts.tenant_id", "accounts.number"],
            name=op.f("fk_time_records_tenant_id_account_no"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "transfer_id"],
            ["transfers.tenant_id", "transfers.id"],
            name=op.f("fk_time_records_tenant_id_transfer_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_time_records")),
    )
    op.create_index(
        op.f("ix_time_records_tenant_id_account_no_happened_on"),
        "time_records",
        ["tenant_id", "account_no", "happened_on"],
        unique=False,
    )
    op.create_table(
        "booklets",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("cheques", sa.Integer(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("operator_no", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"],
            ["members.tenant_id", "members.id"],
            name=op.f("fk_booklets_tenant_id_member_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_booklets")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_booklets_tenant_id_number")),
    )
    op.create_index(
        op.f("ix_booklets_tenant_id_member_id"),
        "booklets",
        ["tenant_id", "member_id"],
        unique=False,
    )
    op.create_table(
        "hold_outcomes",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("hold_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("operator_no", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "outcome in ('accepted', 'declined', 'cancelled', 'expired')",
            name=op.f("ck_hold_outcomes_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "hold_id"],
            ["holds.tenant_id", "holds.id"],
            name=op.f("fk_hold_outcomes_tenant_id_hold_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "hold_id", name=op.f("pk_hold_outcomes")),
    )
    op.create_table(
        "member_links",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"],
            ["members.tenant_id", "members.id"],
            name=op.f("fk_member_links_tenant_id_member_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_member_links")),
    )
    op.create_table(
        "offers",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("category_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("search_key", sa.Text(), nullable=False),
        sa.Column("for_group", sa.Boolean(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("imported_key", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind in ('offer', 'request')", name=op.f("ck_offers_kind")),
        sa.ForeignKeyConstraint(
            ["category_id"], ["categories.id"], name=op.f("fk_offers_category_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"],
            ["members.tenant_id", "members.id"],
            name=op.f("fk_offers_tenant_id_member_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_offers")),
    )
    op.create_index(
        op.f("ix_offers_tenant_id_expires_on"), "offers", ["tenant_id", "expires_on"], unique=False
    )
    op.create_index(
        op.f("ix_offers_tenant_id_member_id"), "offers", ["tenant_id", "member_id"], unique=False
    )
    op.create_table(
        "cheque_uses",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("booklet_id", sa.Uuid(), nullable=False),
        sa.Column("cheque", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("turn", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "booklet_id"],
            ["booklets.tenant_id", "booklets.id"],
            name=op.f("fk_cheque_uses_tenant_id_booklet_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "transfer_id"],
            ["transfers.tenant_id", "transfers.id"],
            name=op.f("fk_cheque_uses_tenant_id_transfer_id"),
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "booklet_id", "cheque", "turn", name=op.f("pk_cheque_uses")
        ),
        sa.UniqueConstraint(
            "tenant_id", "transfer_id", name=op.f("uq_cheque_uses_tenant_id_transfer_id")
        ),
    )

    for position, theme in enumerate(THEMES, start=1):
        op.execute(
            sa.text(
                "INSERT INTO categories (id, name, position) VALUES (gen_random_uuid(), :n, :p)"
            ).bindparams(n=theme, p=position)
        )
    rls.protect_catalogue("categories", publisher="publisher_id")
    rls.let_publisher_retire("categories", publisher="publisher_id")
    for table in TABLES:
        if table != "categories":
            rls.protect(table)
    for table in (*POSTED, *CONSULTED):
        rls.let_functions_write(table)
    for table in FROZEN:
        rls.freeze(table)
    rls.write_once(
        "time_records", "voided_at", "during", "minutes", "regime", "account_no", "transfer_id"
    )
    rls.write_once("mirrors", "account_no")
    rls.write_once("nettings", "month", "legs", "sha256")
    rls.write_once("seals", *SEALED)
    for name in FILES:
        op.execute((FUNCTIONS / f"{name}.sql").read_text().replace(":", r"\:"))
    _grant()


def _grant() -> None:
    for table in POSTED:
        rls.grant(table, "SELECT")
    for table in ("mirrors", "nettings", "members", "member_links", "offers", "exchange_notes"):
        rls.grant(table, "SELECT", "INSERT", "UPDATE")
    for table in ("booklets", "api_tokens", "import_runs"):
        rls.grant(table, "SELECT", "INSERT", "UPDATE")
    for table in ("bulle_terms", "cheque_uses", "fund_rules", "ledger_checks"):
        rls.grant(table, "SELECT", "INSERT")
    rls.grant("categories", "SELECT", "INSERT", columns={"UPDATE": ["retired_at"]})
    rls.grant_functions("ledger_", ENTRANCES)


def downgrade() -> None:
    rls.drop_functions("ledger_")
    for table in reversed(TABLES):
        op.drop_table(table)
    op.execute("DROP EXTENSION btree_gist")


TABLES = (
    "api_tokens",
    "entries",
    "fund_rules",
    "import_runs",
    "ledger_checks",
    "ledgers",
    "nettings",
    "operators",
    "seals",
    "transfers",
    "clearings",
    "grants",
    "group_legs",
    "reversals",
    "seal_heads",
    "categories",
    "accounts",
    "bulle_terms",
    "exchange_notes",
    "account_limits",
    "holds",
    "members",
    "mirrors",
    "time_records",
    "booklets",
    "hold_outcomes",
    "member_links",
    "offers",
    "cheque_uses",
)

# What only the posting functions write: the application reads it.
POSTED = (
    "account_limits",
    "accounts",
    "clearings",
    "entries",
    "grants",
    "group_legs",
    "hold_outcomes",
    "holds",
    "ledgers",
    "operators",
    "reversals",
    "seal_heads",
    "seals",
    "time_records",
    "transfers",
)
# What they read besides.
CONSULTED = ("fund_rules", "mirrors", "nettings")
FROZEN = (
    "account_limits",
    "bulle_terms",
    "cheque_uses",
    "clearings",
    "entries",
    "fund_rules",
    "grants",
    "group_legs",
    "hold_outcomes",
    "holds",
    "ledger_checks",
    "reversals",
    "seal_heads",
    "transfers",
)
# A seal is written whole but for its signature, which waits for its timestamp.
SEALED = (
    "number",
    "sealed_at",
    "closed_through",
    "snapshot",
    "accounts",
    "entries",
    "root",
    "signature_sha256",
)
# The functions that the application may call; the others are called by these.
ENTRANCES = (
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
)
