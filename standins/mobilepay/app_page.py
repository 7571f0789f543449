"""The page that plays the MobilePay app, and the QR codes that lead to it."""

import io

import flask
import segno

from standins.mobilepay import payments
from standins.mobilepay.merchant import CREATED, Payment
from standins.mobilepay.payments import FAILURES, Answered
from standins.mobilepay.wire import Desk
from standins.pages import template

ASK = template("""
<p>{{ description }}</p>
<p><strong>{{ amount | kr }}</strong></p>
{% if error %}<div class="error" role="alert">
<p>{{ error }} Der er ikke trukket penge. Prøv igen, eller afvis.</p></div>
{% endif %}
<form method="post">
<p><button name="act" value="approve">Godkend i MobilePay</button>
<button class="quiet" name="act" value="refuse">Afvis</button>
<button class="quiet" name="act" value="leave">Luk uden at svare</button></p>
</form>
<p>Reference: <code>{{ reference }}</code></p>
""")
SAYING = template("""
<p>{{ words }}</p>
{% if back %}<p><a href="{{ back }}">Tilbage til kommunens side</a></p>{% endif %}
""")
LEFT = "Du har ikke svaret. Betalingen venter i ti minutter, fra den blev oprettet. Du kan lukke vinduet."
CLOSED = "Betalingen er besvaret, eller tiden til at svare er gået."
THANKS = "Betalingen er godkendt. Du kan lukke vinduet."
GONE = "Adressen er forkert, eller øvelsen er begyndt forfra."
QUIET_ZONE = 4


def add_app_page(blueprint: flask.Blueprint, desk: Desk) -> None:
    """The pages under `/mobilepay/app` and the pictures under `/mobilepay/qr`."""

    @blueprint.get("/app/<token>")
    def show(token: str) -> flask.typing.ResponseReturnValue:
        found = _find(desk, token)
        return _closed(found) if found.state != CREATED or found.processing_until else _ask(found)

    @blueprint.post("/app/<token>")
    def act(token: str) -> flask.typing.ResponseReturnValue:
        found, pressed = _find(desk, token), flask.request.form.get("act")
        if pressed == "leave":
            return SAYING.render(title="Luk vinduet", words=LEFT, back=None)
        if pressed == "refuse":
            return _away(found) if payments.abort(desk.merchant, found) else _closed(found)
        if pressed != "approve":
            return _ask(found), 400
        answered = payments.approve(desk.merchant, found)
        if answered is Answered.FAILED:
            return _ask(found, FAILURES[found.amount_ore])
        return _closed(found) if answered is Answered.CLOSED else _away(found)

    @blueprint.get("/qr/<token>.svg")
    def svg(token: str) -> flask.Response:
        picture = io.BytesIO()
        segno.make(desk.merchant.landing(_find(desk, token)), micro=False).save(picture, kind="svg", scale=8)
        return flask.Response(picture.getvalue(), mimetype="image/svg+xml")

    @blueprint.get("/qr/<token>.png")
    def png(token: str) -> flask.Response:
        asked = flask.request.args.get("size", 1024, type=int)
        code = segno.make(desk.merchant.landing(_find(desk, token)), micro=False)
        # Modules are whole pixels, so the picture is the largest that fits within the size asked for.
        scale = max(1, min(asked, 2000) // code.symbol_size(border=QUIET_ZONE)[0])
        picture = io.BytesIO()
        code.save(picture, kind="png", scale=scale, border=QUIET_ZONE)
        return flask.Response(picture.getvalue(), mimetype="image/png")


def _ask(found: Payment, error: str = "") -> str:
    return ASK.render(
        title="MobilePay",
        description=found.asked.paymentDescription or "",
        amount=found.amount_ore,
        reference=found.reference,
        error=error,
    )


def _away(found: Payment) -> flask.typing.ResponseReturnValue:
    """Where the app leads; after a QR code there is nowhere to return to."""
    if found.asked.returnUrl:
        return flask.redirect(found.asked.returnUrl, 303)
    return SAYING.render(title="MobilePay", words=THANKS if found.state != "ABORTED" else CLOSED, back=None)


def _closed(found: Payment) -> flask.typing.ResponseReturnValue:
    return SAYING.render(title="Betalingen er lukket", words=CLOSED, back=found.asked.returnUrl), 410


def _find(desk: Desk, token: str) -> Payment:
    with desk.merchant.lock:
        reference = desk.merchant.references.get(token)
        if reference is None:
            flask.abort(flask.make_response(SAYING.render(title="Betalingen findes ikke", words=GONE, back=None), 404))
        found = desk.merchant.payments[reference]
        payments.settle(desk.merchant, found)
        return found
