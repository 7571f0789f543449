"""Employees' login, through the municipalities' own identity provider: privileges become roles in one municipality."""

from flask import redirect, request
from flask.typing import ResponseReturnValue

from app.foundation.db import transaction
from app.identity import audit, people, roles, sessions
from app.municipalities.register import UnknownMunicipality
from app.web.guards import open_to_all
from app.web.signin import bp, dance, outcomes
from app.web.signin.addresses import own_path
from app.web.signin.citizen import keep_refusal
from app.web.visit import current_wires
from app.web.visitor import current_visitor

_AFTER = "/personale"


@bp.get("/personale/login")
@open_to_all("this is where employees log in")
def staff_login() -> ResponseReturnValue:
    """To the staff's identity provider; whoever is logged in already goes straight on."""
    after = own_path(request.args.get("next"), otherwise=_AFTER)
    if current_visitor().staff is not None:
        return redirect(after, 303)
    try:
        return dance.begin("staff", callback="/personale/login/callback", after=after)
    except dance.LoginFailed as failure:
        return outcomes.failed(failure, kind="staff")


@bp.get("/personale/login/callback")
@open_to_all("the identity provider sends the browser here; state, code and tokens are checked")
def staff_callback() -> ResponseReturnValue:
    """Back from the identity provider: log in, or say why not."""
    settings = current_wires().settings.staff_oidc
    try:
        answer = dance.finish("staff")
        found = people.read_staff(answer.claims, names=settings.claims, accepted_loa=settings.accepted_loa)
        staff = _with_roles(found)
    except dance.LoginFailed as failure:
        return outcomes.failed(failure, kind="staff")
    except people.TooLowAssurance as refused:
        keep_refusal("login.staff", why="TooLowAssurance", loa=refused.loa)
        return outcomes.page("too_low", kind="staff", status=403)
    except (roles.NoRole, roles.NoMunicipality, roles.UnreadablePrivileges) as refused:
        keep_refusal("login.staff", why=type(refused).__name__)
        return outcomes.page("no_role", kind="staff", status=403)
    _let_in(staff, found, id_token=answer.id_token)
    return redirect(answer.after, 303)


def _with_roles(found: people.IdentifiedStaff) -> people.StaffMember:
    wires = current_wires()

    def code_of(cvr: str) -> str | None:
        try:
            return wires.municipalities.by_cvr(cvr, now=wires.clock()).code
        except UnknownMunicipality:
            return None

    held = roles.grant(
        roles.read_privileges(found.privileges),
        cvr=found.cvr,
        roles=wires.settings.staff_roles,
        municipality_of=code_of,
    )
    return people.StaffMember(found.subject, found.name, held.municipality_code, held.roles)


def _let_in(staff: people.StaffMember, found: people.IdentifiedStaff, *, id_token: str) -> None:
    """New session and audit in one transaction; then the browser gets the new cookie."""
    wires, visitor, now = current_wires(), current_visitor(), current_wires().clock()
    with transaction(wires.sessions) as session:
        cookie = sessions.log_in_staff(
            session,
            old_cookie=visitor.cookie,
            staff=staff,
            identified=found,
            id_token_sealed=wires.vault.sealer_for("id_token").seal(id_token),
            data={},
            now=now,
        )
        audit.record(
            session,
            action="login.staff",
            by=audit.actor_for(staff, from_address=request.remote_addr),
            outcome="done",
            now=now,
            facts={"issuer": found.issuer, "loa": found.loa, "roles": sorted(staff.roles)},
        )
    visitor.moved_to(cookie)
