"""What the ledger tells of by itself: coverages, write-offs, and accounts closed to payment."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005_told_by_the_ledger"
down_revision = "0004_captured_at"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger_coverage",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("ledger_claim_id", sa.Text(), nullable=True),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("reduces", sa.Uuid(), nullable=True),
        sa.Column("amount_ore", sa.BigInteger(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('coverage', 'coverage_reduced', 'write_off', 'write_off_reduced')",
            name=op.f("ck_ledger_coverage_kind"),
        ),
        sa.CheckConstraint("state IN ('waiting', 'own', 'applied')", name=op.f("ck_ledger_coverage_state")),
        sa.CheckConstraint("amount_ore > 0", name=op.f("ck_ledger_coverage_amount")),
        sa.CheckConstraint("(state = 'applied') = (claim_id IS NOT NULL)", name=op.f("ck_ledger_coverage_applied")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_ledger_coverage_claim_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_coverage")),
    )
    op.create_index("ix_ledger_coverage_claim_id", "ledger_coverage", ["claim_id"], unique=False)
    op.create_index("ix_ledger_coverage_payment_id", "ledger_coverage", ["payment_id"], unique=False)
    op.create_index("ix_ledger_coverage_reduces", "ledger_coverage", ["reduces"], unique=False)
    op.create_index(
        "ix_ledger_coverage_waiting",
        "ledger_coverage",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "debtor_account",
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("is_closed", sa.Boolean(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("municipality_code", "account", name=op.f("pk_debtor_account")),
    )
    op.add_column("claim", sa.Column("stated_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "claim",
        sa.Column("unlisted", postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default="[]"),
    )
    op.alter_column("claim", "unlisted", server_default=None)
    op.add_column("claim", sa.Column("let_off_ore", sa.BigInteger(), nullable=False, server_default="0"))
    op.alter_column("claim", "let_off_ore", server_default=None)
    op.add_column("claim", sa.Column("let_off_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("claim", sa.Column("let_off_why", sa.Text(), nullable=True))
    op.create_index("ix_claim_ledger_claim_id", "claim", ["ledger_claim_id"], unique=False)
    op.create_index("ix_claim_debtor_account", "claim", ["debtor_account"], unique=False)
    op.alter_column("write_back", "payment_id", nullable=True)
    op.create_index("ix_write_back_claim_id", "write_back", ["claim_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_write_back_claim_id", table_name="write_back")
    # What was settled without us has no payment that the older shape could name.
    op.execute("DELETE FROM write_back WHERE payment_id IS NULL")
    op.alter_column("write_back", "payment_id", nullable=False)
    op.drop_index("ix_claim_debtor_account", table_name="claim")
    op.drop_index("ix_claim_ledger_claim_id", table_name="claim")
    for column in ("let_off_why", "let_off_at", "let_off_ore", "unlisted", "stated_at"):
        op.drop_column("claim", column)
    op.drop_table("debtor_account")
    op.drop_index(
        "ix_ledger_coverage_waiting",
        table_name="ledger_coverage",
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.drop_index("ix_ledger_coverage_reduces", table_name="ledger_coverage")
    op.drop_index("ix_ledger_coverage_payment_id", table_name="ledger_coverage")
    op.drop_index("ix_ledger_coverage_claim_id", table_name="ledger_coverage")
    op.drop_table("ledger_coverage")
