"""The headers that every response bears, errors too: what a browser may load, remember and reveal."""

from flask import Flask, Response, request

VERSION_PARAMETER = "v"
YEAR_SECONDS = 365 * 24 * 3600

# `form-action` also judges the redirects after a form is sent: that is why paying and logging out answer with a page
# that leads on, never with a redirect to another site.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
FIXED = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not `no-referrer`: the CSRF check reads the referrer of forms sent over https.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
STRICT_TRANSPORT = f"max-age={YEAR_SECONDS}; includeSubDomains"
_LONG = f"public, max-age={YEAR_SECONDS}, immutable"
_SHORT = "public, max-age=3600"


def install(app: Flask) -> None:
    """Put the headers on every response of the app."""
    app.after_request(_add)


def _add(response: Response) -> Response:
    response.headers.update(FIXED)
    if request.is_secure:  # said over plain http it means nothing (RFC 6797, section 7.2)
        response.headers["Strict-Transport-Security"] = STRICT_TRANSPORT
    response.headers["Cache-Control"] = _cache_control(response)
    return response


def _cache_control(response: Response) -> str:
    """Pages may hold personal data and are never stored; files of the portal may be, for long when versioned."""
    is_file = request.endpoint == "static" or request.path.startswith("/theme/")
    if not is_file or response.status_code not in {200, 206, 304}:
        return "no-store"
    return _LONG if VERSION_PARAMETER in request.args or request.path.startswith("/theme/") else _SHORT
