"""What the provider says of refunds is brought into ours: each moves once, and those made elsewhere are adopted."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.journal import entries
from app.payments.models import Payment, Refund
from app.payments.port import RefundStanding, RefundTruth
from app.payments.returns import return_tasks, returning
from app.payments.returns.parts import Part, Recall, from_json, spread, total_ore
from app.payments.returns.placing import place_again
from app.payments.states import REFUND_MOVES, RefundState

SENT = frozenset({RefundState.PENDING, RefundState.SUCCEEDED})
OURS = frozenset({"desk", "bank"})
MADE_ELSEWHERE = "Sendt tilbage hos udbyderen"


def bring(session: Session, payment: Payment, told: Sequence[RefundTruth], *, now: datetime) -> None:
    """Bring the refunds of a locked payment to what its provider says. Saying it again changes nothing."""
    for one in told:
        refund = _ours(returning.refunds_of(session, payment), one)
        if refund is not None:
            _follow(session, payment, refund, one, now=now)
        elif one.standing is not RefundStanding.FAILED:
            reference = one.reference
            refund = take_away(
                session, payment, origin="provider", amount_ore=one.amount_ore, reason=MADE_ELSEWHERE,
                reference=reference, now=now,
            )  # fmt: skip
            return_tasks.made_elsewhere(session, payment, refund, now=now)


def _ours(refunds: Sequence[Refund], told: RefundTruth) -> Refund | None:
    """The refund that is meant. One of ours that was refused, or never sent, is not it: that money went without us."""
    for refund in refunds:
        if refund.provider_reference == told.reference and refund.origin != "dispute":
            return refund
    for refund in refunds:
        is_awaited = refund.state in {RefundState.SENDING} | SENT
        if refund.id == told.refund_id and is_awaited and refund.provider_reference is None:
            return refund
    return None


def _follow(session: Session, payment: Payment, refund: Refund, told: RefundTruth, *, now: datetime) -> None:
    refund.provider_reference = told.reference
    state, to = RefundState(refund.state), RefundState(told.standing.value)
    if refund.origin == "provider":
        if to is RefundState.FAILED and state in {RefundState.APPROVED, RefundState.SUCCEEDED}:
            refund.failure_code = told.failure_code
            come_back(session, payment, refund, now=now)
            _tell_of_failure(session, payment, refund, now=now)
        return
    if to not in REFUND_MOVES[state]:
        return
    refund.failure_code = told.failure_code
    if to is RefundState.FAILED:
        refuse(session, payment, refund, code=told.failure_code, now=now)
        return
    if state not in SENT:
        returning.book_gone(session, payment, refund, now=now)
    returning.shift(session, payment, refund, to, now=now)
    if to is RefundState.SUCCEEDED:
        close_what_is_done(session, payment, now=now)


def refuse(session: Session, payment: Payment, refund: Refund, *, code: str | None, now: datetime) -> None:
    """A refund of ours did not reach its payer: the money waits with us, and a person must find another way."""
    refund.failure_code = code
    if refund.state in SENT:
        come_back(session, payment, refund, now=now)
    else:
        returning.shift(session, payment, refund, RefundState.FAILED, now=now)
    _tell_of_failure(session, payment, refund, now=now)


def _tell_of_failure(session: Session, payment: Payment, refund: Refund, *, now: datetime) -> None:
    """What could not be sent and still waits is a person's work; what has gone another way must not be paid again."""
    waits_ore = returning.even(session, payment, now=now)
    waits_ore += total_ore(from_json(refund.shares), Recall.WAITING)  # the ledger has been asked, and it comes
    if waits_ore:
        return_tasks.failed(session, refund, amount_ore=min(refund.amount_ore, waits_ore), now=now)
    else:
        close_what_is_done(session, payment, now=now)


def close_what_is_done(session: Session, payment: Payment, *, now: datetime) -> None:
    """Where no money of a payment waits with us any more, nobody need see to it."""
    on_their_way = any(
        refund.state in returning.NOT_BOOKED | {RefundState.PENDING}
        for refund in returning.refunds_of(session, payment)
    )
    if not on_their_way and returning.loose_ore(session, payment) == 0:
        ours = [refund.id for refund in returning.refunds_of(session, payment) if refund.origin in OURS]
        return_tasks.nothing_waits(session, payment, ours=ours, now=now)


def take_away(
    session: Session, payment: Payment, *, origin: str, amount_ore: int, reason: str, reference: str | None,
    now: datetime,
) -> Refund:  # fmt: skip
    """Money has gone without our asking: it is booked at once, and the ledger is asked to give back its part.

    What still waits for a decision is called off: the picture on which it was asked no longer holds.
    """
    _call_off(session, payment, now=now)
    parts = spread(returning.left_of(session, payment), amount_ore=amount_ore)
    refund = returning.open_refund(
        session, payment, origin=origin, parts=parts, reason=reason, state=RefundState.APPROVED, by=None, now=now,
        provider_reference=reference,
    )  # fmt: skip
    returning.book_gone(session, payment, refund, now=now)
    returning.ask_ledger(session, payment, refund, now=now)
    if refund.recalls_left:
        returning.restate(session, payment, now=now)
    else:
        returning.shift(session, payment, refund, RefundState.SUCCEEDED, now=now)
    close_what_is_done(session, payment, now=now)
    return refund


def _call_off(session: Session, payment: Payment, *, now: datetime) -> None:
    for refund in returning.refunds_of(session, payment):
        if refund.state == RefundState.ASKED:
            returning.give_up_lines(session, refund, from_json(refund.shares))
            refund.failure_code = "overtaken"
            returning.shift(session, payment, refund, RefundState.STOPPED, now=now)
            return_tasks.decided(session, refund, by=None, outcome="Pengene er gået tilbage på anden vis", now=now)


def come_back(session: Session, payment: Payment, refund: Refund, *, now: datetime) -> None:
    """Money that had left is ours again. What the ledger has not given back yet, it may keep; the rest is placed.

    Of a dispute that was won the debt is paid again; other money waits with us.
    """
    parts = from_json(refund.shares)
    given = [part for part in parts if part.recall is Recall.GIVEN]
    overpaid_ore, transit_ore = total_ore(parts, Recall.LOOSE, Recall.GIVEN), 0
    if refund.origin == "desk":
        overpaid_ore = refund.amount_ore
    elif refund.origin == "dispute":
        transit_ore, _ = place_again(session, payment, refund, given, now=now)
        overpaid_ore -= transit_ore
    returning.give_up_lines(session, refund, _kept(parts))
    entry = entries.came_back(
        provider=payment.provider,
        municipality_code=payment.municipality_code,
        overpaid_ore=overpaid_ore,
        gone_ore=refund.amount_ore - overpaid_ore - transit_ore,
        transit_ore=transit_ore,
    )
    returning.book(session, payment, f"came-back/{refund.id}", entry, now)
    stopped = refund.state == RefundState.APPROVED
    returning.shift(session, payment, refund, RefundState.STOPPED if stopped else RefundState.FAILED, now=now)
    if refund.origin == "dispute" and returning.even(session, payment, now=now):
        return_tasks.waits_again(session, refund, now=now)


def _kept(parts: Sequence[Part]) -> list[Part]:
    return [part for part in parts if part.recall is Recall.KEPT]
