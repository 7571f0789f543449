"""The worker's two tables: each kind of message has its handler, each periodic task says what it did."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from app.foundation.db import Sessions
from app.ledger import inbox
from app.ledger.port import LedgerUnavailable
from app.ledger.reconciliation import wanted
from app.municipalities import register
from app.municipalities.facts import Facts
from app.outbox.models import DEAD, OutboxMessage
from app.outbox.port import PATIENCE, Periodic
from app.payments import postings, settlement
from app.payments.models import PayoutRow
from app.payments.port import Method, PaymentProvider
from app.payments.providers.mobilepay import MobilePayProvider
from app.payments.providers.mobilepay_wire import Keys
from app.payments.returns import refunds
from app.payments.states import State
from app.sources import writeback
from app.wiring import NotConfigured, Wires
from app.worker import HANDLERS, PERIODIC, NotRead, kinds_over, make_worker
from tests.conftest import Database
from tests.delivering import Portal, portal_of
from tests.demo import CODE, KIRSTEN, NOW, Town, daycare, facts, fine
from tests.fakes.payment_provider import FakeProvider

pytestmark = pytest.mark.database
SECOND_CODE = "0997"


@pytest.fixture
def town(sessions: Sessions) -> Town:
    return Town(sessions)


@pytest.fixture
def portal(town: Town, database: Database) -> Portal:
    return portal_of(town, database.app_url)


def task(name: str) -> Periodic[Wires]:
    (found,) = [one for one in PERIODIC if one.name == name]
    return found


def with_second(portal: Portal, provider_of: Callable[[Facts, Method], PaymentProvider]) -> Wires:
    """The portal with a second municipality, and merchants as given."""
    with portal.town.sessions.begin() as session:
        register.load(session, facts=facts(code=SECOND_CODE, cvr="99000015", name="Anden Kommune"), now=NOW)
    return replace(
        portal.wires(), provider_of=provider_of, provider_named=lambda facts, _name: provider_of(facts, Method.CARD)
    )


def test_every_kind_of_message_that_is_put_has_a_handler() -> None:
    assert set(HANDLERS) == {
        postings.POST_TO_LEDGER, postings.REVERSE_IN_LEDGER, refunds.SEND, settlement.SEND_RECEIPT, writeback.TELL,
        writeback.OBSERVE, wanted.RECONCILE, postings.REGISTER_IN_LEDGER, inbox.CAME_BACK,
    }  # fmt: skip
    to_ledger = {postings.REGISTER_IN_LEDGER, postings.POST_TO_LEDGER, postings.REVERSE_IN_LEDGER}
    assert set(kinds_over("ledger")) == to_ledger
    assert set(kinds_over("library")) == {writeback.TELL, writeback.OBSERVE}
    assert HANDLERS[postings.POST_TO_LEDGER].patience == PATIENCE
    assert HANDLERS[writeback.OBSERVE].patience == timedelta(days=7)


def test_the_clocks_tasks_have_names_of_their_own_and_run_often_enough() -> None:
    every = {one.name: one.every for one in PERIODIC}
    assert len(every) == len(PERIODIC)
    assert every["payments.recent_events"] == every["payments.unfinished"] == timedelta(minutes=1)


def test_a_payment_goes_all_the_way(town: Town, portal: Portal) -> None:
    """Settled, posted, told, observed: every step promised in the transaction of the one before."""
    person = town.person()
    portal.library.claims[KIRSTEN] = (fine("f1"),)
    claims = [*town.shows(person, fine("f1")), *town.shows(person, daycare("d1"))]
    town.paid(person, *claims)
    portal.deliver_all()
    kinds = [message.kind for message in town.messages()]
    assert sorted(kinds) == ["ledger.post", "ledger.post", "source.observe", "source.tell"]
    assert town.claim("f1").closed_reason == "paid"
    assert (town.balance("transit"), town.balance("ledger")) == (0, -157500)


def test_a_message_that_dies_becomes_work_for_people_at_that_moment(town: Town, portal: Portal) -> None:
    person = town.person()
    town.paid(person, *town.shows(person, daycare()))
    portal.ledger.before += [LedgerUnavailable("no route to the ledger")] * 50
    with town.sessions.begin() as session:
        long_ago = NOW - PATIENCE - timedelta(hours=1)
        session.execute(update(OutboxMessage).values(patient_from=long_ago, created_at=long_ago))
    portal.deliver_until(lambda: portal.message("ledger.post").state == DEAD)
    message = portal.message("ledger.post")
    (work,) = town.tasks()
    assert (work.kind, work.subject_id, work.municipality_code) == ("message_dead", message.id, CODE)
    assert "no route to the ledger" in work.reason
    assert work.key == f"outbox/{message.id}"
    assert work.next_step == "Ret årsagen, og prøv igen"
    assert work.created_at > NOW
    assert town.balance("transit") == -150000, "the money is where it was"


def test_lost_webhooks_are_found_by_the_clock(town: Town, portal: Portal) -> None:
    person = town.person()
    payment = town.opened(person, *town.shows(person, daycare()))
    town.provider.pay(payment.provider_reference or "")
    assert task("payments.recent_events").act(portal.wires(), NOW + timedelta(minutes=1)) == "1 news"
    assert town.payment(payment.token).state == State.PAID


def test_a_list_that_municipalities_share_is_read_once(town: Town, portal: Portal) -> None:
    wires = with_second(portal, lambda _facts, _method: town.provider)
    task("payments.recent_events").act(wires, NOW)
    assert town.provider.calls == ["recent"]


def test_one_merchant_that_is_away_or_missing_holds_no_other_back(town: Town, portal: Portal) -> None:
    person = town.person()
    payment = town.opened(person, *town.shows(person, daycare()))
    town.provider.pay(payment.provider_reference or "")

    def provider_of(chosen: Facts, _method: Method) -> PaymentProvider:
        if chosen.code == SECOND_CODE:
            raise NotConfigured("BDK_STRIPE_SECRET_KEY is missing")
        return town.provider

    wires = with_second(portal, provider_of)
    assert wires.providers("stripe") == [town.provider], "its notices are still taken in"
    with pytest.raises(NotRead, match="0997: BDK_STRIPE_SECRET_KEY is missing"):
        task("payments.recent_events").act(wires, NOW + timedelta(minutes=1))
    assert town.payment(payment.token).state == State.PAID


def test_unfinished_payments_are_asked_about_by_the_clock(town: Town, portal: Portal) -> None:
    person = town.person()
    one, two = town.shows(person, daycare("d1"), daycare("d2"))
    paid, lost = town.opened(person, one), town.opened(person, two)
    town.provider.pay(paid.provider_reference or "")
    del town.provider.payments[lost.provider_reference or ""]
    said = task("payments.unfinished").act(portal.wires(), NOW + timedelta(minutes=1))
    assert said == "1 asked, 1 not answered"
    assert town.payment(paid.token).state == State.PAID


def test_payments_of_a_municipality_that_is_not_configured_wait(town: Town, portal: Portal) -> None:
    person = town.person()
    town.opened(person, *town.shows(person, daycare()))

    def missing(_facts: Facts, _name: str) -> PaymentProvider:
        raise NotConfigured("BDK_SECRETS has no entry 'x'")

    wires = replace(portal.wires(), provider_named=missing)
    assert task("payments.unfinished").act(wires, NOW + timedelta(minutes=1)) == "0 asked, 1 not answered"


def test_a_missing_webhook_is_found_by_the_clock(portal: Portal) -> None:
    """Only a provider that wants registration is asked; one that does not answer fails the task and no other."""
    assert task("payments.webhooks_present").act(portal.wires(), NOW) == "0 registered, 0 missing"
    keys = Keys("id", "secret", "subscription", "123456")
    away = MobilePayProvider(keys, base_url="http://127.0.0.1:9", notice_url="https://betal.example/hooks/mobilepay")
    wires = replace(portal.wires(), provider_named=lambda _facts, _name: away)
    with pytest.raises(NotRead, match="ProviderUnavailable"):
        task("payments.webhooks_present").act(wires, NOW)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("identity.forget_old_sessions", "0 sessions"),
        ("outbox.forget_done", "1 messages"),
        ("payments.forget_reviews", "1 reviews"),
    ],
)
def test_what_is_no_longer_needed_is_forgotten_by_the_clock(town: Town, portal: Portal, name: str, said: str) -> None:
    person = town.person()
    claims = town.shows(person, daycare("d1"), daycare("d2"))
    town.review(person, claims[1])
    town.paid(person, claims[0])
    portal.deliver_all()
    with town.sessions.begin() as session:
        session.execute(update(OutboxMessage).values(done_at=NOW))
    assert task(name).act(portal.wires(), NOW + timedelta(days=90)) == said


def test_a_worker_runs_the_periodic_tasks_it_is_given(town: Town, portal: Portal) -> None:
    ran: list[datetime] = []

    def act(_wires: Wires, now: datetime) -> str:
        ran.append(now)
        return "did"

    stop = threading.Event()
    tick = Periodic("test.tick", timedelta(hours=1), act)
    worker = make_worker(portal.wires(), database_url=portal.database_url, periodic=[tick])
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        portal.wait_until(lambda: bool(ran))
    finally:
        stop.set()
        thread.join(10)
    assert len(ran) == 1


def test_payouts_are_fetched_at_every_merchant_and_one_that_is_down_stops_no_other(portal: Portal) -> None:
    town = portal.town
    person = town.person()
    town.paid(person, *town.shows(person, daycare()))
    town.provider.pay_out()
    wires = with_second(portal, _down_but(CODE, town.provider))
    with pytest.raises(NotRead, match=SECOND_CODE):
        task("payments.payouts").act(wires, NOW + timedelta(days=1))
    with town.sessions() as session:
        assert session.scalar(select(func.count()).select_from(PayoutRow)) == 1
    assert task("payments.payouts").act(portal.wires(), NOW + timedelta(days=2)) == "0 payouts"


def _down_but(code: str, provider: FakeProvider) -> Callable[[Facts, Method], PaymentProvider]:
    down = FakeProvider(now=NOW)
    down.is_down = True
    return lambda facts, _method: provider if facts.code == code else down


def test_a_broken_promise_is_named_by_its_municipality_and_becomes_a_task(town: Town, portal: Portal) -> None:
    watch = task("ledger.promise")
    person = town.person()
    town.paid(person, *town.shows(person, daycare()))
    wires = portal.wires()
    bound = timedelta(seconds=wires.settings.ledger_promise_seconds)
    captured_at = NOW + timedelta(minutes=1)
    assert watch.act(wires, captured_at + bound) == "kept"
    assert watch.act(wires, captured_at + 2 * bound) == f"broken: {CODE}"
    assert [one.kind for one in town.tasks()] == ["promise_broken"]
    portal.deliver_all()
    assert watch.act(wires, captured_at + 3 * bound) == "kept"
    assert town.tasks() == []
