"""How long money took, and what has waited longest with its reason, from rows as the worker leaves them."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import update

from app.ledger.port import LedgerError, LedgerNonsense, LedgerRefuses, LedgerUnavailable, Rejected
from app.ledger.promise import Moments, Quantiles, Undelivered, lead_times, moments, oldest_undelivered
from app.outbox import queue
from app.outbox.models import DEAD, OutboxMessage, OutboxRoad
from app.payments.models import Payment
from app.payments.postings import POST_TO_LEDGER
from app.tasks.register import close_task
from tests.delivering import Portal
from tests.demo import ACCOUNT, CODE, COLLECTING, NOW, OTHER_ACCOUNT, Town, daycare, fine
from tests.ledger.paid import Line, paid, posting, written_back

pytestmark = pytest.mark.database
CAPTURED = NOW + timedelta(minutes=1)


def after(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def oldest(town: Town, *, code: str | None = CODE) -> Undelivered | None:
    with town.sessions() as session:
        return oldest_undelivered(session, municipality_code=code, now=NOW + timedelta(hours=1))


def test_the_moments_of_a_payment_are_those_of_its_last_account_and_its_last_claim(town: Town) -> None:
    person = town.person()
    one, two, three = town.shows(person, fine("f1"), fine("f2"), fine("f3"))
    lines = [
        Line(one, 100, COLLECTING, "tell"),
        Line(two, 100, ACCOUNT, "observe"),
        Line(three, 100, OTHER_ACCOUNT, "none", overpaid=True),
    ]
    with town.sessions.begin() as session:
        number = paid(session, payer_id=person, municipality_code=CODE, lines=lines, now=NOW)
        assert moments(session, payment_ids=[number]) == {number: Moments(NOW, None, None)}
        posting(session, number, COLLECTING, "accepted", municipality_code=CODE, now=NOW + after(1))
        posting(session, number, ACCOUNT, "rejected", municipality_code=CODE, now=NOW + after(2))
        written_back(session, number, one, "known", municipality_code=CODE, now=NOW + after(3))
        session.flush()
        assert moments(session, payment_ids=[number]) == {number: Moments(NOW, None, None)}
        posting(session, number, ACCOUNT, "accepted", municipality_code=CODE, now=NOW + after(4))
        written_back(session, number, two, "known", municipality_code=CODE, now=NOW + after(5))
        # Posted again, after a bank gave it back: the ledger had had it.
        posting(session, number, ACCOUNT, "accepted", municipality_code=CODE, now=NOW + after(99))
        session.flush()
        assert moments(session, payment_ids=[number]) == {number: Moments(NOW, NOW + after(4), NOW + after(5))}


def test_lead_times_are_of_the_payments_captured_in_the_period(town: Town) -> None:
    person = town.person()
    with town.sessions.begin() as session:
        for seconds in (*range(1, 100), 500):
            (claim,) = town.shows(person, fine(f"f{seconds}"))
            captured_at = NOW if seconds < 500 else NOW - timedelta(hours=2)
            line = [Line(claim, 100, COLLECTING, "tell")]
            number = paid(session, payer_id=person, municipality_code=CODE, lines=line, now=captured_at)
            posting(session, number, COLLECTING, "accepted", municipality_code=CODE, now=captured_at + after(seconds))
            if seconds % 2:
                known_at = captured_at + after(seconds + 1)
                written_back(session, number, claim, "known", municipality_code=CODE, now=known_at)
        session.flush()
        hour = lead_times(session, municipality_code=CODE, since=NOW - timedelta(hours=1), now=NOW)
        everything = lead_times(session, municipality_code=None, since=NOW - timedelta(days=1), now=NOW)
        elsewhere = lead_times(session, municipality_code="0461", since=NOW - timedelta(days=1), now=NOW)
    assert (hour.ledger.p50, hour.ledger.count) == (50, 99)
    assert (hour.ledger.p95, hour.ledger.p99) == pytest.approx((94.1, 98.02))
    assert (hour.library.p50, hour.library.count) == (51, 50)
    assert everything.ledger.count == 100
    assert elsewhere.ledger == elsewhere.library == Quantiles(None, None, None, 0)


def test_a_payment_on_its_way_waits_its_turn_and_one_that_is_accepted_does_not_wait(town: Town, portal: Portal) -> None:
    assert oldest(town) is None
    person = town.person()
    first, second = town.shows(person, daycare("d1"), daycare("d2", account=OTHER_ACCOUNT))
    payment = town.paid(person, first)
    town.paid(person, second, now=NOW + timedelta(seconds=9))
    assert oldest(town) == oldest(town, code=None) == Undelivered(CAPTURED, payment.id, CODE, "Venter på sin tur")
    assert oldest(town, code="0461") is None
    portal.deliver_all()
    assert oldest(town) is None


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (LedgerUnavailable("no connection: ConnectError"), "Debitorsystemet svarer ikke (no connection: ConnectError)"),
        (
            LedgerRefuses("the road answers 403"),
            "Debitorsystemet lukker os ikke ind (the road answers 403)",
        ),
        (LedgerNonsense("no XML"), "Debitorsystemet svarer noget, der ikke kan læses (no XML)"),
    ],
)
def test_what_could_not_be_delivered_says_why(town: Town, portal: Portal, error: LedgerError, words: str) -> None:
    person = town.person()
    town.paid(person, *town.shows(person, daycare()))
    portal.ledger.before = [error] * 1000
    portal.deliver_until(lambda: portal.message(POST_TO_LEDGER).last_error is not None)
    found = oldest(town)
    assert found is not None
    assert (found.since, found.reason) == (CAPTURED, words)


def test_what_was_not_tried_waits_for_the_same_reason_as_its_silent_road(town: Town) -> None:
    person = town.person()
    town.paid(person, *town.shows(person, daycare()))
    silence = {"silent_since": NOW, "rests_until": NOW, "reason": "LedgerUnavailable: no answer within 10 s"}
    with town.sessions.begin() as session:
        session.add(OutboxRoad(wire="ledger", municipality_code=CODE, **silence))
        session.add(OutboxRoad(wire="library", municipality_code=CODE, **silence | {"reason": "another"}))
    found = oldest(town)
    assert found is not None
    assert found.reason == "Debitorsystemet svarer ikke (no answer within 10 s)"


def test_what_stands_behind_another_of_its_lane_waits_for_the_same_reason(town: Town) -> None:
    person = town.person()
    payment = town.paid(person, *town.shows(person, daycare("d1")))
    (first,) = town.messages()
    with town.sessions.begin() as session:
        queue.put(
            session, kind=POST_TO_LEDGER, subject_id=payment.id, municipality_code=CODE, lane=first.lane,
            payload={"account": ACCOUNT}, now=NOW,
        )  # fmt: skip
        # What stands first is no posting: it registers what is paid.
        changed = {"kind": "ledger.register", "state": DEAD, "last_error": "LedgerNonsense: no XML"}
        session.execute(update(OutboxMessage).where(OutboxMessage.id == first.id).values(changed))
    found = oldest(town)
    assert found is not None
    assert found.reason == "Debitorsystemet svarer noget, der ikke kan læses (no XML)"


def test_a_rejection_waits_until_people_have_solved_it(town: Town, portal: Portal) -> None:
    person = town.person()
    payment = town.paid(person, *town.shows(person, daycare()))
    portal.ledger.rejections[ACCOUNT] = Rejected("RESTANCE_AFVIGER", "Restancen er en anden", 15000)
    portal.deliver_all()
    said = "Afvist af debitorsystemet: Restancen er en anden (RESTANCE_AFVIGER)"
    assert oldest(town) == Undelivered(CAPTURED, payment.id, CODE, said)
    (task,) = town.tasks()
    with town.sessions.begin() as session:
        close_task(session, task_id=task.id, reason="Sendt tilbage", by="bro", now=NOW)
    assert oldest(town) is None


def test_a_dead_posting_waits_as_long_as_its_task_is_open(town: Town, portal: Portal) -> None:
    person = town.person()
    payment = town.paid(person, *town.shows(person, daycare()))
    with town.sessions.begin() as session:
        session.execute(update(OutboxMessage).values(patient_from=NOW - timedelta(days=30)))
    portal.ledger.before = [LedgerNonsense("no XML")]
    portal.deliver_until(lambda: portal.message(POST_TO_LEDGER).state == DEAD)
    found = oldest(town)
    assert found is not None
    assert found.payment_id == payment.id
    (task,) = town.tasks()
    with town.sessions.begin() as session:
        close_task(session, task_id=task.id, reason="Bogført i hånden", by="bro", now=NOW)
    assert oldest(town) is None


def test_money_posted_again_has_waited_since_then(town: Town) -> None:
    person = town.person()
    town.paid(person, *town.shows(person, daycare()))
    again = CAPTURED + timedelta(minutes=30)
    with town.sessions.begin() as session:
        session.execute(update(OutboxMessage).values(payload={"account": ACCOUNT, "shares": []}, created_at=again))
    found = oldest(town)
    assert found is not None
    assert found.since == again


def test_money_that_was_never_taken_waits_for_nobody(town: Town) -> None:
    person = town.person()
    town.opened(person, *town.shows(person, daycare()))
    with town.sessions() as session:
        assert moments(session, payment_ids=[uuid.uuid4()]) == {}
        assert session.query(Payment).count() == 1
    assert oldest(town) is None
