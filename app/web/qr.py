"""QR codes that lead to the page where a code is typed, with the code where only the browser sees it."""

from urllib.parse import urlsplit

import segno
from flask import request
from flask_babel import gettext
from markupsafe import Markup

from app.municipalities.facts import Facts
from app.payments.codes import grouped
from app.web.visit import current_municipality, current_wires

_SCALE = 5


def code_address(facts: Facts, code: str) -> str:
    """Where a code is typed, on a host of its municipality.

    The code stands behind `#`: a browser never sends that part, so it is in no log, and a script fills the field in.
    """
    scheme = urlsplit(current_wires().settings.public_url).scheme
    host = request.host
    if current_municipality().code != facts.code:  # an employee may have come in by another municipality's name
        port = request.host.partition(":")[2]
        host = facts.hosts[0] + (f":{port}" if port else "")
    return f"{scheme}://{host}/kode#{grouped(code)}"


def qr(facts: Facts, code: str) -> Markup:
    """The picture as SVG without styles, named for who cannot see it; the code itself must stand beside it."""
    made = segno.make(code_address(facts, code), error="m")
    title = gettext("QR-kode til at betale med telefonen")
    return Markup(made.svg_inline(scale=_SCALE, title=title, svgclass="qr", lineclass=None, omitsize=True))  # noqa: S704 - made here, of our own address
