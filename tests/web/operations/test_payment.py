"""One payment at the collections desk: noted before it is shown, whole, and money sent back once, with a reason."""

import re
from uuid import UUID

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.foundation.db import transaction
from app.identity.models import AuditEntry
from app.payments.models import Payment
from app.payments.returns import refund_queries
from app.payments.returns.refund_queries import RefundView
from app.payments.states import RefundState, State
from app.web.operations import words
from tests.demo import KIRSTEN
from tests.web.operations import failing
from tests.web.operations.conftest import Desk
from tests.web.portal import HERE

pytestmark = pytest.mark.database
_FORM_ID = re.compile(r'name="refund" value="([^"]+)"')


def page(desk: Desk, payment: Payment, *, via: str = "search") -> TestResponse:
    return desk.carsten.get(f"/personale/opkraevning/betaling/{payment.id}?via={via}")


def send_back(desk: Desk, payment: Payment, **fields: str) -> TestResponse:
    """Fill the form of a freshly opened page and send it."""
    shown = page(desk, payment)
    found = _FORM_ID.search(shown.text)
    assert found, "there is no form"
    sent = {"refund": found[1], "reason": "Betalt ved en fejl", **fields}
    return desk.carsten.send(f"/personale/opkraevning/betaling/{payment.id}/tilbagebetal", **sent)


def refunds(desk: Desk, payment: Payment) -> list[RefundView]:
    with transaction(desk.portal.sessions) as session:
        return refund_queries.refunds_of(session, payment_id=payment.id)


def part(desk: Desk, payment: Payment) -> str:
    with transaction(desk.portal.sessions) as session:
        (one,) = (one for one in refund_queries.left_of(session, payment_id=payment.id) if one.left_ore)
    return str(one.claim_id or "overpaid")


def test_the_look_is_in_the_trail_with_the_way_in(desk: Desk) -> None:
    payment = desk.paid()
    assert page(desk, payment, via="task").status_code == 200
    with transaction(desk.portal.sessions) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "payment.look_up")).one()
        assert (entry.actor, entry.person_id, entry.reason) == ("carsten", payment.payer_id, "Opgave i opkrævningen")


def test_a_payment_is_shown_whole_and_without_what_is_confidential(desk: Desk) -> None:
    payment = desk.paid()
    text = page(desk, payment).text
    assert payment.receipt_number
    assert payment.receipt_number in text
    assert "1.500,00" in text
    assert payment.charge_reference in text if payment.charge_reference else True
    assert KIRSTEN[:6] not in text
    assert "Kirsten" not in text


def test_a_payment_shows_what_was_sent_and_where_every_ore_is(desk: Desk) -> None:
    payment = failing.rejected(desk)
    first = failing.posting(desk)
    desk.carsten.send(f"{failing.PATH}/{failing.row(desk).id}/proev-igen", seen=failing.row(desk).seen)
    failing.deliver(desk, failing.posting(desk))
    text = page(desk, payment).text.replace("\xa0", " ")
    for told in (
        str(first.id), str(failing.posting(desk).id), first.payload["account"], "Afvist, og sendt igen", "Accepteret",
        "RESTANCE_AFVIGER", "transit/0991", "ledger/0991", "Betaling, der ikke er bogført", "I regnskabet",
    ):  # fmt: skip
        assert told in text, told
    assert KIRSTEN[:6] not in text
    books = text.partition('id="journal-heading"')[2].partition("</table>")[0]
    debit, credit = (books.count(f'data-title="{side}" class="amount">1.500,00 kr.') for side in ("Debet", "Kredit"))
    assert (debit, credit) == (2, 2), "captured, and accepted"


def test_of_a_bill_of_the_ledgers_own_nobody_else_is_waited_for(desk: Desk) -> None:
    payment = desk.paid()
    failing.deliver(desk, failing.posting(desk))
    text = page(desk, payment).text
    assert "I regnskabet" in text
    assert "Kendt af fagsystemet" not in text


def test_anothers_payment_is_as_unknown_as_one_that_never_was(desk: Desk) -> None:
    payment = desk.paid()
    paths = [f"/personale/opkraevning/betaling/{one}" for one in (payment.id, UUID(int=5))]
    answers = [desk.neighbour.get(path).status_code for path in paths]
    assert answers == [404, 404]
    sent = desk.neighbour.send(f"{paths[0]}/tilbagebetal", refund=str(UUID(int=6)), reason="Min", overpaid="1")
    assert sent.status_code == 404
    assert refunds(desk, payment) == []


def test_a_small_refund_is_decided_by_one_person(desk: Desk) -> None:
    payment = desk.paid()
    answer = send_back(desk, payment, **{part(desk, payment): "100,50"})
    assert answer.status_code == 303
    (refund,) = refunds(desk, payment)
    assert (refund.amount_ore, refund.asked_by, refund.decided_by) == (10050, "carsten", "carsten")
    assert refund.state is RefundState.APPROVED
    shown = page(desk, payment, via="refunds").text
    assert "Betalt ved en fejl" in shown
    assert "Carsten Bro" in shown


def test_a_large_refund_waits_for_a_colleague(desk: Desk) -> None:
    payment = desk.paid()
    assert payment.captured_ore > HERE.refund_alone_up_to_ore
    send_back(desk, payment, **{part(desk, payment): "1.500"})
    (refund,) = refunds(desk, payment)
    assert (refund.amount_ore, refund.state, refund.decided_by) == (150000, RefundState.ASKED, None)


def test_the_same_form_sent_twice_decides_once(desk: Desk) -> None:
    payment = desk.paid()
    field, form_id = part(desk, payment), str(UUID(int=9))
    for _again in range(2):
        answer = send_back(desk, payment, refund=form_id, **{field: "100"})
        assert answer.status_code == 303
    assert [one.amount_ore for one in refunds(desk, payment)] == [10000]


@pytest.mark.parametrize(
    ("typed", "reason", "says"),
    [
        ("", "Fejl", "Skriv, hvor meget der skal sendes tilbage."),
        ("ti", "Fejl", "Skriv et beløb, fx 100 eller 100,50."),
        ("1.500,01", "Fejl", "Så meget er der ikke tilbage at sende. Tjek beløbet."),
        ("0", "Fejl", "Skriv"),
        ("100", "", "Skriv, hvorfor pengene skal sendes tilbage."),
        ("100", "x" * 501, "Begrundelsen er for lang. Skriv højst 500 tegn."),
        ("100", f"Ringede fra {KIRSTEN}", "Det ligner et cpr-nummer."),
    ],
)
def test_a_form_that_is_not_right_says_what_and_keeps_what_was_typed(
    desk: Desk, typed: str, reason: str, says: str
) -> None:
    payment = desk.paid()
    answer = send_back(desk, payment, reason=reason, **{part(desk, payment): typed})
    assert answer.status_code == 422
    assert says in answer.text
    assert "<title>Fejl:" in answer.text
    assert f'value="{typed}"' in answer.text
    assert refunds(desk, payment) == []


def test_a_form_with_two_mistakes_says_both(desk: Desk) -> None:
    payment = desk.paid()
    answer = send_back(desk, payment, reason=f"Ringede fra {KIRSTEN}", **{part(desk, payment): "9.999"})
    assert answer.status_code == 422
    assert "Så meget er der ikke tilbage at sende" in answer.text
    assert "Det ligner et cpr-nummer." in answer.text
    assert refunds(desk, payment) == []


def test_late_money_can_be_sent_back_at_once(desk: Desk) -> None:
    payment = desk.paid_late()
    assert payment.overpaid_ore == payment.captured_ore
    assert part(desk, payment) == "overpaid"
    send_back(desk, payment, overpaid="500,00", reason="Pengene kom for sent")
    (refund,) = refunds(desk, payment)
    assert (refund.amount_ore, refund.state) == (50000, RefundState.SENDING)


def test_every_state_has_its_words() -> None:
    assert set(words.STATES) == set(State)
    assert set(words.REFUND_STATES) == set(RefundState)


def test_only_collections_may(desk: Desk) -> None:
    payment = desk.paid()
    library = desk.portal.employee("library")
    assert library.get(f"/personale/opkraevning/betaling/{payment.id}").status_code == 403
    assert desk.portal.browser().get(f"/personale/opkraevning/betaling/{payment.id}").status_code == 303
