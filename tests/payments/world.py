"""A world in which anything may happen to money, in any order; what the stateful test of everything is made of."""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID, uuid4

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from sqlalchemy import select, update

from app.ledger import push, reverse
from app.ledger.port import LedgerError, LedgerUnavailable, Rejected
from app.outbox.models import DONE, DUE, OutboxMessage
from app.outbox.port import Finish, Message
from app.payments import checkout, notices, sweep
from app.payments.models import Payment, Refund
from app.payments.port import (
    DisputeStanding,
    OutcomeUnknown,
    ProviderError,
    ProviderState,
    RefundStanding,
    RefundTruth,
    Standing,
)
from app.payments.returns import refund_queries, refund_sending, refunds
from app.payments.states import WITH_MONEY
from tests.demo import ACCOUNT, AHMED, NOW, OTHER_ACCOUNT, Town, daycare, facts
from tests.fakes.ledger import FakeLedger
from tests.fakes.payment_provider import FakeProvider

codes = count(1)
PEOPLE = ["carsten", "dorte"]


class World(RuleBasedStateMachine):
    """One municipality, one provider, one ledger. Each step is one event, drawn evenly: nothing is too rare to come."""

    town: Town  # given by the test: a database, emptied once

    def __init__(self) -> None:
        super().__init__()
        self.now, self.ledger, self.dice = NOW, FakeLedger(), random.Random(0)  # noqa: S311 - no secret
        self.events: list[Callable[[], None]] = [
            self.somebody_pays, self.somebody_pays, self.somebody_looks_or_stops, self.the_citizen_does,
            self.the_citizen_does, self.the_citizen_does, self.the_bank_does, self.somebody_refunds_by_hand,
            self.the_provider_is_in_a_mood, self.a_refund_goes_on, self.a_notice_comes, self.a_notice_comes,
            self.the_list_is_read, self.the_sweep_asks, self.the_ledger_shows, self.a_promise_is_kept,
            self.a_promise_is_kept, self.a_promise_is_kept, self.somebody_asks_for_a_refund,
            self.somebody_asks_for_a_refund, self.a_second_person_decides,
        ]  # fmt: skip

    @initialize(reserves=st.booleans())
    def a_town_is_founded(self, reserves: bool) -> None:
        number = next(codes)
        # References are unique by provider.
        self.provider = FakeProvider(now=NOW, name=f"provider{number}", reserves=reserves)
        self.place = Town(self.town.sessions, facts=facts(code=f"{number:04d}"), provider=self.provider)
        self.sessions = self.place.sessions
        self.people = [self.place.person(), self.place.person(AHMED)]
        self.found = [daycare(f"d{n}", 1000 * (n + 1), account=[ACCOUNT, OTHER_ACCOUNT][n % 2]) for n in range(4)]
        self.claims = self.place.shared(self.people[0], self.people[1], *self.found)
        for claim, person in zip(self.claims, self.people, strict=False):
            self.provider.finish(self.place.opened(person, claim).provider_reference or "")

    @rule(seed=st.integers(0, 2**32))
    def something_happens(self, seed: int) -> None:
        """A handful of events, and the laws after each."""
        # What draws the seeds likes small ones, and the same again: every world and every moment makes its own of them.
        self.dice = random.Random(f"{seed}/{self.provider.name}/{self.now}")  # noqa: S311 - no secret
        for _ in range(5):
            event = self.dice.choice(self.events)
            note(event.__name__)
            event()
            self.laws_hold()

    def laws_hold(self) -> None:
        """What must be true after every event."""

    # What events share

    def rarely(self) -> bool:
        return self.dice.random() < 0.2

    def tick(self, *, minutes: int = 1) -> datetime:
        self.now += timedelta(minutes=minutes)
        self.provider.now = self.now
        return self.now

    def payments(self) -> list[Payment]:
        with self.sessions() as session:
            of_place = Payment.municipality_code == self.place.facts.code
            return list(session.scalars(select(Payment).where(of_place).order_by(Payment.id)))

    def refunds(self) -> list[Refund]:
        with self.sessions() as session:
            of_place = Refund.municipality_code == self.place.facts.code
            return list(session.scalars(select(Refund).where(of_place).order_by(Refund.id)))

    def due(self) -> list[OutboxMessage]:
        """The first message of each lane."""
        with self.sessions() as session:
            rows = session.scalars(
                select(OutboxMessage)
                .where(OutboxMessage.state == DUE, OutboxMessage.municipality_code == self.place.facts.code)
                .order_by(OutboxMessage.position)
            ).all()
        heads: dict[str, OutboxMessage] = {}
        for row in rows:
            heads.setdefault(row.lane, row)
        return list(heads.values())

    def paid(self) -> list[ProviderState]:
        return [truth for truth in self.provider.payments.values() if truth.standing is Standing.PAID]

    def forgetting(self, act: Callable[[], object]) -> None:
        """Something that speaks to the provider; now and then an answer gets lost, and money may have moved."""
        self.provider.drop_replies = int(self.rarely())
        try:
            act()
        except ProviderError:
            pass
        finally:
            self.provider.drop_replies = 0

    # Citizens

    def somebody_pays(self) -> None:
        person, now = self.dice.choice(self.people), self.tick()
        wanted = self.dice.sample(self.claims, self.dice.randint(1, 4))

        def act() -> None:
            with suppress(checkout.ClaimsChanged, checkout.NothingToPay, checkout.ProviderDown):
                self.place.start(person, self.place.review(person, *wanted, now=now), now=now)

        self.forgetting(act)

    def somebody_looks_or_stops(self) -> None:
        if payments := self.payments():
            act, now = checkout.stop if self.rarely() else checkout.look, self.tick()
            payment_id = self.dice.choice(payments).id
            self.forgetting(lambda: act(self.sessions, provider=self.provider, payment_id=payment_id, now=now))

    # The provider

    def the_citizen_does(self) -> None:
        """Anything may follow anything: also a success after the end."""
        references = [
            one.reference for one in self.provider.payments.values()
            if one.standing is not Standing.PAID and one.failure_code != "released"  # that is its end at any provider
        ]  # fmt: skip
        if not references:
            return
        reference = self.dice.choice(references)
        match self.dice.randint(0, 11):
            case 0:
                self.provider.pay(reference, amount_ore=1)
            case 1:
                self.provider.pay(reference, currency="NOK")
            case 2:
                self.provider.approve(reference)
            case 3:
                self.provider.close(reference)
            case 4:
                self.provider.fail(reference)
            case _:
                self.provider.finish(reference)

    def somebody_refunds_by_hand(self) -> None:
        for truth in self.dice.sample(self.paid(), len(self.paid()) * self.rarely()):
            if left_ore := self.provider.left_of(truth):
                amount_ore = self.dice.choice([left_ore, self.dice.randint(1, left_ore)])
                self.provider.refund_by_hand(truth.reference, amount_ore=amount_ore)
                return

    def the_bank_does(self) -> None:
        if not (paid := self.paid()):
            return
        truth = self.dice.choice(paid)
        if not truth.disputes:
            standing = DisputeStanding.INQUIRY if self.rarely() else DisputeStanding.OPEN
            amount_ore = self.dice.choice([truth.amount_ore, self.dice.randint(1, truth.amount_ore)])
            self.provider.dispute(truth.reference, amount_ore=amount_ore, standing=standing)
        elif truth.disputes[-1].standing not in {DisputeStanding.WON, DisputeStanding.LOST}:
            to = self.dice.choice([DisputeStanding.OPEN, DisputeStanding.WON, DisputeStanding.LOST])
            if truth.disputes[-1].standing is not to:
                self.provider.dispute_becomes(truth.reference, to)

    def the_provider_is_in_a_mood(self) -> None:
        self.provider.refunds_begin_as = self.dice.choice([RefundStanding.PENDING, RefundStanding.SUCCEEDED])
        self.provider.refuse_refund = "no_card" if self.rarely() else None
        self.provider.refuse_capture = "no_reserve" if self.rarely() else None

    def a_refund_goes_on(self) -> None:
        fails = self.dice.random() < 0.5
        made = [
            one for truth in self.provider.payments.values() for one in truth.refunds
            if one.standing is RefundStanding.PENDING or (fails and one.standing is RefundStanding.SUCCEEDED)
        ]  # fmt: skip
        if made:
            reference = self.dice.choice(made).reference
            (self.provider.refund_fails if fails else self.provider.refund_succeeds)(reference)

    def a_notice_comes(self) -> None:
        if events := self.provider.events:
            hint, now = self.dice.choice(events[-12:]).hint, self.tick()
            if self.rarely():
                hint = replace(hint, event_id=f"{hint.event_id}-{now}")
            self.forgetting(lambda: notices.handle(self.sessions, provider=self.provider, hint=hint, now=now))

    def the_list_is_read(self) -> None:
        code, now = self.place.facts.code, self.tick()
        self.forgetting(lambda: sweep.recent(self.sessions, provider=self.provider, municipality_code=code, now=now))

    def the_sweep_asks(self) -> None:
        sweep.unfinished(
            self.sessions, provider_of=lambda _code, _name: self.provider, pause=lambda _seconds: None,
            now=self.tick(minutes=self.dice.choice([1, 20, 90, 2000])),
        )  # fmt: skip

    # The ledger

    def the_ledger_shows(self) -> None:
        """Claims close meanwhile: paid in the bank, written off; or shrink; or come again."""
        now, smaller = self.tick(), self.rarely()
        listed = [one for one in self.found if not self.rarely()]
        shown = [replace(one, shared=True, outstanding_ore=one.outstanding_ore - 500 * smaller) for one in listed]
        for person in self.people:
            self.place.shows(person, *shown, source="ledger", asked_at=now)

    def a_promise_is_kept(self) -> None:
        if heads := self.due():
            fault = self.dice.choice(["before", "after"]) if self.rarely() else None
            self.keep(self.dice.choice(heads), rejects=self.rarely(), fault=fault)

    def keep(self, row: OutboxMessage, *, rejects: bool = False, fault: str | None = None) -> None:
        now = self.tick()
        self.ledger.now = now
        message = Message(
            row.id, row.kind, row.subject_id, row.municipality_code, row.lane, row.payload, 1, 1, NOW, NOW
        )
        act = {"ledger.post": self._post, "ledger.reverse": self._reverse, "payments.refund": self._refund}[row.kind]
        if fault:
            getattr(self.ledger, fault).append(LedgerUnavailable("no answer"))
        try:
            finish = act(message, rejects, fault, now)
        except (LedgerError, ProviderError):
            return
        finally:
            self.ledger.before, self.ledger.after, self.provider.drop_replies = [], [], 0
        with self.sessions.begin() as session:
            session.execute(update(OutboxMessage).where(OutboxMessage.id == row.id).values(state=DONE))
            finish(session)

    def _post(self, message: Message, rejects: bool, _fault: str | None, now: datetime) -> Finish:
        self.ledger.rejections = {message.payload["account"]: Rejected("NO", "no", None)} if rejects else {}
        unseal = self.place.vault.unseal
        return push.deliver(self.sessions, ledger=self.ledger, unseal=unseal, message=message, clock=lambda: now)

    def _reverse(self, message: Message, rejects: bool, _fault: str | None, now: datetime) -> Finish:
        self.ledger.refusals = dict.fromkeys(self.ledger.booked, Rejected("NO", "no", None)) if rejects else {}
        return reverse.deliver(self.sessions, ledger=self.ledger, message=message, clock=lambda: now)

    def _refund(self, message: Message, _rejects: bool, fault: str | None, now: datetime) -> Finish:
        provider = self.provider
        if fault == "before":
            provider.drop_replies = 1
        elif fault == "after":
            provider = ForgetsRefunds(provider)
        return refund_sending.send(
            self.sessions, provider_of=lambda _code, _name: provider, message=message, clock=lambda: now
        )

    # The desk

    def somebody_asks_for_a_refund(self) -> None:
        paid = [payment for payment in self.payments() if payment.state in WITH_MONEY]
        if not paid:
            return
        payment = self.dice.choice(paid)
        with self.sessions() as session:
            left = [one for one in refund_queries.left_of(session, payment_id=payment.id) if one.left_ore]
        chosen = self.dice.sample(left, self.dice.randint(0, len(left)))
        shares = {one.claim_id: self.dice.choice([one.left_ore, self.dice.randint(1, one.left_ore)]) for one in chosen}
        with suppress(refunds.NotNow, refunds.NothingAsked, refunds.MoreThanLeft), self.sessions.begin() as session:
            refunds.ask(
                session, refund_id=uuid4(), payment_id=payment.id, municipality_code=self.place.facts.code,
                shares=shares, reason="fordi", by=self.dice.choice(PEOPLE), now=self.tick(),
                alone_up_to_ore=self.dice.choice([0, 10**9, 10**9]),
            )  # fmt: skip

    def a_second_person_decides(self) -> None:
        asked = [refund for refund in self.refunds() if refund.state == "asked"]
        if not asked:
            return
        refund, by, code, now = self.dice.choice(asked), self.dice.choice(PEOPLE), self.place.facts.code, self.tick()
        with suppress(refunds.SamePerson), self.sessions.begin() as session:
            if self.rarely():
                refunds.decline(session, refund_id=refund.id, municipality_code=code, by=by, reason="nej", now=now)
            else:
                refunds.approve(session, refund_id=refund.id, municipality_code=code, by=by, now=now)


class ForgetsRefunds(FakeProvider):
    """The same account, where the answer to a refund gets lost: it is made, and nobody is told."""

    def __init__(self, account: FakeProvider) -> None:
        self.__dict__ = account.__dict__

    def refund(self, reference: str, *, refund_id: UUID, amount_ore: int, key: str) -> RefundTruth:
        super().refund(reference, refund_id=refund_id, amount_ore=amount_ore, key=key)
        raise OutcomeUnknown("the answer got lost")
