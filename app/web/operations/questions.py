"""Questions at the collections desk: the inbox by kind with its deadlines, one question, and its answer."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, lazy_gettext
from sqlalchemy.orm import Session

from app.claims import queries as claims
from app.foundation.clock import danish_day
from app.foundation.cpr import has_cpr
from app.foundation.db import transaction
from app.identity import audit
from app.identity.people import StaffMember
from app.questions import answering, queries
from app.questions.reasons import LONGEST_ANSWER, Reason
from app.web import trail
from app.web.guards import staff_required
from app.web.question_form import HAS_CPR, reason_in
from app.web.question_words import TEMPLATES
from app.web.visit import current_wires

INBOX = "/personale/opkraevning/spoergsmaal"
LOOKED = "Spørgsmål om en regning"
_NO_ANSWER = lazy_gettext("Skriv et svar.")
_NO_NOTE = lazy_gettext("Skriv en kort note, så kolleger kan se, hvad du gjorde.")
_TOO_LONG = lazy_gettext("Teksten er for lang. Skriv højst 4.000 tegn.")
_UNFINISHED = lazy_gettext("Der står stadig »…« i svaret. Skriv det færdigt, før du sender.")
bp = Blueprint("operations_questions", __name__)


@dataclass(frozen=True)
class Typed:
    """What was typed into one of the two fields, and what is wrong with it; or that a colleague was faster."""

    answer: str | None = None
    note: str = ""
    problem: tuple[str, LazyString] | None = None
    is_late: bool = False


@bp.get(INBOX)
@staff_required("collections")
def inbox(staff: StaffMember) -> ResponseReturnValue:
    """What waits, the first deadline first; of one kind, or all."""
    wires, code = current_wires(), staff.municipality_code
    reason = reason_in(request.args.get("om", ""), tuple(Reason))
    with transaction(wires.sessions) as session:
        waiting = queries.waiting(session, municipality_code=code, reason=reason)
        counts = queries.count_by_reason(session, municipality_code=code)
        names = audit.names_of(session, actors=[one.owner for one in waiting if one.owner])
    return render_template(
        "operations/questions.html", staff=staff, municipality=wires.facts(code), waiting=waiting, counts=counts,
        reason=reason, names=names, today=danish_day(wires.clock()), done=request.args.get("gjort", ""),
    )  # fmt: skip


@bp.get(f"{INBOX}/<uuid:question_id>")
@staff_required("collections")
def show(question_id: UUID, staff: StaffMember) -> ResponseReturnValue:
    """One question; that it was looked at is in the trail before it is shown (I9)."""
    return _page(staff, question_id, Typed())


@bp.post(f"{INBOX}/<uuid:question_id>/tag")
@staff_required("collections")
def take(question_id: UUID, staff: StaffMember) -> ResponseReturnValue:
    """Make the question one's own, unless a colleague was faster."""
    now = current_wires().clock()

    def act(session: Session) -> None:
        answering.take(
            session, question_id=question_id, municipality_code=staff.municipality_code, by=staff.subject, now=now
        )

    return _acted(staff, question_id, "question.take", Typed(), act, url_for(".show", question_id=question_id))


@bp.post(f"{INBOX}/<uuid:question_id>/svar")
@staff_required("collections")
def answer(question_id: UUID, staff: StaffMember) -> ResponseReturnValue:
    """Send the answer: the citizen reads it on the bill."""
    words = _text("answer")
    problem = _wrong(words, _NO_ANSWER, is_sent=True)
    if problem:
        return _page(staff, question_id, Typed(answer=words, problem=("answer", problem))), 422
    wires = current_wires()

    def act(session: Session) -> None:
        answering.answer(
            session, sealer=queries.sealer(wires.vault), question_id=question_id, words=words, by=staff.subject,
            municipality_code=staff.municipality_code, now=wires.clock(),
        )  # fmt: skip

    return _acted(staff, question_id, "question.answer", Typed(answer=words), act, f"{INBOX}?gjort=svar")


@bp.post(f"{INBOX}/<uuid:question_id>/luk")
@staff_required("collections")
def close(question_id: UUID, staff: StaffMember) -> ResponseReturnValue:
    """Close a question that was settled otherwise; the note is for colleagues."""
    note = _text("note")
    problem = _wrong(note, _NO_NOTE, is_sent=False)
    if problem:
        return _page(staff, question_id, Typed(note=note, problem=("note", problem))), 422
    wires = current_wires()

    def act(session: Session) -> None:
        answering.close(
            session, sealer=queries.sealer(wires.vault), question_id=question_id, note=note, by=staff.subject,
            municipality_code=staff.municipality_code, now=wires.clock(),
        )  # fmt: skip

    return _acted(staff, question_id, "question.close", Typed(note=note), act, f"{INBOX}?gjort=lukket")


def _acted(
    staff: StaffMember, question_id: UUID, action: str, typed: Typed, act: Callable[[Session], None], then: str
) -> ResponseReturnValue:
    """Act and write it into the trail, in one transaction; whoever comes second keeps what they typed."""
    try:
        with transaction(current_wires().sessions) as session:
            act(session)
            trail.keep(session, staff, action=action, facts={"question": str(question_id)})
    except answering.UnknownQuestion:
        abort(404)
    except (answering.TakenByAnother, answering.Settled):
        return _page(staff, question_id, Typed(typed.answer, typed.note, is_late=True)), 409
    return redirect(then, 303)


def _page(staff: StaffMember, question_id: UUID, typed: Typed) -> str:
    wires, code = current_wires(), staff.municipality_code
    with transaction(wires.sessions) as session:
        person_id = queries.person_of(session, question_id=question_id, municipality_code=code) or abort(404)
        trail.keep(
            session, staff, action="question.look_up", person_id=person_id, reason=LOOKED,
            facts={"question": str(question_id)},
        )  # fmt: skip
    with transaction(wires.sessions) as session:
        question = queries.question_of(
            session, sealer=queries.sealer(wires.vault), question_id=question_id, municipality_code=code
        )
        assert question is not None
        claim = claims.claim_in(session, claim_id=question.claim_id, municipality_code=code)
        names = audit.names_of(session, actors=[one.by for one in question.events if one.by])
    return render_template(
        "operations/question.html", staff=staff, municipality=wires.facts(code), question=question, claim=claim,
        names=names, typed=typed, begun=typed.answer if typed.answer is not None else TEMPLATES[question.reason],
        today=danish_day(wires.clock()),
    )  # fmt: skip


def _text(name: str) -> str:
    return request.form.get(name, "").replace("\r\n", "\n").strip()


def _wrong(words: str, missing: LazyString, *, is_sent: bool) -> LazyString | None:
    if not words:
        return missing
    if len(words) > LONGEST_ANSWER:
        return _TOO_LONG
    if has_cpr(words):
        return HAS_CPR
    return _UNFINISHED if is_sent and "…" in words else None
