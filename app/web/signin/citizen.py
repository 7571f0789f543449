"""Citizens' login with MitID, through whichever broker the settings name."""

from flask import redirect, request
from flask.typing import ResponseReturnValue

from app.foundation.db import transaction
from app.identity import audit, people, register, sessions
from app.web.guards import open_to_all
from app.web.signin import bp, dance, outcomes
from app.web.signin.addresses import own_path
from app.web.visit import current_municipality, current_wires
from app.web.visitor import current_visitor

_AFTER = "/regninger"


@bp.get("/login")
@open_to_all("this is where one logs in")
def login() -> ResponseReturnValue:
    """To the broker; whoever is logged in already goes straight on."""
    after = own_path(request.args.get("next"), otherwise=_AFTER)
    if current_visitor().citizen is not None:
        return redirect(after, 303)
    try:
        return dance.begin("citizen", callback="/login/callback", after=after)
    except dance.LoginFailed as failure:
        return outcomes.failed(failure, kind="citizen")


@bp.get("/login/callback")
@open_to_all("the broker sends the browser here; state, code and tokens are checked")
def callback() -> ResponseReturnValue:
    """Back from the broker: log in, or say why not."""
    settings = current_wires().settings.citizen_oidc
    try:
        answer = dance.finish("citizen")
        found = people.read_citizen(answer.claims, names=settings.claims, accepted_loa=settings.accepted_loa)
    except dance.LoginFailed as failure:
        return outcomes.failed(failure, kind="citizen")
    except people.TooLowAssurance as refused:
        keep_refusal("login", why="TooLowAssurance", loa=refused.loa)
        return outcomes.page("too_low", kind="citizen", status=403)
    except people.NoCpr:
        keep_refusal("login", why="NoCpr")
        return outcomes.page("no_cpr", kind="citizen", status=403)
    _let_in(found, id_token=answer.id_token)
    return redirect(answer.after, 303)


def _let_in(found: people.IdentifiedCitizen, *, id_token: str) -> None:
    """Person, new session and audit in one transaction; then the browser gets the new cookie."""
    wires, visitor, now = current_wires(), current_visitor(), current_wires().clock()
    with transaction(wires.sessions) as session:
        person = register.find_or_create_person(session, vault=wires.vault, cpr=found.cpr, name=found.name, now=now)
        citizen = people.Citizen(person.id, person.name)
        cookie = sessions.log_in_citizen(
            session,
            old_cookie=visitor.cookie,
            citizen=citizen,
            identified=found,
            id_token_sealed=wires.vault.sealer_for("id_token").seal(id_token),
            data={},
            now=now,
        )
        audit.record(
            session,
            action="login",
            by=audit.actor_for(citizen, from_address=request.remote_addr),
            outcome="done",
            now=now,
            municipality_code=current_municipality().code,
            facts={"issuer": found.issuer, "loa": found.loa},
        )
    visitor.moved_to(cookie)


def keep_refusal(action: str, *, why: str, loa: str | None = None) -> None:
    """An audit entry of somebody genuine who was not let in."""
    wires = current_wires()
    with transaction(wires.sessions) as session:
        audit.record(
            session,
            action=action,
            by=audit.actor_for(None, from_address=request.remote_addr),
            outcome="refused",
            now=wires.clock(),
            municipality_code=current_municipality().code,
            facts={"why": why, "loa": loa},
        )
