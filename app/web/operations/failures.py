"""The failure queue: what failed, why, when it is tried again, whose it is; and trying one or many again."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.foundation.db import transaction
from app.identity import audit
from app.identity.people import StaffMember
from app.payments import failures
from app.payments.failure_rows import Failure
from app.payments.failures import Wanted
from app.sources.writeback import OBSERVE
from app.web.guards import staff_required
from app.web.operations import retrying
from app.web.operations.reasons import GROUPS, reason_of
from app.web.visit import current_wires

PATH = "/personale/opkraevning/fejl"
Whose = Literal["", "mine", "ingen"]
# What comes to pass by itself within hours is no failure.
QUIET = (OBSERVE,)
# Work of other pages of the desk.
ELSEWHERE = ("question",)
SORTS = {
    "alder": "age", "type": "kind", "beloeb": "amount", "forsoeg": "attempts", "naeste": "next", "ejer": "owner",
}  # fmt: skip
_RESULT = "desk_retried"
bp = Blueprint("operations_failures", __name__)


@dataclass(frozen=True)
class View:
    """What of the queue a page shows: its address says all of it."""

    group: str = ""
    whose: str = ""
    sort: str = "alder"
    is_descending: bool = False
    page: int = 1

    def address(self, **changes: object) -> str:
        """The address of the same view with something changed; sorting anew begins on the first page."""
        wanted = {
            "type": self.group, "ejer": self.whose, "sorter": self.sort, "ned": "1" if self.is_descending else "",
            "side": self.page, **changes,
        }  # fmt: skip
        usual = {"sorter": "alder", "side": 1}
        told = {name: value for name, value in wanted.items() if value and value != usual.get(name)}
        return url_for("operations_failures.queue", **told)  # type: ignore[arg-type]  # names and values of a query

    def sorted_by(self, name: str) -> str:
        """The address that sorts by a column; by the one at hand it turns the order round."""
        turns = name == self.sort and not self.is_descending
        return self.address(sorter=name, ned="1" if turns else "", side=1)

    def wanted(self, staff: StaffMember) -> Wanted:
        """What is asked of the queue."""
        chosen = next((group for group in GROUPS if group[0] == self.group), None)
        known = tuple(kind for group in GROUPS for kind in group[2]), tuple(one for group in GROUPS for one in group[3])
        others = self.group == "andet"
        return Wanted(
            municipality_code=staff.municipality_code,
            kinds=chosen[2] if chosen else (), prefixes=chosen[3] if chosen else (),
            not_kinds=known[0] if others else (), not_prefixes=(*ELSEWHERE, *(known[1] if others else ())),
            owner={"mine": staff.subject, "ingen": ""}.get(self.whose), quiet=QUIET,
            sort=SORTS[self.sort], descending=self.is_descending,
        )  # fmt: skip


@bp.get(PATH)
@staff_required("collections")
def queue(staff: StaffMember) -> ResponseReturnValue:
    """One page of the queue, as the address says; after a retry with what came of it."""
    return queue_page(staff, result=session.pop(_RESULT, None))


@bp.post(f"{PATH}/proev-igen")
@staff_required("collections")
def retry(staff: StaffMember) -> ResponseReturnValue:
    """Ask whether those chosen shall be tried again; when that is confirmed, try them, each by itself."""
    chosen = [_id(text) for text in request.form.getlist("row")[: failures.PAGE]]
    if not chosen:
        return queue_page(staff, nothing_chosen=True), 422
    seen = {row_id: request.form.get(f"seen-{row_id}", "") for row_id in chosen}
    if not request.form.get("sure"):
        return _confirm_page(staff, seen)
    session[_RESULT] = retrying.retry_all(staff, seen).as_json()
    return redirect(url_for("operations_failures.queue"), 303)


def _confirm_page(staff: StaffMember, seen: dict[UUID, str]) -> str:
    wires = current_wires()
    with transaction(wires.sessions) as row:
        found = [
            one
            for row_id in seen
            if (one := failures.one(row, row_id=row_id, municipality_code=staff.municipality_code))
        ]
    able = [one for one in found if one.is_open and retrying.is_retryable(one)]
    return render_template(
        "operations/retry.html", staff=staff, municipality=wires.facts(staff.municipality_code), rows=able, seen=seen,
        unable=[one for one in found if one not in able], reason_of=reason_of,
    )  # fmt: skip


def queue_page(staff: StaffMember, *, result: dict[str, object] | None = None, nothing_chosen: bool = False) -> str:
    """The queue, with what came of the last act."""
    wires, view = current_wires(), _view()
    now, wanted = wires.clock(), view.wanted(staff)
    with transaction(wires.sessions) as row:
        count = failures.count(row, wanted=wanted, now=now)
        pages = max(1, -(-count // failures.PAGE))
        rows = failures.page(row, wanted=wanted, now=now, number=min(view.page, pages))
        names = audit.names_of(row, actors=[one.owner for one in rows if one.owner])
    return render_template(
        "operations/failures.html", staff=staff, municipality=wires.facts(staff.municipality_code), view=view,
        rows=rows, count=count, pages=pages, names=names, now=now, reason_of=reason_of, groups=_choices(),
        is_retryable=retrying.is_retryable, result=result, nothing_chosen=nothing_chosen, labels=labels_of(staff, rows),
    )  # fmt: skip


def _choices() -> list[tuple[str, str]]:
    groups = [(key, str(words)) for key, words, _, _ in GROUPS]
    return [("", gettext("Alle")), *groups, ("andet", gettext("Andet"))]


def labels_of(staff: StaffMember, rows: list[Failure]) -> dict[str, object]:
    """What kinds of bill the rows are about, by claim type: never titles (UX-27)."""
    facts = current_wires().facts(staff.municipality_code)
    return {key: facts.claim_type(key).label for one in rows for key in one.claim_types}


def _view() -> View:
    asked = request.args
    sort, page = asked.get("sorter", ""), asked.get("side", "")
    return View(
        group=asked.get("type", ""),
        whose=asked.get("ejer", ""),
        sort=sort if sort in SORTS else "alder",
        is_descending=bool(asked.get("ned")),
        page=int(page) if page.isascii() and page.isdecimal() and 0 < len(page) < 7 else 1,
    )


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        abort(400)
