"""A database as it stood before a revision, with a payment in it, and the revision put on."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

from app import embedded
from app.foundation import schema
from tests.conftest import new_database

CLAIM, PAYMENT = "00000000-0000-7000-8000-00000000000c", "00000000-0000-7000-8000-00000000000d"
PAID = (
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


@contextmanager
def migrated(worker_id: str, *, ending: str, rows: Sequence[str]) -> Iterator[Connection]:
    """The rows, written before the revision whose name has this ending, and what it has made of them."""
    revisions = [script.revision for script in ScriptDirectory(str(schema.MIGRATIONS)).walk_revisions()][::-1]
    (this,) = (revision for revision in revisions if revision.endswith(ending))
    fresh = new_database(f"bdk_migrations_{worker_id}")
    schema.upgrade(fresh.owner_url, app_role=embedded.APP, revision=revisions[revisions.index(this) - 1])
    engine = create_engine(schema.sqlalchemy_url(fresh.owner_url))
    with engine.begin() as connection:
        for row in rows:
            named = {"claim": CLAIM, "payment": PAYMENT}
            connection.execute(text(row), {name: one for name, one in named.items() if f":{name}" in row})
    schema.upgrade(fresh.owner_url, app_role=embedded.APP, revision=this)
    with engine.connect() as connection:
        yield connection
    engine.dispose()
