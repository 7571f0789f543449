"""What every page is surrounded by: the municipality of the visit, and who is logged in."""

from contextlib import suppress
from typing import Any

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from app.web.visit import current_municipality
from app.web.visitor import current_visitor


def install(app: Flask) -> None:
    """Give every template its surroundings."""
    app.context_processor(surroundings)


def surroundings() -> dict[str, Any]:
    """As much as can be had: an error page must not fail because the host is unknown or the database is away."""
    found: dict[str, Any] = {}
    with suppress(HTTPException, SQLAlchemyError):
        found["municipality"] = current_municipality()
        visitor = current_visitor()
        found["citizen"], found["staff"] = visitor.citizen, visitor.staff
    return found
