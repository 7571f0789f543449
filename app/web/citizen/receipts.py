"""Where every provider returns to, and the receipt. Tokens open them without login."""

import re
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.claims import queries as claims
from app.claims.status import Group
from app.foundation.clock import danish_day
from app.foundation.db import transaction
from app.identity.people import Citizen
from app.ledger import queries as ledger
from app.notifications import receipts as mails
from app.payments import checkout, queries, shown
from app.payments.port import ProviderError
from app.payments.queries import PaymentView
from app.payments.states import State
from app.sources import queries as sources
from app.web import leading_on, paper, tracker
from app.web.guards import citizen_required, open_to_all
from app.web.visit import current_municipality, current_wires
from app.web.visitor import current_visitor
from app.wiring import NotConfigured

ASK_AGAIN_AFTER = timedelta(seconds=2)
UNKNOWN_AFTER = timedelta(minutes=2)
# What a database can look for: our own tokens are of these characters, and text with a null is an error to PostgreSQL.
TOKEN = re.compile(r"[\w-]{20,100}", re.ASCII)
UNPAID = frozenset({Group.OVERDUE, Group.SOON, Group.LATER})
"""The parts of the overview that a person still has to see to."""
bp = Blueprint("receipts", __name__)


@bp.get("/betal/<token>")
@open_to_all("the token is a secret of 256 bits; nothing personal is shown")
def returned(token: str) -> ResponseReturnValue:
    """How a payment stands. Coming back proves nothing: the provider is asked."""
    payment = payment_of(token)
    if payment.is_open:
        payment = _asked(payment, is_cancelled="afbrudt" in request.args)
    if payment.is_open:
        waited = current_wires().clock() - payment.state_at
        is_unknown = payment.state is not State.AWAITING and waited > UNKNOWN_AFTER
        way_back = payment.state is State.AWAITING and leading_on.to_provider(payment.redirect_url or "")
        return render_template("citizen/waiting.html", payment=payment, is_unknown=is_unknown, way_back=way_back)
    if payment.has_money and payment.overpaid_ore < payment.captured_ore:
        return redirect(url_for("receipts.receipt", token=token), 303)
    _note_shown(payment)
    return render_template("citizen/outcome.html", payment=payment, reason=_reason(payment), other=_other_way(payment))


def payment_of(token: str) -> PaymentView:
    """The payment of a token, at its own municipality's host; 404 for any other."""
    if not TOKEN.fullmatch(token):
        abort(404)
    with transaction(current_wires().sessions) as session:
        payment = queries.by_token(session, token=token)
    if payment is None or payment.municipality_code != current_municipality().code:
        abort(404)
    return payment


def _asked(payment: PaymentView, *, is_cancelled: bool) -> PaymentView:
    """The payment after its provider was asked; as it was when the provider does not answer."""
    wires = current_wires()
    now = wires.clock()
    act = checkout.stop if is_cancelled else checkout.look
    if is_cancelled or now - payment.checked_at >= ASK_AGAIN_AFTER:
        with suppress(ProviderError, NotConfigured):
            provider = wires.provider_named(current_municipality(), payment.provider)
            act(wires.sessions, provider=provider, payment_id=payment.id, now=now)
    return payment_of(payment.token)


def _reason(payment: PaymentView) -> str:
    if payment.has_money:
        return "duplicate" if payment.captured_ore == payment.amount_ore else "mismatch"
    return payment.state.value


def _other_way(payment: PaymentView) -> str | None:
    """Another way to pay than the one that came to nothing."""
    offered = current_wires().methods_of(current_municipality())
    return next((one.value for one in offered if one != payment.method), None)


def _note_shown(payment: PaymentView) -> None:
    wires = current_wires()
    with transaction(wires.sessions) as session:
        shown.note_shown(session, payment_id=payment.id, now=wires.clock())


@bp.post("/betal/<token>/afbryd")
@citizen_required
def give_up(token: str, citizen: Citizen) -> ResponseReturnValue:
    """Close a payment at its provider before anything else starts; it may turn out to have been paid."""
    payment = payment_of(token)
    if not payment.is_paid_by(citizen.person_id):
        abort(404)
    if payment.is_open:
        _asked(payment, is_cancelled=True)
    return redirect(url_for("receipts.returned", token=token), 303)


@bp.get("/kvittering/<token>")
@open_to_all("the token is a secret of 256 bits; what was paid for is shown to its payer only")
def receipt(token: str) -> ResponseReturnValue:
    """The receipt, with the way of the money; the bills on it only for its payer, logged in."""
    payment = payment_of(token)
    if not payment.has_money or payment.receipt_number is None:
        return redirect(url_for("receipts.returned", token=token), 303)
    _note_shown(payment)
    return render_template("citizen/receipt.html", **laid_out(payment))


def laid_out(payment: PaymentView) -> dict[str, Any]:
    """What a receipt shows, as `templates/citizen/receipt.html` wants it; the bills only to its payer, logged in."""
    wires = current_wires()
    with transaction(wires.sessions) as session:
        lines = queries.lines_of(session, payment_id=payment.id)
        way = tracker.way_of(
            payment,
            posted=ledger.posted(session, payment_ids=[payment.id])[payment.id],
            told=sources.told_of(session, payment_ids=[payment.id])[payment.id],
            concerns_library=any(line.origin_system == "fbs" and not line.overpaid for line in lines),
        )
        mail = mails.standing_of(session, payment_id=payment.id)
    citizen = current_visitor().citizen
    is_payer = citizen is not None and payment.is_paid_by(citizen.person_id)
    return {
        "payment": payment,
        "lines": lines if is_payer else None,
        "way": way,
        "steps": tracker.steps_of(way, now=wires.clock()),
        "is_settled": way.is_settled,
        "left": _left(payment.payer_id) if is_payer else None,
        "mail": mail,
        "has_mail": wires.mailer is not None,
        "has_paper": not paper.missing(),
    }


def _left(person_id: UUID) -> tuple[int, int]:
    """How many bills are still unpaid, and their sum in øre: the same as the overview says."""
    wires, facts = current_wires(), current_municipality()
    with transaction(wires.sessions) as session:
        around = queries.beside(session, person_id=person_id, municipality_code=facts.code)
        bills = claims.bills_of(
            session, person_id=person_id, facts=facts, beside=around.beside, today=danish_day(wires.clock())
        )
    unpaid = [bill for bill in bills if bill.status.group in UNPAID]
    return len(unpaid), claims.total_ore(unpaid)
