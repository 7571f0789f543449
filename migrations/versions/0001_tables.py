"""The first tables of every room."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001_tables"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE SEQUENCE receipt_number")
    op.create_table(
        "claim",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("origin_system", sa.Text(), nullable=False),
        sa.Column("origin_ref", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("claim_type", sa.Text(), nullable=False),
        sa.Column("principal_ore", sa.BigInteger(), nullable=False),
        sa.Column("outstanding_ore", sa.BigInteger(), nullable=False),
        sa.Column("covered_ore", sa.BigInteger(), nullable=False),
        sa.Column("debtor_account", sa.Text(), nullable=True),
        sa.Column("ledger_claim_id", sa.Text(), nullable=True),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("founded_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("period_from", sa.Date(), nullable=True),
        sa.Column("period_to", sa.Date(), nullable=True),
        sa.Column("reminded_on", sa.Date(), nullable=True),
        sa.Column("drawn_on", sa.Date(), nullable=True),
        sa.Column("agency_on", sa.Date(), nullable=True),
        sa.Column("instalments", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("covered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reflected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("holder IN ('source', 'ledger', 'agency')", name=op.f("ck_claim_holder")),
        sa.CheckConstraint("(closed_at IS NULL) = (closed_reason IS NULL)", name=op.f("ck_claim_closed")),
        sa.CheckConstraint("outstanding_ore >= 0 AND covered_ore >= 0", name=op.f("ck_claim_amounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
        sa.UniqueConstraint(
            "municipality_code",
            "origin_system",
            "origin_ref",
            name=op.f("uq_claim_municipality_code_origin_system_origin_ref"),
        ),
    )
    op.create_table(
        "municipality",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_municipality")),
    )
    op.create_table(
        "outbox_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("patient_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_by", sa.BigInteger(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('due', 'done', 'dead')", name=op.f("ck_outbox_message_state")),
        sa.CheckConstraint("taken_by is null or state = 'due'", name=op.f("ck_outbox_message_taken_is_due")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_message")),
    )
    op.create_index(
        "ix_outbox_message_dead", "outbox_message", ["position"], unique=False, postgresql_where="state = 'dead'"
    )
    op.create_index(
        "ix_outbox_message_due", "outbox_message", ["due_at"], unique=False, postgresql_where="state = 'due'"
    )
    op.create_index(
        "ix_outbox_message_lane",
        "outbox_message",
        ["lane", "position"],
        unique=False,
        postgresql_where="state <> 'done'",
    )
    op.create_index("ix_outbox_message_subject_id", "outbox_message", ["subject_id"], unique=False)
    op.create_index(
        "uq_outbox_message_lane_taken", "outbox_message", ["lane"], unique=True, postgresql_where="taken_by is not null"
    )
    op.create_table(
        "periodic_task",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("every_seconds", sa.Integer(), nullable=False),
        sa.Column("known_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_result", sa.Text(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("taken_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("every_seconds > 0", name=op.f("ck_periodic_task_every_seconds")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_periodic_task")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cpr_digest", sa.LargeBinary(), nullable=False),
        sa.Column("cpr_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("cpr_digest", name=op.f("uq_person_cpr_digest")),
    )
    op.create_table(
        "provider_cursor",
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("read_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("municipality_code", "provider", name=op.f("pk_provider_cursor")),
    )
    op.create_table(
        "provider_notice",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("provider", "event_id", name=op.f("pk_provider_notice")),
    )
    op.create_table(
        "rate_limit",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_limit")),
        prefixes=["UNLOGGED"],
    )
    op.create_table(
        "seen_logout_token",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "jti", name=op.f("pk_seen_logout_token")),
    )
    op.create_table(
        "task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("next_step", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("(closed_at is null) = (closed_reason is null)", name=op.f("ck_task_closed_with_reason")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index(
        "ix_task_open", "task", ["municipality_code", "created_at"], unique=False, postgresql_where="closed_at is null"
    )
    op.create_index("ix_task_subject", "task", ["subject_kind", "subject_id"], unique=False)
    op.create_index("uq_task_key_open", "task", ["key"], unique=True, postgresql_where="closed_at is null")
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=True),
        sa.Column("from_address", sa.Text(), nullable=True),
        sa.Column("municipality_code", sa.Text(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "actor_kind in ('anonymous', 'citizen', 'staff', 'system')", name=op.f("ck_audit_entry_actor_kind")
        ),
        sa.CheckConstraint("outcome in ('done', 'refused', 'failed')", name=op.f("ck_audit_entry_outcome")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_audit_entry_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index(
        op.f("ix_audit_entry_municipality_code_at"), "audit_entry", ["municipality_code", "at"], unique=False
    )
    op.create_index(
        op.f("ix_audit_entry_person_id_at"),
        "audit_entry",
        ["person_id", "at"],
        unique=False,
        postgresql_where=sa.text("person_id is not null"),
    )
    op.create_table(
        "claim_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_claim_event_claim_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_event")),
    )
    op.create_index("ix_claim_event_claim_id", "claim_event", ["claim_id"], unique=False)
    op.create_table(
        "claim_liability",
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_claim_liability_claim_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_claim_liability_person_id")),
        sa.PrimaryKeyConstraint("claim_id", "person_id", name=op.f("pk_claim_liability")),
    )
    op.create_index("ix_claim_liability_person_id", "claim_liability", ["person_id"], unique=False)
    op.create_table(
        "claim_sighting",
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("seen", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_claim_sighting_claim_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_claim_sighting_person_id")),
        sa.PrimaryKeyConstraint("claim_id", "source", "person_id", name=op.f("pk_claim_sighting")),
    )
    op.create_index(
        "ix_claim_sighting_person_id", "claim_sighting", ["person_id", "municipality_code", "source"], unique=False
    )
    op.create_table(
        "login_session",
        sa.Column("id_digest", sa.LargeBinary(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("staff", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("municipality_code", sa.Text(), nullable=True),
        sa.Column("issuer", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("provider_sid", sa.Text(), nullable=True),
        sa.Column("id_token_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(kind = 'citizen') = (person_id is not null)", name=op.f("ck_login_session_citizen_is_person")
        ),
        sa.CheckConstraint("(kind = 'staff') = (staff is not null)", name=op.f("ck_login_session_staff_is_named")),
        sa.CheckConstraint(
            "kind <> 'staff' or municipality_code is not null", name=op.f("ck_login_session_staff_has_municipality")
        ),
        sa.CheckConstraint("kind in ('anonymous', 'citizen', 'staff')", name=op.f("ck_login_session_kind")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_login_session_person_id")),
        sa.PrimaryKeyConstraint("id_digest", name=op.f("pk_login_session")),
    )
    op.create_index(op.f("ix_login_session_expires_at"), "login_session", ["expires_at"], unique=False)
    op.create_index(
        op.f("ix_login_session_issuer_provider_sid"),
        "login_session",
        ["issuer", "provider_sid"],
        unique=False,
        postgresql_where=sa.text("kind <> 'anonymous'"),
    )
    op.create_index(
        op.f("ix_login_session_issuer_subject"),
        "login_session",
        ["issuer", "subject"],
        unique=False,
        postgresql_where=sa.text("kind <> 'anonymous'"),
    )
    op.create_table(
        "review",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("lines", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_review_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
    )
    op.create_table(
        "source_hearing",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_source_hearing_person_id")),
        sa.PrimaryKeyConstraint("person_id", "municipality_code", "source", name=op.f("pk_source_hearing")),
    )
    op.create_table(
        "task_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("what in ('opened', 'taken', 'closed')", name=op.f("ck_task_event_what")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_task_event_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_event")),
    )
    op.create_index(op.f("ix_task_event_task_id"), "task_event", ["task_id"], unique=False)
    op.create_table(
        "payment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("receipt_number", sa.Text(), nullable=True),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("payer_id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("amount_ore", sa.BigInteger(), nullable=False),
        sa.Column("captured_ore", sa.BigInteger(), nullable=False),
        sa.Column("overpaid_ore", sa.BigInteger(), nullable=False),
        sa.Column("provider_call", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("provider_key", sa.Text(), nullable=False),
        sa.Column("provider_reference", sa.Text(), nullable=True),
        sa.Column("redirect_url", sa.Text(), nullable=True),
        sa.Column("charge_reference", sa.Text(), nullable=True),
        sa.Column("method_detail", sa.Text(), nullable=True),
        sa.Column("failure_code", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("captured_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('created', 'awaiting', 'unknown', 'authorised', 'paid', 'part_refunded', 'refunded', 'disputed', 'declined', 'cancelled', 'expired', 'failed')",
            name=op.f("ck_payment_state"),
        ),
        sa.CheckConstraint("amount_ore > 0", name=op.f("ck_payment_amount")),
        sa.ForeignKeyConstraint(["payer_id"], ["person.id"], name=op.f("fk_payment_payer_id")),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name=op.f("fk_payment_review_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("receipt_number", name=op.f("uq_payment_receipt_number")),
        sa.UniqueConstraint("review_id", name=op.f("uq_payment_review_id")),
        sa.UniqueConstraint("token", name=op.f("uq_payment_token")),
    )
    op.create_index("ix_payment_payer_id", "payment", ["payer_id", "created_at"], unique=False)
    op.create_index(
        "ix_payment_unfinished",
        "payment",
        ["checked_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('created', 'awaiting', 'unknown', 'authorised')"),
    )
    op.create_index("uq_payment_provider_reference", "payment", ["provider", "provider_reference"], unique=True)
    op.create_table(
        "journal_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_journal_entry_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_entry")),
        sa.UniqueConstraint("key", name=op.f("uq_journal_entry_key")),
    )
    op.create_index("ix_journal_entry_payment_id", "journal_entry", ["payment_id"], unique=False)
    op.create_table(
        "ledger_posting",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("amount_ore", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("stated_arrears_ore", sa.BigInteger(), nullable=True),
        sa.Column("shares", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("state IN ('accepted', 'rejected')", name=op.f("ck_ledger_posting_state")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_ledger_posting_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_posting")),
    )
    op.create_index("ix_ledger_posting_payment_id", "ledger_posting", ["payment_id"], unique=False)
    op.create_table(
        "payment_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_payment_event_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_event")),
    )
    op.create_index("ix_payment_event_payment_id", "payment_event", ["payment_id"], unique=False)
    op.create_table(
        "payment_line",
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("amount_ore", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("overpaid", sa.Boolean(), nullable=False),
        sa.CheckConstraint("amount_ore > 0", name=op.f("ck_payment_line_amount")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_payment_line_claim_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_payment_line_payment_id")),
        sa.PrimaryKeyConstraint("payment_id", "line_no", name=op.f("pk_payment_line")),
    )
    op.create_index("ix_payment_line_claim_id", "payment_line", ["claim_id"], unique=False)
    op.create_index(
        "uq_payment_line_open_claim", "payment_line", ["claim_id"], unique=True, postgresql_where=sa.text("open")
    )
    op.create_table(
        "write_back",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=True),
        sa.Column("confirmation_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'told', 'known', 'refused')", name=op.f("ck_write_back_state")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_write_back_claim_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_write_back_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_write_back")),
    )
    op.create_index("ix_write_back_payment_id", "write_back", ["payment_id"], unique=False)
    op.create_index("uq_write_back_order_id", "write_back", ["order_id", "claim_id"], unique=True)
    op.create_table(
        "journal_line",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("amount_ore", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.id"], name=op.f("fk_journal_line_entry_id")),
        sa.PrimaryKeyConstraint("entry_id", "line_no", name=op.f("pk_journal_line")),
    )
    op.create_index("ix_journal_line_account", "journal_line", ["account"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_journal_line_account", table_name="journal_line")
    op.drop_table("journal_line")
    op.drop_index("uq_write_back_order_id", table_name="write_back")
    op.drop_index("ix_write_back_payment_id", table_name="write_back")
    op.drop_table("write_back")
    op.drop_index("uq_payment_line_open_claim", table_name="payment_line", postgresql_where=sa.text("open"))
    op.drop_index("ix_payment_line_claim_id", table_name="payment_line")
    op.drop_table("payment_line")
    op.drop_index("ix_payment_event_payment_id", table_name="payment_event")
    op.drop_table("payment_event")
    op.drop_index("ix_ledger_posting_payment_id", table_name="ledger_posting")
    op.drop_table("ledger_posting")
    op.drop_index("ix_journal_entry_payment_id", table_name="journal_entry")
    op.drop_table("journal_entry")
    op.drop_index("uq_payment_provider_reference", table_name="payment")
    op.drop_index(
        "ix_payment_unfinished",
        table_name="payment",
        postgresql_where=sa.text("state IN ('created', 'awaiting', 'unknown', 'authorised')"),
    )
    op.drop_index("ix_payment_payer_id", table_name="payment")
    op.drop_table("payment")
    op.drop_index(op.f("ix_task_event_task_id"), table_name="task_event")
    op.drop_table("task_event")
    op.drop_table("source_hearing")
    op.drop_table("review")
    op.drop_index(
        op.f("ix_login_session_issuer_subject"),
        table_name="login_session",
        postgresql_where=sa.text("kind <> 'anonymous'"),
    )
    op.drop_index(
        op.f("ix_login_session_issuer_provider_sid"),
        table_name="login_session",
        postgresql_where=sa.text("kind <> 'anonymous'"),
    )
    op.drop_index(op.f("ix_login_session_expires_at"), table_name="login_session")
    op.drop_table("login_session")
    op.drop_index("ix_claim_sighting_person_id", table_name="claim_sighting")
    op.drop_table("claim_sighting")
    op.drop_index("ix_claim_liability_person_id", table_name="claim_liability")
    op.drop_table("claim_liability")
    op.drop_index("ix_claim_event_claim_id", table_name="claim_event")
    op.drop_table("claim_event")
    op.drop_index(
        op.f("ix_audit_entry_person_id_at"), table_name="audit_entry", postgresql_where=sa.text("person_id is not null")
    )
    op.drop_index(op.f("ix_audit_entry_municipality_code_at"), table_name="audit_entry")
    op.drop_table("audit_entry")
    op.drop_index("uq_task_key_open", table_name="task", postgresql_where="closed_at is null")
    op.drop_index("ix_task_subject", table_name="task")
    op.drop_index("ix_task_open", table_name="task", postgresql_where="closed_at is null")
    op.drop_table("task")
    op.drop_table("seen_logout_token")
    op.drop_table("rate_limit")
    op.drop_table("provider_notice")
    op.drop_table("provider_cursor")
    op.drop_table("person")
    op.drop_table("periodic_task")
    op.drop_index("uq_outbox_message_lane_taken", table_name="outbox_message", postgresql_where="taken_by is not null")
    op.drop_index("ix_outbox_message_subject_id", table_name="outbox_message")
    op.drop_index("ix_outbox_message_lane", table_name="outbox_message", postgresql_where="state <> 'done'")
    op.drop_index("ix_outbox_message_due", table_name="outbox_message", postgresql_where="state = 'due'")
    op.drop_index("ix_outbox_message_dead", table_name="outbox_message", postgresql_where="state = 'dead'")
    op.drop_table("outbox_message")
    op.drop_table("municipality")
    op.drop_table("claim")
    op.execute("DROP SEQUENCE receipt_number")
