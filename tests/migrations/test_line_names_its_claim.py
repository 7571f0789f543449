"""Lines of payments made before say what the ledger called their claims, as far as that is known today."""

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from app import embedded
from app.foundation import schema
from tests.conftest import new_database

pytestmark = pytest.mark.database

REVISION = "line_names_its_claim"
CLAIM, PAYMENT = "00000000-0000-7000-8000-00000000000c", "00000000-0000-7000-8000-00000000000d"
ROWS = (
    "INSERT INTO person (id, cpr_digest, cpr_sealed, created_at) VALUES (:claim, 'd', 's', now())",
    """INSERT INTO claim (id, municipality_code, origin_system, origin_ref, holder, claim_type, principal_ore,
        outstanding_ore, covered_ore, reflected_ore, ledger_claim_id, shared, instalments, evidence, first_seen_at,
        unlisted, let_off_ore)
    VALUES (:claim, '0991', 'ky', 'd1', 'ledger', 'daycare', 5, 5, 0, 0, 'L-d1', false, '[]', '{}', now(),
        '[]', 0)""",
    """INSERT INTO review (id, person_id, municipality_code, lines, created_at)
    VALUES (:claim, :claim, '0991', '[]', now())""",
    """INSERT INTO payment (id, token, municipality_code, payer_id, review_id, method, provider, state, amount_ore,
        captured_ore, overpaid_ore, refunded_ore, disputed_ore, provider_call, provider_key, created_at, state_at,
        checked_at, checks)
    VALUES (:payment, 't', '0991', :claim, :claim, 'card', 'stripe', 'awaiting', 5, 0, 0, 0, 0, '{}', 'k',
        now(), now(), now(), 0)""",
    """INSERT INTO payment_line (payment_id, line_no, claim_id, municipality_code, amount_ore, account, way, open,
        overpaid, returned_ore)
    VALUES (:payment, 1, :claim, '0991', 5, 'a', 'none', true, false, 0)""",
)


def test_a_line_gets_the_name_of_its_claim(worker_id: str) -> None:
    revisions = [script.revision for script in ScriptDirectory(str(schema.MIGRATIONS)).walk_revisions()][::-1]
    (this,) = (revision for revision in revisions if revision.endswith(REVISION))
    fresh = new_database(f"bdk_migrations_{worker_id}")
    schema.upgrade(fresh.owner_url, app_role=embedded.APP, revision=revisions[revisions.index(this) - 1])
    engine = create_engine(schema.sqlalchemy_url(fresh.owner_url))
    with engine.begin() as connection:
        for row in ROWS:
            named = {"claim": CLAIM, "payment": PAYMENT}
            connection.execute(text(row), {name: one for name, one in named.items() if f":{name}" in row})
    schema.upgrade(fresh.owner_url, app_role=embedded.APP, revision=this)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT ledger_claim_id FROM payment_line")).scalars().all() == ["L-d1"]
    engine.dispose()
