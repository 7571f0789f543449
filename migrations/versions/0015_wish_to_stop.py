"""A payment keeps that its payer asked to stop it."""

import sqlalchemy as sa
from alembic import op

revision = "0015_wish_to_stop"
down_revision = "0014_reversal_names_its_claims"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("payment", sa.Column("stop_asked_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("payment", "stop_asked_at")
