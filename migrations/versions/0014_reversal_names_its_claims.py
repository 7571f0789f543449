"""What was taken back of a posting says of which claims, and what the ledger had rejected is taken back, too."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014_reversal_names_its_claims"
down_revision = "0013_line_names_its_claim"
branch_labels = None
depends_on = None

# Until now one refund took from one posting at most of each account: its parts on that account are what was taken.
SHARES = """
    UPDATE ledger_reversal SET shares = (
      SELECT coalesce(jsonb_agg(jsonb_build_object('claim_id', part -> 'claim_id', 'amount_ore', part -> 'amount_ore')
          ORDER BY place), '[]')
      FROM refund JOIN ledger_posting ON ledger_posting.id = ledger_reversal.posting_id,
        jsonb_array_elements(refund.shares) WITH ORDINALITY AS parts (part, place)
      WHERE refund.id = ledger_reversal.refund_id AND part ->> 'account' = ledger_posting.account)"""
# What was rejected and has gone back without a word to the ledger: a message that was kept and has no reversal.
UNPOSTED = """
    INSERT INTO ledger_reversal (id, posting_id, payment_id, refund_id, municipality_code, amount_ore, shares, state,
      answered_at)
    SELECT m.id, p.id, p.payment_id, m.subject_id, m.municipality_code, (m.payload ->> 'amount_ore')::bigint,
      m.payload -> 'shares', 'unposted', m.done_at
    FROM outbox_message m JOIN refund r ON r.id = m.subject_id
      JOIN ledger_posting p ON p.payment_id = r.payment_id AND p.account = m.payload ->> 'account'
        AND p.state = 'rejected'
    WHERE m.kind = 'ledger.reverse' AND m.state = 'done'
      AND NOT EXISTS (SELECT FROM ledger_reversal known WHERE known.id = m.id)
      AND EXISTS (SELECT FROM jsonb_array_elements(r.shares) AS part
        WHERE part ->> 'account' = p.account AND part ->> 'recall' = 'given')
    ON CONFLICT (id) DO NOTHING"""


def upgrade() -> None:
    op.add_column(
        "ledger_reversal",
        sa.Column("shares", postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default="[]"),
    )
    op.alter_column("ledger_reversal", "shares", server_default=None)
    op.execute(SHARES)
    op.execute("ALTER TABLE ledger_reversal DROP CONSTRAINT ck_ledger_reversal_state")
    op.create_check_constraint("state", "ledger_reversal", "state IN ('accepted', 'rejected', 'unposted')")
    op.execute(UNPOSTED)


def downgrade() -> None:
    op.execute("DELETE FROM ledger_reversal WHERE state = 'unposted'")
    op.execute("ALTER TABLE ledger_reversal DROP CONSTRAINT ck_ledger_reversal_state")
    op.create_check_constraint("state", "ledger_reversal", "state IN ('accepted', 'rejected')")
    op.drop_column("ledger_reversal", "shares")
