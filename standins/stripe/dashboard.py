"""The stand-in's own pages for the municipality's staff: a payment with its refunds and disputes, and buttons for both.

On Stripe's real pages a clerk can send money back without the portal; what a citizen's bank does is played here too.
"""

import flask

from standins.pages import template
from standins.stripe.disputes import move_dispute, open_dispute
from standins.stripe.money_back import end_refund, make_refund
from standins.stripe.objects import Json
from standins.stripe.payouts import pay_out
from standins.stripe.refusals import Refusal
from standins.stripe.wire import Desk

STATE_SESSIONS = 50
FRONT = template("""
<pre>{{ about }}</pre>
<form method="post" action="/stripe/dashboard/payouts"><button>Udbetal alt til banken</button></form>
<h2>Seneste betalinger</h2>
{% if sessions %}
<table><thead><tr><th scope="col">Session</th><th scope="col">Beløb</th><th scope="col">Status</th>
<th scope="col">Betalt</th></tr></thead>
<tbody>{% for session in sessions %}<tr>
<td><a href="/stripe/dashboard/{{ session.id }}">{{ session.id[:20] }}…</a>
<a href="/stripe/pay/{{ session.id }}">betal</a></td>
<td>{{ session.amount_total | kr }}</td><td>{{ session.status }}</td><td>{{ session.payment_status }}</td></tr>
{% endfor %}</tbody></table>
{% else %}<p>Ingen endnu.</p>{% endif %}
""")
PAYMENT = template("""
<p><a href="/stripe/">Alle betalinger</a></p>
{% if fault %}<div class="error" role="alert"><p>{{ fault }}</p></div>{% endif %}
<p><code>{{ session.id }}</code></p>
<p>{{ session.amount_total | kr }} {{ session.status }}, {{ session.payment_status }}.
{% if charge %}Træk <code>{{ charge.id }}</code>, tilbagebetalt {{ charge.amount_refunded | kr }}{% endif %}</p>
{% if charge %}
<form method="post"><label for="amount">Beløb i øre (tomt: resten)</label><input id="amount" name="amount"
  inputmode="numeric"><button name="act" value="refund">Betal tilbage</button></form>
<h2>Tilbagebetalinger</h2>
{% for refund in refunds %}<form method="post"><p><code>{{ refund.id }}</code> {{ refund.amount | kr }}
{{ refund.status }}
<input type="hidden" name="which" value="{{ refund.id }}">
{% if refund.status == "pending" %}<button name="act" value="refund-succeeded">Gennemfør</button>{% endif %}
{% if refund.status != "failed" %}<button class="quiet" name="act" value="refund-failed">Lad den fejle</button>
{% endif %}
</p></form>{% else %}<p>Ingen.</p>{% endfor %}
<h2>Indsigelser</h2>
{% for dispute in disputes %}<form method="post"><p><code>{{ dispute.id }}</code> {{ dispute.amount | kr }}
{{ dispute.status }}
<input type="hidden" name="which" value="{{ dispute.id }}">
{% for status, label in moves.get(dispute.status, ()) %}
<button class="quiet" name="act" value="dispute-{{ status }}">{{ label }}</button>{% endfor %}
</p></form>{% else %}<p>Ingen.</p>{% endfor %}
<form method="post"><button class="quiet" name="act" value="dispute">Banken gør indsigelse</button>
<button class="quiet" name="act" value="inquiry">Banken spørger</button></form>
{% endif %}
""")
_DECIDED = (("won", "Kommunen får ret"), ("lost", "Borgeren får ret"))
MOVES = {
    "warning_needs_response": (("needs_response", "Bliver til indsigelse"), ("warning_closed", "Banken lukker sagen")),
    "needs_response": _DECIDED,
    "under_review": _DECIDED,
}


def add_dashboard(blueprint: flask.Blueprint, desk: Desk, about: str) -> None:
    """The front page, and one page a payment."""
    account = desk.account

    @blueprint.get("/")
    def front() -> str:
        with account.lock:
            sessions = list(account.kept["checkout.session"].values())[: -STATE_SESSIONS - 1 : -1]
            return FRONT.render(title="Stripe", about=about, sessions=sessions)

    @blueprint.get("/dashboard/<session_id>")
    def payment(session_id: str) -> tuple[str, int]:
        return _page(desk, session_id)

    @blueprint.post("/dashboard/<session_id>")
    def act(session_id: str) -> flask.typing.ResponseReturnValue:
        form = flask.request.form
        try:
            _act(desk, session_id, form.get("act", ""), form.get("which", ""), form.get("amount", "").strip())
        except Refusal as no:
            return _page(desk, session_id, str(no))
        return flask.redirect(flask.url_for(".payment", session_id=session_id), 303)

    @blueprint.post("/dashboard/payouts")
    def payouts() -> flask.typing.ResponseReturnValue:
        pay_out(account)
        return flask.redirect(flask.url_for(".front"), 303)


def _act(desk: Desk, session_id: str, act: str, which: str, amount: str) -> None:
    account = desk.account
    kind, _dash, status = act.partition("-")
    with account.lock:
        if status:
            (end_refund if kind == "refund" else move_dispute)(account, which, status)
            return
        charge_id = account.find_charge(session_id)["id"]
        if kind == "refund":
            asked = {"charge": charge_id} | ({"amount": int(amount)} if amount.isascii() and amount.isdigit() else {})
            make_refund(account, desk.clockwork, asked)
        else:
            open_dispute(account, charge_id, status="needs_response" if kind == "dispute" else "warning_needs_response")


def _page(desk: Desk, session_id: str, fault: str = "") -> tuple[str, int]:
    account = desk.account
    with account.lock:
        session = account.kept["checkout.session"].get(session_id)
        if session is None:
            flask.abort(404)
        charge = account.find_charge(session_id) if session["payment_status"] == "paid" else None

        def about(kind: str) -> list[Json]:
            return [one for one in account.kept[kind].values() if charge and one["charge"] == charge["id"]]

        refunds, disputes = about("refund"), about("dispute")
        shown = {"session": session, "charge": charge, "refunds": refunds, "disputes": disputes}
        return PAYMENT.render(title="Betaling", moves=MOVES, fault=fault, **shown), 409 if fault else 200
