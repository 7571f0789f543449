"""Claims that are registered in the ledger from here, before their payments are posted."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011_registered_in_ledger"
down_revision = "0010_collections_desk"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger_registration",
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("municipality_code", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("ledger_claim_id", sa.Text(), nullable=False),
        sa.Column("sortiment", sa.Uuid(), nullable=False),
        sa.Column("origin_system", sa.Uuid(), nullable=False),
        sa.Column("origin_ref", sa.Text(), nullable=False),
        sa.Column("amount_ore", sa.BigInteger(), nullable=False),
        sa.Column("founded_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("text_lines", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('asked', 'accepted', 'rejected')", name=op.f("ck_ledger_registration_state")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_ledger_registration_claim_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_ledger_registration_person_id")),
        sa.PrimaryKeyConstraint("claim_id", name=op.f("pk_ledger_registration")),
    )


def downgrade() -> None:
    op.drop_table("ledger_registration")
