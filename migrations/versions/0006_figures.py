"""Payments that ended without money by the day they ended, for the figures of the desk."""

import sqlalchemy as sa
from alembic import op

revision = "0006_figures"
down_revision = "0005_told_by_the_ledger"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_payment_ended_at",
        "payment",
        ["state_at"],
        unique=False,
        postgresql_where=sa.text("captured_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_payment_ended_at", table_name="payment", postgresql_where=sa.text("captured_at IS NULL"))
