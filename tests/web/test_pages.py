"""The citizens' and the desk's pages, rendered with made-up people: whole, readable, and safe with hostile data."""

import re
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from flask import Flask, render_template
from markupsafe import Markup

from app.claims.queries import Bill, Happening, Item
from app.identity.people import Citizen
from app.notifications.receipts import Standing, Told
from app.payments import codes
from app.payments.paid import Entry, Returned
from app.payments.queries import OpenPayment, ReceiptLine
from app.payments.review import Change, Changed, PartBounds, Shown
from app.payments.slips import Slip
from app.payments.states import RefundState, State
from app.sources.queries import Freshness, LibraryCard
from app.web.citizen.payer import Payer
from app.web.gaps import Gap
from app.web.person_look_up import Typed
from app.web.staff.lookup import LOOK_UP
from app.web.staff.picture import Picture
from app.web.tracker import Way, steps_of
from tests.web.bills import VINTERHAVN, bill, kirstens, payment
from tests.web.page_app import NOW, TODAY, fjordby, languages, page_app
from tests.web.plain import FORBIDDEN, lix, text_of

Facts = dict[str, Any]
BILLS = kirstens()
CARD = LibraryCard(is_patron=True, is_blocked=True, is_blocked_by_debt=True)
CODE, QR = "K7M4-9QWX-2P8T", Markup('<svg class="qr"><title>QR</title></svg>')
WAY = Way(NOW, NOW, concerns_library=True, library_at=None)
LINES = [ReceiptLine(UUID(int=1), BILLS[0].claim_type, "fbs", 33500, overpaid=False, titles=("Vinterhavn",))]
MISSING = (("cpr", "Skriv et cpr-nummer."), ("reason", "Vælg."))


def _overview(**facts: Any) -> Facts:
    known: Facts = {"bills": BILLS, "payments": {}, "chosen": None, "outcome": None, "checked_at": NOW, "gaps": [],
                    "nothing_chosen": False}  # fmt: skip
    return known | facts


KIRSTEN = Citizen(UUID(int=4), "Kirsten Lund")
NUMBERS = {UUID(int=number): 4700 + number for number in range(1, 9)}


def _check(*changed: Changed, **facts: Any) -> Facts:
    owed = {one.id: one.outstanding_ore for one in BILLS[:2]}
    shown = Shown(UUID(int=9), tuple(BILLS[:2]), owed | {BILLS[0].id: 10000}, owed, NOW)
    return {"shown": shown, "changed": changed, "methods": ["card"], "method": "", "problem": None,
            "minimum_ore": 250, "is_bad_email": False, "email": None, "payer": Payer(KIRSTEN),
            "numbers": {}} | facts  # fmt: skip


def _opened(*bills: Bill) -> codes.Opened:
    seen = [codes.Glimpse(one.id, one.area, NUMBERS[one.id], one.due_on, one.outstanding_ore, one.status.key,
                          one.status.at, one.status.selectable) for one in bills]  # fmt: skip
    return codes.Opened(UUID(int=5), KIRSTEN.person_id, tuple(seen))


def _receipt(**facts: Any) -> Facts:
    known = {"payment": payment(), "lines": LINES, "way": WAY, "is_settled": False, "left": (1, 6000)}
    return known | {"mail": None, "has_mail": True, "has_paper": True} | facts


def _history(*entries: Entry, **facts: Any) -> Facts:
    known: Facts = {"entries": entries, "years": [2026], "year": None, "typed": "", "page": 1, "has_more": False}
    return known | {"is_unreadable": False, "has_paper": True} | facts


MINE = {BILLS[5].id: OpenPayment(frozenset([BILLS[5].id]), "tok", is_mine=True)}
OTHERS = {BILLS[5].id: OpenPayment(frozenset([BILLS[5].id]), None, is_mine=False)}
CHANGES = (Changed(UUID(int=1), Change.AMOUNT, 1, BILLS[0]), Changed(UUID(int=7), Change.GONE, 1, None))
PAID = (
    Entry(NOW, payment()),
    *(Entry(NOW, payment(State.REFUNDED), Returned(100, state, "desk")) for state in RefundState),
    Entry(NOW, payment(State.DISPUTED), Returned(100, RefundState.SUCCEEDED, "dispute")),
)
PAGES: list[tuple[str, Facts]] = [
    ("citizen/bills.html", _overview(payments=MINE)),
    ("citizen/bills.html", _overview(payments=OTHERS, outcome=payment())),
    ("citizen/bills.html", _overview(gaps=[Gap((fjordby().areas["library"].label,), NOW)], nothing_chosen=True)),
    ("citizen/bills.html", _overview(bills=[], outcome=payment(State.DECLINED))),
    ("citizen/check.html", _check()),
    ("citizen/check.html", _check(*CHANGES)),
    ("citizen/check.html", _check(methods=["mobilepay", "card"], problem="method")),
    ("citizen/check.html", _check(shown=Shown(UUID(int=9), (), {}, {}, NOW))),
    *[("citizen/check.html", _check(methods=methods, problem=problem)) for problem in ("down", "small", "old")
      for methods in (["card"], ["mobilepay", "card"])],
    ("citizen/check.html", _check(methods=["mobilepay"])),
    ("citizen/check.html", _check(methods=[], problem="down")),
    *[("citizen/on_your_way.html", {"url": "https://pay.example/x", "is_mobilepay": one}) for one in (False, True)],
    ("citizen/waiting.html", {"payment": payment(State.AUTHORISED, method="mobilepay", provider="mobilepay"),
                              "is_unknown": False}),
    ("citizen/waiting.html", {"payment": payment(State.UNKNOWN, method="mobilepay", provider="mobilepay"),
                              "is_unknown": True}),
    ("citizen/outcome.html", {"payment": payment(State.DECLINED), "reason": "declined", "other": "mobilepay"}),
    ("citizen/check.html", _check(*CHANGES, payer=Payer(KIRSTEN, UUID(int=5)), numbers=NUMBERS)),
    *[("citizen/code.html", {"problem": problem, "typed": "K7M4"})
      for problem in (None, "wrong", "unknown", "expired", "over")],
    ("citizen/code_bill.html", {"opened": _opened(*BILLS), "mine": None}),
    ("citizen/code_bill.html", {"opened": _opened(BILLS[5]), "mine": payment(State.AWAITING)}),
    *[("citizen/part.html", {"bill": BILLS[0], "bounds": bounds, "problem": problem, "typed": "5"})
      for bounds, problem in ((PartBounds(5000, 27500), None), (PartBounds(5000, 27500), "amount"),
                              (PartBounds(5000, 27500), "little_left"), (None, None))],
    ("citizen/slip.html", {"bill": BILLS[0], "slip": Slip(4701, "80000042"), "code": CODE, "qr": QR}),
    *[("citizen/bill.html", {"bill": one, "history": [Happening(NOW, "covered", {"amount_ore": 1})], "today": TODAY,
                             "card": CARD, "payment": None, "code": CODE, "part": PartBounds(5000, 27500)})
      for one in BILLS],
    ("citizen/waiting.html", {"payment": payment(State.AWAITING), "is_unknown": False, "way_back": "https://pay.example/x"}),
    ("citizen/waiting.html", {"payment": payment(State.UNKNOWN), "is_unknown": True}),
    *[("citizen/outcome.html", {"payment": payment(State.FAILED), "reason": reason})
      for reason in ("cancelled", "declined", "expired", "failed", "duplicate", "mismatch")],
    ("citizen/receipt.html", _receipt()),
    ("citizen/receipt.html", _receipt(lines=None, left=None, is_settled=True)),
    *[("citizen/receipt.html", _receipt(mail=Standing(told, NOW))) for told in Told],
    *[("citizen/receipt.html", _receipt(problem=problem, email="navn")) for problem in ("email", "often", "no_paper")],
    ("citizen/receipt.html", _receipt(has_mail=False, has_paper=False)),
    ("citizen/receipt.html", _receipt(payment=replace(_receipt()["payment"], state=State.DISPUTED))),
    ("citizen/check.html", _check(problem="email", is_bad_email=True, email="navn")),
    ("citizen/check.html", _check(email=None)),
    ("citizen/payments.html", _history(*PAID, has_more=True, page=2, typed="a&b", year=2026)),
    ("citizen/payments.html", _history(is_unreadable=True, typed="<b>")),
    ("citizen/payments.html", _history(has_paper=False)),
    ("citizen/payments.html", _history(years=[])),
]  # fmt: skip
DESK: list[tuple[str, Facts]] = [
    ("staff/find.html", {"look_up": LOOK_UP, "typed": Typed()}),
    ("staff/find.html", {"look_up": LOOK_UP, "typed": Typed(reason="here", errors=MISSING)}),
    ("staff/citizen.html", {"picture": Picture("120372-****", "Kirsten Lund", CARD, Freshness("fbs", NOW, None),
                                               BILLS[:2], [], {}), "nothing_chosen": True}),
    *[("staff/code.html", {"code": CODE, "qr": QR, "expires_at": NOW, "is_over": is_over, "opened": _opened(*bills)})
      for is_over, bills in ((False, BILLS), (True, BILLS), (False, [BILLS[6]]))],
    ("staff/citizen.html", {"picture": Picture("120372-****", None, None, Freshness("fbs", None, NOW), [], [], {})}),
]  # fmt: skip


def _rendered(app: Flask, template: str, facts: Facts, language: str = "da") -> str:
    with app.test_request_context(f"/?lang={language}"):
        known = facts | ({"steps": steps_of(facts["way"], now=NOW)} if "way" in facts else {})
        return render_template(template, **known)


@pytest.mark.parametrize("language", list(languages()))
@pytest.mark.parametrize(("template", "facts"), [*PAGES, *DESK])
def test_pages_are_whole_and_keep_the_policy(template: str, facts: Facts, language: str) -> None:
    who = {"staff": "Lone Dahl"} if template.startswith("staff") else {"citizen": "Kirsten Lund"}
    page = _rendered(page_app(**who), template, facts, language)
    assert len(re.findall("<h1", page)) == 1
    assert re.search(r"<title>\S.* – Betal din kommune – Fjordby", page)
    assert not re.search(r"\s(style|on\w+)=", page)
    assert not re.search(r"<script(?![^>]*src=)", page)
    assert "None" not in page
    assert "kr.." not in page
    assert not re.search(r"%\(\w+\)s", page)
    for form in re.findall(r'<form[^>]*method="post".*?</form>', page, re.DOTALL):
        assert 'name="csrf_token"' in form
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_what_citizens_read_is_easy() -> None:
    # Each page's own words; names of bills and people come from elsewhere, so pages are judged together.
    app = page_app(citizen="Kirsten Lund")
    text = " ".join(text_of(_rendered(app, template, facts)) for template, facts in PAGES)
    assert lix(text) <= 30
    assert [word for word in FORBIDDEN if word in text.lower()] == []


def test_hostile_data_is_shown_as_text() -> None:
    evil = "<img src=x onerror=alert(1)>"
    one = bill(1, items=[Item("1", "1", "bog", evil, evil, evil)], source_text=evil)
    app = page_app(citizen=evil)
    for template, facts in (
        ("citizen/bills.html", _overview(bills=[one])),
        (
            "citizen/bill.html",
            {"bill": one, "history": [], "today": TODAY, "payment": None, "card": None, "code": None, "part": None},
        ),
        (
            "citizen/receipt.html",
            _receipt(lines=[replace(LINES[0], titles=(evil,))]),
        ),
    ):
        page = _rendered(app, template, facts)
        assert "<img" not in page
        assert "&lt;img" in page


def test_only_what_may_be_paid_can_be_chosen() -> None:
    page = _rendered(page_app(citizen="K"), "citizen/bills.html", _overview(payments=OTHERS))
    offered = set(re.findall(r'name="claim" value="([^"]+)"', page))
    assert offered == {str(one.id) for one in BILLS if one.status.selectable}
    assert "/afbryd" not in page


def test_the_payer_may_go_on_or_stop() -> None:
    page = _rendered(page_app(citizen="K"), "citizen/bills.html", _overview(payments=MINE))
    assert 'href="/betal/tok"' in page
    assert 'action="/betal/tok/afbryd"' in page


def test_a_receipt_without_login_does_not_say_what_was_paid() -> None:
    page = _rendered(page_app(), "citizen/receipt.html", _receipt(lines=None, left=None))
    assert "BK-2026-004711" in page
    assert "Vinterhavn" not in page
    assert VINTERHAVN.author is not None
    assert VINTERHAVN.author not in page


def test_pages_without_scripts_refresh_by_themselves() -> None:
    app = page_app(citizen="K")
    for template, facts in (
        ("citizen/receipt.html", _receipt()),
        ("citizen/waiting.html", {"payment": payment(State.AWAITING), "is_unknown": False}),
    ):
        assert re.search(r'<noscript><meta http-equiv="refresh"', _rendered(app, template, facts))
    assert "http-equiv" not in _rendered(app, "citizen/receipt.html", _receipt(is_settled=True))


def test_the_way_out_leads_to_the_provider_without_redirect() -> None:
    page = _rendered(page_app(citizen="K"), "citizen/on_your_way.html", {"url": "https://pay.example/x?a=1&b=2"})
    assert 'content="0; url=https://pay.example/x?a=1&amp;b=2"' in page
    assert 'href="https://pay.example/x?a=1&amp;b=2"' in page


def test_nothing_is_left_of_a_bill_that_is_paid() -> None:
    paid = next(one for one in BILLS if one.status.key in ("paid", "paid_pending"))
    known = {"bill": paid, "history": [], "today": TODAY, "payment": None, "card": None, "code": None, "part": None}
    page = text_of(_rendered(page_app(), "citizen/bill.html", known))
    assert re.search(r"Rest\W+0,00", page), page
