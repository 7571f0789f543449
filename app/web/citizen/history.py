"""What a citizen has paid here and what went back: the list with its search, and a year as PDF or as a table."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import timedelta
from uuid import UUID

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.foundation.clock import danish_day
from app.foundation.db import transaction
from app.identity.people import Citizen
from app.municipalities.facts import Facts
from app.payments import paid
from app.payments.paid import Entry
from app.payments.queries import ReceiptLine
from app.payments.states import RefundState
from app.web import language, paper
from app.web.citizen.copies import pdf_answer
from app.web.filters import short_day
from app.web.guards import citizen_required
from app.web.visit import current_municipality, current_wires
from app.web.wording import returned_words, said_of

FIRST_YEAR, LAST_PAGE, LONGEST_SEARCH = 2020, 1000, 40
bp = Blueprint("history", __name__)


@bp.get("/betalinger")
@citizen_required
def payments(citizen: Citizen) -> ResponseReturnValue:
    """What the citizen has paid here, newest first; by year, or by amount or receipt number."""
    facts, typed = current_municipality(), request.args.get("soeg", "").strip()[:LONGEST_SEARCH]
    year, page = _number("aar"), _number("side") or 1
    wanted = paid.wanted_in(typed) if typed else None
    whose, where = citizen.person_id, facts.code
    with transaction(current_wires().sessions) as session:
        years = paid.years_of(session, person_id=whose, municipality_code=where)
        entries, has_more = paid.page_of(
            session, person_id=whose, municipality_code=where, year=year, wanted=wanted, page=min(page, LAST_PAGE)
        )
    return render_template(
        "citizen/payments.html", entries=entries, years=years, year=year, typed=typed, page=page, has_more=has_more,
        is_unreadable=wanted is not None and wanted.is_nothing, has_paper=not paper.missing(),
    )  # fmt: skip


@bp.get("/betalinger/<int:year>.pdf")
@citizen_required
def statement(year: int, citizen: Citizen) -> ResponseReturnValue:
    """The citizen's year on paper."""
    entries, lines = _year(citizen, year)
    now = current_wires().clock()
    body = render_template(
        "paper/statement.html", year=year, entries=entries, lines=lines, now=now, sums=_sums(entries)
    )
    try:
        pdf = paper.pdf_of(body, language=language.current(), title=gettext("Betalinger i %(year)s", year=year))
    except paper.NoPaper:
        abort(503)
    return pdf_answer(pdf, f"betalinger-{year}.pdf")


@bp.get("/betalinger/<int:year>.csv")
@citizen_required
def table(year: int, citizen: Citizen) -> ResponseReturnValue:
    """The citizen's year for a spreadsheet: one row a bill, semicolons, as Danish spreadsheets read it."""
    entries, lines = _year(citizen, year)
    written = io.StringIO()
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    writer.writerows([harmless(cell) for cell in row] for row in _rows(entries, lines, current_municipality()))
    named = f'attachment; filename="betalinger-{year}.csv"'
    body = "\N{BYTE ORDER MARK}" + written.getvalue()
    return Response(body.encode(), content_type="text/csv; charset=utf-8", headers={"Content-Disposition": named})


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isdecimal() and text.isascii() and 0 < len(text) <= 4 and int(text) else None


def _year(citizen: Citizen, year: int) -> tuple[list[Entry], dict[UUID, list[ReceiptLine]]]:
    wires, facts = current_wires(), current_municipality()
    if not FIRST_YEAR <= year <= danish_day(wires.clock() + timedelta(days=1)).year:
        abort(404)
    with transaction(wires.sessions) as session:
        entries = paid.year_of(session, person_id=citizen.person_id, municipality_code=facts.code, year=year)
        ids = [entry.payment.id for entry in entries if entry.returned is None]
        return entries, paid.lines_of(session, payment_ids=ids)


def _sums(entries: Sequence[Entry]) -> tuple[int, int]:
    """What was paid in all, and what of it is back with the citizen, in øre."""
    back = [one.returned for one in entries if one.returned and one.returned.state is RefundState.SUCCEEDED]
    paid = [entry.amount_ore for entry in entries if entry.returned is None]
    return sum(paid), sum(one.amount_ore for one in back)


def _rows(entries: Sequence[Entry], lines: dict[UUID, list[ReceiptLine]], facts: Facts) -> Iterator[list[str]]:
    yield [
        gettext("Dato"), gettext("Kvitteringsnummer"), gettext("Hvad"), gettext("Status"), gettext("Betalt (kr.)"),
        gettext("Penge tilbage (kr.)"),
    ]  # fmt: skip
    for entry in entries:
        day, number = short_day(entry.on), entry.payment.receipt_number or ""
        if entry.returned:
            status = returned_words(entry.returned)
            yield [day, number, gettext("Penge tilbage"), status, "", _kroner(entry.amount_ore)]
            continue
        rows = [(said_of(line, facts), line.amount_ore) for line in lines[entry.payment.id]]
        if sum(amount for _, amount in rows) != entry.amount_ore:
            # Another amount was taken than was asked: what was paid stands whole.
            rows = [(", ".join(what for what, _ in rows), entry.amount_ore)]
        for what, amount in rows:
            yield [day, number, what, gettext("Betalt"), _kroner(amount), ""]


def _kroner(amount_ore: int) -> str:
    """`1234,50`, as a spreadsheet set up in Danish takes for a number."""
    return f"{amount_ore // 100},{amount_ore % 100:02}"
