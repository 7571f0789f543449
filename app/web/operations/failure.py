"""One row of the failure queue: all that happened to it, whose it is, and how a person solves it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from sqlalchemy.orm import Session

from app.foundation.clock import danish_day
from app.foundation.cpr import has_cpr
from app.foundation.db import transaction
from app.identity import audit
from app.identity.people import StaffMember
from app.payments import failures
from app.payments.failure_rows import Failure
from app.tasks import queries as tasks
from app.tasks import register
from app.tasks.healed import ABOUT_A_MESSAGE
from app.tasks.models import TaskEvent
from app.web import trail
from app.web.guards import staff_required
from app.web.operations import retrying, solving
from app.web.operations.failures import PATH, labels_of
from app.web.operations.reasons import reason_of
from app.web.operations.retrying import CannotBeRetried, RowChanged, UnknownRow, held
from app.web.operations.words import ACTS
from app.web.timeline import Step
from app.web.visit import current_wires

LONGEST_NOTE = 1000
bp = Blueprint("operations_failure", __name__)


@dataclass(frozen=True)
class Typed:
    """The form of a solution as it was typed, and what is wrong: with it, or with the picture it was filled in on."""

    note: str = ""
    way: str = ""
    problem: Literal["", "note", "way", "changed", "elsewhere"] = ""


NOTHING_TYPED = Typed()


@bp.get(f"{PATH}/<uuid:row_id>")
@staff_required("collections")
def show(row_id: UUID, staff: StaffMember) -> ResponseReturnValue:
    """The row and everything that happened to it."""
    return row_page(staff, row_id)


@bp.post(f"{PATH}/<uuid:row_id>/tag")
@staff_required("collections")
def take(row_id: UUID, staff: StaffMember) -> ResponseReturnValue:
    """Make the row one's own, also after a colleague whom the page showed as its owner."""

    def act(session: Session, row: Failure) -> None:
        task_id = row.task_id or _ask_a_person(session, row, staff)
        seen = row.last_event if row.task_id else None
        register.take(session, task_id=task_id, owner=staff.subject, now=current_wires().clock(), seen=seen)
        trail.keep(session, staff, action="task.take", facts={"task": str(task_id)})

    return _acted(staff, row_id, act, done="taget")


@bp.post(f"{PATH}/<uuid:row_id>/giv-tilbage")
@staff_required("collections")
def release(row_id: UUID, staff: StaffMember) -> ResponseReturnValue:
    """Give one's own row back."""

    def act(session: Session, row: Failure) -> None:
        if row.task_id is None or row.owner != staff.subject:
            raise RowChanged(row)
        register.release(session, task_id=row.task_id, by=staff.subject, now=current_wires().clock())
        trail.keep(session, staff, action="task.release", facts={"task": str(row.task_id)})

    return _acted(staff, row_id, act, done="givet")


@bp.post(f"{PATH}/<uuid:row_id>/proev-igen")
@staff_required("collections")
def retry(row_id: UUID, staff: StaffMember) -> ResponseReturnValue:
    """Try this one again, at once."""

    def act(session: Session, row: Failure) -> None:
        retrying.retry_one(session, staff, row_id=row.id, seen=row.seen)

    return _acted(staff, row_id, act, done="igen")


@bp.post(f"{PATH}/<uuid:row_id>/loes")
@staff_required("collections")
def solve(row_id: UUID, staff: StaffMember) -> ResponseReturnValue:
    """Solve it by hand, in one of the ways that its kind has; the note says what was done, for colleagues."""
    typed = Typed(request.form.get("note", "").strip(), request.form.get("way", ""))
    if not typed.note or len(typed.note) > LONGEST_NOTE or has_cpr(typed.note):
        return row_page(staff, row_id, typed=Typed(typed.note, typed.way, "note")), 422

    def act(session: Session, row: Failure) -> None:
        solving.solve(session, staff, row=row, way=typed.way, note=typed.note)

    return _acted(staff, row_id, act, typed=typed, done="loest")


def _acted(
    staff: StaffMember,
    row_id: UUID,
    act: Callable[[Session, Failure], None],
    *,
    done: str,
    typed: Typed = NOTHING_TYPED,
) -> ResponseReturnValue:
    """Do something to the row as it was shown, or show it as it is now; what was typed is lost by neither."""
    seen = request.form.get("seen") or request.form.get(f"seen-{row_id}", "")
    try:
        with transaction(current_wires().sessions) as session:
            act(session, held(session, staff, row_id=row_id, seen=seen))
    except UnknownRow:
        abort(404)
    except (RowChanged, register.TakenByAnother, register.TaskClosed, register.TaskChanged):
        return row_page(staff, row_id, typed=replace(typed, problem="changed")), 409
    except (CannotBeRetried, solving.MoneyElsewhere):
        return row_page(staff, row_id, typed=replace(typed, problem="elsewhere")), 409
    except solving.NoSuchWay:
        return row_page(staff, row_id, typed=replace(typed, problem="way")), 422
    return redirect(url_for("operations_failure.show", row_id=row_id, gjort=done), 303)


def _ask_a_person(session: Session, row: Failure, staff: StaffMember) -> UUID:
    """A message that is still tried has no task: whoever takes it makes one, which closes when it is delivered."""
    assert row.message_id is not None
    return register.open_task(
        session,
        key=f"outbox/{row.message_id}",
        kind="message_put_off",
        subject_kind=ABOUT_A_MESSAGE,
        subject_id=row.message_id,
        municipality_code=staff.municipality_code,
        reason=f"Beskeden {row.kind} er ikke leveret endnu: {row.error}",
        next_step="Find årsagen. Opgaven lukker af sig selv, når beskeden er leveret",
        facts={"kind": row.kind},
        now=current_wires().clock(),
    )


def _history(row: Failure, events: Sequence[TaskEvent], names: dict[str, str]) -> list[Step]:
    """Everything that happened to the row, oldest first."""
    steps = [(row.since, gettext("Beskeden blev lovet"))] if row.message_id else []
    steps += [(event.happened_at, _act_words(event, names)) for event in events]
    if row.attempts and row.error and row.tried_at:
        said = ngettext("%(num)s forsøg", "%(num)s forsøg", row.attempts)
        steps.append((row.tried_at, f"{said}: {row.error}"))
    if row.done_at:
        steps.append((row.done_at, gettext("Beskeden er leveret eller klaret")))
    return sorted((Step(str(text), danish_day(at), at) for at, text in steps), key=lambda step: step.order)


def _act_words(event: TaskEvent, names: dict[str, str]) -> str:
    said = str(ACTS.get(event.what, event.what))
    by = f" {gettext('af %(name)s', name=names.get(event.by, event.by))}" if event.by else ""
    return f"{said}{by}: {event.note}" if event.note else f"{said}{by}"


def row_page(staff: StaffMember, row_id: UUID, *, typed: Typed = NOTHING_TYPED) -> str:
    """The row as it is now."""
    wires, code = current_wires(), staff.municipality_code
    with transaction(wires.sessions) as session:
        row = failures.one(session, row_id=row_id, municipality_code=code)
        if row is None:
            abort(404)
        events = tasks.events_of(session, task_id=row.task_id) if row.task_id else ()
        people = [by for by in (row.owner, *(event.by for event in events)) if by]
        return render_template(
            "operations/failure.html", staff=staff, municipality=wires.facts(code), row=row,
            names=(names := audit.names_of(session, actors=people)),
            history=_history(row, events, names), said=reason_of(row), ways=solving.ways_of(session, row),
            loose_ore=solving.loose_ore(session, row), typed=typed, labels=labels_of(staff, [row]),
            is_retryable=retrying.is_retryable(row), done=request.args.get("gjort", ""),
        )  # fmt: skip
