"""A person's bills as the page shows them: their own, in order, in one municipality."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from app.claims.queries import Beside, bill_of, bills_of, history_of, total_ore
from app.claims.status import Key
from app.config import ROOT
from app.municipalities import register as municipalities
from tests.claims.owing import IN_LEDGER, IN_LIBRARY, NOON, WITH_AGENCY, Register

pytestmark = pytest.mark.database

FACTS = municipalities.read((ROOT / Path("standins/municipalities/fjordby.yaml")).read_text(encoding="utf-8"))
TODAY = NOON.date()
NOTHING = Beside()


def test_bills_stand_in_the_order_of_the_page(kept: Register) -> None:
    who = kept.person()
    kept.sees(
        who,
        "ledger",
        replace(IN_LEDGER, origin_ref="later", due_on=date(2027, 3, 1)),
        replace(IN_LEDGER, origin_ref="overdue", due_on=TODAY - timedelta(days=1)),
        replace(WITH_AGENCY, origin_ref="agency"),
        replace(IN_LEDGER, origin_ref="soon", due_on=TODAY + timedelta(days=9)),
        replace(IN_LEDGER, origin_ref="sooner", due_on=TODAY + timedelta(days=2)),
    )
    with kept.sessions() as session:
        bills = bills_of(session, person_id=who, facts=FACTS, beside=NOTHING, today=TODAY)
    assert [bill.origin_ref for bill in bills] == ["overdue", "sooner", "soon", "later", "agency"]
    assert total_ore(bills) == 5 * 6000


def test_what_is_paid_here_is_no_longer_counted_and_what_is_being_paid_cannot_be_chosen(kept: Register) -> None:
    who = kept.person()
    kept.sees(who, "ledger", IN_LEDGER)
    claim_id = kept.claim().id
    with kept.sessions() as session:
        beside = Beside(being_paid=frozenset({claim_id}))
        paying = bill_of(session, claim_id=claim_id, person_id=who, facts=FACTS, beside=beside, today=TODAY)
    assert paying is not None
    assert (paying.status.key, paying.status.selectable) == (Key.PAYING, False)
    kept.pays()
    with kept.sessions() as session:
        bills = bills_of(session, person_id=who, facts=FACTS, beside=NOTHING, today=TODAY)
        history = [one.kind for one in history_of(session, claim_id=claim_id)]
    assert ([bill.status.key for bill in bills], total_ore(bills)) == ([Key.PAID_PENDING], 0)
    assert history == ["seen", "covered"]


def test_another_persons_bill_looks_like_an_unknown_one(kept: Register) -> None:
    owner, stranger = kept.person(), kept.person()
    kept.sees(owner, "fbs", IN_LIBRARY)
    claim_id = kept.claim().id
    elsewhere = FACTS.model_copy(update={"code": "0992"})
    with kept.sessions() as session:
        assert bill_of(session, claim_id=claim_id, person_id=owner, facts=FACTS, beside=NOTHING, today=TODAY)
        for who, facts in ((stranger, FACTS), (owner, elsewhere)):
            assert not bill_of(session, claim_id=claim_id, person_id=who, facts=facts, beside=NOTHING, today=TODAY)
            assert bills_of(session, person_id=who, facts=facts, beside=NOTHING, today=TODAY) == []


def test_closed_bills_are_shown_only_since_a_moment(kept: Register) -> None:
    who = kept.person()
    kept.sees(who, "fbs", IN_LIBRARY)
    kept.sees(who, "fbs")
    closed_at = kept.now
    with kept.sessions() as session:
        for since, expected in ((None, 0), (closed_at, 1), (closed_at + timedelta(seconds=1), 0)):
            bills = bills_of(session, person_id=who, facts=FACTS, beside=NOTHING, today=TODAY, closed_since=since)
            assert len(bills) == expected


def test_a_library_bill_says_what_the_library_knows_and_no_more(kept: Register) -> None:
    who = kept.person()
    item = {"record_id": "99910017", "title": "Vinterhavn", "author": "Karen Stenbæk"}
    kept.sees(who, "fbs", replace(IN_LIBRARY, evidence={**IN_LIBRARY.evidence, "materials": [item]}))
    with kept.sessions() as session:
        (bill,) = bills_of(session, person_id=who, facts=FACTS, beside=NOTHING, today=TODAY)
    assert (bill.returned, bill.area, bill.source_text) == ("late", "library", "Gebyr (for sent)")
    assert [(one.title, one.periodical) for one in bill.items] == [("Vinterhavn", None)]


def test_a_type_that_the_municipality_does_not_know_is_explained_as_other(kept: Register) -> None:
    who = kept.person()
    kept.sees(who, "ledger", replace(IN_LEDGER, claim_type="af1b7b1e-unknown"))
    with kept.sessions() as session:
        (bill,) = bills_of(session, person_id=who, facts=FACTS, beside=NOTHING, today=TODAY)
    assert bill.type is FACTS.claim_types["other"]


def test_the_next_instalment_is_the_first_that_is_still_to_come(kept: Register) -> None:
    who = kept.person()
    plan = tuple((TODAY + timedelta(days=days), 100 + days) for days in (-30, 0, 30))
    kept.sees(who, "ledger", replace(IN_LEDGER, instalments=plan))
    with kept.sessions() as session:
        (bill,) = bills_of(session, person_id=who, facts=FACTS, beside=NOTHING, today=TODAY)
    assert (bill.status.key, bill.status.on, bill.status.amount_ore) == (Key.INSTALMENT, TODAY, 100)
