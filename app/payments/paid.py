"""What a person has paid here and what has gone back to them: searched, by year, with what each payment was for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CompoundSelect, Uuid, and_, extract, func, literal_column, null, or_, select, union_all
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement, SQLColumnExpression

from app.claims.models import Claim
from app.foundation.clock import COPENHAGEN, danish_day
from app.foundation.money import NotAnAmount, ore_from_text
from app.payments.models import Payment, PaymentLine, Refund
from app.payments.queries import PaymentView, ReceiptLine, view_of
from app.payments.states import WITH_MONEY, RefundState, bank_gave_back

PAGE_SIZE = 25
MOST_IN_A_YEAR = 5000
_DIGITS_OF_A_NUMBER = 6
_DIGITS_OF_A_YEAR = 4
# Before it is decided, and after it was declined, there is nothing to tell a citizen.
_TOLD = (RefundState.APPROVED, RefundState.SENDING, RefundState.PENDING, RefundState.SUCCEEDED, RefundState.FAILED)


@dataclass(frozen=True)
class Returned:
    """Money of a payment that is going back, or has gone."""

    amount_ore: int
    state: RefundState
    origin: str

    @property
    def came_back(self) -> bool:
        """A bank took it, and gave it back."""
        return bank_gave_back(self.origin, self.state)


@dataclass(frozen=True)
class Entry:
    """One row of the history: a payment, or money of it that went back."""

    at: datetime
    payment: PaymentView
    returned: Returned | None = None

    @property
    def on(self) -> date:
        """Its day in Denmark."""
        return danish_day(self.at)

    @property
    def danish_year(self) -> int:
        """Its year in Denmark, by which the list is grouped."""
        return self.on.year

    @property
    def amount_ore(self) -> int:
        """What was paid, or what went back."""
        return self.returned.amount_ore if self.returned else self.payment.captured_ore


@dataclass(frozen=True)
class Wanted:
    """What a person looks for: an amount, or the end of a receipt's number. What they typed may mean either."""

    amount_ore: int | None
    number: str | None

    @property
    def is_nothing(self) -> bool:
        """What was typed is neither."""
        return self.amount_ore is None and self.number is None


def wanted_in(text: str) -> Wanted:
    """What was typed into the search: `500`, `1.000,50`, `BK-2026-000123`, `bk 2026 123` or `000123`."""
    try:
        amount_ore = ore_from_text(text)
    except NotAnAmount:
        amount_ore = None
    found = re.fullmatch(r"(?i)\s*(?:BK)?[\s-]*((?:[0-9][\s-]*){1,12})", text)
    digits = re.sub(r"[^0-9]", "", found[1]) if found else ""
    number = None
    if 0 < len(digits) <= _DIGITS_OF_A_NUMBER and not _names_year(text):
        number = f"-{int(digits):0{_DIGITS_OF_A_NUMBER}}"
    elif len(digits) > _DIGITS_OF_A_YEAR:
        year, rest = digits[:_DIGITS_OF_A_YEAR], digits[_DIGITS_OF_A_YEAR:]
        number = f"-{year}-{int(rest):0{_DIGITS_OF_A_NUMBER}}"
    return Wanted(amount_ore, number)


def _names_year(text: str) -> bool:
    """`bk 2026 12`: the year stands apart from the number."""
    return re.search(r"(?<![0-9])20[0-9]{2}[\s-]+[0-9]", text) is not None


def page_of(
    session: Session, *, person_id: UUID, municipality_code: str, year: int | None = None, wanted: Wanted | None = None,
    page: int = 1,
) -> tuple[list[Entry], bool]:  # fmt: skip
    """A page of a person's history, newest first, and whether there is another. Not what others paid with a code."""
    rows = _rows(person_id, municipality_code, wanted).subquery()
    chosen = select(rows).where(_in_year(rows.c.at, year)).order_by(rows.c.at.desc(), rows.c.id.desc())
    found = session.execute(chosen.limit(PAGE_SIZE + 1).offset((page - 1) * PAGE_SIZE)).all()
    entries = _entries(session, [(row.at, row.id, row.refund_id) for row in found[:PAGE_SIZE]])
    return entries, len(found) > PAGE_SIZE


def year_of(session: Session, *, person_id: UUID, municipality_code: str, year: int) -> list[Entry]:
    """All of a person's history in a year of the Danish calendar, oldest first."""
    rows = _rows(person_id, municipality_code, None).subquery()
    chosen = select(rows).where(_in_year(rows.c.at, year)).order_by(rows.c.at, rows.c.id)
    found = session.execute(chosen.limit(MOST_IN_A_YEAR)).all()
    return _entries(session, [(row.at, row.id, row.refund_id) for row in found])


def years_of(session: Session, *, person_id: UUID, municipality_code: str) -> list[int]:
    """The years in which something was paid or went back, newest first."""
    rows = _rows(person_id, municipality_code, None).subquery()
    year = extract("year", func.timezone(COPENHAGEN.key, rows.c.at))
    return [int(one) for one in session.scalars(select(year).distinct().order_by(year.desc()))]


def lines_of(session: Session, *, payment_ids: Sequence[UUID]) -> dict[UUID, list[ReceiptLine]]:
    """What each of many payments was for, in the order chosen."""
    chosen = (
        select(PaymentLine, Claim.claim_type, Claim.origin_system, Claim.evidence)
        .join(Claim, Claim.id == PaymentLine.claim_id)
        .where(PaymentLine.payment_id.in_(payment_ids))
        .order_by(PaymentLine.payment_id, PaymentLine.line_no)
    )
    found: dict[UUID, list[ReceiptLine]] = {payment_id: [] for payment_id in payment_ids}
    for line, claim_type, system, evidence in session.execute(chosen):
        titles = tuple(item["title"] for item in evidence.get("materials", ()) if item.get("title"))
        found[line.payment_id].append(
            ReceiptLine(
                claim_id=line.claim_id, claim_type=claim_type, origin_system=system, amount_ore=line.amount_ore,
                overpaid=line.overpaid, titles=titles,
            )
        )  # fmt: skip
    return found


def _rows(person_id: UUID, municipality_code: str, wanted: Wanted | None) -> CompoundSelect[tuple[object, ...]]:
    own = (
        Payment.payer_id == person_id,
        Payment.code_id.is_(None),
        Payment.municipality_code == municipality_code,
        Payment.state.in_([state.value for state in WITH_MONEY]),
        Payment.captured_at.is_not(None),
    )
    paid = select(Payment.id, Payment.captured_at.label("at"), null().cast(Uuid).label("refund_id")).where(*own)
    back = (
        select(Payment.id, Refund.state_at.label("at"), Refund.id.label("refund_id"))
        .join(Refund, Refund.payment_id == Payment.id)
        .where(*own, Refund.state.in_([state.value for state in _TOLD]))
    )
    if wanted:
        paid = paid.where(_fits(wanted, Payment.captured_ore))
        back = back.where(_fits(wanted, Refund.amount_ore))
    return union_all(paid, back)


def _fits(wanted: Wanted, amount: SQLColumnExpression[int]) -> ColumnElement[bool]:
    either: list[ColumnElement[bool]] = [literal_column("false")]
    if wanted.amount_ore is not None:
        either.append(amount == wanted.amount_ore)
    if wanted.number is not None:
        either.append(Payment.receipt_number.endswith(wanted.number, autoescape=True))
    return or_(*either)


def _in_year(at: ColumnElement[datetime], year: int | None) -> ColumnElement[bool]:
    if year is None:
        return literal_column("true")
    begins, ends = (datetime(one, 1, 1, tzinfo=COPENHAGEN) for one in (year, year + 1))
    return and_(at >= begins, at < ends)


def _entries(session: Session, rows: Sequence[tuple[datetime, UUID, UUID | None]]) -> list[Entry]:
    payments = {one.id: one for one in session.scalars(select(Payment).where(Payment.id.in_([row[1] for row in rows])))}
    wanted = [row[2] for row in rows if row[2]]
    refunds = {one.id: one for one in session.scalars(select(Refund).where(Refund.id.in_(wanted)))}
    return [
        Entry(at, view_of(payments[payment_id]), _returned(refunds[refund_id]) if refund_id else None)
        for at, payment_id, refund_id in rows
    ]


def _returned(refund: Refund) -> Returned:
    return Returned(refund.amount_ore, RefundState(refund.state), refund.origin)
