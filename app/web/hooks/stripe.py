"""Stripe's webhook: proven over the raw bytes, then followed to the truth."""

from flask import Blueprint, Response, request

from app.payments import notices
from app.payments.port import BadNotice, ProviderError
from app.web.guards import open_to_all
from app.web.visit import current_wires

LARGEST_NOTICE_BYTES = 64 * 1024
bp = Blueprint("hooks_stripe", __name__)


@bp.post("/hooks/stripe")
@open_to_all("the notice is signed by Stripe and checked over its raw bytes")
def stripe() -> Response:
    """200 when taken in or known already, 400 when it proves nothing, 503 when Stripe should send it again."""
    request.max_content_length = LARGEST_NOTICE_BYTES
    wires = current_wires()
    raw = request.get_data(cache=False)
    try:
        notices.receive(
            wires.sessions, providers=wires.providers(), headers=dict(request.headers), raw=raw, now=wires.clock()
        )
    except BadNotice:
        return Response("not a notice of ours", 400, mimetype="text/plain")
    except ProviderError:
        return Response("the truth could not be fetched: send it again", 503, mimetype="text/plain")
    return Response("taken in", 200, mimetype="text/plain")
