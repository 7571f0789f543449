"""Work for people: one open task a matter, one owner, one end, and a history that nobody changes."""

import threading
import uuid
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.foundation.db import Sessions
from app.tasks import queries, register
from app.tasks.models import Task

pytestmark = pytest.mark.database
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SUBJECT = uuid.uuid4()


def open_one(session: Session, key: str = "dead/1", municipality_code: str = "0999") -> uuid.UUID:
    return register.open_task(
        session,
        key=key,
        kind="dead_message",
        subject_kind="message",
        subject_id=SUBJECT,
        municipality_code=municipality_code,
        reason="Debitorkontoen findes ikke (610190-1234)",
        next_step="Ret kontoen, og prøv igen",
        facts={"amount_ore": 27500},
        now=NOW,
    )


def test_a_matter_has_one_open_task(sessions: Sessions) -> None:
    with sessions.begin() as session:
        first = open_one(session)
    with sessions.begin() as session:
        assert open_one(session) == first
        [task] = queries.open_tasks(session, limit=10)
        assert (task.reason, task.facts, task.owner) == (
            "Debitorkontoen findes ikke ([cpr])",
            {"amount_ore": 27500},
            None,
        )
        assert [event.what for event in queries.events_of(session, task_id=first)] == ["opened"]


def test_twenty_at_once_open_one(sessions: Sessions) -> None:
    opened, start = list[uuid.UUID](), threading.Barrier(20)

    def try_to() -> None:
        start.wait()
        with sessions.begin() as session:
            opened.append(open_one(session))

    threads = [threading.Thread(target=try_to) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert (len(opened), len(set(opened))) == (20, 1)
    with sessions() as session:
        assert len(queries.events_of(session, task_id=opened[0])) == 1


def test_a_closed_matter_may_come_up_again(sessions: Sessions) -> None:
    with sessions.begin() as session:
        first = open_one(session)
        register.close_task(session, task_id=first, reason="Kontoen er rettet", by=None, now=NOW)
        assert queries.open_task_of(session, key="dead/1") is None
        second = open_one(session)
        found = queries.tasks_about(session, subject_kind="message", subject_id=SUBJECT)
        assert sorted(task.id for task in found) == sorted([first, second])
        assert queries.count_open(session) == 1


def test_a_task_has_one_owner(sessions: Sessions) -> None:
    with sessions.begin() as session:
        task_id = open_one(session)
        register.take(session, task_id=task_id, owner="bente", now=NOW)
        register.take(session, task_id=task_id, owner="bente", now=NOW)
        with pytest.raises(register.TakenByAnother):
            register.take(session, task_id=task_id, owner="carl", now=NOW)
        assert [(event.what, event.by) for event in queries.events_of(session, task_id=task_id)] == [
            ("opened", None),
            ("taken", "bente"),
        ]


def test_what_is_closed_stays_closed(sessions: Sessions) -> None:
    with sessions.begin() as session:
        task_id = open_one(session)
        register.close_task(session, task_id=task_id, reason="Refunderet", by="bente", now=NOW)
        with pytest.raises(register.TaskClosed):
            register.take(session, task_id=task_id, owner="bente", now=NOW)
        with pytest.raises(register.TaskClosed):
            register.close_task(session, task_id=task_id, reason="Igen", by="bente", now=NOW)
        task = session.get_one(Task, task_id)
        assert (task.closed_at, task.closed_reason) == (NOW, "Refunderet")


def test_an_unknown_task_is_named(sessions: Sessions) -> None:
    with sessions.begin() as session, pytest.raises(register.UnknownTask):
        register.take(session, task_id=uuid.uuid4(), owner="bente", now=NOW)


@pytest.mark.parametrize("change", ["update task_event set note = 'x'", "delete from task_event"])
def test_history_cannot_be_changed(change: str, sessions: Sessions, owner_sessions: Sessions) -> None:
    with sessions.begin() as session:
        open_one(session)
    for whoever in (sessions, owner_sessions):
        with pytest.raises(DBAPIError), whoever.begin() as session:
            session.execute(text(change))
