"""Things that failed, for tests of the failure queue: made by the portal's own acts on a real database."""

import re
from datetime import timedelta
from uuid import UUID

from app.foundation.db import transaction
from app.ledger import push
from app.ledger.port import LedgerNonsense, LedgerUnavailable, Rejected
from app.outbox import queue
from app.outbox.models import OutboxMessage
from app.outbox.port import Message
from app.payments import failures
from app.payments.failure_rows import Failure
from app.payments.models import Payment
from app.worker import make_worker
from tests.web.operations.conftest import Desk

PATH = "/personale/opkraevning/fejl"
_SEEN = re.compile(r'name="seen(?:-([0-9a-f-]{36}))?" value="([^"]*)"')


def put_off(desk: Desk, *, times: int = 3) -> OutboxMessage:
    """Kirsten has paid, and the ledger has not answered `times` times."""
    desk.paid()
    message = posting(desk)
    for _ in range(times):
        _settle(desk, message.id, die=False)
    return posting(desk)


def dead(desk: Desk) -> OutboxMessage:
    """Kirsten has paid, and the ledger answered nothing but nonsense for three days."""
    message = put_off(desk)
    with desk.portal.sessions.begin() as session:
        session.get_one(OutboxMessage, message.id).patient_from -= timedelta(days=4)
    _settle(desk, message.id, die=True)
    return posting(desk)


def rejected(desk: Desk, *, arrears_ore: int | None = 50000) -> Payment:
    """Kirsten has paid, and the ledger says that she owes less."""
    payment = desk.paid()
    deliver(desk, posting(desk), rejects=Rejected("RESTANCE_AFVIGER", "Restancen er en anden", arrears_ore))
    return payment


def posting(desk: Desk) -> OutboxMessage:
    """The newest posting."""
    return desk.town.messages("ledger.post")[-1]


def deliver(desk: Desk, row: OutboxMessage, *, rejects: Rejected | None = None) -> None:
    """Have a posting answered."""
    ledger, sessions = desk.portal.ledger, desk.portal.sessions
    ledger.rejections = {row.payload["account"]: rejects} if rejects else {}
    message = _held(desk, row.id)
    finish = push.deliver(
        sessions, ledger=ledger, unseal=desk.town.vault.unseal, message=message, clock=desk.portal.clock
    )
    with sessions.begin() as session:
        queue.done(session, messages=[message], now=desk.portal.clock())
        finish(session)


def _held(desk: Desk, message_id: UUID) -> Message:
    with desk.portal.sessions.begin() as session:
        row = session.get_one(OutboxMessage, message_id)
        row.taken_by, row.taken_at, row.attempts = 1, desk.portal.clock(), row.attempts + 1
        return Message(
            row.id, row.kind, row.subject_id, row.municipality_code, row.lane, row.payload, row.attempts, 1,
            row.created_at, row.patient_from,
        )  # fmt: skip


def _settle(desk: Desk, message_id: UUID, *, die: bool) -> None:
    message = _held(desk, message_id)
    worker = make_worker(desk.portal.wires, database_url="postgresql://nobody@/nowhere", periodic=())
    worker._judge(message, LedgerNonsense("no such element") if die else LedgerUnavailable("no answer"))
    assert (desk.town.messages("ledger.post")[-1].state == "dead") is die


def rows(desk: Desk) -> list[Failure]:
    """What stands in Fjordby's queue now."""
    wanted = failures.Wanted(municipality_code=desk.town.facts.code)
    with transaction(desk.portal.sessions) as session:
        return failures.page(session, wanted=wanted, now=desk.portal.clock() + timedelta(seconds=1))


def row(desk: Desk) -> Failure:
    (one,) = rows(desk)
    return one


def seen(html: str) -> dict[str, str]:
    """What a page says of how it showed its rows; the key is empty on a row's own page."""
    return {found[1] or "": found[2] for found in _SEEN.finditer(html)}
