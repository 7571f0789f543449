"""What was taken back before says of which claims, and what had been rejected is known to have been taken back."""

import pytest
from sqlalchemy import text

from tests.migrations.before import PAID, migrated

pytestmark = pytest.mark.database
ASKED, UNASKED = "00000000-0000-7000-8000-0000000000e1", "00000000-0000-7000-8000-0000000000e2"
ROWS = (
    *PAID,
    """INSERT INTO ledger_posting (id, payment_id, municipality_code, account, amount_ore, state, answered_at, shares)
    VALUES ('00000000-0000-7000-8000-000000000001', :payment, '0991', 'a', 5, 'accepted', now(), '[]'),
        ('00000000-0000-7000-8000-000000000002', :payment, '0991', 'b', 5, 'rejected', now(), '[]')""",
    """INSERT INTO refund (id, payment_id, municipality_code, origin, amount_ore, shares, reason, state, state_at,
        asked_at, recalls_left, provider_key)
    VALUES (:claim, :payment, '0991', 'desk', 8, jsonb_build_array(
        jsonb_build_object('claim_id', 'one', 'amount_ore', 3, 'recall', 'given', 'account', 'a'),
        jsonb_build_object('claim_id', 'two', 'amount_ore', 5, 'recall', 'given', 'account', 'b')),
        'r', 'sending', now(), now(), 0, 'k')""",
    """INSERT INTO ledger_reversal (id, posting_id, payment_id, refund_id, municipality_code, amount_ore, state,
        answered_at)
    VALUES ('00000000-0000-7000-8000-0000000000e1', '00000000-0000-7000-8000-000000000001', :payment, :claim, '0991',
        3, 'accepted', now())""",
    """INSERT INTO outbox_message (id, kind, subject_id, municipality_code, lane, payload, state, attempts, due_at,
        patient_from, created_at, done_at)
    SELECT said.id::uuid, 'ledger.reverse', :claim, '0991', 'l', jsonb_build_object('account', said.account,
        'amount_ore', said.ore, 'shares', jsonb_build_array(jsonb_build_object('claim_id', said.claim,
        'amount_ore', said.ore))), 'done', 1, now(), now(), now(), now()
    FROM (VALUES ('00000000-0000-7000-8000-0000000000e1', 'a', 3, 'one'),
        ('00000000-0000-7000-8000-0000000000e2', 'b', 5, 'two')) AS said (id, account, ore, claim)""",
)


def test_reversals_get_the_shares_of_their_refund_and_unasked_ones_a_row(worker_id: str) -> None:
    with migrated(worker_id, ending="reversal_names_its_claims", rows=ROWS) as connection:
        found = connection.execute(text("SELECT id, state, amount_ore, shares FROM ledger_reversal ORDER BY id")).all()
    assert [(str(row.id), row.state, row.amount_ore, row.shares) for row in found] == [
        (ASKED, "accepted", 3, [{"claim_id": "one", "amount_ore": 3}]),
        (UNASKED, "unposted", 5, [{"claim_id": "two", "amount_ore": 5}]),
    ]
