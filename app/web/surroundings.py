"""What every page is surrounded by: the municipality of the visit, and who is logged in."""

from contextlib import suppress
from typing import Any

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from app.municipalities.register import UnknownMunicipality
from app.web.visit import current_municipality, current_wires
from app.web.visitor import current_visitor


def install(app: Flask) -> None:
    """Give every template its surroundings."""
    app.context_processor(surroundings)


def surroundings() -> dict[str, Any]:
    """As much as can be had: an error page must not fail because the host is unknown or the database is away."""
    found: dict[str, Any] = {}
    with suppress(HTTPException, SQLAlchemyError, UnknownMunicipality):
        found["municipality"] = current_municipality()
        visitor = current_visitor()
        found["citizen"], found["staff"] = visitor.citizen, visitor.staff
        if visitor.staff:  # an employee works for one municipality, whatever host they came by
            found["municipality"] = current_wires().facts(visitor.staff.municipality_code)
    return found
