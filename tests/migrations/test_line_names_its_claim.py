"""Lines of payments made before say what the ledger called their claims, as far as that is known today."""

import pytest
from sqlalchemy import text

from tests.migrations.before import PAID, migrated

pytestmark = pytest.mark.database


def test_a_line_gets_the_name_of_its_claim(worker_id: str) -> None:
    with migrated(worker_id, ending="line_names_its_claim", rows=PAID) as connection:
        assert connection.execute(text("SELECT ledger_claim_id FROM payment_line")).scalars().all() == ["L-d1"]
