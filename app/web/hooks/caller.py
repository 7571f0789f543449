"""Who calls a door that other systems call with a client certificate: the proxy has seen it and tells us."""

import structlog
from flask import Response, request

from app.foundation import certificates
from app.web.visit import current_wires

log = structlog.get_logger()
LARGEST_MESSAGE_BYTES = 2 * 1024 * 1024


def refused(door: str, *, accepted: tuple[str, ...]) -> Response | None:
    """An answer for whoever may not call: 401 without a certificate, 403 with another. None: go on.

    Nothing of the body has been read then. The limit of the body is raised to that of a message.
    """
    request.max_content_length = LARGEST_MESSAGE_BYTES
    try:
        certificates.accept(
            request.headers.get(certificates.HEADER), accepted=accepted, now=current_wires().clock()
        )  # fmt: skip
    except certificates.NoCertificate as none:
        log.warning("certificate_missing", door=door, why=str(none))
        return Response("a client certificate is needed", 401, {"WWW-Authenticate": "Client-Cert"}, "text/plain")
    except certificates.NotAccepted as other:
        log.warning("certificate_not_accepted", door=door, why=str(other))
        return Response("this client certificate is not accepted", 403, mimetype="text/plain")
    return None
