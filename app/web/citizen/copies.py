"""Copies of a receipt: as PDF, and by e-mail. Whoever holds the token may have them; the bills are for its payer."""

from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.foundation.db import transaction
from app.foundation.email_address import LONGEST, NotAnEmailAddress, read_email
from app.notifications import receipts as mails
from app.payments.queries import PaymentView
from app.web import language
from app.web.citizen.receipts import laid_out, payment_of
from app.web.guards import open_to_all
from app.web.paper import NoPaper, pdf_of
from app.web.visit import current_wires

bp = Blueprint("copies", __name__)


def pdf_answer(pdf: bytes, name: str) -> Response:
    """A PDF to keep, under a name; pages of this portal are never stored on the way."""
    return Response(pdf, mimetype="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'})


@bp.get("/kvittering/<token>.pdf")
@open_to_all("the token is a secret of 256 bits; what was paid for stands on it for its payer only")
def receipt_pdf(token: str) -> ResponseReturnValue:
    """The receipt as PDF; where none can be made, the page that can be printed."""
    payment = _receipt_of(token)
    body = render_template("paper/receipt.html", **laid_out(payment), now=current_wires().clock())
    number = str(payment.receipt_number)
    try:
        pdf = pdf_of(body, language=language.current(), title=f"{gettext('Kvittering')} {number}")
    except NoPaper:
        return _page(payment, problem="no_paper"), 503
    return pdf_answer(pdf, f"kvittering-{number}.pdf")


@bp.post("/kvittering/<token>/mail")
@open_to_all("the token is a secret of 256 bits; the mail says no more than the page does")
def mail_receipt(token: str) -> ResponseReturnValue:
    """Promise to send the receipt to an address, at most three times an hour."""
    payment, wires = _receipt_of(token), current_wires()
    if wires.mailer is None:
        abort(404)
    try:
        email = read_email(request.form.get("email", ""))
        with transaction(wires.sessions) as session:
            mails.ask(session, payment_id=payment.id, email=email, language=language.current(), now=wires.clock())
    except NotAnEmailAddress:
        return _page(payment, problem="email"), 422
    except mails.AskedTooOften:
        return _page(payment, problem="often"), 429
    return redirect(url_for("receipts.receipt", token=token, _anchor="mail"), 303)


def _receipt_of(token: str) -> PaymentView:
    payment = payment_of(token)
    if not payment.has_money or payment.receipt_number is None:
        abort(404)
    return payment


def _page(payment: PaymentView, **more: Any) -> str:
    typed = request.form.get("email", "").strip()[:LONGEST]
    return render_template("citizen/receipt.html", **laid_out(payment), **more, email=typed)
