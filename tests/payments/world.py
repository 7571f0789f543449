"""A world in which anything may happen to money, in any order: the rules of the stateful test, one for each event."""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from sqlalchemy import select, update

from app.ledger import push
from app.ledger.models import LedgerPosting
from app.ledger.port import LedgerError, LedgerUnavailable, Rejected
from app.outbox.models import DONE, DUE, OutboxMessage
from app.outbox.port import Finish, Message
from app.payments import checkout, notices, refund_queries, refund_sending, refunds, sweep
from app.payments.models import Payment, Refund
from app.payments.port import DisputeStanding, ProviderError, ProviderState, RefundStanding, Standing
from app.payments.states import WITH_MONEY
from tests.demo import ACCOUNT, AHMED, NOW, OTHER_ACCOUNT, Town, daycare, facts
from tests.fakes.ledger import FakeLedger
from tests.fakes.payment_provider import FakeProvider

codes = count(1)
some = st.integers(0, 9)
rarely = st.sampled_from([False, False, False, True])
PEOPLE = ["carsten", "dorte"]


class World(RuleBasedStateMachine):
    """One municipality, one provider, one ledger; every rule is something that may happen at any moment."""

    town: Town  # given by the test: a database, emptied once

    def __init__(self) -> None:
        super().__init__()
        self.now, self.reversed_ore, self.from_transit_ore = NOW, 0, 0
        self.ledger = FakeLedger()

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

    # What rules share

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

    def truths(self, standing: Standing) -> list[ProviderState]:
        return [truth for truth in self.provider.payments.values() if truth.standing is standing]

    def forgetting(self, drop: bool, act: Callable[[], object]) -> None:
        """Something that speaks to the provider; where `drop`, an answer gets lost and money may have moved."""
        self.provider.drop_replies = int(drop)
        try:
            act()
        except ProviderError:
            pass
        finally:
            self.provider.drop_replies = 0

    # Citizens

    @rule(who=st.booleans(), chosen=st.sets(st.integers(0, 3), min_size=1), drop=rarely)
    def somebody_pays(self, who: bool, chosen: set[int], drop: bool) -> None:
        person, now = self.people[who], self.tick()
        wanted = [self.claims[number] for number in sorted(chosen)]

        def act() -> None:
            with suppress(checkout.ClaimsChanged, checkout.NothingToPay, checkout.ProviderDown):
                self.place.start(person, self.place.review(person, *wanted, now=now), now=now)

        self.forgetting(drop, act)

    @precondition(lambda self: self.payments())
    @rule(chosen=some, stop=st.booleans(), drop=rarely)
    def somebody_looks_or_stops(self, chosen: int, stop: bool, drop: bool) -> None:
        payments, act = self.payments(), checkout.stop if stop else checkout.look
        payment_id = payments[chosen % len(payments)].id
        now = self.tick()
        self.forgetting(drop, lambda: act(self.sessions, provider=self.provider, payment_id=payment_id, now=now))

    # The provider

    @precondition(lambda self: len(self.truths(Standing.PAID)) < len(self.provider.payments))
    @rule(
        chosen=some, act=st.sampled_from(["finish", "finish", "finish", "less", "elsewhere", "late", "close", "fail"])
    )
    def the_citizen_does(self, chosen: int, act: str) -> None:
        """Anything may follow anything: also a success after the end."""
        open_ones = [one.reference for one in self.provider.payments.values() if one.standing is not Standing.PAID]
        reference = open_ones[chosen % len(open_ones)]
        if act == "less":
            self.provider.pay(reference, amount_ore=1)
        elif act == "elsewhere":
            self.provider.pay(reference, currency="NOK")
        else:
            {"finish": self.provider.finish, "late": self.provider.approve, "close": self.provider.close,
             "fail": self.provider.fail}[act](reference)  # fmt: skip

    @precondition(lambda self: self.truths(Standing.PAID))
    @rule(chosen=some, act=st.sampled_from(["by hand", "dispute", "inquiry", "opened", "won", "lost"]), part=some)
    def the_bank_or_the_provider_does(self, chosen: int, act: str, part: int) -> None:
        paid = self.truths(Standing.PAID)
        truth = paid[chosen % len(paid)]
        amount_ore = max(1, truth.amount_ore * (part + 1) // 10)
        if act == "by hand":
            if left_ore := self.provider.left_of(truth):
                self.provider.refund_by_hand(truth.reference, amount_ore=min(left_ore, amount_ore))
        elif act in {"dispute", "inquiry"}:
            standing = DisputeStanding.OPEN if act == "dispute" else DisputeStanding.INQUIRY
            self.provider.dispute(truth.reference, amount_ore=amount_ore, standing=standing)
        elif truth.disputes and truth.disputes[-1].standing not in {DisputeStanding.WON, DisputeStanding.LOST}:
            to = {"opened": DisputeStanding.OPEN, "won": DisputeStanding.WON, "lost": DisputeStanding.LOST}[act]
            if truth.disputes[-1].standing is not to:
                self.provider.dispute_becomes(truth.reference, to)

    @rule(pending=st.booleans(), refuse=rarely, refuse_capture=rarely)
    def the_provider_is_in_a_mood(self, pending: bool, refuse: bool, refuse_capture: bool) -> None:
        self.provider.refunds_begin_as = RefundStanding.PENDING if pending else RefundStanding.SUCCEEDED
        self.provider.refuse_refund = "no_card" if refuse else None
        self.provider.refuse_capture = "no_reserve" if refuse_capture else None

    @precondition(lambda self: any(truth.refunds for truth in self.truths(Standing.PAID)))
    @rule(chosen=some, fails=st.booleans())
    def a_refund_goes_on(self, chosen: int, fails: bool) -> None:
        made = [
            one for truth in self.provider.payments.values() for one in truth.refunds
            if one.standing is RefundStanding.PENDING or (fails and one.standing is RefundStanding.SUCCEEDED)
        ]  # fmt: skip
        if made:
            reference = made[chosen % len(made)].reference
            (self.provider.refund_fails if fails else self.provider.refund_succeeds)(reference)

    @precondition(lambda self: self.provider.events)
    @rule(chosen=st.integers(0, 40), anew=st.booleans(), drop=rarely)
    def a_notice_comes(self, chosen: int, anew: bool, drop: bool) -> None:
        events = self.provider.events
        hint = events[-1 - chosen % len(events)].hint
        told = replace(hint, event_id=f"{hint.event_id}-{self.now}") if anew else hint
        now = self.tick()
        self.forgetting(drop, lambda: notices.handle(self.sessions, provider=self.provider, hint=told, now=now))

    @rule(drop=rarely)
    def the_list_is_read(self, drop: bool) -> None:
        code, now = self.place.facts.code, self.tick()
        self.forgetting(
            drop, lambda: sweep.recent(self.sessions, provider=self.provider, municipality_code=code, now=now)
        )

    @rule(minutes=st.sampled_from([1, 20, 90, 2000]))
    def the_sweep_asks(self, minutes: int) -> None:
        sweep.unfinished(
            self.sessions, provider_of=lambda _code, _name: self.provider, now=self.tick(minutes=minutes),
            pause=lambda _seconds: None,
        )  # fmt: skip

    # The ledger

    @rule(gone=st.sets(st.integers(0, 3)), smaller=st.booleans())
    def the_ledger_shows(self, gone: set[int], smaller: bool) -> None:
        """Claims close meanwhile: paid in the bank, written off; or shrink; or come again."""
        now = self.tick()
        listed = [one for number, one in enumerate(self.found) if number not in gone]
        shown = [replace(one, shared=True, outstanding_ore=one.outstanding_ore - 500 * smaller) for one in listed]
        for person in self.people:
            self.place.shows(person, *shown, source="ledger", asked_at=now)

    @precondition(lambda self: self.due())
    @rule(chosen=some, rejects=rarely, fault=st.sampled_from([None, None, "before", "after"]))
    def a_promise_is_kept(self, chosen: int, rejects: bool, fault: str | None) -> None:
        heads = self.due()
        self.keep(heads[chosen % len(heads)], rejects=rejects, fault=fault)

    def keep(self, row: OutboxMessage, *, rejects: bool = False, fault: str | None = None) -> None:
        now = self.tick()
        message = Message(
            row.id, row.kind, row.subject_id, row.municipality_code, row.lane, row.payload, 1, 1, NOW, NOW
        )
        act = {"ledger.post": self._post, "ledger.reverse": self._reverse, "payments.refund": self._refund}[row.kind]
        try:
            finish = act(message, rejects, fault, now)
        except (LedgerError, ProviderError):
            return
        finally:
            self.ledger.before, self.ledger.after, self.provider.drop_replies = [], [], 0
        with self.sessions.begin() as session:
            session.execute(update(OutboxMessage).where(OutboxMessage.id == row.id).values(state=DONE))
            finish(session)

    def _post(self, message: Message, rejects: bool, fault: str | None, now: datetime) -> Finish:
        if fault:
            getattr(self.ledger, fault).append(LedgerUnavailable("no answer"))
        account = message.payload["account"]
        self.ledger.rejections = {account: Rejected("NO", "no", None)} if rejects else {}
        unseal = self.place.vault.unseal
        return push.deliver(self.sessions, ledger=self.ledger, unseal=unseal, message=message, clock=lambda: now)

    def _reverse(self, message: Message, rejects: bool, fault: str | None, now: datetime) -> Finish:
        """The ledger's answer: it keeps, or gives back what it has, or never had (a rejected posting)."""
        if fault:
            raise LedgerUnavailable("no answer")
        account, amount_ore = message.payload["account"], message.payload["amount_ore"]
        with self.sessions() as session:
            refund = session.get_one(Refund, message.subject_id)
            accepted = session.scalars(
                select(LedgerPosting.state)
                .where(LedgerPosting.payment_id == refund.payment_id, LedgerPosting.account == account)
                .order_by(LedgerPosting.answered_at.desc(), LedgerPosting.id.desc())
            ).first() == "accepted"  # fmt: skip
        if rejects:
            return lambda session: refunds.not_recalled(
                session, refund_id=refund.id, account=account, code="NO", reason="no", now=now
            )
        if accepted:
            self.reversed_ore += amount_ore
        else:
            self.from_transit_ore += amount_ore
        return lambda session: refunds.recalled(
            session, refund_id=refund.id, account=account, amount_ore=amount_ore,
            source="ledger" if accepted else "transit", now=now,
        )  # fmt: skip

    def _refund(self, message: Message, _rejects: bool, fault: str | None, now: datetime) -> Finish:
        self.provider.drop_replies = int(fault is not None)
        if fault == "after":
            self.provider.drop_replies = 0
            self.forgetting_after_fetch()
        return refund_sending.send(
            self.sessions, provider_of=lambda _code, _name: self.provider, message=message, clock=lambda: now
        )

    def forgetting_after_fetch(self) -> None:
        """The next refund is made, and its answer gets lost."""
        ask = self.provider.fetch

        def fetch_then_forget(reference: str) -> ProviderState:
            self.provider.fetch = ask  # type: ignore[method-assign]
            answer = ask(reference)
            self.provider.drop_replies = 1
            return answer

        self.provider.fetch = fetch_then_forget  # type: ignore[method-assign]

    # The desk

    @precondition(lambda self: any(payment.captured_ore for payment in self.payments()))
    @rule(chosen=some, part=some, tenths=st.integers(1, 10), limit=st.sampled_from([0, 10**9]), who=st.booleans())
    def somebody_asks_for_a_refund(self, chosen: int, part: int, tenths: int, limit: int, who: bool) -> None:
        paid = [payment for payment in self.payments() if payment.state in WITH_MONEY]
        payment = paid[chosen % len(paid)]
        with self.sessions() as session:
            left = [one for one in refund_queries.left_of(session, payment_id=payment.id) if one.left_ore]
        some_parts = left[: part % 3 + 1] if part else left
        shares = {one.claim_id: max(1, one.left_ore * tenths // 10) for one in some_parts}
        with self.sessions.begin() as session:
            try:
                refunds.ask(
                    session, refund_id=uuid4(), payment_id=payment.id, municipality_code=self.place.facts.code,
                    shares=shares, reason="fordi", by=PEOPLE[who], alone_up_to_ore=limit, now=self.tick(),
                )  # fmt: skip
            except (refunds.NotNow, refunds.NothingAsked, refunds.MoreThanLeft):
                session.rollback()

    @precondition(lambda self: any(refund.state == "asked" for refund in self.refunds()))
    @rule(chosen=some, yes=st.sampled_from([True, True, False]), who=st.booleans())
    def a_second_person_decides(self, chosen: int, yes: bool, who: bool) -> None:
        asked = [refund for refund in self.refunds() if refund.state == "asked"]
        refund, code, by = asked[chosen % len(asked)], self.place.facts.code, PEOPLE[who]
        with self.sessions.begin() as session:
            if not yes:
                refunds.decline(
                    session, refund_id=refund.id, municipality_code=code, by=by, reason="nej", now=self.tick()
                )
            elif by != refund.asked_by:
                refunds.approve(session, refund_id=refund.id, municipality_code=code, by=by, now=self.tick())

    def shuffled_hints(self) -> list[int]:
        order = [*range(len(self.provider.events))] * 2
        random.Random(len(order)).shuffle(order)  # noqa: S311 - an order, no secret
        return order
