"""Stripe: Checkout Sessions with a hosted page, what they lead to, and signed notices of it.

Magic cards, those of Stripe's own test mode where it has one: 4242 4242 4242 4242 pays, 4000 0000 0000 0002 is
declined, 4000 0000 0000 9995 lacks funds, 4000 0027 6000 3184 asks for 3-D Secure first, 4000 0000 0000 5126 pays and
its refunds succeed and fail two minutes later, 4000 0000 0000 0259 pays and is disputed after five seconds,
4000 0000 0000 1976 pays and is asked about. Our own: 4000 0000 0000 4954 pays but the browser is never sent back,
4000 0000 0000 7726 pays after two minutes (a promise to others, though Stripe has another use for the number),
4000 0000 0000 0120 pays and its refunds are pending for two minutes.
"""

from typing import cast

import flask
from flask.blueprints import BlueprintSetupState

from standins.clockwork import Clockwork
from standins.frame import Place, Standin
from standins.stripe.account import Account
from standins.stripe.aids import add_aids
from standins.stripe.api import add_api
from standins.stripe.dashboard import STATE_SESSIONS, add_dashboard
from standins.stripe.idempotency import Keys
from standins.stripe.pay_page import add_pay_page
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
  4000 0000 0000 0120  betaler; tilbagebetalinger er undervejs i to minutter
  4000 0000 0000 5126  betaler; tilbagebetalinger lykkes, men fejler efter to minutter
  4000 0000 0000 0259  betaler; banken gør indsigelse og tager pengene efter fem sekunder
  4000 0000 0000 1976  betaler; banken spørger først, og tager ingen penge
Tillades kun MobilePay, viser betalingssiden en knap i stedet for kortfelterne.

En betalings side herunder kan betale penge tilbage uden om portalen, lade en tilbagebetaling lykkes eller fejle og
spille bankens indsigelse.

Uden browser (hvor intet andet er nævnt, er felterne valgfri):
  POST /stripe/test/pay/<session>        {"card": "4242...", "approve": true, "late_seconds": 120,
                                         "even_if_expired": true}: betaler, også en udløbet side (pengene kommer sent)
  POST /stripe/test/expire/<session>     tiden løber ud
  POST /stripe/test/refunds/<session>    {"amount_ore": 100}: betaler tilbage fra Stripes egne sider
  POST /stripe/test/refund/<re_...>      {"status": "succeeded" eller "failed"} (skal med)
  POST /stripe/test/disputes/<session>   {"status": "needs_response" eller "warning_needs_response", "amount_ore": 100}
  POST /stripe/test/dispute/<du_...>     {"status": "under_review", "won", "lost", "warning_closed" ...} (skal med)
  POST /stripe/test/payouts              {"off_by_ore": -100, "fee_ore": 5000}: udbetaler alt til banken; off_by_ore
                                         giver en udbetaling, der ikke stemmer, fee_ore trækker Stripes gebyr først
  POST /stripe/test/next-answer          {"status": 500}: næste POST gør sit arbejde, men svarer en fejl"""


def standin(place: Place) -> Standin:
    """The stand-in, with an account of its own."""
    account = Account(f"{place.own_url}/{NAME}/pay/")
    desk = Desk(place, account, Clockwork(), Keys())
    account.on_event = Webhooks(account, desk.clockwork, place.faults, f"{place.portal_url}/hooks/stripe").send
    blueprint = flask.Blueprint(NAME, __name__)
    add_api(blueprint, desk)
    add_pay_page(blueprint, desk)
    add_dashboard(blueprint, desk, ABOUT)
    add_aids(blueprint, desk)
    blueprint.record(_answer_at_the_root_too)

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
