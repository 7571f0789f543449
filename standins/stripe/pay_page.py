"""The page on which the citizen types a card number or chooses MobilePay, and the one that asks for a yes."""

import re
from datetime import UTC, datetime

import flask

from standins.pages import template
from standins.stripe import cards
from standins.stripe.cards import Outcome, Tried, try_card
from standins.stripe.objects import MOBILEPAY, Json
from standins.stripe.refusals import Refusal
from standins.stripe.sessions import settle_expiry
from standins.stripe.wire import Desk

FORM = template("""
<p><strong>{{ amount | kr }}</strong></p>
{% if errors %}<div class="error" role="alert" id="fejl"><p>{{ errors.values() | first }}</p></div>{% endif %}
{% if "mobilepay" in methods %}<form method="post">
<p><button name="act" value="mobilepay">Betal med MobilePay</button>
{% if cancel_url and "card" not in methods %}<button class="quiet" name="act" value="cancel">Afbryd</button>
{% endif %}</p></form>{% endif %}
{% if "card" in methods %}<form method="post" novalidate>
{% for name, label, autocomplete, hint in fields %}
<label for="{{ name }}">{{ label }}</label>
<input id="{{ name }}" name="{{ name }}" inputmode="{{ 'text' if name == 'expiry' else 'numeric' }}"
  autocomplete="{{ autocomplete }}" placeholder="{{ hint }}"
  {% if name in errors %}aria-invalid="true" aria-describedby="fejl"{% endif %}>
{% endfor %}
<p><button name="act" value="pay">Betal</button>
{% if cancel_url %}<button class="quiet" name="act" value="cancel">Afbryd</button>{% endif %}</p>
</form>
<p>Øvelseskort: <code>4242 4242 4242 4242</code> betaler. En udløbsdato i fremtiden og tre cifre som CVC.</p>{% endif %}
""")
APPROVE = template("""
<p>{{ who }} vil have, at du godkender betalingen på <strong>{{ amount | kr }}</strong>.</p>
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
        if form.get("act") == MOBILEPAY:
            return _after(desk, found, MOBILEPAY, try_card(desk.account, desk.clockwork, session_id, MOBILEPAY))
        number = re.sub(r"\D", "", form.get("card", ""))
        errors = _faults_of(number, form.get("expiry", ""), form.get("cvc", "")) if found["status"] == "open" else {}
        if errors:
            return _form(desk, found, errors), 200
        return _after(desk, found, number, try_card(desk.account, desk.clockwork, session_id, number))

    @blueprint.get("/pay/<session_id>/3ds")
    def ask(session_id: str) -> flask.typing.ResponseReturnValue:
        found = _find(desk, session_id)
        waiting = desk.account.cards_waiting.get(session_id)
        if waiting is None:
            return flask.redirect(flask.url_for(".show", session_id=session_id), 303)
        action, who = (
            flask.url_for(".answer", session_id=session_id),
            "MobilePay" if waiting == MOBILEPAY else "Din bank",
        )
        return APPROVE.render(title="Godkend betalingen", amount=found["amount_total"], action=action, who=who)

    @blueprint.post("/pay/<session_id>/3ds")
    def answer(session_id: str) -> flask.typing.ResponseReturnValue:
        found, number = _find(desk, session_id), desk.account.cards_waiting.get(session_id)
        if number is None:
            return flask.redirect(flask.url_for(".show", session_id=session_id), 303)
        approved = flask.request.form.get("act") == "approve"
        return _after(
            desk, found, number, try_card(desk.account, desk.clockwork, session_id, number, approved=approved)
        )


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
        title=title,
        amount=found["amount_total"],
        errors=errors,
        fields=FIELDS,
        cancel_url=found["cancel_url"],
        methods=found["payment_method_types"],
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
