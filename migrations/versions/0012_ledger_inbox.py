"""The inbox of what comes back from the ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0012_ledger_inbox"
down_revision = "0011_registered_in_ledger"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'handled', 'parked')", name=op.f("ck_ledger_message_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_message")),
    )
    op.create_index("uq_ledger_message_key", "ledger_message", ["door", "key"], unique=True)
    op.create_index(
        "ix_ledger_message_parked",
        "ledger_message",
        ["municipality_code", "received_at"],
        unique=False,
        postgresql_where=sa.text("state = 'parked'"),
    )
    op.create_index(
        "ix_ledger_message_kept",
        "ledger_message",
        ["state_at"],
        unique=False,
        postgresql_where=sa.text("state = 'handled' AND sealed IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("ledger_message")
