"""What every payment provider's door does with a notice: prove it over the raw bytes, then follow it to the truth."""

from flask import Response, request

from app.payments import notices
from app.payments.port import BadNotice, ProviderError
from app.web.visit import current_wires

LARGEST_NOTICE_BYTES = 64 * 1024


def take_in(provider: str) -> Response:
    """200 when taken in or known already, 400 when it proves nothing, 503 when it should be sent again."""
    request.max_content_length = LARGEST_NOTICE_BYTES
    wires = current_wires()
    raw = request.get_data(cache=False)
    try:
        notices.receive(
            wires.sessions, providers=wires.providers(provider), headers=dict(request.headers), raw=raw,
            now=wires.clock(),
        )  # fmt: skip
    except BadNotice:
        return Response("not a notice of ours", 400, mimetype="text/plain")
    except ProviderError:
        return Response("the truth could not be fetched: send it again", 503, mimetype="text/plain")
    return Response("taken in", 200, mimetype="text/plain")
