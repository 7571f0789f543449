"""Guards: who may open a page. The look-up runs in a short transaction that is closed before the view begins."""

from collections.abc import Callable
from functools import wraps
from typing import Literal
from urllib.parse import urlencode

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.foundation.db import transaction
from app.identity import audit
from app.identity.people import Citizen, StaffMember
from app.web.visit import current_municipality, current_wires
from app.web.visitor import current_visitor

Role = Literal["library", "collections"]
View = Callable[..., ResponseReturnValue]


def citizen_required(view: View) -> View:
    """Only for citizens; the view gets `citizen`. Whoever is not logged in is sent to MitID, and back here after it."""

    @wraps(view)
    def guarded(*args: object, **kwargs: object) -> ResponseReturnValue:
        citizen = current_visitor().citizen
        if citizen is None:
            return _ask_for_login("citizen")
        return view(*args, citizen=citizen, **kwargs)

    return _marked(guarded, "citizen")


def staff_required(role: Role) -> Callable[[View], View]:
    """Only for employees who hold the role; the view gets `staff`. Another role is refused, and the refusal is kept."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(*args: object, **kwargs: object) -> ResponseReturnValue:
            staff = current_visitor().staff
            if staff is None:
                return _ask_for_login("staff")
            if role not in staff.roles:
                _keep_refusal(staff, role)
                abort(403)
            return view(*args, staff=staff, **kwargs)

        return _marked(guarded, f"staff:{role}")

    return guard


def signed_in_staff_required(view: View) -> View:
    """For every employee who is logged in, whatever their role (the front page of the desks). The view gets `staff`."""

    @wraps(view)
    def guarded(*args: object, **kwargs: object) -> ResponseReturnValue:
        staff = current_visitor().staff
        if staff is None:
            return _ask_for_login("staff")
        return view(*args, staff=staff, **kwargs)

    return _marked(guarded, "staff")


def open_to_all(reason: str) -> Callable[[View], View]:
    """No guard, and why. The house test wants every route to say what guards it."""

    def mark(view: View) -> View:
        return _marked(view, f"open: {reason}")

    return mark


def _marked(view: View, guard: str) -> View:
    view.guard = guard  # type: ignore[attr-defined]  # read by tests/test_house.py
    return view


def _ask_for_login(kind: Literal["citizen", "staff"]) -> ResponseReturnValue:
    """To the login when a page was asked for; a page that says so when a form was sent, for its data would be lost."""
    login, is_over = url_for("signin.login" if kind == "citizen" else "signin.staff_login"), current_visitor().is_over
    if request.method in {"GET", "HEAD"}:
        here = request.full_path if request.query_string else request.path
        login = f"{login}?{urlencode({'next': here})}"
        if not is_over:
            return redirect(login, 303)
    place = current_municipality()
    return render_template("signin/not_logged_in.html", login=login, is_over=is_over, municipality=place), 401


def _keep_refusal(staff: StaffMember, role: Role) -> None:
    wires = current_wires()
    with transaction(wires.sessions) as session:
        audit.record(
            session,
            action="access",
            by=audit.actor_for(staff, from_address=request.remote_addr),
            outcome="refused",
            now=wires.clock(),
            facts={"endpoint": request.endpoint, "needed": role, "held": sorted(staff.roles)},
        )


def somebody() -> Citizen | StaffMember | None:
    """Whoever is logged in, for templates and for the trail."""
    visitor = current_visitor()
    return visitor.citizen or visitor.staff
