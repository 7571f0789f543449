"""A world in which anything may happen to money, in any order; what the stateful test of everything is made of."""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import count
from uuid import UUID, uuid4

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule
from sqlalchemy import update

from app.ledger import by_hand
from app.outbox.models import DEAD, DUE, OutboxMessage
from app.payments import checkout, notices, sweep
from app.payments.models import Payment
from app.payments.port import (
    DisputeStanding,
    RefundStanding,
    Standing,
)
from app.payments.returns import refund_queries, refunds
from app.payments.states import WITH_MONEY
from tests.demo import ACCOUNT, AHMED, NOW, OTHER_ACCOUNT, Town, daycare, facts
from tests.fakes.payment_provider import FakeProvider
from tests.payments.ground import PEOPLE, Ground

codes = count(1)


class World(Ground):
    """One municipality, one provider, one ledger. Each step is one event, drawn evenly: nothing is too rare to come."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Callable[[], None]] = [
            self.somebody_pays, self.somebody_pays, self.somebody_looks_or_stops, self.the_citizen_does,
            self.the_citizen_does, self.the_citizen_does, self.the_bank_does, self.somebody_refunds_by_hand,
            self.the_provider_is_in_a_mood, self.a_refund_goes_on, self.a_notice_comes, self.a_notice_comes,
            self.the_list_is_read, self.the_sweep_asks, self.the_ledger_shows, self.a_promise_is_kept,
            self.a_promise_is_kept, self.a_promise_is_kept, self.somebody_asks_for_a_refund,
            self.somebody_asks_for_a_refund, self.a_second_person_decides, self.a_posting_is_given_up,
            self.a_posting_is_given_up, self.somebody_settles_a_posting, self.somebody_settles_a_posting,
            self.somebody_pays_out_by_bank, self.somebody_pays_out_by_bank, self.somebody_pays_out_by_bank,
        ]  # fmt: skip

    @initialize(reserves=st.booleans(), is_told=st.booleans())
    def a_town_is_founded(self, reserves: bool, is_told: bool) -> None:
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
        # A third is for two claims, and one of them is closed before the money comes: that part waits with us.
        self.provider.finish(self.place.opened(self.people[0], *self.claims[2:]).provider_reference or "")
        for person in self.people:
            self.place.shows(person, *(replace(one, shared=True) for one in self.found if one is not self.found[2]))
        if is_told:
            self.all_notices_come()
            self.a_bank_gave_back_what_the_ledger_will_not_have()
            self.the_ledger_says_no_and_somebody_books()

    def all_notices_come(self) -> None:
        for event in list(self.provider.events):
            notices.handle(self.sessions, provider=self.provider, hint=event.hint, now=self.tick())

    def a_bank_gave_back_what_the_ledger_will_not_have(self) -> None:
        """So the money of one line stands on two postings, one of them rejected."""
        lane = f"account/{OTHER_ACCOUNT}"
        with self.sessions() as session:
            (posted,) = (row.subject_id for row in self.heads(DUE) if row.lane == lane)
            reference = session.get_one(Payment, posted).provider_reference or ""
        self.all_of_a_lane_is_kept(lane)
        self.provider.dispute(reference, amount_ore=500, standing=DisputeStanding.OPEN)
        self.all_notices_come()
        self.all_of_a_lane_is_kept(lane)
        self.provider.dispute_becomes(reference, DisputeStanding.WON)
        self.all_notices_come()
        self.all_of_a_lane_is_kept(lane, rejects=True)
        assert len(self.postings("rejected")) == 1

    def all_of_a_lane_is_kept(self, lane: str, *, rejects: bool = False) -> None:
        while rows := [row for row in self.heads(DUE) if row.lane == lane]:
            self.keep(rows[0], rejects=rejects)

    def the_ledger_says_no_and_somebody_books(self) -> None:
        refused = self.heads(DUE)[0]
        self.keep(refused, rejects=True)
        self.settle(refused.id, in_ledger=True)

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

    # Citizens

    def somebody_pays(self) -> None:
        person, now = self.dice.choice(self.people), self.tick()
        wanted = self.dice.sample(self.claims, self.dice.randint(1, 4))

        def act() -> None:
            refused = checkout.ClaimsChanged, checkout.NothingToPay, checkout.ProviderDown, checkout.BelowMinimum
            with suppress(*refused):
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
        if heads := self.heads(DUE):
            fault = self.dice.choice(["before", "after"]) if self.rarely() else None
            self.keep(self.dice.choice(heads), rejects=self.dice.random() < 0.4, fault=fault)

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

    def somebody_pays_out_by_bank(self) -> None:
        """Money that waits with us goes to its payer's NemKonto from the municipality's bank."""
        with self.sessions() as session:
            waiting = {
                payment.id: one.left_ore for payment in self.payments() if payment.state in WITH_MONEY
                for one in refund_queries.left_of(session, payment_id=payment.id) if one.claim_id is None
            }  # fmt: skip
        if loose := [(payment_id, left_ore) for payment_id, left_ore in waiting.items() if left_ore]:
            payment_id, left_ore = self.dice.choice(loose)
            shares: dict[UUID | None, int] = {None: self.dice.choice([left_ore, self.dice.randint(1, left_ore)])}
            with suppress(refunds.NotNow, refunds.MoreThanLeft), self.sessions.begin() as session:
                refunds.ask(
                    session, refund_id=uuid4(), payment_id=payment_id, municipality_code=self.place.facts.code,
                    shares=shares, reason="NemKonto", by=self.dice.choice(PEOPLE), now=self.tick(),
                    alone_up_to_ore=self.dice.choice([0, 10**9]), is_by_bank=True,
                )  # fmt: skip

    def a_posting_is_given_up(self) -> None:
        """It was tried for too long: it waits for a person, and what is behind it in its lane waits for it."""
        if posts := [row for row in self.heads(DUE) if row.kind == "ledger.post"]:
            with self.sessions.begin() as session:
                chosen = OutboxMessage.id == self.dice.choice(posts).id
                session.execute(update(OutboxMessage).where(chosen).values(state=DEAD))

    def somebody_settles_a_posting(self) -> None:
        """It is posted anew, or somebody has booked it in the ledger. Now and then the wrong one, or one twice."""
        settled = self.postings("accepted", "replaced", "by_hand") if self.rarely() else []
        if chosen := settled or self.stuck():
            with suppress(by_hand.UnknownPosting):
                self.settle(self.dice.choice(chosen), in_ledger=self.dice.random() < 0.5)
