"""The page on which the citizen types a card number, its 3-D Secure page, and a way to pay without a browser."""

import re
from datetime import UTC, datetime

import flask
from werkzeug.exceptions import BadRequest

from standins.pages import template
from standins.stripe import cards
from standins.stripe.cards import Outcome, Tried, try_card
from standins.stripe.money_back import pay_out
from standins.stripe.objects import Json
from standins.stripe.refusals import Refusal
from standins.stripe.sessions import settle_expiry
from standins.stripe.wire import Desk

FORM = template("""
<p><strong>{{ amount | kr }}</strong></p>
{% if errors %}<div class="error" role="alert" id="fejl"><p>{{ errors.values() | first }}</p></div>{% endif %}
<form method="post" novalidate>
{% for name, label, autocomplete, hint in fields %}
<label for="{{ name }}">{{ label }}</label>
<input id="{{ name }}" name="{{ name }}" inputmode="{{ 'text' if name == 'expiry' else 'numeric' }}"
  autocomplete="{{ autocomplete }}" placeholder="{{ hint }}"
  {% if name in errors %}aria-invalid="true" aria-describedby="fejl"{% endif %}>
{% endfor %}
<p><button name="act" value="pay">Betal</button>
{% if cancel_url %}<button class="quiet" name="act" value="cancel">Afbryd</button>{% endif %}</p>
</form>
<p>Øvelseskort: <code>4242 4242 4242 4242</code> betaler. En udløbsdato i fremtiden og tre cifre som CVC.</p>
""")
APPROVE = template("""
<p>Din bank vil have, at du godkender betalingen på <strong>{{ amount | kr }}</strong>.</p>
<form method="post" action="{{ action }}">
<button name="act" value="approve">Godkend</button>
<button class="quiet" name="act" value="refuse">Afvis</button>
</form>
""")
SAYING = template("""
<p>{{ words }}</p>
{% if back %}<p><a href="{{ back }}">Tilbage til kommunens side</a></p>{% endif %}
""")
FIELDS = (
    ("card", "Kortnummer", "cc-number", "4242 4242 4242 4242"),
    ("expiry", "Udløbsdato", "cc-exp", "MM/ÅÅ"),
    ("cvc", "CVC", "cc-csc", "123"),
)


def add_pay_page(blueprint: flask.Blueprint, desk: Desk) -> None:
    """The pages under `/stripe/pay`."""

    @blueprint.get("/pay/<session_id>")
    def show(session_id: str) -> tuple[str, int]:
        found = _find(desk, session_id)
        return _closed(found) if found["status"] != "open" else (_form(desk, found, {}), 200)

    @blueprint.post("/pay/<session_id>")
    def pay(session_id: str) -> flask.typing.ResponseReturnValue:
        found, form = _find(desk, session_id), flask.request.form
        if form.get("act") == "cancel" and found["cancel_url"]:
            return flask.redirect(_address(found, "cancel_url"), 303)
        number = re.sub(r"\D", "", form.get("card", ""))
        errors = _faults_of(number, form.get("expiry", ""), form.get("cvc", "")) if found["status"] == "open" else {}
        if errors:
            return _form(desk, found, errors), 200
        return _after(desk, found, number, try_card(desk.account, desk.clockwork, session_id, number))

    @blueprint.get("/pay/<session_id>/3ds")
    def ask(session_id: str) -> flask.typing.ResponseReturnValue:
        found = _find(desk, session_id)
        if session_id not in desk.account.cards_waiting:
            return flask.redirect(flask.url_for(".show", session_id=session_id), 303)
        action = flask.url_for(".answer", session_id=session_id)
        return APPROVE.render(title="Godkend betalingen", amount=found["amount_total"], action=action)

    @blueprint.post("/pay/<session_id>/3ds")
    def answer(session_id: str) -> flask.typing.ResponseReturnValue:
        found, number = _find(desk, session_id), desk.account.cards_waiting.get(session_id)
        if number is None:
            return flask.redirect(flask.url_for(".show", session_id=session_id), 303)
        approved = flask.request.form.get("act") == "approve"
        return _after(
            desk, found, number, try_card(desk.account, desk.clockwork, session_id, number, approved=approved)
        )


def add_test_helpers(blueprint: flask.Blueprint, desk: Desk) -> None:
    """What tests and benchmarks use instead of a browser."""

    @blueprint.post("/test/pay/<session_id>")
    def pay_at_once(session_id: str) -> tuple[Json, int]:
        body = flask.request.get_json(force=True, silent=True)
        if not isinstance(body, dict) or set(body) - {"card", "approve", "late_seconds"}:
            raise BadRequest("the body must be a JSON object with card, and perhaps approve and late_seconds")
        number, late = (
            re.sub(r"\D", "", str(body.get("card", cards.PAYS))),
            body.get("late_seconds", cards.LATE_SECONDS),
        )
        if isinstance(late, bool) or not isinstance(late, int | float) or late < 0:
            raise BadRequest("late_seconds must be a number from 0")
        found = _find(desk, session_id)
        tried = try_card(
            desk.account,
            desk.clockwork,
            session_id,
            number,
            approved=bool(body.get("approve", True)),
            late_seconds=float(late),
        )
        is_error = tried.outcome in {Outcome.CLOSED, Outcome.UNKNOWN_CARD}
        said = {"outcome": tried.outcome.value, "message": tried.message, "return_url": _address(found, "success_url")}
        return said, 409 if is_error else 200

    @blueprint.post("/test/payouts")
    def pay_out_now() -> tuple[Json, int]:
        made = pay_out(desk.account)
        return ({"error": "nothing to pay out"}, 409) if made is None else (made, 201)

    @blueprint.post("/test/next-answer")
    def next_answer() -> tuple[Json, int]:
        body = flask.request.get_json(force=True, silent=True)
        status = body.get("status") if isinstance(body, dict) else None
        if isinstance(status, bool) or not isinstance(status, int) or not 500 <= status <= 599:
            raise BadRequest("status must be a number from 500 to 599")
        desk.next_statuses.append(status)
        return {"status": status}, 201


def _after(desk: Desk, found: Json, number: str, tried: Tried) -> flask.typing.ResponseReturnValue:
    """Where the citizen goes when a card has been tried."""
    if tried.outcome is Outcome.ASKS:
        return flask.redirect(flask.url_for(".ask", session_id=found["id"]), 303)
    if tried.outcome is Outcome.CLOSED:
        return _closed(found)
    if tried.outcome in {Outcome.DECLINED, Outcome.UNKNOWN_CARD}:
        return _form(desk, found, {"card": tried.message}), 200
    if number == cards.NEVER_RETURNS:
        words = "Betalingen er gennemført, men du bliver ikke sendt tilbage. Luk vinduet."
        return SAYING.render(title="Betalt", words=words, back=None)
    return flask.redirect(_address(found, "success_url"), 303)


def _form(desk: Desk, found: Json, errors: dict[str, str]) -> str:
    title = desk.account.lines[found["id"]][0]["description"]
    return FORM.render(
        title=title, amount=found["amount_total"], errors=errors, fields=FIELDS, cancel_url=found["cancel_url"]
    )


def _closed(found: Json) -> tuple[str, int]:
    if found["status"] == "complete":
        return SAYING.render(title="Betalt", words="Betalingen er afsluttet.", back=_address(found, "success_url")), 200
    words = "Tiden til at betale her er gået, eller betalingen er lukket. Der er ikke trukket penge."
    return SAYING.render(title="Betalingen er lukket", words=words, back=_address(found, "cancel_url")), 410


def _address(found: Json, which: str) -> str:
    return str(found[which] or "").replace("{CHECKOUT_SESSION_ID}", found["id"])


def _find(desk: Desk, session_id: str) -> Json:
    try:
        with desk.account.lock:
            found = desk.account.find("checkout.session", session_id)
            settle_expiry(desk.account, found)
            return found
    except Refusal:
        words = "Adressen er forkert, eller øvelsen er begyndt forfra."
        flask.abort(flask.make_response(SAYING.render(title="Betalingen findes ikke", words=words, back=None), 404))


def _faults_of(number: str, expiry: str, cvc: str) -> dict[str, str]:
    """What is wrong with the three fields, by field."""
    errors = {}
    if not 13 <= len(number) <= 19:
        errors["card"] = "Kortnummeret er ikke udfyldt rigtigt."
    date = re.fullmatch(r"\s*(0[1-9]|1[0-2])\s*/?\s*(?:20)?(\d\d)\s*", expiry)
    today = datetime.now(UTC).date()
    if date is None:
        errors["expiry"] = "Udløbsdatoen skrives som MM/ÅÅ."
    elif (2000 + int(date[2]), int(date[1])) < (today.year, today.month):
        errors["expiry"] = "Kortet er udløbet."
    if not re.fullmatch(r"\s*\d{3,4}\s*", cvc):
        errors["cvc"] = "CVC er de tre cifre bag på kortet."
    return errors
