"""A payment's line keeps what the ledger called its claim, so that a posting that is sent again says the same."""

import sqlalchemy as sa
from alembic import op

revision = "0013_line_names_its_claim"
down_revision = "0012_ledger_inbox"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("payment_line", sa.Column("ledger_claim_id", sa.Text(), nullable=True))
    op.execute(
        "UPDATE payment_line SET ledger_claim_id = claim.ledger_claim_id "
        "FROM claim WHERE claim.id = payment_line.claim_id"
    )


def downgrade() -> None:
    op.drop_column("payment_line", "ledger_claim_id")
