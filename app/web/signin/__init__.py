"""The door to login and logout, for citizens and for staff."""

from flask import Blueprint, Response

bp = Blueprint("signin", __name__)


@bp.after_request
def _never_store(response: Response) -> Response:
    """Nothing of a login may lie in a cache."""
    response.headers.setdefault("Cache-Control", "no-store")
    return response


# The views register themselves on `bp`, which they import from here.
from app.web.signin import citizen, goodbye, staff  # noqa: E402, F401
