"""Roads that may be silent, so that what goes them is probed and not hammered."""

import sqlalchemy as sa
from alembic import op

revision = "0007_outbox_roads"
down_revision = "0006_figures"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outbox_road",
        sa.Column("wire", sa.Text(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("silent_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("rests", sa.Integer(), nullable=False),
        sa.Column("rests_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("probe_id", sa.Uuid(), nullable=True),
        sa.Column("heard_again_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("silent_since is null or rests_until is not null", name=op.f("ck_outbox_road_silent_rests")),
        sa.PrimaryKeyConstraint("wire", "municipality_code", name=op.f("pk_outbox_road")),
    )


def downgrade() -> None:
    op.drop_table("outbox_road")
