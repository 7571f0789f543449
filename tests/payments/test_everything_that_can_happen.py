"""Two people, shared claims, a desk, a bank, and a world that does anything in any order: the invariants hold."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import func, select

from app.claims.models import Claim
from app.journal.models import JournalEntry, JournalLine
from app.journal.queries import balances
from app.ledger.models import LedgerPosting, LedgerReversal
from app.outbox.models import DUE, OutboxMessage
from app.payments import notices
from app.payments.models import Payment, PaymentLine, Refund
from app.payments.port import DisputeStanding, RefundStanding, Standing
from app.payments.returns import returning
from app.payments.returns.parts import Recall, from_json, total_ore
from app.payments.states import OPEN, WITH_MONEY, RefundState
from tests.demo import Town
from tests.payments.world import World

pytestmark = [pytest.mark.database, pytest.mark.long]
OPEN_STATES = [state.value for state in OPEN]


def has_left(refund: Refund) -> bool:
    """Whether the money of a refund is no longer with us."""
    sent = {"desk": {RefundState.PENDING, RefundState.SUCCEEDED}, "bank": {RefundState.SUCCEEDED}}
    return refund.state in sent.get(refund.origin, {RefundState.APPROVED, RefundState.SUCCEEDED})


class Lawful(World):
    """The world, and what must be true of it after every event."""

    def laws_hold(self) -> None:
        self.paid_here, self.sent_back, self.accounts = self.payments(), self.refunds(), self.book()
        self.every_ore_is_in_one_place()
        self.what_waits_with_us_is_somebodys_work()
        self.a_claim_has_one_open_payment()
        self.sums_are_right()

    def book(self) -> dict[str, int]:
        with self.sessions() as session:
            raw = balances(session, municipality_code=self.place.facts.code)
        return {account.rsplit("/", 1)[0]: total for account, total in raw.items()}

    def promised_ore(self) -> int:
        """All that was ever promised to the ledger: what claims wanted, and what is paid anew after a dispute.

        What it rejected and was promised again is one promise.
        """
        with self.sessions() as session:
            here = OutboxMessage.municipality_code == self.place.facts.code
            rows = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "ledger.post", here))
            again: list[int] = [share["amount_ore"] for row in rows for share in row.payload.get("shares", ())]
        wanted = sum(payment.captured_ore - payment.overpaid_ore for payment in self.paid_here)
        return wanted + sum(again) - self.posted_anew_ore

    def every_ore_is_in_one_place(self) -> None:
        """I1 and I5: what each account says follows from what has happened, told by other tables and by the ledger."""
        book, code = self.accounts, self.place.facts.code
        with self.sessions() as session:
            accepted, reversed_ore, from_transit = (
                session.scalar(
                    select(func.coalesce(func.sum(table.amount_ore), 0)).where(
                        table.municipality_code == code, table.state == state
                    )
                )
                or 0
                for table, state in (
                    (LedgerPosting, "accepted"),
                    (LedgerReversal, "accepted"),
                    (LedgerReversal, "unposted"),
                )
            )
        refunds = self.sent_back
        captured = sum(payment.captured_ore for payment in self.paid_here)
        by_bank = sum(refund.amount_ore for refund in refunds if refund.origin == "bank" and has_left(refund))
        left = [refund for refund in refunds if refund.origin != "bank" and has_left(refund)]
        booked = accepted + self.booked_by_hand_ore
        assert book.get(f"provider/{self.provider.name}", 0) == captured - sum(refund.amount_ore for refund in left)
        assert book.get("bank", 0) == -by_bank
        assert book.get("ledger", 0) == reversed_ore - booked
        assert book.get("transit", 0) == booked + from_transit - self.promised_ore()
        ahead = (Recall.WAITING, Recall.KEPT, Recall.NOWHERE)
        owed_us = sum(total_ore(from_json(refund.shares), *ahead) for refund in left if refund.origin != "desk")
        assert book.get("gone", 0) == owed_us
        assert sum(book.values()) == 0
        assert max(book.get(name, 0) for name in ("transit", "ledger", "overpaid")) <= 0, "no balance below zero"
        assert sum(posting.amount_ore for posting in self.ledger.booked.values()) >= accepted
        assert sum(reversal.amount_ore for reversal in self.ledger.taken_back.values()) >= reversed_ore

    def what_waits_with_us_is_somebodys_work(self) -> None:
        """I6: every overpaid øre has a refund under way or an open task, and is never less than nothing."""
        tasks, refunds = {task.subject_id for task in self.place.tasks()}, self.sent_back
        under_way = {one.payment_id for one in refunds if one.state in returning.NOT_BOOKED}
        taken = [payment for payment in self.paid_here if payment.captured_ore]
        with self.sessions() as session:
            of_payments = (
                select(JournalEntry.payment_id, -func.sum(JournalLine.amount_ore))
                .join(JournalLine, JournalLine.entry_id == JournalEntry.id)
                .where(JournalLine.account == f"overpaid/{self.place.facts.code}")
                .group_by(JournalEntry.payment_id)
            )
            loose = {row[0]: row[1] for row in session.execute(of_payments)}
            rows = select(PaymentLine).where(PaymentLine.municipality_code == self.place.facts.code)
            assert all(0 <= line.returned_ore <= line.amount_ore for line in session.scalars(rows))
        assert min(loose.values(), default=0) >= 0
        assert {payment_id for payment_id, loose_ore in loose.items() if loose_ore} <= tasks | under_way
        for payment in taken:
            sent = [one for one in refunds if one.payment_id == payment.id and has_left(one)]
            sent_ore = sum(one.amount_ore for one in sent if one.origin in {"desk", "bank"})
            assert sent_ore <= payment.captured_ore, "never more sent back than was taken"
            beyond_ore = sum(total_ore(from_json(one.shares), Recall.NOWHERE) for one in sent)
            gone_ore = sum(one.amount_ore for one in sent if one.origin != "dispute") - beyond_ore
            assert gone_ore <= payment.refunded_ore <= payment.captured_ore

    def a_claim_has_one_open_payment(self) -> None:
        """I2, and the mark on the lines says what the payments' states say."""
        with self.sessions() as session:
            rows = session.execute(
                select(PaymentLine.claim_id, PaymentLine.open, Payment.state)
                .join(Payment, Payment.id == PaymentLine.payment_id)
                .where(PaymentLine.municipality_code == self.place.facts.code)
            ).all()
        assert all(row.open == (row.state in OPEN_STATES) for row in rows)
        being_paid = [row.claim_id for row in rows if row.open]
        assert len(being_paid) == len(set(being_paid))

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
        assert totals == {payment.id: payment.amount_ore for payment in self.paid_here}
        principal = {one.origin_ref: one.outstanding_ore for one in self.found}
        assert all(0 <= claim.covered_ore <= principal[claim.origin_ref] for claim in claims)

    def facts(self) -> tuple[object, ...]:
        """Everything that money has become."""
        payments = [
            (one.id, one.state, one.captured_ore, one.refunded_ore, one.disputed_ore) for one in self.payments()
        ]
        refunds = [(one.id, one.state, one.shares) for one in self.refunds()]
        with self.sessions() as session:
            messages = session.scalar(
                select(func.count()).where(OutboxMessage.municipality_code == self.place.facts.code)
            )
        return payments, refunds, self.book(), messages

    def all_is_told(self, marked: str) -> None:
        order = [*range(len(self.provider.events))] * 2
        self.dice.shuffle(order)
        for place in order:
            hint = self.provider.events[place].hint
            told = replace(hint, event_id=f"{hint.event_id}-{marked}")
            notices.handle(self.sessions, provider=self.provider, hint=told, now=self.now)

    def teardown(self) -> None:
        """I4: when all is told, money is where the provider says; told again, in any order, nothing changes."""
        if not hasattr(self, "provider"):
            return
        self.provider.refuse_capture = self.provider.refuse_refund = None
        self.tick(minutes=90)
        self.the_sweep_asks()
        self.all_is_told("once")
        self.all_is_kept()
        self.all_is_told("twice")
        self.all_is_kept()
        before = self.facts()
        self.all_is_told("thrice")
        assert self.facts() == before
        self.laws_hold()
        assert self.accounts.get("transit", 0) == 0, "all of it is the ledger's, or has gone back"
        self._the_provider_says_the_same()

    def all_is_kept(self) -> None:
        """Every promise is kept, and people do what is theirs to do, until nothing is left to be done."""
        while True:
            for row in self.heads(DUE):
                self.keep(row)
            while any(refund.state == RefundState.ASKED for refund in self.refunds()):
                self.a_second_person_decides()
            first = self.dice.random() < 0.5
            for posting_id in self.stuck():
                # What is going back may not be booked, but tried again: then what waits behind it has its turn.
                _ = self.settle(posting_id, in_ledger=first) or self.settle(posting_id, in_ledger=not first)
            if not self.heads(DUE):
                return

    def _the_provider_says_the_same(self) -> None:
        ours = {payment.provider_reference: payment for payment in self.payments()}
        there_ore = 0
        for reference, truth in self.provider.payments.items():
            assert (truth.standing is Standing.PAID) == (ours[reference].state in WITH_MONEY)
            assert truth.standing is not Standing.AUTHORISED, "nobody's money stays reserved"
            if truth.standing is Standing.PAID:
                taken_back = (DisputeStanding.OPEN, DisputeStanding.LOST)
                there_ore += truth.amount_ore
                there_ore -= sum(one.amount_ore for one in truth.refunds if one.standing is not RefundStanding.FAILED)
                there_ore -= sum(one.amount_ore for one in truth.disputes if one.standing in taken_back)
        assert self.book().get(f"provider/{self.provider.name}", 0) == there_ore


def test_the_invariants_hold_whatever_happens_in_whatever_order(town: Town) -> None:
    machine = type("LawfulOnThisDatabase", (Lawful,), {"town": town})
    few = settings(
        max_examples=8, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck), database=None,
        derandomize=True,
        phases=[Phase.generate],  # to shrink a failure takes minutes; the steps that led to it are printed whole
    )  # fmt: skip
    run_state_machine_as_test(machine, settings=few)
