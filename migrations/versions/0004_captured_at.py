"""Payments by the moment their money was taken: how long it took from then, and what has waited longest."""

import sqlalchemy as sa
from alembic import op

revision = "0004_captured_at"
down_revision = "0003_payments_whole"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_payment_captured_at", "payment", ["captured_at"], postgresql_where=sa.text("captured_at IS NOT NULL")
    )


def downgrade() -> None:
    op.drop_index("ix_payment_captured_at", table_name="payment")
