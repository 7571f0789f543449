"""A citizen's payment, the ledger's answers to it one by one, and what a bank and a desk do meanwhile."""

from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import select, update

from app.foundation.db import transaction
from app.ledger import by_hand, push, reverse
from app.ledger.models import LedgerPosting
from app.ledger.port import Rejected
from app.outbox.models import DEAD, DONE, OutboxMessage
from app.outbox.port import Message
from app.payments.models import Payment
from app.payments.port import DisputeStanding
from app.payments.returns import refunds
from tests.demo import NOW, Town
from tests.fakes.ledger import FakeLedger

LATER = NOW + timedelta(hours=1)


class Books:
    """Kirsten's payment, and the ledger's answers to it one by one."""

    def __init__(self, town: Town) -> None:
        self.town, self.ledger = town, FakeLedger()
        self.person = town.person()

    def pays(self, *claims: UUID) -> Payment:
        return self.town.paid(self.person, *claims)

    def answer(self, *, rejects: bool = False) -> UUID:
        """The ledger answers the first message that waits; returns its id."""
        row = self.waiting()[0]
        account = row.payload["account"]
        self.ledger.rejections = {account: Rejected("NO", "no", None)} if rejects else {}
        message = Message(
            row.id, row.kind, row.subject_id, row.municipality_code, row.lane, row.payload, 1, 1, NOW, NOW
        )
        sessions = self.town.sessions
        if row.kind == "ledger.post":
            unseal = self.town.vault.unseal
            finish = push.deliver(sessions, ledger=self.ledger, unseal=unseal, message=message, clock=lambda: LATER)
        else:
            finish = reverse.deliver(sessions, ledger=self.ledger, message=message, clock=lambda: LATER)
        with sessions.begin() as session:
            session.execute(update(OutboxMessage).where(OutboxMessage.id == row.id).values(state=DONE))
            finish(session)
        return row.id

    def waiting(self) -> list[OutboxMessage]:
        """What the ledger has still to answer."""
        return [one for one in self.town.messages() if one.state == "due" and one.kind.startswith("ledger.")]

    def answer_all(self) -> None:
        """The ledger answers until nothing waits."""
        while self.waiting():
            self.answer()

    def gives_up(self) -> UUID:
        """The first message that waits was tried for too long: it is dead, and what is behind it waits for people."""
        row = self.waiting()[0]
        with self.town.sessions.begin() as session:
            session.execute(update(OutboxMessage).where(OutboxMessage.id == row.id).values(state=DEAD))
        return row.id

    def bank(self, payment: Payment, *, takes_ore: int = 0, gives_back: bool = False) -> None:
        """A bank takes so much of a payment after a dispute, or gives it back."""
        reference = payment.provider_reference or ""
        if takes_ore:
            self.town.provider.dispute(reference, amount_ore=takes_ore, standing=DisputeStanding.OPEN)
        if gives_back:
            self.town.provider.dispute_becomes(reference, DisputeStanding.WON)
        self.town.settle(payment, now=LATER)

    def sends_back_elsewhere(self, payment: Payment, amount_ore: int) -> None:
        """Somebody refunds so much on the provider's own pages."""
        self.town.provider.refund_by_hand(payment.provider_reference or "", amount_ore=amount_ore)
        self.town.settle(payment, now=LATER)

    def asks_back(self, payment: Payment, claim: UUID, amount_ore: int, *, alone: bool = True) -> UUID:
        with transaction(self.town.sessions) as session:
            refund_id = uuid4()
            refunds.ask(
                session, refund_id=refund_id, payment_id=payment.id, municipality_code=self.town.facts.code,
                shares={claim: amount_ore}, reason="for meget", by="carsten", now=LATER,
                alone_up_to_ore=10**9 if alone else 0,
            )  # fmt: skip
        return refund_id

    def again(self, posting_id: UUID) -> int:
        with transaction(self.town.sessions) as session:
            code = self.town.facts.code
            return by_hand.post_again(session, posting_id=posting_id, municipality_code=code, by="carsten", now=LATER)

    def books(self, posting_id: UUID, *, code: str | None = None) -> int:
        with transaction(self.town.sessions) as session:
            return by_hand.booked(
                session, posting_id=posting_id, municipality_code=code or self.town.facts.code, by="carsten",
                why="bilag 17", now=LATER,
            )  # fmt: skip

    def balances(self) -> tuple[int, int, int]:
        return self.town.balance("transit"), self.town.balance("ledger"), self.town.balance("overpaid")

    def states(self) -> list[str]:
        with transaction(self.town.sessions) as session:
            return sorted(session.scalars(select(LedgerPosting.state)))
