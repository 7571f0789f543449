"""The broker says that somebody logged out elsewhere: their sessions here end (OpenID Back-Channel Logout 1.0)."""

import logging

from flask import Blueprint, Response, request
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from app.foundation.db import transaction
from app.identity import audit, sessions, tokens
from app.identity.broker import BrokerUnavailable
from app.web.guards import open_to_all
from app.web.signin.client import BrokerClient
from app.web.signin.dance import client_for
from app.web.visit import current_wires

MAX_BODY_BYTES = 32 * 1024
bp = Blueprint("backchannel_logout", __name__)
_log = logging.getLogger(__name__)


@bp.post("/hooks/oidc/backchannel-logout")
@open_to_all("the logout token is signed by the broker and checked")
def backchannel_logout() -> Response:
    """200 when the sessions are gone (also when there were none), 400 when the token proves nothing."""
    request.max_content_length = MAX_BODY_BYTES
    raw = request.form.get("logout_token", "")
    try:
        order = _order_in(raw)
        _obey(order)
    except tokens.TokenRefused as refused:
        _log.warning("logout token refused: %s", type(refused).__name__)
        return _answer(400)
    except BrokerUnavailable:
        # Its keys cannot be had just now; the broker may try again.
        return _answer(503)
    return _answer(200)


def _order_in(raw: str) -> tokens.LogoutOrder:
    """Judge the token by the keys of the broker that it says it comes from: one of our two, or nobody."""
    claimed = tokens.claimed_issuer(raw)
    client = next((one for one in (client_for("citizen"), client_for("staff")) if _is_from(one, claimed)), None)
    if client is None:
        raise tokens.WrongIssuer("issued by nobody we know")
    try:
        return _read(client, raw, is_unknown=False)
    except tokens.BadSignature:
        # The broker may have changed keys; they are fetched anew within bounds.
        return _read(client, raw, is_unknown=True)


def _is_from(client: BrokerClient, issuer: str) -> bool:
    return client.broker.issuer.rstrip("/") == issuer.rstrip("/")


def _read(client: BrokerClient, raw: str, *, is_unknown: bool) -> tokens.LogoutOrder:
    try:
        keys = KeySet.import_key_set(client.broker.keys(is_unknown=is_unknown))  # type: ignore[arg-type]  # was judged
    except JoseError as error:
        raise tokens.BadSignature("no keys") from error
    return tokens.read_logout_token(
        raw, keys=keys, issuer=client.issuer, client_id=client.oidc.client_id, now=current_wires().clock()
    )


def _obey(order: tokens.LogoutOrder) -> None:
    wires = current_wires()
    now = wires.clock()
    with transaction(wires.sessions) as session:
        ended = sessions.end_ordered(session, order=order, now=now)
        audit.record(
            session,
            action="logout.ordered",
            by=audit.Actor("system", name=order.issuer, from_address=request.remote_addr),
            outcome="done",
            now=now,
            facts={"ended": ended},
        )


def _answer(status: int) -> Response:
    return Response(status=status, headers={"Cache-Control": "no-store"})
