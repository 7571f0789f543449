"""The ground that a world of events stands on: its clock, its tables, its ledger, and how a promise is kept."""

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from hypothesis.stateful import RuleBasedStateMachine
from sqlalchemy import select, update

from app.foundation.db import Sessions
from app.ledger import by_hand, push, reverse
from app.ledger.models import LedgerPosting
from app.ledger.port import LedgerError, LedgerUnavailable, Rejected
from app.outbox.by_hand import try_now
from app.outbox.models import DEAD, DONE, OutboxMessage
from app.outbox.port import Finish, Message
from app.payments.models import Payment, Refund
from app.payments.port import (
    OutcomeUnknown,
    ProviderError,
    ProviderState,
    RefundTruth,
    Standing,
)
from app.payments.returns import refund_sending
from tests.demo import NOW, Town
from tests.fakes.ledger import FakeLedger
from tests.fakes.payment_provider import FakeProvider

PEOPLE = ["carsten", "dorte"]


class Ground(RuleBasedStateMachine):
    """One municipality, one provider, one ledger, and what a test may have them do."""

    town: Town  # given by the test: a database, emptied once
    sessions: Sessions
    place: Town
    provider: FakeProvider

    def __init__(self) -> None:
        super().__init__()
        self.now, self.ledger, self.dice = NOW, FakeLedger(), random.Random(0)  # noqa: S311 - no secret
        self.posted_anew_ore = 0
        """What the ledger had rejected and was promised it once more."""
        self.booked_by_hand_ore = 0
        """What people have booked in the ledger in our stead."""

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

    def heads(self, state: str) -> list[OutboxMessage]:
        """The first message of each lane, where it is due, or dead and holds back the others."""
        with self.sessions() as session:
            rows = session.scalars(
                select(OutboxMessage)
                .where(OutboxMessage.state != DONE, OutboxMessage.municipality_code == self.place.facts.code)
                .order_by(OutboxMessage.position)
            ).all()
        heads: dict[str, OutboxMessage] = {}
        for row in rows:
            heads.setdefault(row.lane, row)
        return [row for row in heads.values() if row.state == state]

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

    def stuck(self) -> list[UUID]:
        """The postings that were given up, and those that the ledger rejected."""
        return [row.id for row in self.heads(DEAD)] + self.postings("rejected")

    def postings(self, *states: str) -> list[UUID]:
        with self.sessions() as session:
            here = LedgerPosting.municipality_code == self.place.facts.code
            rows = select(LedgerPosting.id).where(here, LedgerPosting.state.in_(states))
            return list(session.scalars(rows.order_by(LedgerPosting.id)))

    def settle(self, posting_id: UUID, *, in_ledger: bool) -> bool:
        """Whether something was done: money that is going back, or has gone, is nobody's to post."""
        code, by, now = self.place.facts.code, self.dice.choice(PEOPLE), self.tick()
        is_dead = posting_id in [row.id for row in self.heads(DEAD)]
        with suppress(by_hand.NothingLeft, by_hand.GoingBack), self.sessions.begin() as session:
            if in_ledger:
                self.booked_by_hand_ore += by_hand.booked(
                    session, posting_id=posting_id, municipality_code=code, by=by, why="bilag 17", now=now
                )
            elif is_dead:
                try_now(session, message_id=posting_id, now=now)
            else:
                self.posted_anew_ore += by_hand.post_again(
                    session, posting_id=posting_id, municipality_code=code, by=by, now=now
                )
            return True
        return False


class ForgetsRefunds(FakeProvider):
    """The same account, where the answer to a refund gets lost: it is made, and nobody is told."""

    def __init__(self, account: FakeProvider) -> None:
        self.__dict__ = account.__dict__

    def refund(self, reference: str, *, refund_id: UUID, amount_ore: int, key: str) -> RefundTruth:
        super().refund(reference, refund_id=refund_id, amount_ore=amount_ore, key=key)
        raise OutcomeUnknown("the answer got lost")
