"""Logging out: our own session ends first, then a page leads on to the broker's.

The page answers 200 with a link and a refresh, because browsers hold a redirect after a form against `form-action`. The
ID token that the broker wants to see again goes out of our address `/log-af/videre` in a redirect, never in a page.
"""

import base64

from flask import make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from app.foundation.crypto import CannotUnseal
from app.foundation.db import transaction
from app.identity import audit, sessions
from app.identity.broker import BrokerUnavailable
from app.web.guards import open_to_all, somebody
from app.web.signin import bp, outcomes
from app.web.signin.addresses import own_address
from app.web.signin.dance import Kind, client_for
from app.web.visit import current_municipality, current_wires
from app.web.visitor import current_visitor

_FAREWELL = "farewell"
_OUT = {"citizen": "/logget-af", "staff": "/personale/logget-af"}


@bp.post("/log-af")
@open_to_all("whoever is not logged in is told that they are out")
def log_out() -> ResponseReturnValue:
    """End the citizen's session here, and lead on to the broker."""
    return _end("citizen")


@bp.post("/personale/log-af")
@open_to_all("whoever is not logged in is told that they are out")
def staff_log_out() -> ResponseReturnValue:
    """End the employee's session here, and lead on to the identity provider."""
    return _end("staff")


@bp.get("/log-af/videre")
@open_to_all("works once, with what the logout before it left in the session")
def leave_broker() -> ResponseReturnValue:
    """To the broker's own logout; without one, to the last page."""
    farewell = session.pop(_FAREWELL, None)
    if farewell is None:
        return redirect(url_for("signin.logged_out"), 303)
    kind: Kind = farewell["kind"]
    client = client_for(kind)
    try:
        sealed = base64.b64decode(farewell["hint"])
        hint = current_wires().vault.sealer_for("id_token").unseal(sealed)
        if not client.broker.metadata().get("end_session_endpoint"):
            return redirect(_OUT[kind], 303)
        out = client.create_logout_url(
            post_logout_redirect_uri=own_address(_OUT[kind]), id_token_hint=hint, client_id=client.oidc.client_id
        )
    except (BrokerUnavailable, CannotUnseal):
        # Our own session has ended already; the broker's ends by itself.
        return redirect(_OUT[kind], 303)
    return redirect(out["url"], 303)


@bp.get("/logget-af")
@open_to_all("says only that one is out")
def logged_out() -> ResponseReturnValue:
    """The citizen is out, here and at the broker."""
    return outcomes.page("logged_out", kind="citizen", status=200)


@bp.get("/personale/logget-af")
@open_to_all("says only that one is out")
def staff_logged_out() -> ResponseReturnValue:
    """The employee is out, here and at the identity provider."""
    return outcomes.page("logged_out", kind="staff", status=200)


def _end(kind: Kind) -> ResponseReturnValue:
    wires, visitor, who = current_wires(), current_visitor(), somebody()
    login = visitor.login
    if visitor.cookie is not None:
        with transaction(wires.sessions) as row:
            sessions.end(row, cookie=visitor.cookie)
            if who is not None:
                by = audit.actor_for(who, from_address=request.remote_addr)
                audit.record(row, action="logout", by=by, outcome="done", now=wires.clock())
    visitor.ended()
    lead_on = None
    if login is not None and login.id_token_sealed is not None:
        session[_FAREWELL] = {
            "kind": "staff" if login.staff else "citizen",
            "hint": base64.b64encode(login.id_token_sealed).decode(),
        }
        lead_on = url_for("signin.leave_broker")
    place = current_municipality()
    answer = make_response(render_template("signin/goodbye.html", kind=kind, lead_on=lead_on, municipality=place))
    # Without "cookies": that would clear them for every site of the municipality's domain.
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer
