"""The pages that need no login: the front page, help, accessibility, privacy."""

from flask import Blueprint, redirect, render_template
from flask.typing import ResponseReturnValue

from app.web.guards import open_to_all
from app.web.visit import current_wires
from app.web.visitor import current_visitor

bp = Blueprint("front", __name__)


@bp.get("/")
@open_to_all("the front page invites to log in")
def front() -> ResponseReturnValue:
    """The way in; whoever is in already goes on to their bills."""
    visitor = current_visitor()
    if visitor.citizen:
        return redirect("/regninger", 303)
    return render_template("citizen/front.html")


@bp.get("/hjaelp")
@open_to_all("help is for everybody")
def help_page() -> ResponseReturnValue:
    """Answers, and whom to ask."""
    return render_template("citizen/help.html")


@bp.get("/was")
@open_to_all("the accessibility statement must be public by law")
def was() -> ResponseReturnValue:
    """On to the municipality's statement; a page of our own where none is named."""
    statement = current_wires().settings.accessibility_statement_url
    if statement:
        return redirect(statement, 303)
    return render_template("citizen/was.html")


@bp.get("/privatliv")
@open_to_all("what is kept about people must be public")
def privacy() -> ResponseReturnValue:
    """What is kept, for how long, and which cookies."""
    return render_template("citizen/privacy.html")
