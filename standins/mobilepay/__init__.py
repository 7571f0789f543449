"""Vipps MobilePay: access token, ePayment, signed webhooks, the report of funds, and a page that plays the app.

Magic amounts, in øre: a payment of 151 lacks funds, 182 is refused by the issuer, 183 looks like fraud, 184 exceeds a
limit, 186 has an expired card, 187 an invalid card; 201 is approved with nobody knowing for an hour. A refund of 123
meets a user without a receiving account, 124 comes too late.
"""

import flask
from werkzeug.exceptions import HTTPException

from standins.clockwork import Clockwork
from standins.frame import Place, Standin
from standins.mobilepay import payments
from standins.mobilepay.aids import add_aids
from standins.mobilepay.api import add_api
from standins.mobilepay.app_page import add_app_page
from standins.mobilepay.clock import Clock
from standins.mobilepay.hooks_api import add_hooks_api
from standins.mobilepay.limits import Limits
from standins.mobilepay.merchant import STATES, Merchant, Payment
from standins.mobilepay.refusals import Refusal
from standins.mobilepay.report import add_report
from standins.mobilepay.tokens import Tokens
from standins.mobilepay.webhooks import Webhooks
from standins.mobilepay.wire import Desk, refused
from standins.pages import template

NAME = "mobilepay"
ABOUT = """Spiller Vipps MobilePay ePayment under /mobilepay (client id standin-client, secret standin-secret,
subscription key standin-subscription, MSN 123456). Beskrivelse af grænsefladen: /mobilepay/openapi.yaml.
Beskeder sendes til portalens /hooks/mobilepay, underskrevet med standin-webhook, og til dem, der melder sig.
De prøves igen efter MobilePays plan, hvor en time er et minut.

Beløb, der ikke går godt (øre):
  151  mangler penge              182  afvises af kortudsteder
  183  ligner misbrug             184  over beløbsgrænsen
  186  kortet er udløbet          187  kortet er ugyldigt
  201  ingen ved i en time, om det gik; så viser det sig, at det gik
Tilbagebetalinger: 123 modtageren har ingen konto, 124 fristen er gået

Afregning (Report API): nøgler standin-accounting / standin-accounting-secret på /mobilepay/miami/v1/token.

Uden browser:
  POST /mobilepay/test/approve/<reference>       også refuse, expire, never-answer
  POST /mobilepay/test/clock                     {"seconds": 600}: tiden går
  POST /mobilepay/test/payouts                   lukker dagen; {"off_by_ore": 100} går den ikke op
  POST /mobilepay/test/refunds/<reference>       {"amount_ore": 100}: tilbagebetaling i MobilePays egen portal
  POST /mobilepay/test/dispute/<reference>       indsigelse; {"won": true} pengene kommer igen
  POST /mobilepay/test/next-answer               {"status": 500}: næste ændring gør sit arbejde, men svarer en fejl;
                                                 {"code": "6280", "operation": "capture"}: den nægtes"""
SHOWN = 50

FRONT = template("""
<pre>{{ about }}</pre>
<h2>Seneste betalinger</h2>
{% if payments %}
<table><thead><tr><th scope="col">Reference</th><th scope="col">Beløb</th><th scope="col">Status</th>
<th scope="col">Hævet</th><th scope="col">Tilbagebetalt</th></tr></thead>
<tbody>{% for one in payments %}<tr><td><a href="/mobilepay/app/{{ one.token }}">{{ one.reference }}</a></td>
<td>{{ one.amount_ore | kr }}</td><td>{{ one.state }}</td><td>{{ one.captured_ore | kr }}</td>
<td>{{ one.refunded_ore | kr }}</td></tr>
{% endfor %}</tbody></table>
{% else %}<p>Ingen endnu.</p>{% endif %}
""")


def standin(place: Place) -> Standin:
    """The stand-in, with a sales unit of its own."""
    clock = Clock()
    merchant = Merchant(f"{place.own_url}/{NAME}/app/", clock)
    desk = Desk(place, merchant, Clockwork(), Tokens(clock), Limits(clock))
    webhooks = Webhooks(clock, desk.clockwork, place.faults, f"{place.portal_url}/hooks/{NAME}")
    merchant.on_event = webhooks.send
    blueprint = flask.Blueprint(NAME, __name__)
    add_api(blueprint, desk)
    add_hooks_api(blueprint, desk, webhooks)
    add_report(blueprint, desk)
    add_app_page(blueprint, desk)
    add_aids(blueprint, desk)
    _add_rest(blueprint, merchant)

    def reset() -> None:
        desk.clockwork.forget()
        clock.reset()
        desk.limits.forget()
        desk.planned.clear()
        with merchant.lock:
            desk.kept.clear()
            merchant.clear()
        webhooks.clear()

    return Standin(NAME, "MobilePay", ABOUT, blueprint, reset, lambda: _state(merchant, webhooks))


def _add_rest(blueprint: flask.Blueprint, merchant: Merchant) -> None:
    @blueprint.get("/")
    def front() -> str:
        with merchant.lock:
            return FRONT.render(title="MobilePay", about=ABOUT, payments=_latest(merchant))

    @blueprint.get("/openapi.yaml")
    def description() -> flask.Response:
        return flask.send_from_directory(blueprint.root_path, "openapi.yaml", mimetype="application/yaml")

    @blueprint.errorhandler(Refusal)
    def say_no(no: Refusal) -> flask.Response:
        return refused(no)

    @blueprint.errorhandler(HTTPException)
    def explain(error: HTTPException) -> flask.typing.ResponseReturnValue:
        return error.response or ({"error": error.description}, error.code or 500)

    @blueprint.route("/<path:path>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    def unknown(path: str) -> flask.Response:  # noqa: ARG001 - the route names it
        return refused(Refusal("Not Found", "There is no such address.", status=404))


def _latest(merchant: Merchant) -> list[Payment]:
    latest = list(merchant.payments.values())[: -SHOWN - 1 : -1]
    for payment in latest:
        payments.settle(merchant, payment)
    return latest


def _state(merchant: Merchant, webhooks: Webhooks) -> dict[str, object]:
    """Totals in øre, notices not yet taken, registrations, and the latest payments, newest first."""
    with merchant.lock:
        latest = _latest(merchant)
        states = [payment.state for payment in merchant.payments.values()]
        return {
            "captured_ore": merchant.captured_ore,
            "refunded_ore": merchant.refunded_ore,
            "undelivered_notices": webhooks.undelivered(),
            "webhooks": webhooks.listed(),
            "counts": {state: states.count(state) for state in STATES},
            "funds": merchant.funds.balance(),
            "now": merchant.clock.now().isoformat(),
            "payments": [
                {
                    "reference": one.reference,
                    "landing_url": merchant.landing(one),
                    "state": one.state,
                    "amount_ore": one.amount_ore,
                    "authorized_ore": one.authorized_ore,
                    "captured_ore": one.captured_ore,
                    "refunded_ore": one.refunded_ore,
                    "cancelled_ore": one.cancelled_ore,
                    "metadata": one.asked.metadata or {},
                    "description": one.asked.paymentDescription,
                    "return_url": one.asked.returnUrl,
                }
                for one in latest
            ],
        }
