"""Stripe's webhook: proven over the raw bytes, then followed to the truth."""

from flask import Blueprint, Response

from app.web.guards import open_to_all
from app.web.hooks.notice import take_in

bp = Blueprint("hooks_stripe", __name__)


@bp.post("/hooks/stripe")
@open_to_all("the notice is signed by Stripe and checked over its raw bytes")
def stripe() -> Response:
    """200 when taken in or known already, 400 when it proves nothing, 503 when Stripe should send it again."""
    return take_in("stripe")
