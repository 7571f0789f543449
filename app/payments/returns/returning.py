"""Money on its way back: the steps that a person's decision, a provider's word and the ledger's answer share.

Whoever takes a step holds the payment's lock: it is the one lock of all that happens to a payment's refunds.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.foundation.ids import new_row_id
from app.journal import entries, post
from app.journal.queries import balance_of_payment
from app.payments import postings
from app.payments.allocation import Share
from app.payments.history import note
from app.payments.models import Dispute, Payment, PaymentLine, Refund
from app.payments.port import DisputeStanding
from app.payments.returns.parts import Left, LeftLine, Part, Recall, from_json, met, total_ore
from app.payments.states import GOING_BACK, REFUND_MOVES, WITH_MONEY, NotAllowed, RefundState, State, move, with_money

NOT_BOOKED = frozenset({RefundState.ASKED, RefundState.APPROVED, RefundState.SENDING})
"""A refund of ours whose money is still with us."""


def locked(session: Session, *, payment_id: UUID) -> Payment:
    """The payment, locked; raises NoResultFound where there is none."""
    return session.get_one(Payment, payment_id, with_for_update=True, populate_existing=True)


def refunds_of(session: Session, payment: Payment) -> Sequence[Refund]:
    """Every refund there was of a payment, in their order, read afresh."""
    rows = select(Refund).where(Refund.payment_id == payment.id).order_by(Refund.id)
    return session.scalars(rows.execution_options(populate_existing=True)).all()


def loose_ore(session: Session, payment: Payment) -> int:
    """How much of a payment waits with us and no claim has it."""
    account = f"overpaid/{payment.municipality_code}"
    return -balance_of_payment(session, payment_id=payment.id, account=account)


def gone_ore(session: Session, payment: Payment) -> int:
    """How much of a payment has left us and the ledger has still to give back."""
    return balance_of_payment(session, payment_id=payment.id, account=f"gone/{payment.municipality_code}")


def left_of(session: Session, payment: Payment) -> Left:
    """What of a payment may still go back."""
    refunds = refunds_of(session, payment)
    kept_ore = sum(
        total_ore(from_json(refund.shares), Recall.LOOSE, Recall.GIVEN)
        for refund in refunds
        if refund.origin in {"desk", "bank"} and refund.state in NOT_BOOKED
    )
    going_ore = sum(refund.amount_ore for refund in refunds if refund.state in GOING_BACK)
    lines = (
        select(PaymentLine.claim_id, PaymentLine.account, PaymentLine.amount_ore - PaymentLine.returned_ore)
        .where(PaymentLine.payment_id == payment.id, ~PaymentLine.overpaid)
        .order_by(PaymentLine.line_no)
    )
    return Left(
        loose_ore=max(0, loose_ore(session, payment) - kept_ore),
        lines=tuple(LeftLine(*row) for row in session.execute(lines) if row[2] > 0),
        most_ore=payment.captured_ore - going_ore,
    )


def open_refund(
    session: Session, payment: Payment, *, origin: str, parts: Sequence[Part], reason: str, state: RefundState,
    by: str | None, now: datetime, provider_reference: str | None = None, refund_id: UUID | None = None,
) -> Refund:  # fmt: skip
    """Store a refund; what it takes from the lines is taken from nobody else."""
    refund_id = refund_id or new_row_id()
    refund = Refund(
        id=refund_id, payment_id=payment.id, municipality_code=payment.municipality_code, origin=origin,
        amount_ore=sum(part.amount_ore for part in parts), shares=[part.to_json() for part in parts], reason=reason,
        state=state.value, state_at=now, asked_by=by, asked_at=now, provider_key=f"refund-{refund_id}",
        provider_reference=provider_reference, recalls_left=0,
    )  # fmt: skip
    session.add(refund)
    session.flush()
    _return_to_lines(session, refund, parts, sign=1)
    facts: dict[str, object] = {"refund_id": str(refund_id), "amount_ore": refund.amount_ore, "origin": origin}
    note(session, payment, f"refund_{state}", now, facts)
    return refund


def give_up_lines(session: Session, refund: Refund, parts: Sequence[Part]) -> None:
    """What the parts took from their lines is the lines' again."""
    _return_to_lines(session, refund, parts, sign=-1)


def _return_to_lines(session: Session, refund: Refund, parts: Sequence[Part], *, sign: int) -> None:
    for part in parts:
        if part.claim_id is not None:
            session.execute(
                update(PaymentLine)
                .where(PaymentLine.payment_id == refund.payment_id, PaymentLine.claim_id == part.claim_id)
                .values(returned_ore=PaymentLine.returned_ore + sign * part.amount_ore)
                .execution_options(synchronize_session=False)
            )


def shift(session: Session, payment: Payment, refund: Refund, to: RefundState, *, now: datetime, why: str = "") -> None:
    """Move a refund as the table allows, and bring its payment to what that makes of it.

    `why` is what a colleague gave as the reason; it stands in the payment's history.

    :raises NotAllowed: the table does not have this move
    """
    if to not in REFUND_MOVES[RefundState(refund.state)]:
        raise NotAllowed(f"{refund.state} may not become {to}")
    refund.state, refund.state_at = to.value, now
    facts: dict[str, object] = {"refund_id": str(refund.id), "amount_ore": refund.amount_ore}
    if refund.failure_code:
        facts["code"] = refund.failure_code
    if why:
        facts["why"] = why
    note(session, payment, f"refund_{to}", now, facts)
    restate(session, payment, now=now)


def ask_ledger(session: Session, payment: Payment, refund: Refund, *, now: datetime) -> None:
    """Ask for the parts of a refund that the ledger has to give back first."""
    lines = {share.claim_id: share for share in postings.posted(session, payment_id=payment.id)}
    shares = [
        Share(part.claim_id, part.amount_ore, lines[part.claim_id].account, lines[part.claim_id].way)
        for part in from_json(refund.shares)
        if part.recall is Recall.WAITING and part.claim_id is not None
    ]
    refund.recalls_left = postings.recall(session, payment=payment, refund_id=refund.id, shares=shares, now=now)


def book_gone(session: Session, payment: Payment, refund: Refund, *, now: datetime) -> None:
    """Money has left us: what waited here, and what the ledger has still to give back (gone ahead of it)."""
    parts = from_json(refund.shares)
    ahead = refund.origin != "desk"
    gone_ore = total_ore(parts, Recall.WAITING, Recall.NOWHERE) if ahead else 0
    entry = entries.refund(
        provider=payment.provider,
        municipality_code=payment.municipality_code,
        overpaid_ore=refund.amount_ore - gone_ore,
        gone_ore=gone_ore,
    )
    book(session, payment, f"refund/{refund.id}", entry, now)


def even(session: Session, payment: Payment, *, now: datetime) -> int:
    """Meet what had gone beyond what was left with money that waits here now; returns how much still waits, free.

    Money may go twice at once: a refund of ours is on its way when a bank takes the same money, or somebody sends it
    back on the provider's own pages. When ours then fails its money has gone all the same, and must not go again.
    """
    session.flush()
    for refund in refunds_of(session, payment):
        parts = from_json(refund.shares)
        beyond_ore = total_ore(parts, Recall.NOWHERE) if refund.state in GOING_BACK else 0
        amount_ore = min(beyond_ore, left_of(session, payment).loose_ore)
        if amount_ore:
            refund.shares = [part.to_json() for part in met(parts, amount_ore=amount_ore)]
            entry = entries.evened(municipality_code=payment.municipality_code, amount_ore=amount_ore)
            # What is left beyond only shrinks, so it tells one meeting from the next.
            book(session, payment, f"evened/{refund.id}/{beyond_ore}", entry, now)
    restate(session, payment, now=now)
    return left_of(session, payment).loose_ore


def book(session: Session, payment: Payment, key: str, entry: entries.Entry, now: datetime) -> None:
    """Book an entry about a payment."""
    code = payment.municipality_code
    post.book(session, key=key, entry=entry, municipality_code=code, payment_id=payment.id, now=now)


def restate(session: Session, payment: Payment, *, now: datetime) -> None:
    """Bring a payment whose money was taken to what its refunds and disputes say."""
    session.flush()
    refunds = {refund.id: refund for refund in refunds_of(session, payment)}
    disputes = session.scalars(select(Dispute).where(Dispute.payment_id == payment.id)).all()
    lost = {dispute.refund_id for dispute in disputes if dispute.standing == DisputeStanding.LOST}
    payment.disputed_ore = sum(one.amount_ore for one in disputes if one.standing == DisputeStanding.OPEN)
    payment.refunded_ore = sum(_sent_ore(one, is_lost=one.id in lost) for one in refunds.values())
    state = with_money(
        captured_ore=payment.captured_ore, refunded_ore=payment.refunded_ore, disputed_ore=payment.disputed_ore
    )
    if State(payment.state) in WITH_MONEY and state is not State(payment.state):
        facts: dict[str, object] = {"from": payment.state, "refunded_ore": payment.refunded_ore}
        payment.state, payment.state_at = move(State(payment.state), state).value, now
        note(session, payment, state, now, facts)


def _sent_ore(refund: Refund, *, is_lost: bool) -> int:
    """How much of the payment has gone back by this refund; what was taken beyond the payment is not of it."""
    gone = {
        "desk": refund.state in {RefundState.PENDING, RefundState.SUCCEEDED},
        "provider": refund.state in {RefundState.APPROVED, RefundState.SUCCEEDED},
        "bank": refund.state == RefundState.SUCCEEDED,
        "dispute": is_lost and refund.state in {RefundState.APPROVED, RefundState.SUCCEEDED},
    }[refund.origin]
    return refund.amount_ore - total_ore(from_json(refund.shares), Recall.NOWHERE) if gone else 0
