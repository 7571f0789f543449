"""Receipts by e-mail: asked for by whoever holds the receipt, sent once in effect, and what became of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.foundation.clock import Clock
from app.foundation.db import Sessions
from app.municipalities.facts import Facts
from app.notifications.letters import receipt_letter
from app.notifications.port import Mail, Mailer, MailRefused
from app.outbox import queue
from app.outbox.port import Finish, Message, nothing
from app.payments import settlement
from app.payments.history import note
from app.payments.models import Payment, PaymentEvent
from app.payments.states import WITHOUT_MONEY

MOST_AN_HOUR = 3


class AskedTooOften(Exception):
    """This receipt has been asked for as often as it may be within an hour."""


KEPT_AFTER_THE_END = timedelta(days=2)
"""Money may come late, and its receipt is wanted then; after that an address is nobody's business."""


class Told(StrEnum):
    """What has become of a receipt by e-mail; also the kinds of the payment's events."""

    ASKED = "receipt_asked"
    SENT = "receipt_sent"
    REFUSED = "receipt_refused"


@dataclass(frozen=True)
class Standing:
    """The last that happened to a receipt by e-mail."""

    told: Told
    at: datetime


def ask(session: Session, *, payment_id: UUID, email: str, language: str, now: datetime) -> None:
    """Promise to send the receipt of a payment with money in it to an address. The newest address wins.

    :raises AskedTooOften: three times within an hour already
    """
    payment = session.get_one(Payment, payment_id, with_for_update=True)
    recently = select(func.count()).where(
        PaymentEvent.payment_id == payment_id,
        PaymentEvent.kind == Told.ASKED.value,
        PaymentEvent.at > now - timedelta(hours=1),
    )
    if session.scalars(recently).one() >= MOST_AN_HOUR:
        raise AskedTooOften(payment_id)
    payment.receipt_email, payment.receipt_language = email, language
    note(session, payment, Told.ASKED.value, now, {})
    queue.put(
        session,
        kind=settlement.SEND_RECEIPT,
        subject_id=payment_id,
        municipality_code=payment.municipality_code,
        lane=f"receipt/{payment_id}",
        payload={},
        now=now,
    )


def deliver(
    sessions: Sessions, *, mailer: Mailer, facts: Facts, sender: str | None, message: Message, clock: Clock
) -> Finish:
    """Send the receipt that a message promises (speaks over a wire: takes the session factory).

    The mail's id is made of the message's, so that a repetition is known for what it is. An address whose mail is
    refused for good is forgotten, and the receipt's page says so.

    :raises MailUnavailable, MailOutcomeUnknown: the same mail is sent again later
    """
    with sessions.begin() as session:
        payment = session.get_one(Payment, message.subject_id)
    recipient = payment.receipt_email
    if recipient is None or payment.captured_at is None or payment.receipt_number is None:
        return nothing  # an earlier message has sent it
    address = sender or facts.collections.email
    letter = receipt_letter(
        facts, language=payment.receipt_language or "da", amount_ore=payment.captured_ore,
        paid_at=payment.captured_at, number=payment.receipt_number,
    )  # fmt: skip
    mail = Mail(
        message_id=f"<{message.id}@{address.rpartition('@')[2]}>", sender=address, sender_name=facts.name,
        recipient=recipient, written_at=message.created_at, letter=letter,
    )  # fmt: skip
    try:
        mailer.send(mail)
    except MailRefused:
        return _ended(payment.id, recipient, Told.REFUSED, clock())
    return _ended(payment.id, recipient, Told.SENT, clock())


def _ended(payment_id: UUID, recipient: str, told: Told, at: datetime) -> Callable[[Session], None]:
    def finish(session: Session) -> None:
        # Another address may have been given meanwhile: its own message sends to it.
        session.execute(
            update(Payment)
            .where(Payment.id == payment_id, Payment.receipt_email == recipient)
            .values(receipt_email=None)
            .execution_options(synchronize_session=False)
        )
        note(session, session.get_one(Payment, payment_id), told.value, at, {})

    return finish


def forget(session: Session, *, now: datetime) -> int:
    """Take away where receipts of payments were to go that ended without money; returns how many."""
    ended = (Payment.state.in_([state.value for state in WITHOUT_MONEY]), Payment.state_at < now - KEPT_AFTER_THE_END)
    gone = update(Payment).where(*ended, Payment.receipt_email.is_not(None)).values(receipt_email=None)
    result = session.execute(gone.execution_options(synchronize_session=False).returning(Payment.id))
    return len(result.all())


def standing_of(session: Session, *, payment_id: UUID) -> Standing | None:
    """What last happened to a payment's receipt by e-mail; None where nobody asked for one."""
    chosen = (
        select(PaymentEvent.kind, PaymentEvent.at)
        .where(PaymentEvent.payment_id == payment_id, PaymentEvent.kind.in_([told.value for told in Told]))
        .order_by(PaymentEvent.id.desc())
        .limit(1)
    )
    found = session.execute(chosen).first()
    if found:
        return Standing(Told(found.kind), found.at)
    waiting = select(Payment.captured_at).where(Payment.id == payment_id, Payment.receipt_email.is_not(None))
    since = session.scalar(waiting)
    return Standing(Told.ASKED, since) if since else None
