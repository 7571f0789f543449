"""Paying with a code, without login: nothing is shown but area, number, day and amount, and no code is in an address.

What was typed is exchanged for an entry in the browser's session on the server, which lasts half an hour.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import wraps
from typing import Literal
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.foundation.db import transaction
from app.identity.people import Citizen
from app.payments import codes, queries, review
from app.web import freshness
from app.web.citizen.checkout import check_page, pay_page
from app.web.citizen.payer import Payer
from app.web.guards import View, open_to_all
from app.web.visit import current_municipality, current_wires

LASTS = timedelta(minutes=30)
"""How long a code that was typed need not be typed again; one from the desk that runs out meanwhile may be paid."""
_HELD = "pay_code"
_LONGEST_SENT_BACK = 20
Problem = Literal["wrong", "unknown", "expired", "over"]
STATUS: dict[Problem, int] = {"wrong": 422, "unknown": 404, "expired": 410, "over": 403}
bp = Blueprint("code", __name__)


@bp.get("/kode")
@open_to_all("whoever has a letter from the municipality may pay")
def ask() -> ResponseReturnValue:
    """The one field."""
    return render_template("citizen/code.html", problem=None, typed="")


@bp.post("/kode")
@open_to_all("whoever has a letter from the municipality may pay; guesses are counted (web/limits)")
def look_up() -> ResponseReturnValue:
    """Exchange what was typed for what the browser may pay."""
    wires, facts = current_wires(), current_municipality()
    now = wires.clock()
    session.pop(_HELD, None)
    try:
        code = codes.read(request.form.get("code", ""))
        with transaction(wires.sessions) as row:
            code_id = codes.find(row, code=code, facts=facts, now=now)
    except codes.NotACode:
        return _again("wrong")
    except codes.CodeUnknown:
        return _again("unknown")
    except codes.CodeExpired:
        return _again("expired")
    session[_HELD] = {"id": str(code_id), "at": now.isoformat()}
    return redirect(url_for("code.bill"), 303)


def _again(problem: Problem) -> ResponseReturnValue:
    typed = request.form.get("code", "")[:_LONGEST_SENT_BACK] if problem in {"wrong", "unknown"} else ""
    return render_template("citizen/code.html", problem=problem, typed=typed.replace("\0", "")), STATUS[problem]


def code_required(view: Callable[[codes.Opened], ResponseReturnValue]) -> View:
    """Only for a browser in which a code was typed; the view gets what it opens, as it stands now."""

    @wraps(view)
    def guarded() -> ResponseReturnValue:
        opened = _opened()
        if opened is not None:
            return view(opened)
        return _again("over") if request.method == "POST" else redirect(url_for("code.ask"), 303)

    return open_to_all("the code that was typed is the key; it opens area, number, day and amount only")(guarded)


def _opened() -> codes.Opened | None:
    wires, facts = current_wires(), current_municipality()
    held, now = session.get(_HELD), wires.clock()
    if held is None or now >= datetime.fromisoformat(held["at"]) + LASTS:
        return None
    try:
        with transaction(wires.sessions) as row:
            opened = codes.opened(row, code_id=UUID(held["id"]), facts=facts, now=now)
        # Whoever pays for somebody else must not pay what has been paid since: the sources are asked for the person.
        freshness.keep(wires, citizen=_debtor(opened), facts=facts)
        with transaction(wires.sessions) as row:
            return codes.opened(row, code_id=UUID(held["id"]), facts=facts, now=now)
    except codes.CodeUnknown:
        return None


def _debtor(opened: codes.Opened) -> Citizen:
    return Citizen(opened.person_id, None)


def _payer(opened: codes.Opened) -> Payer:
    return Payer(_debtor(opened), opened.id)


@bp.get("/kode/regning")
@code_required
def bill(opened: codes.Opened) -> ResponseReturnValue:
    """All that a code opens."""
    held = session[_HELD]
    with transaction(current_wires().sessions) as row:
        mine = _under_way(row, held, opened)
    return render_template("citizen/code_bill.html", opened=opened, mine=mine)


def _under_way(row: Session, held: Mapping[str, str], opened: codes.Opened) -> queries.PaymentView | None:
    """The open payment that was begun in this very browser: another's is never shown, though the code be the same."""
    if "review" not in held:
        return None
    return queries.open_of_review(row, review_id=UUID(held["review"]), code_id=opened.id)


@bp.post("/kode/kontrol")
@code_required
def choose(opened: codes.Opened) -> ResponseReturnValue:
    """Store what is about to be paid: everything behind the code that may be."""
    wires, facts = current_wires(), current_municipality()
    chosen = [one.claim_id for one in opened.payable]
    if not chosen:
        return redirect(url_for("code.bill"), 303)
    with transaction(wires.sessions) as row:
        shown, _ = review.make(
            row, person_id=opened.person_id, facts=facts, claim_ids=chosen, now=wires.clock(), code_id=opened.id
        )
    session[_HELD] = {**session[_HELD], "review": str(shown.id)}
    return redirect(url_for("code.check", review=shown.id), 303)


@bp.get("/kode/kontrol")
@code_required
def check(opened: codes.Opened) -> ResponseReturnValue:
    """The last look before paying; what has changed is named by area and number."""
    return check_page(_payer(opened))


@bp.post("/kode/betal")
@code_required
def pay(opened: codes.Opened) -> ResponseReturnValue:
    """Open a payment and lead on to the provider, as for everybody else."""
    with suppress(ValueError):
        session[_HELD] = {**session[_HELD], "review": str(UUID(request.form.get("review", "")))}
    return pay_page(_payer(opened))
