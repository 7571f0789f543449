"""Two people, shared claims, and a world that does anything in any order: after every step the invariants hold."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import func, select, update

from app.claims.models import Claim
from app.journal.models import JournalEntry, JournalLine
from app.journal.queries import balances
from app.ledger import push
from app.ledger.models import LedgerPosting
from app.ledger.port import LedgerError, LedgerUnavailable, Rejected
from app.outbox.models import DONE, DUE, OutboxMessage
from app.outbox.port import Message
from app.payments import checkout, notices, sweep
from app.payments.models import Payment, PaymentLine
from app.payments.port import ProviderError
from app.payments.states import OPEN
from tests.demo import ACCOUNT, AHMED, NOW, OTHER_ACCOUNT, Town, daycare, facts
from tests.fakes.ledger import FakeLedger
from tests.fakes.payment_provider import FakeProvider

pytestmark = pytest.mark.database
codes = count(1)
some = st.integers(0, 9)
OPEN_STATES = [state.value for state in OPEN]


class World(RuleBasedStateMachine):
    """One municipality, one provider, one ledger; every rule is something that may happen at any moment."""

    town: Town  # given by the test: a database, emptied once

    def __init__(self) -> None:
        super().__init__()
        number = next(codes)
        provider = FakeProvider(now=NOW)
        provider.name = f"provider{number}"  # references are unique by provider
        self.place = Town(self.town.sessions, facts=facts(code=f"{number:04d}"), provider=provider)
        self.provider, self.sessions, self.ledger = provider, self.place.sessions, FakeLedger()
        self.now = NOW
        self.people = [self.place.person(), self.place.person(AHMED)]
        self.found = [daycare(f"d{n}", 1000 * (n + 1), account=[ACCOUNT, OTHER_ACCOUNT][n % 2]) for n in range(4)]
        self.claims = self.place.shared(self.people[0], self.people[1], *self.found)

    def tick(self) -> datetime:
        self.now += timedelta(minutes=1)
        self.provider.now = self.now
        return self.now

    def payments(self) -> list[Payment]:
        with self.sessions() as session:
            of_place = Payment.municipality_code == self.place.facts.code
            return list(session.scalars(select(Payment).where(of_place).order_by(Payment.id)))

    def one(self, chosen: int) -> Payment:
        payments = self.payments()
        return payments[chosen % len(payments)]

    @rule(who=st.booleans(), chosen=st.sets(st.integers(0, 3), min_size=1), drop=st.sampled_from([False, False, True]))
    def somebody_pays(self, who: bool, chosen: set[int], drop: bool) -> None:
        self.provider.drop_replies = int(drop)
        person, now = self.people[who], self.tick()
        wanted = [self.claims[number] for number in sorted(chosen)]
        try:
            self.place.start(person, self.place.review(person, *wanted, now=now), now=now)
        except (checkout.ClaimsChanged, checkout.NothingToPay, checkout.ProviderDown):
            pass
        finally:
            self.provider.drop_replies = 0

    @precondition(lambda self: self.provider.payments)
    @rule(
        chosen=some,
        act=st.sampled_from(["pay", "pay", "pay less", "pay kroner elsewhere", "approve", "close", "fail"]),
    )
    def the_provider_does(self, chosen: int, act: str) -> None:
        """Anything may follow anything: also a success after the end."""
        references = list(self.provider.payments)
        reference = references[chosen % len(references)]
        if self.provider.payments[reference].standing.value == "paid":
            return
        acts = {
            "pay": lambda: self.provider.pay(reference),
            "pay less": lambda: self.provider.pay(reference, amount_ore=1),
            "pay kroner elsewhere": lambda: self.provider.pay(reference, currency="NOK"),
            "approve": lambda: self.provider.approve(reference),
            "close": lambda: self.provider.close(reference),
            "fail": lambda: self.provider.fail(reference),
        }
        acts[act]()

    @precondition(lambda self: self.provider.events)
    @rule(chosen=some, anew=st.booleans(), drop=st.booleans())
    def a_notice_comes(self, chosen: int, anew: bool, drop: bool) -> None:
        events = self.provider.events
        hint = events[chosen % len(events)].hint
        self.provider.drop_replies = int(drop)
        try:
            told = replace(hint, event_id=f"{hint.event_id}-{self.now}") if anew else hint
            notices.handle(self.sessions, provider=self.provider, hint=told, now=self.tick())
        except ProviderError:
            pass
        finally:
            self.provider.drop_replies = 0

    @rule()
    def the_list_is_read(self) -> None:
        code = self.place.facts.code
        sweep.recent(self.sessions, provider=self.provider, municipality_code=code, now=self.tick())

    @precondition(lambda self: self.payments())
    @rule(chosen=some, stop=st.booleans())
    def somebody_looks_or_stops(self, chosen: int, stop: bool) -> None:
        act = checkout.stop if stop else checkout.look
        act(self.sessions, provider=self.provider, payment_id=self.one(chosen).id, now=self.tick())

    @rule(gone=st.sets(st.integers(0, 3)), smaller=st.booleans())
    def the_ledger_shows(self, gone: set[int], smaller: bool) -> None:
        now = self.tick()
        listed = [one for number, one in enumerate(self.found) if number not in gone]
        shown = [replace(one, shared=True, outstanding_ore=one.outstanding_ore - 500 * smaller) for one in listed]
        for person in self.people:
            self.place.shows(person, *shown, source="ledger", asked_at=now)

    @rule(rejects=st.booleans(), fault=st.sampled_from([None, "before", "after"]))
    def a_posting_is_delivered(self, rejects: bool, fault: str | None) -> None:
        if fault:
            getattr(self.ledger, fault).append(LedgerUnavailable("no answer"))
        self.ledger.rejections = {ACCOUNT: Rejected("NO", "no", None)} if rejects else {}
        with self.sessions() as session:
            due = select(OutboxMessage).where(
                OutboxMessage.state == DUE, OutboxMessage.municipality_code == self.place.facts.code
            )
            row = session.scalar(due.order_by(OutboxMessage.position).limit(1))
        if row is not None:
            self.deliver(row)
        self.ledger.before, self.ledger.after = [], []

    def deliver(self, row: OutboxMessage) -> None:
        message = Message(
            row.id, row.kind, row.subject_id, row.municipality_code, row.lane, row.payload, 1, 1, NOW, NOW
        )
        unseal, now = self.place.vault.unseal, self.tick()
        try:
            finish = push.deliver(self.sessions, ledger=self.ledger, unseal=unseal, message=message, clock=lambda: now)
        except LedgerError:
            return
        with self.sessions.begin() as session:
            session.execute(update(OutboxMessage).where(OutboxMessage.id == row.id).values(state=DONE))
            finish(session)

    @invariant()
    def every_ore_is_in_one_place(self) -> None:
        """I1, I5 and I6: provider, journal, payments and ledger say the same."""
        code = self.place.facts.code
        with self.sessions() as session:
            raw = balances(session, municipality_code=code)
            posted = select(func.coalesce(func.sum(LedgerPosting.amount_ore), 0)).where(
                LedgerPosting.municipality_code == code, LedgerPosting.state == "accepted"
            )
            accepted = session.scalar(posted) or 0
        book = {account.rsplit("/", 1)[0]: total for account, total in raw.items()}
        payments = self.payments()
        captured = sum(payment.captured_ore for payment in payments)
        overpaid = sum(payment.overpaid_ore for payment in payments)
        assert book.get(f"provider/{self.provider.name}", 0) == captured
        assert book.get("overpaid", 0) == -overpaid
        assert book.get("ledger", 0) == -accepted
        assert book.get("transit", 0) == -(captured - overpaid - accepted)
        assert max([0, *(book.get(name, 0) for name in ("transit", "ledger", "overpaid"))]) == 0
        ledgers = sum(posting.amount_ore for posting in self.ledger.booked.values())
        assert ledgers >= accepted, "what the journal says is accepted, the ledger has"
        wanting = {payment.id for payment in payments if payment.overpaid_ore}
        assert {task.subject_id for task in self.place.tasks() if task.kind == "refund"} == wanting

    @invariant()
    def a_claim_has_one_open_payment(self) -> None:
        """I2, and the mark on the lines says what the payments' states say."""
        code = self.place.facts.code
        with self.sessions() as session:
            rows = session.execute(
                select(PaymentLine.claim_id, PaymentLine.open, Payment.state)
                .join(Payment, Payment.id == PaymentLine.payment_id)
                .where(PaymentLine.municipality_code == code)
            ).all()
        assert all(row.open == (row.state in OPEN_STATES) for row in rows)
        being_paid = [row.claim_id for row in rows if row.open]
        assert len(being_paid) == len(set(being_paid))

    @invariant()
    def sums_are_right(self) -> None:
        """I3, and no claim is paid beyond what it is."""
        code = self.place.facts.code
        with self.sessions() as session:
            lines = (
                select(PaymentLine.payment_id, func.sum(PaymentLine.amount_ore))
                .where(PaymentLine.municipality_code == code)
                .group_by(PaymentLine.payment_id)
            )
            totals = {row[0]: row[1] for row in session.execute(lines)}
            entries = (
                select(func.sum(JournalLine.amount_ore))
                .join(JournalEntry, JournalEntry.id == JournalLine.entry_id)
                .where(JournalEntry.municipality_code == code)
                .group_by(JournalEntry.id)
            )
            assert set(session.scalars(entries)) <= {0}
            claims = session.scalars(select(Claim).where(Claim.municipality_code == code)).all()
        assert totals == {payment.id: payment.amount_ore for payment in self.payments()}
        principal = {one.origin_ref: one.outstanding_ore for one in self.found}
        assert all(0 <= claim.covered_ore <= principal[claim.origin_ref] for claim in claims)

    def teardown(self) -> None:
        """I4 at the end: once every event has been read, payments stand where the provider has them."""
        self.the_list_is_read()
        for payment in self.payments():
            truth = self.provider.payments.get(payment.provider_reference or "")
            if truth is not None and truth.standing.value == "paid":
                assert payment.state == "paid"
                assert payment.captured_ore == truth.amount_ore
        self.every_ore_is_in_one_place()


def test_the_invariants_hold_whatever_happens_in_whatever_order(town: Town) -> None:
    machine = type("WorldOnThisDatabase", (World,), {"town": town})
    few = settings(
        max_examples=10, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), database=None,
        phases=[Phase.generate],  # to shrink a failure takes minutes; the steps that led to it are printed whole
    )  # fmt: skip
    run_state_machine_as_test(machine, settings=few)
