"""MobilePay's webhook: proven over the raw bytes, then followed to the truth."""

from flask import Blueprint, Response

from app.web.guards import open_to_all
from app.web.hooks.notice import take_in

bp = Blueprint("hooks_mobilepay", __name__)


@bp.post("/hooks/mobilepay")
@open_to_all("the notice is signed by Vipps MobilePay and checked over its raw bytes")
def mobilepay() -> Response:
    """200 when taken in or known already, 400 when it proves nothing, 503 when it should be sent again."""
    return take_in("mobilepay")
