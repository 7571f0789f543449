"""The books: what was captured, journalled, posted and made known to the library must be the same, to the øre.

Compared payment by payment over the portal's tables, and against what each stand-in says it has.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.claims.models import Claim
from app.foundation.db import Sessions
from app.journal.models import JournalEntry, JournalLine
from app.ledger.models import LedgerPosting
from app.outbox.models import DONE, OutboxMessage
from app.payments.models import Payment, PaymentLine
from app.sources.models import WriteBack


@dataclass
class Books:
    """What is wrong, if anything, and the line that says how it stands."""

    where: str
    captured_ore: int = 0
    payments: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def line(self) -> str:
        """One line for people."""
        if self.faults:
            return f"books of {self.where}: WRONG: " + "; ".join(self.faults)
        return (
            f"books of {self.where}: captured = journalled = posted = known to the library, exactly: "
            f"{self.payments} payments, {self.captured_ore} øre"
        )

    def must_agree(self, what: str, left: object, right: object) -> None:
        """Note a fault where two sides differ."""
        if left != right:
            self.faults.append(f"{what}: {_short(left)} is not {_short(right)}")


def _short(value: object) -> str:
    return f"{len(value)} entries" if isinstance(value, Mapping | set) else str(value)


@dataclass(frozen=True)
class Outside:
    """What the world outside says it has."""

    captured: Mapping[str, int]
    """The provider's references, and the øre taken under each."""
    captured_ore: int
    postings: frozenset[UUID]
    accounts: Mapping[str, int]
    """The ledger's accounts, and the øre posted to each."""
    orders: Mapping[str, str]
    """The library's paid fees, and the order that each was paid by."""
    by_ledger: frozenset[str] = frozenset()
    """The library's fees that are paid without an order: the ledger has let it know."""


def check(sessions: Sessions, *, where: str, outside: Outside) -> Books:
    """Compare what the world outside says with everything in the portal's tables."""
    books = Books(where)
    with sessions() as session:
        paid = dict(_pairs(session, select(Payment.id, Payment.captured_ore).where(Payment.captured_at.is_not(None))))
        by_reference = dict(_pairs(session, select(Payment.provider_reference, Payment.captured_ore).where(
            Payment.captured_at.is_not(None))))  # fmt: skip
        books.payments = len(paid)
        books.captured_ore = session.scalar(select(func.coalesce(func.sum(Payment.captured_ore), 0))) or 0
        books.must_agree("captured by the provider, captured here", dict(outside.captured), by_reference)
        books.must_agree("captured by the provider, in sum", outside.captured_ore, books.captured_ore)
        books.must_agree("captured, asked for", paid, dict(_pairs(session, _asked())))
        books.must_agree(
            "captured, journalled as captured", paid, dict(_pairs(session, _booked("capture", "provider/%")))
        )
        books.must_agree(
            "captured, journalled as accepted", paid, dict(_pairs(session, _booked("accepted", "ledger/%")))
        )
        books.must_agree("captured, posted", paid, dict(_pairs(session, _posted())))
        books.must_agree("posted here, posted in the ledger", set(session.scalars(_postings())), set(outside.postings))
        books.must_agree("posted, by account", dict(_pairs(session, _accounts())), dict(outside.accounts))
        in_transit = session.scalar(
            select(func.coalesce(func.sum(JournalLine.amount_ore), 0)).where(JournalLine.account.like("transit/%"))
        )
        books.must_agree("left in transit, nothing", in_transit, 0)
        books.must_agree(
            "known to the library here, paid at the library",
            dict(_pairs(session, _known("tell"))),
            dict(outside.orders),
        )
        books.must_agree(
            "known here to be paid through the ledger, paid so at the library",
            {ref for ref, _order in _pairs(session, _known("observe"))},
            set(outside.by_ledger),
        )
        books.must_agree("library fees paid for, known", session.scalar(_fees_paid("tell")), len(outside.orders))
        books.must_agree(
            "library fees paid for in the ledger, known", session.scalar(_fees_paid("observe")), len(outside.by_ledger)
        )
        undone = session.scalar(select(func.count()).select_from(OutboxMessage).where(OutboxMessage.state != DONE))
        books.must_agree("promises not kept, nothing", undone, 0)
    return books


def _pairs(session: Session, rows: Select[*tuple[object, ...]]) -> list[tuple[object, object]]:
    return [(first, second) for first, second in session.execute(rows).all()]


def _asked() -> Select[UUID, int]:
    return select(Payment.id, Payment.amount_ore).where(Payment.captured_at.is_not(None))


def _booked(kind: str, account: str) -> Select[UUID | None, int]:
    """By payment, what stands on an account through entries of one kind."""
    return (
        select(JournalEntry.payment_id, func.abs(func.sum(JournalLine.amount_ore)))
        .join(JournalLine, JournalLine.entry_id == JournalEntry.id)
        .where(JournalEntry.key.like(f"{kind}/%"), JournalLine.account.like(account))
        .group_by(JournalEntry.payment_id)
    )


def _posted() -> Select[UUID, int]:
    return (
        select(LedgerPosting.payment_id, func.sum(LedgerPosting.amount_ore))
        .where(LedgerPosting.state == "accepted")
        .group_by(LedgerPosting.payment_id)
    )


def _postings() -> Select[UUID]:
    return select(LedgerPosting.id).where(LedgerPosting.state == "accepted")


def _accounts() -> Select[str, int]:
    return (
        select(LedgerPosting.account, func.sum(LedgerPosting.amount_ore))
        .where(LedgerPosting.state == "accepted")
        .group_by(LedgerPosting.account)
    )


def _known(way: str) -> Select[str, str]:
    return (
        select(Claim.origin_ref, WriteBack.order_id)
        .join(Claim, Claim.id == WriteBack.claim_id)
        .where(WriteBack.way == way, WriteBack.state == "known", WriteBack.known_at.is_not(None))
    )


def _fees_paid(way: str) -> Select[int]:
    return (
        select(func.count())
        .select_from(PaymentLine)
        .join(Payment, Payment.id == PaymentLine.payment_id)
        .where(Payment.captured_at.is_not(None), PaymentLine.way == way, ~PaymentLine.overpaid)
    )
