"""Stripe: Checkout Sessions with a hosted page, what they lead to, and signed notices of it.

Magic cards: 4242 4242 4242 4242 pays, 4000 0000 0000 0002 is declined, 4000 0000 0000 9995 lacks funds,
4000 0027 6000 3184 asks for 3-D Secure first, 4000 0000 0000 4954 pays but the browser is never sent back,
4000 0000 0000 7726 pays after two minutes.
"""

from typing import cast

import flask
from flask.blueprints import BlueprintSetupState

from standins.clockwork import Clockwork
from standins.frame import Place, Standin
from standins.pages import template
from standins.stripe.account import Account
from standins.stripe.api import add_api
from standins.stripe.idempotency import Keys
from standins.stripe.pay_page import add_pay_page, add_test_helpers
from standins.stripe.webhooks import Webhooks
from standins.stripe.wire import Desk

NAME = "stripe"
ABOUT = """Spiller Stripe, API-version 2026-10-28.endive, under /stripe/v1 med nøglen sk_test_standin (og under /v1
for programmer, der kun kan få et værtsnavn og en port).
Beskeder sendes til portalens /hooks/stripe, underskrevet med whsec_standin.

Kort på betalingssiden (udløbsdato i fremtiden, tre cifre som CVC):
  4242 4242 4242 4242  betaler
  4000 0000 0000 0002  afvises
  4000 0000 0000 9995  mangler penge på kontoen
  4000 0027 6000 3184  beder om 3-D Secure først
  4000 0000 0000 4954  betaler, men browseren sendes aldrig tilbage
  4000 0000 0000 7726  betaler efter to minutter

Uden browser:
  POST /stripe/test/pay/<session id>  {"card": "4242...", "approve": true, "late_seconds": 120}
  POST /stripe/test/payouts           udbetaler alt til banken
  POST /stripe/test/next-answer       {"status": 500}: næste POST gør sit arbejde, men svarer en fejl"""
STATE_SESSIONS = 50

FRONT = template("""
<pre>{{ about }}</pre>
<h2>Seneste betalinger</h2>
{% if sessions %}
<table><thead><tr><th scope="col">Session</th><th scope="col">Beløb</th><th scope="col">Status</th>
<th scope="col">Betalt</th></tr></thead>
<tbody>{% for session in sessions %}<tr><td><a href="/stripe/pay/{{ session.id }}">{{ session.id[:20] }}…</a></td>
<td>{{ session.amount_total | kr }}</td><td>{{ session.status }}</td><td>{{ session.payment_status }}</td></tr>
{% endfor %}</tbody></table>
{% else %}<p>Ingen endnu.</p>{% endif %}
""")


def standin(place: Place) -> Standin:
    """The stand-in, with an account of its own."""
    account = Account(f"{place.own_url}/{NAME}/pay/")
    desk = Desk(place, account, Clockwork(), Keys())
    account.on_event = Webhooks(account, desk.clockwork, place.faults, f"{place.portal_url}/hooks/stripe").send
    blueprint = flask.Blueprint(NAME, __name__)
    add_api(blueprint, desk)
    add_pay_page(blueprint, desk)
    add_test_helpers(blueprint, desk)

    blueprint.record(_answer_at_the_root_too)

    @blueprint.get("/")
    def front() -> str:
        with account.lock:
            return FRONT.render(title="Stripe", about=ABOUT, sessions=_latest(account))

    def reset() -> None:
        desk.clockwork.forget()
        desk.keys.forget()
        desk.next_statuses.clear()
        account.clear()

    return Standin(NAME, "Stripe", ABOUT, blueprint, reset, lambda: _state(account))


def _answer_at_the_root_too(setup: BlueprintSetupState) -> None:
    """Stripe's library for Node can be given a host and a port but no path, so `/v1/...` answers as `/stripe/v1/...`.

    What comes that way is not among the requests kept, and no fault is done to it.
    """

    def at_the_root(path: str) -> flask.Response:
        routes = flask.current_app.url_map.bind_to_environ(flask.request.environ)
        endpoint, values = routes.match(f"/{NAME}/v1/{path}")
        return cast("flask.Response", flask.current_app.view_functions[endpoint](**values))

    setup.app.add_url_rule("/v1/<path:path>", "stripe_at_the_root", at_the_root, methods=["GET", "POST", "DELETE"])


def _latest(account: Account) -> list[dict[str, object]]:
    sessions = list(account.kept["checkout.session"].values())[: -STATE_SESSIONS - 1 : -1]
    names = ("id", "status", "payment_status", "amount_total", "currency", "metadata", "created", "expires_at")
    return [{name: session[name] for name in names} for session in sessions]


def _state(account: Account) -> dict[str, object]:
    """Totals in øre, notices not yet taken by the portal, and the latest sessions, newest first."""
    with account.lock:
        return {
            "captured_ore": account.captured,
            "refunded_ore": account.refunded,
            "paid_sessions": sum(s["payment_status"] == "paid" for s in account.kept["checkout.session"].values()),
            "undelivered_notices": len(account.undelivered),
            "counts": {kind: len(things) for kind, things in account.kept.items()},
            "sessions": _latest(account),
        }
