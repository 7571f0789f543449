"""What the payments room knows, for pages: open payments beside the bills, a payment's outcome, receipts, history."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.claims.models import Claim, ClaimLiability
from app.claims.queries import Beside
from app.payments.models import Payment, PaymentLine
from app.payments.returns.refund_queries import going_back
from app.payments.states import OPEN, WITH_MONEY, State
from app.questions.queries import answers_due


@dataclass(frozen=True)
class OpenPayment:
    """A payment that somebody is in the middle of. Only its payer gets the token, and not whoever pays with a code."""

    claim_ids: frozenset[UUID]
    token: str | None
    is_mine: bool


@dataclass(frozen=True)
class Around:
    """What an overview needs to know beside the claims: which are being paid, by whom, and which were asked about."""

    beside: Beside
    by_claim: dict[UUID, OpenPayment]


@dataclass(frozen=True)
class PaymentView:
    """A payment as its own page shows it; nothing here says what the bills are about."""

    id: UUID
    token: str
    payer_id: UUID
    municipality_code: str
    state: State
    amount_ore: int
    captured_ore: int
    overpaid_ore: int
    method: str
    provider: str
    method_detail: str | None
    receipt_number: str | None
    redirect_url: str | None
    failure_code: str | None
    created_at: datetime
    state_at: datetime
    captured_at: datetime | None
    expires_at: datetime | None
    checked_at: datetime
    code_id: UUID | None = None
    """Paid with a code: `payer_id` says whose the bills are, and who paid is nobody's business."""

    def is_paid_by(self, person_id: UUID) -> bool:
        """Whether somebody logged in is its payer: who paid with a code is nobody who is logged in."""
        return self.code_id is None and self.payer_id == person_id

    @property
    def is_open(self) -> bool:
        """Nobody knows yet whether money will be taken."""
        return self.state in OPEN

    @property
    def has_money(self) -> bool:
        """Money was taken (and may have gone back)."""
        return self.state in WITH_MONEY


@dataclass(frozen=True)
class ReceiptLine:
    """One bill on a receipt; shown to its payer when logged in."""

    claim_id: UUID
    claim_type: str
    origin_system: str
    amount_ore: int
    overpaid: bool
    titles: tuple[str, ...]


def beside(session: Session, *, person_id: UUID, municipality_code: str) -> Around:
    """The open payments on a person's claims, whoever pays, and what of theirs is on its way back."""
    rows = session.execute(
        select(
            PaymentLine.claim_id,
            PaymentLine.payment_id,
            Payment.token,
            ((Payment.payer_id == person_id) & Payment.code_id.is_(None)).label("is_mine"),
        )
        .join(Payment, Payment.id == PaymentLine.payment_id)
        .join(ClaimLiability, ClaimLiability.claim_id == PaymentLine.claim_id)
        .where(
            PaymentLine.open,
            ClaimLiability.person_id == person_id,
            ClaimLiability.municipality_code == municipality_code,
        )
    ).all()
    claims_of: dict[UUID, set[UUID]] = {}
    for row in rows:
        claims_of.setdefault(row.payment_id, set()).add(row.claim_id)
    by_claim = {
        row.claim_id: OpenPayment(
            frozenset(claims_of[row.payment_id]),
            row.token if row.is_mine else None,
            row.is_mine,
        )
        for row in rows
    }
    back = going_back(session, person_id=person_id, municipality_code=municipality_code)
    asked = answers_due(session, person_id=person_id, municipality_code=municipality_code)
    return Around(Beside(being_paid=frozenset(by_claim), going_back=back, answers_due=asked), by_claim)


def by_token(session: Session, *, token: str) -> PaymentView | None:
    """The payment behind an unguessable token."""
    payment = session.scalar(select(Payment).where(Payment.token == token))
    return view_of(payment) if payment else None


def open_of_review(session: Session, *, review_id: UUID, code_id: UUID) -> PaymentView | None:
    """The open payment that came of a review that was shown to a code's holder."""
    payment = session.scalar(select(Payment).where(Payment.review_id == review_id, Payment.code_id == code_id))
    view = view_of(payment) if payment else None
    return view if view and view.is_open else None


def view_of(payment: Payment) -> PaymentView:
    """A payment's row as a page shows it."""
    return PaymentView(
        id=payment.id,
        token=payment.token,
        payer_id=payment.payer_id,
        municipality_code=payment.municipality_code,
        state=State(payment.state),
        amount_ore=payment.amount_ore,
        captured_ore=payment.captured_ore,
        overpaid_ore=payment.overpaid_ore,
        method=payment.method,
        provider=payment.provider,
        method_detail=payment.method_detail,
        receipt_number=payment.receipt_number,
        redirect_url=payment.redirect_url,
        failure_code=payment.failure_code,
        created_at=payment.created_at,
        state_at=payment.state_at,
        captured_at=payment.captured_at,
        expires_at=payment.expires_at,
        checked_at=payment.checked_at,
        code_id=payment.code_id,
    )


def lines_of(session: Session, *, payment_id: UUID) -> list[ReceiptLine]:
    """What a payment was for, in the order chosen."""
    rows = session.execute(
        select(PaymentLine, Claim.claim_type, Claim.origin_system, Claim.evidence)
        .join(Claim, Claim.id == PaymentLine.claim_id)
        .where(PaymentLine.payment_id == payment_id)
        .order_by(PaymentLine.line_no)
    )
    return [
        ReceiptLine(
            line.claim_id,
            claim_type,
            origin_system,
            line.amount_ore,
            line.overpaid,
            tuple(item["title"] for item in evidence.get("materials", ()) if item.get("title")),
        )
        for line, claim_type, origin_system, evidence in rows
    ]


def method_used_last(session: Session, *, person_id: UUID, municipality_code: str) -> str | None:
    """How a person last paid for themselves; None when they never have."""
    method: str | None = session.scalar(
        select(Payment.method)
        .where(
            Payment.payer_id == person_id,
            Payment.code_id.is_(None),
            Payment.municipality_code == municipality_code,
            Payment.state.in_([state.value for state in WITH_MONEY]),
        )
        .order_by(Payment.created_at.desc())
        .limit(1)
    )
    return method
