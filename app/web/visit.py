"""One visit: the wires of this application, and the municipality that the visitor's host name stands for."""

from typing import cast

from flask import Flask, abort, current_app, g, request

from app.municipalities.facts import Facts
from app.municipalities.register import UnknownMunicipality
from app.wiring import Wires

_KEY = "bdk.wires"
# What is the same whatever name the house is called by: machines' doors, and files.
_ANYWHERE = ("/hooks/", "/healthz", "/readyz", "/metrics", "/static/", "/theme/")


def install(app: Flask, wires: Wires) -> None:
    """Give an application its wires."""
    app.extensions[_KEY] = wires


def only_known_hosts() -> None:
    """For `before_request`: a page is shown only under a municipality's own name, so no other gets into it."""
    if request.endpoint is not None and not request.path.startswith(_ANYWHERE):
        current_municipality()


def current_wires() -> Wires:
    """The wires of the application that handles this request."""
    return cast("Wires", current_app.extensions[_KEY])


def current_municipality() -> Facts:
    """The municipality of this visit, found by host name; a host that no municipality lists is a 404."""
    if "municipality" not in g:
        wires = current_wires()
        try:
            g.municipality = wires.municipalities.by_host(request.host.rsplit(":", 1)[0], now=wires.clock())
        except UnknownMunicipality:
            abort(404)
    return cast("Facts", g.municipality)
