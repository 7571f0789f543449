"""Lists of work for people: by municipality, oldest first, bounded."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from app.foundation.db import Sessions
from app.tasks import queries, register

pytestmark = pytest.mark.database
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def test_open_tasks_oldest_first_of_one_or_all_municipalities(sessions: Sessions) -> None:
    with sessions.begin() as session:
        ids = [
            register.open_task(
                session,
                key=f"refund/{number}",
                kind="refund",
                subject_kind="payment",
                subject_id=uuid.uuid4(),
                municipality_code=code,
                reason="Betalt to gange",
                next_step="Betal tilbage",
                facts={},
                now=NOW - timedelta(hours=number),
            )
            for number, code in enumerate(("0101", "0999", "0101", "0101"))
        ]
        register.close_task(session, task_id=ids[3], reason="Refunderet", by=None, now=NOW)
        assert [task.id for task in queries.open_tasks(session, limit=10)] == [ids[2], ids[1], ids[0]]
        assert [task.id for task in queries.open_tasks(session, limit=1)] == [ids[2]]
        mine = queries.open_tasks(session, municipality_code="0101", limit=10)
        assert [task.id for task in mine] == [ids[2], ids[0]]
