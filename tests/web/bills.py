"""Made-up bills and payments for the tests of pages."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from app.claims.queries import Bill, Item
from app.claims.status import Standing, status_of
from app.payments.queries import PaymentView
from app.payments.states import State
from tests.web.page_app import NOW, TODAY, fjordby

VINTERHAVN = Item("870970-basis:1", "3847562", "bog", "Vinterhavn", "Karen Strand", None)


def bill(number: int = 1, claim_type: str = "", items: Iterable[Item] = (), **facts: Any) -> Bill:
    """A bill of 275 kr. from the ledger; `facts` are those of `Standing` and `Bill`."""
    municipality = fjordby()
    kind = claim_type or next(key for key, one in municipality.claim_types.items() if one.area == "library")
    known: dict[str, Any] = {
        "holder": "ledger", "outstanding_ore": 27500, "principal_ore": 27500, "covered_ore": 0, "has_account": True,
        "founded_on": None, "due_on": None, "reminded_on": None, "drawn_on": None, "agency_on": None,
        "next_instalment": None, "covered_at": None, "closed_at": None, "closed_reason": None, "is_being_paid": False,
    }  # fmt: skip
    known |= {name: value for name, value in facts.items() if name in Standing.__dataclass_fields__}
    founded_on = known["founded_on"]
    return Bill(
        id=UUID(int=number),
        claim_type=kind,
        type=municipality.claim_type(kind),
        area=municipality.claim_type(kind).area,
        origin_system="fbs",
        origin_ref=str(number),
        holder=known["holder"],
        outstanding_ore=known["outstanding_ore"],
        principal_ore=known["principal_ore"],
        status=status_of(Standing(**known), today=TODAY),
        shared=facts.get("shared", False),
        founded_on=founded_on,
        due_on=known["due_on"],
        period_from=facts.get("period_from"),
        period_to=facts.get("period_to"),
        reminded_on=known["reminded_on"],
        instalments=(),
        items=tuple(items),
        returned=facts.get("returned"),
        source_text=facts.get("source_text"),
        text_lines=(),
        is_old=founded_on is not None and founded_on < TODAY - timedelta(days=365),
        first_seen_at=NOW,
    )


def kirstens() -> list[Bill]:
    """One bill of every kind that the overview groups, in the order of the page."""
    soon, past = TODAY + timedelta(days=4), TODAY - timedelta(days=20)
    return [
        bill(1, due_on=past, reminded_on=TODAY - timedelta(days=2), items=[VINTERHAVN], returned="missing"),
        bill(2, due_on=past, founded_on=date(2019, 3, 1), returned="late"),
        bill(3, due_on=soon, shared=True, period_from=date(2026, 5, 1), period_to=date(2026, 5, 31)),
        bill(4, due_on=soon, drawn_on=soon),
        bill(5, next_instalment=(soon, 50000)),
        bill(6, is_being_paid=True),
        bill(7, covered_ore=27500, covered_at=NOW),
        bill(8, holder="agency", agency_on=past),
    ]


def payment(state: State = State.PAID, **facts: Any) -> PaymentView:
    """A payment of 335 kr. by card."""
    known: dict[str, Any] = {
        "id": UUID(int=1), "token": "tok", "payer_id": UUID(int=2), "municipality_code": "0991", "amount_ore": 33500,
        "captured_ore": 33500, "overpaid_ore": 0, "method": "card", "method_detail": "Visa 4242",
        "provider": "stripe",
        "receipt_number": "BK-2026-004711", "redirect_url": "https://pay.example/x", "failure_code": None,
        "created_at": NOW, "state_at": NOW, "checked_at": NOW, "captured_at": NOW, "expires_at": None,
    }  # fmt: skip
    return PaymentView(state=state, **(known | facts))
