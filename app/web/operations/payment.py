"""One payment, whole: its money, its bills, what happened to it, and the form that sends money back."""

from dataclasses import dataclass, field
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.foundation.cpr import has_cpr
from app.foundation.db import transaction
from app.foundation.ids import new_row_id
from app.foundation.money import NotAnAmount, ore_from_text
from app.identity import audit
from app.identity.people import StaffMember
from app.journal.queries import entries_of
from app.ledger import promise
from app.ledger import queries as ledger
from app.municipalities.facts import Facts
from app.outbox import queries as outbox
from app.payments import desk_queries, queries
from app.payments.desk_queries import DeskPayment
from app.payments.returns import refund_queries, refunds
from app.sources import queries as sources
from app.tasks import queries as tasks
from app.web import trail
from app.web.guards import staff_required
from app.web.operations.words import history_of
from app.web.visit import current_wires

LONGEST_REASON = 500
# Why the desk opens a payment: the way in says it, so that nobody has to type it for every page.
WAYS_IN = {
    "search": "Søgt frem på nummer",
    "citizen": "Slået op på borgeren",
    "task": "Opgave i opkrævningen",
    "refunds": "Tilbagebetaling",
}
OVERPAID = "overpaid"
MOST_MESSAGES = 200
bp = Blueprint("operations_payment", __name__)


@dataclass(frozen=True)
class Asked:
    """A form as it was typed, and what is wrong with it: field to sentence key."""

    refund_id: UUID
    amounts: dict[str, str] = field(default_factory=dict)
    reason: str = ""
    problems: dict[str, str] = field(default_factory=dict)


@bp.get("/personale/opkraevning/betaling/<uuid:payment_id>")
@staff_required("collections")
def show(payment_id: UUID, staff: StaffMember) -> ResponseReturnValue:
    """The payment; that it was looked at is in the trail before it is shown (I9)."""
    payment = looked_up(payment_id, staff, reason=_way_in())
    return _page(staff, payment, Asked(new_row_id()))


@bp.post("/personale/opkraevning/betaling/<uuid:payment_id>/tilbagebetal")
@staff_required("collections")
def send_back(payment_id: UUID, staff: StaffMember) -> ResponseReturnValue:
    """Decide to send money back, or ask a colleague to where it is much; the same form sent twice decides once."""
    payment = looked_up(payment_id, staff, reason=_way_in())
    asked, shares = _read(payment)
    if not asked.problems:
        try:
            with transaction(current_wires().sessions) as session:
                _ask(session, staff, payment, asked, shares)
            return redirect(
                url_for("operations_payment.show", payment_id=payment_id, via="refunds", _anchor="back"), 303
            )
        except refunds.MoreThanLeft:
            asked.problems["amounts"] = "more"
        except refunds.NothingAsked:
            asked.problems["amounts"] = "nothing"
        except refunds.NotNow:
            asked.problems["amounts"] = "not_now"
        except refunds.UnknownPayment:
            abort(404)
    return _page(staff, payment, asked), 422


def looked_up(payment_id: UUID, staff: StaffMember, *, reason: str) -> DeskPayment:
    """A payment of the employee's municipality; that it is looked at, and why, is in the trail before it is shown (I9).

    One that is unknown, or another municipality's, is a 404.
    """
    with transaction(current_wires().sessions) as session:
        payment = desk_queries.payment_of(session, payment_id=payment_id, municipality_code=staff.municipality_code)
        if payment is None:
            abort(404)
        trail.keep(
            session, staff, action="payment.look_up", person_id=payment.payer_id, reason=reason,
            facts={"payment": str(payment_id)},
        )  # fmt: skip
    return payment


def _way_in() -> str:
    return WAYS_IN.get(request.args.get("via", ""), "Opslag i opkrævningen")


def _read(payment: DeskPayment) -> tuple[Asked, dict[UUID | None, int]]:
    """The form: an amount for each part that may be sent back, as people type amounts, and a reason."""
    with transaction(current_wires().sessions) as session:
        left = refund_queries.left_of(session, payment_id=payment.id)
    asked = Asked(_id(request.form.get("refund", "")), reason=request.form.get("reason", "").strip())
    shares: dict[UUID | None, int] = {}
    for part in left:
        name = str(part.claim_id or OVERPAID)
        typed = request.form.get(name, "").strip()
        asked.amounts[name] = typed
        try:
            shares |= {part.claim_id: ore_from_text(typed)} if typed else {}
        except NotAnAmount:
            asked.problems[name] = "amount"
        if shares.get(part.claim_id, 0) > part.left_ore:
            asked.problems[name] = "more"
    if not shares and not asked.problems:
        asked.problems["amounts"] = "nothing"
    if not asked.reason:
        asked.problems["reason"] = "reason"
    elif len(asked.reason) > LONGEST_REASON:
        asked.problems["reason"] = "long"
    elif has_cpr(asked.reason):
        asked.problems["reason"] = "cpr"
    return asked, shares


def _ask(
    session: Session, staff: StaffMember, payment: DeskPayment, asked: Asked, shares: dict[UUID | None, int]
) -> None:
    wires = current_wires()
    now, facts = wires.clock(), wires.facts(staff.municipality_code)
    state = refunds.ask(
        session,
        refund_id=asked.refund_id,
        payment_id=payment.id,
        municipality_code=staff.municipality_code,
        shares=shares,
        reason=asked.reason,
        by=staff.subject,
        alone_up_to_ore=facts.refund_alone_up_to_ore,
        now=now,
    )
    trail.keep(
        session,
        staff,
        action="refund.ask",
        person_id=payment.payer_id,
        reason=asked.reason,
        facts={"refund": str(asked.refund_id), "amount_ore": sum(shares.values()), "state": state},
    )


def _page(staff: StaffMember, payment: DeskPayment, asked: Asked) -> str:
    wires = current_wires()
    facts = wires.facts(staff.municipality_code)
    with transaction(wires.sessions) as session:
        lines = queries.lines_of(session, payment_id=payment.id)
        gone = refund_queries.refunds_of(session, payment_id=payment.id)
        about = tasks.tasks_about(session, subject_kind="payment", subject_id=payment.id)
        people = {by for one in gone for by in (one.asked_by, one.decided_by) if by}
        return render_template(
            "operations/payment.html", staff=staff, municipality=facts, payment=payment, asked=asked,
            labels=_labels(facts, lines), lines=lines, refunds=gone,
            left=refund_queries.left_of(session, payment_id=payment.id),
            history=history_of(desk_queries.happened_to(session, payment_id=payment.id)),
            exchanged=ledger.exchanged(session, payment_id=payment.id),
            booked=entries_of(session, payment_id=payment.id),
            messages=outbox.about(session, subject_ids=[payment.id, *(one.id for one in gone)], limit=MOST_MESSAGES),
            moments=promise.moments(session, payment_ids=[payment.id]).get(payment.id),
            told=sources.told_of(session, payment_ids=[payment.id])[payment.id],
            tasks=[task for task in about if task.closed_at is None],
            names=audit.names_of(session, actors=[*people, *(task.owner for task in about if task.owner)]),
        )  # fmt: skip


def _labels(facts: Facts, lines: list[queries.ReceiptLine]) -> dict[UUID, str]:
    """What each bill is, by its type only: titles are confidential (UX-27)."""
    return {line.claim_id: facts.claim_type(line.claim_type).label.da for line in lines}


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        abort(400)
