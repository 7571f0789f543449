"""A task about a message closes by itself when the message is delivered, and not before."""

import uuid

import pytest

from app.foundation.db import Sessions
from app.outbox import queue
from app.outbox.models import OutboxMessage
from app.tasks.healed import close_delivered
from app.tasks.models import Task
from app.tasks.register import open_task
from tests.demo import NOW

pytestmark = pytest.mark.database


@pytest.mark.parametrize(("state", "closes"), [("due", False), ("dead", False), ("done", True), ("forgotten", True)])
def test_a_task_closes_when_its_message_is_delivered(sessions: Sessions, state: str, closes: bool) -> None:
    message_id = uuid.uuid4()
    with sessions.begin() as session:
        if state != "forgotten":
            queue.put(
                session, kind="letter", subject_id=uuid.uuid4(), municipality_code="0991", lane="a", payload={},
                now=NOW, message_id=message_id,
            )  # fmt: skip
            session.get_one(OutboxMessage, message_id).state = state
        task_id = open_task(
            session, key=f"outbox/{message_id}", kind="message_dead", subject_kind="outbox_message",
            subject_id=message_id, municipality_code="0991", reason="r", next_step="n", facts={}, now=NOW,
        )  # fmt: skip
    with sessions.begin() as session:
        assert close_delivered(session, now=NOW) == int(closes)
        assert (session.get_one(Task, task_id).closed_at is not None) is closes


def test_other_tasks_stay_open(sessions: Sessions) -> None:
    with sessions.begin() as session:
        open_task(
            session, key="k", kind="refund", subject_kind="payment", subject_id=uuid.uuid4(), municipality_code="0991",
            reason="r", next_step="n", facts={}, now=NOW,
        )  # fmt: skip
        assert close_delivered(session, now=NOW) == 0
