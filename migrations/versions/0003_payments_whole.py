"""Everything that can happen to a citizen's money: refunds, disputes, payouts, codes and slips."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003_payments_whole"
down_revision = "0002_laws_of_the_rows"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE SEQUENCE slip_number")
    op.create_table(
        "payout",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("amount_ore", sa.BigInteger(), nullable=False),
        sa.Column("difference_ore", sa.BigInteger(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout")),
    )
    op.create_index("uq_payout_reference", "payout", ["provider", "reference"], unique=True)
    op.create_table(
        "pay_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=True),
        sa.Column("claim_ids", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(kind = 'desk') = (expires_at IS NOT NULL)", name=op.f("ck_pay_code_expiry")),
        sa.CheckConstraint("kind IN ('claim', 'desk')", name=op.f("ck_pay_code_kind")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_pay_code_claim_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_pay_code_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_code")),
        sa.UniqueConstraint("code", name=op.f("uq_pay_code_code")),
    )
    op.create_index(
        "uq_pay_code_claim", "pay_code", ["claim_id"], unique=True, postgresql_where=sa.text("kind = 'claim'")
    )
    op.create_table(
        "payment_slip",
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_payment_slip_claim_id")),
        sa.PrimaryKeyConstraint("claim_id", name=op.f("pk_payment_slip")),
        sa.UniqueConstraint("number", name=op.f("uq_payment_slip_number")),
    )
    op.create_table(
        "payout_movement",
        sa.Column("payout_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("gross_ore", sa.BigInteger(), nullable=False),
        sa.Column("fee_ore", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_payout_movement_payment_id")),
        sa.ForeignKeyConstraint(["payout_id"], ["payout.id"], name=op.f("fk_payout_movement_payout_id")),
        sa.PrimaryKeyConstraint("payout_id", "line_no", name=op.f("pk_payout_movement")),
    )
    op.create_index("ix_payout_movement_payment_id", "payout_movement", ["payment_id"], unique=False)
    op.create_table(
        "refund",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("amount_ore", sa.BigInteger(), nullable=False),
        sa.Column("shares", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recalls_left", sa.Integer(), nullable=False),
        sa.Column("provider_key", sa.Text(), nullable=False),
        sa.Column("provider_reference", sa.Text(), nullable=True),
        sa.Column("failure_code", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "decided_by IS NULL OR state = 'asked' OR decided_at IS NOT NULL", name=op.f("ck_refund_decided")
        ),
        sa.CheckConstraint("origin IN ('desk', 'provider', 'dispute')", name=op.f("ck_refund_origin")),
        sa.CheckConstraint(
            "state IN ('asked', 'approved', 'sending', 'pending', 'succeeded', 'failed', 'stopped')",
            name=op.f("ck_refund_state"),
        ),
        sa.CheckConstraint("amount_ore > 0", name=op.f("ck_refund_amount")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_refund_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund")),
    )
    op.create_index(
        "ix_refund_open",
        "refund",
        ["municipality_code", "asked_at"],
        unique=False,
        postgresql_where=sa.text("state <> 'succeeded'"),
    )
    op.create_index("ix_refund_payment_id", "refund", ["payment_id"], unique=False)
    op.create_index("uq_refund_provider_reference", "refund", ["payment_id", "provider_reference"], unique=True)
    op.create_table(
        "dispute",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("provider_reference", sa.Text(), nullable=False),
        sa.Column("amount_ore", sa.BigInteger(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("standing_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refund_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("standing IN ('inquiry', 'open', 'won', 'lost')", name=op.f("ck_dispute_standing")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_dispute_payment_id")),
        sa.ForeignKeyConstraint(["refund_id"], ["refund.id"], name=op.f("fk_dispute_refund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
    )
    op.create_index("uq_dispute_provider_reference", "dispute", ["payment_id", "provider_reference"], unique=True)
    op.create_table(
        "ledger_reversal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("posting_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("refund_id", sa.Uuid(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("amount_ore", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('accepted', 'rejected')", name=op.f("ck_ledger_reversal_state")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_ledger_reversal_payment_id")),
        sa.ForeignKeyConstraint(["posting_id"], ["ledger_posting.id"], name=op.f("fk_ledger_reversal_posting_id")),
        sa.ForeignKeyConstraint(["refund_id"], ["refund.id"], name=op.f("fk_ledger_reversal_refund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_reversal")),
    )
    op.create_index("ix_ledger_reversal_payment_id", "ledger_reversal", ["payment_id"], unique=False)
    op.add_column("payment", sa.Column("code_id", sa.Uuid(), nullable=True))
    op.add_column("payment", sa.Column("refunded_ore", sa.BigInteger(), nullable=False, server_default="0"))
    op.alter_column("payment", "refunded_ore", server_default=None)
    op.add_column("payment", sa.Column("disputed_ore", sa.BigInteger(), nullable=False, server_default="0"))
    op.alter_column("payment", "disputed_ore", server_default=None)
    op.add_column("payment", sa.Column("receipt_email", sa.Text(), nullable=True))
    op.add_column("payment", sa.Column("receipt_language", sa.Text(), nullable=True))
    op.create_index(
        "ix_audit_entry_staff",
        "audit_entry",
        ["actor", "at"],
        unique=False,
        postgresql_where=sa.text("actor_kind = 'staff'"),
    )
    op.create_index("ix_payment_charge_reference", "payment", ["provider", "charge_reference"], unique=False)
    op.create_foreign_key(op.f("fk_payment_code_id"), "payment", "pay_code", ["code_id"], ["id"])
    op.add_column("payment_line", sa.Column("returned_ore", sa.BigInteger(), nullable=False, server_default="0"))
    op.alter_column("payment_line", "returned_ore", server_default=None)
    op.add_column("claim", sa.Column("reflected_ore", sa.BigInteger(), nullable=False, server_default="0"))
    op.alter_column("claim", "reflected_ore", server_default=None)
    op.execute("UPDATE claim SET reflected_ore = covered_ore WHERE reflected_at IS NOT NULL")
    op.add_column("review", sa.Column("code_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_review_code_id"), "review", "pay_code", ["code_id"], ["id"])

    op.create_check_constraint(
        op.f("ck_payment_money_back"), "payment", "refunded_ore BETWEEN 0 AND captured_ore AND disputed_ore >= 0"
    )
    op.drop_constraint(op.f("ck_write_back_state"), "write_back")
    op.create_check_constraint(
        op.f("ck_write_back_state"), "write_back", "state IN ('waiting', 'told', 'known', 'refused', 'withdrawn')"
    )
    op.create_index(
        "ix_outbox_message_done_at",
        "outbox_message",
        ["done_at"],
        unique=False,
        postgresql_where=sa.text("state = 'done'"),
    )
    op.execute(
        """
        CREATE FUNCTION check_entry_has_lines() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT EXISTS (SELECT FROM journal_line WHERE entry_id = NEW.id) THEN
                RAISE EXCEPTION 'journal entry % has no lines', NEW.id USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE CONSTRAINT TRIGGER has_lines AFTER INSERT ON journal_entry "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_entry_has_lines()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER has_lines ON journal_entry")
    op.execute("DROP FUNCTION check_entry_has_lines()")
    op.drop_index("ix_outbox_message_done_at", table_name="outbox_message", postgresql_where=sa.text("state = 'done'"))
    op.drop_constraint(op.f("ck_write_back_state"), "write_back")
    op.execute("UPDATE write_back SET state = 'refused' WHERE state = 'withdrawn'")
    op.create_check_constraint(
        op.f("ck_write_back_state"), "write_back", "state IN ('waiting', 'told', 'known', 'refused')"
    )
    op.drop_constraint(op.f("ck_payment_money_back"), "payment")

    op.drop_constraint(op.f("fk_review_code_id"), "review", type_="foreignkey")
    op.drop_column("review", "code_id")
    op.drop_column("claim", "reflected_ore")
    op.drop_column("payment_line", "returned_ore")
    op.drop_constraint(op.f("fk_payment_code_id"), "payment", type_="foreignkey")
    op.drop_index("ix_payment_charge_reference", table_name="payment")
    op.drop_column("payment", "receipt_language")
    op.drop_index("ix_audit_entry_staff", table_name="audit_entry")
    op.drop_column("payment", "receipt_email")
    op.drop_column("payment", "disputed_ore")
    op.drop_column("payment", "refunded_ore")
    op.drop_column("payment", "code_id")
    op.drop_index("ix_ledger_reversal_payment_id", table_name="ledger_reversal")
    op.drop_table("ledger_reversal")
    op.drop_index("uq_dispute_provider_reference", table_name="dispute")
    op.drop_table("dispute")
    op.drop_index("uq_refund_provider_reference", table_name="refund")
    op.drop_index("ix_refund_payment_id", table_name="refund")
    op.drop_index("ix_refund_open", table_name="refund", postgresql_where=sa.text("state <> 'succeeded'"))
    op.drop_table("refund")
    op.drop_index("ix_payout_movement_payment_id", table_name="payout_movement")
    op.drop_table("payout_movement")
    op.drop_table("payment_slip")
    op.drop_index("uq_pay_code_claim", table_name="pay_code", postgresql_where=sa.text("kind = 'claim'"))
    op.drop_table("pay_code")
    op.drop_index("uq_payout_reference", table_name="payout")
    op.drop_table("payout")
    op.execute("DROP SEQUENCE slip_number")
