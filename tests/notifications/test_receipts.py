"""The receipt by e-mail: promised with the money, sent once in effect, and its end told."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app.foundation.db import Sessions
from app.notifications import receipts
from app.notifications.port import Mail, MailOutcomeUnknown, MailUnavailable
from app.notifications.receipts import Told
from app.outbox.port import Message
from app.payments.models import Payment
from app.payments.settlement import SEND_RECEIPT
from tests.demo import FACTS, NOW, Onlooker, Town, daycare, fine
from tests.fakes.mailer import FakeMailer

pytestmark = pytest.mark.database
EMAIL = "kirsten@eksempel.dk"
LATER = NOW + timedelta(minutes=2)


def paid(town: Town, *, email: str | None = EMAIL) -> Payment:
    person = town.person()
    return town.paid(person, *town.shows(person, fine()), receipt_email=email)


def promised(town: Town) -> list[Message]:
    return [
        Message(
            row.id, row.kind, row.subject_id, row.municipality_code, row.lane, row.payload, 1, 1, row.created_at, NOW
        )
        for row in town.messages(SEND_RECEIPT)
    ]


def deliver(town: Town, message: Message, mailer: FakeMailer, *, sender: str | None = None) -> None:
    finish = receipts.deliver(
        town.sessions, mailer=mailer, facts=FACTS, sender=sender, message=message, clock=lambda: LATER
    )
    with town.sessions.begin() as session:
        finish(session)


def standing(town: Town, payment_id: UUID) -> Told | None:
    with town.sessions() as session:
        found = receipts.standing_of(session, payment_id=payment_id)
    return found.told if found else None


def ask(sessions: Sessions, payment_id: UUID, *, email: str = EMAIL, minutes: float = 1) -> None:
    with sessions.begin() as session:
        now = NOW + timedelta(minutes=minutes)
        receipts.ask(session, payment_id=payment_id, email=email, language="en", now=now)


def test_it_is_promised_with_the_money_and_holds_no_address(town: Town) -> None:
    payment = paid(town)
    (message,) = promised(town)
    assert message.subject_id == payment.id
    assert EMAIL not in str(vars(town.messages(SEND_RECEIPT)[0]))
    assert standing(town, payment.id) is Told.ASKED


def test_nobody_who_did_not_ask_gets_one(town: Town) -> None:
    payment = paid(town, email=None)
    assert promised(town) == []
    assert standing(town, payment.id) is None


def test_it_is_sent_and_the_address_forgotten(town: Town) -> None:
    payment, mailer = paid(town), FakeMailer()
    deliver(town, promised(town)[0], mailer)
    (mail,) = mailer.sent
    assert (mail.recipient, mail.sender, mail.sender_name) == (EMAIL, "a@example.dk", "Prøveby Kommune")
    assert str(payment.receipt_number) in mail.letter.text
    assert town.payment(payment.token).receipt_email is None
    assert standing(town, payment.id) is Told.SENT


def test_mail_comes_from_the_address_in_the_settings_where_one_is_named(town: Town) -> None:
    paid(town)
    mailer = FakeMailer()
    deliver(town, promised(town)[0], mailer, sender="kvittering@fjordby.example")
    assert mailer.sent[0].sender == "kvittering@fjordby.example"
    assert mailer.sent[0].message_id.endswith("@fjordby.example>")


def test_a_timeout_is_no_refusal_and_the_repetition_is_the_same_mail(town: Town) -> None:
    payment, mailer = paid(town), FakeMailer(drop_replies=1)
    (message,) = promised(town)
    with pytest.raises(MailOutcomeUnknown):
        deliver(town, message, mailer)
    assert town.payment(payment.token).receipt_email == EMAIL
    deliver(town, message, mailer)
    first, second = mailer.sent
    assert first == second
    assert str(message.id) in first.message_id


def test_a_delivered_message_handled_again_sends_nothing(town: Town) -> None:
    paid(town)
    (message,), mailer = promised(town), FakeMailer()
    deliver(town, message, mailer)
    deliver(town, message, mailer)
    assert len(mailer.sent) == 1


def test_a_server_that_is_down_is_asked_again(town: Town) -> None:
    payment = paid(town)
    with pytest.raises(MailUnavailable):
        deliver(town, promised(town)[0], FakeMailer(is_down=True))
    assert town.payment(payment.token).receipt_email == EMAIL
    assert standing(town, payment.id) is Told.ASKED


def test_a_refused_address_is_forgotten_and_told(town: Town) -> None:
    payment = paid(town, email="afvist@eksempel.dk")
    deliver(town, promised(town)[0], FakeMailer())
    assert town.payment(payment.token).receipt_email is None
    assert standing(town, payment.id) is Told.REFUSED


def test_it_may_be_asked_for_again_three_times_an_hour(town: Town) -> None:
    payment = paid(town, email=None)
    for minutes in (1, 2, 3):
        ask(town.sessions, payment.id, minutes=minutes)
    with pytest.raises(receipts.AskedTooOften):
        ask(town.sessions, payment.id, minutes=60)
    ask(town.sessions, payment.id, minutes=61.1)
    assert len(promised(town)) == 4


def test_the_newest_address_and_language_win(town: Town) -> None:
    payment, mailer = paid(town), FakeMailer()
    ask(town.sessions, payment.id, email="nyt@eksempel.dk")
    for message in promised(town):
        deliver(town, message, mailer)
    assert [mail.recipient for mail in mailer.sent] == ["nyt@eksempel.dk"]
    assert mailer.sent[0].letter.language == "en"


def test_an_address_given_while_the_first_is_sent_to_is_kept(town: Town) -> None:
    payment, mailer = paid(town), FakeMailer()
    (message,) = promised(town)
    finish = receipts.deliver(
        town.sessions, mailer=mailer, facts=FACTS, sender=None, message=message, clock=lambda: LATER
    )
    ask(town.sessions, payment.id, email="nyt@eksempel.dk")
    with town.sessions.begin() as session:
        finish(session)
    assert town.payment(payment.token).receipt_email == "nyt@eksempel.dk"


def test_no_transaction_is_open_while_the_mail_server_is_spoken_to(town: Town, database: object) -> None:
    paid(town)
    onlooker = Onlooker(database.admin_url)  # type: ignore[attr-defined]  # tests.conftest.Database

    class Watched(FakeMailer):
        def send(self, mail: Mail) -> None:
            onlooker.look()
            super().send(mail)

    deliver(town, promised(town)[0], Watched())
    assert onlooker.looks == 1


def test_a_payment_of_two_accounts_promises_one_receipt(town: Town) -> None:
    person = town.person()
    claims = [*town.shows(person, fine()), *town.shows(person, daycare())]
    payment = town.paid(person, *claims, receipt_email=EMAIL)
    assert len(promised(town)) == 1
    assert standing(town, payment.id) is Told.ASKED
    assert standing(town, uuid4()) is None


def test_the_address_of_a_payment_that_ended_without_money_is_forgotten(town: Town) -> None:
    person = town.person()
    review_id = town.review(person, *town.shows(person, fine()))
    payment = town.payment(town.start(person, review_id, receipt_email=EMAIL).token)
    town.provider.close(payment.provider_reference or "")
    town.settle(payment)
    kept = paid(town)
    for days, expected in ((1, 0), (3, 1), (3, 0)):
        with town.sessions.begin() as session:
            assert receipts.forget(session, now=NOW + timedelta(days=days)) == expected
    assert town.payment(payment.token).receipt_email is None
    assert town.payment(kept.token).receipt_email == EMAIL, "its message has not been kept yet"
