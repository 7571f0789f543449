"""Reconciliation: a row a day, the lines of the outside's statements, parked lines, and the ways to a day's bookings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008_reconciliation"
down_revision = "0007_outbox_roads"
branch_labels = None
depends_on = None

AMOUNTS = ("provider", "journal", "accepted", "ledger", "told", "known")
# Rows of these come in the order of their moments: a BRIN index finds a day, and costs whoever writes next to nothing.
BY_TIME = (("journal_entry", "at"), ("ledger_posting", "answered_at"), ("write_back", "created_at"))


def upgrade() -> None:
    op.create_table(
        "reconciliation_day",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(f"{name}_ore", sa.BigInteger(), nullable=False) for name in (*AMOUNTS, "fee")),
        *(sa.Column(f"{name}_count", sa.Integer(), nullable=False) for name in AMOUNTS),
        sa.Column("differences", sa.Integer(), nullable=False),
        sa.Column("parked", sa.Integer(), nullable=False),
        sa.Column("silent", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("ledger_by", sa.Text(), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation_day")),
    )
    op.create_index("uq_reconciliation_day", "reconciliation_day", ["municipality_code", "day"], unique=True)
    op.create_table(
        "statement_line",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("road", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("payment_reference", sa.Text(), nullable=True),
        sa.Column("matter", sa.Uuid(), nullable=True),
        sa.Column("amount_ore", sa.BigInteger(), nullable=False),
        sa.Column("less_ore", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("side IN ('provider', 'ledger')", name=op.f("ck_statement_line_side")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_line")),
        prefixes=["UNLOGGED"],
    )
    op.create_index("ix_statement_line_day", "statement_line", ["municipality_code", "day", "side"])
    op.create_index(
        "ix_statement_line_matter", "statement_line", ["matter"], postgresql_where=sa.text("matter IS NOT NULL")
    )
    op.create_table(
        "parked_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parked_line")),
    )
    op.create_index("ix_parked_line_municipality_code", "parked_line", ["municipality_code", "origin", "name"])
    for table, column in BY_TIME:
        op.create_index(f"ix_{table}_{column}", table, [column], postgresql_using="brin")
    op.create_index("ix_task_key", "task", ["key"], postgresql_ops={"key": "text_pattern_ops"})


def downgrade() -> None:
    op.drop_index("ix_task_key", table_name="task")
    for table, column in BY_TIME:
        op.drop_index(f"ix_{table}_{column}", table_name=table)
    op.drop_index("ix_parked_line_municipality_code", table_name="parked_line")
    op.drop_table("parked_line")
    op.drop_index("ix_statement_line_matter", table_name="statement_line")
    op.drop_index("ix_statement_line_day", table_name="statement_line")
    op.drop_table("statement_line")
    op.drop_index("uq_reconciliation_day", table_name="reconciliation_day")
    op.drop_table("reconciliation_day")
