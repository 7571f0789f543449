"""The front page of the collections desk: how the day stands, what is mine, and the way to a payment."""

import re

import pytest

from tests.demo import KIRSTEN
from tests.web.operations import failing
from tests.web.operations.conftest import Desk

pytestmark = pytest.mark.database
FRONT = "/personale/opkraevning"


def test_nothing_waits_on_a_quiet_day(desk: Desk) -> None:
    shown = desk.carsten.get(FRONT).text
    assert "Der er ingen opgaver" in shown


def numbers(html: str) -> dict[str, str]:
    """The cards at the top: what each is about, and what it says."""
    cards = re.findall(
        r'number-title">(.*?)</span> <strong class="number-value">(.*?)</strong> <span .*?>(.*?)</span>', html
    )
    return {title: f"{value} / {detail}".replace("\xa0", " ") for title, value, detail in cards}


def test_the_numbers_say_how_the_day_stands(desk: Desk) -> None:
    assert numbers(desk.carsten.get(FRONT).text) == {
        "Fejlkø": "0 / køen er tom",
        "Afventer regnskab": "0,00 kr. / alt er bogført",
        "Penge tilbage": "0 / 0 venter på en kollega, 0 skal sendes tilbage",
        "Afstemning": "0 / forskelle uden forklaring",
        "Spørgsmål": "0 / frist i dag: 0",
    }
    failing.rejected(desk)
    desk.portal.clock.passes(minutes=12)
    told = numbers(desk.carsten.get(FRONT).text)
    assert told["Fejlkø"] == "1 / ældste 12 min."
    assert told["Afventer regnskab"] == "1.500,00 kr. / 1 betaling, ældste 11 min."


def test_what_is_promised_and_not_answered_waits_for_the_ledger(desk: Desk) -> None:
    desk.paid()
    assert numbers(desk.carsten.get(FRONT).text)["Afventer regnskab"].startswith("1.500,00 kr. / 1 betaling")
    failing.deliver(desk, failing.posting(desk))
    assert numbers(desk.carsten.get(FRONT).text)["Afventer regnskab"] == "0,00 kr. / alt er bogført"
    assert numbers(desk.neighbour.get(FRONT).text)["Afventer regnskab"] == "0,00 kr. / alt er bogført"


def test_what_is_mine_and_what_is_nobodys_stand_apart(desk: Desk) -> None:
    desk.paid_late()
    (task,) = desk.town.tasks()
    assert task.reason in desk.carsten.get(FRONT).text.partition("Opgaver uden ejer")[2]
    desk.carsten.send(f"{FRONT}/fejl/{task.id}/tag", seen=failing.row(desk).seen)
    mine, _, nobodys = desk.carsten.get(FRONT).text.partition("Opgaver uden ejer")
    assert (task.reason in mine, task.reason in nobodys) == (True, False)
    assert task.reason not in desk.dorte.get(FRONT).text
    assert numbers(desk.dorte.get(FRONT).text)["Penge tilbage"].startswith("1 / 0 venter på en kollega, 1 skal")
    assert task.reason not in desk.neighbour.get(FRONT).text


@pytest.mark.parametrize("said", ["{}", " {} ", "bk {}", "{:.4}"])
def test_a_payment_is_found_by_its_receipt_number_as_people_say_it(desk: Desk, said: str) -> None:
    payment = desk.paid()
    number = (payment.receipt_number or "").removeprefix("BK-")
    wanted = f"{number[:4]} {number[5:].lstrip('0')}" if ":" in said else said.format(number)
    answer = desk.carsten.send(FRONT, q=wanted)
    assert (answer.status_code, str(payment.id) in (answer.location or "")) == (303, True)


def test_a_payment_is_found_by_the_providers_reference(desk: Desk) -> None:
    payment = desk.paid()
    for reference in (payment.provider_reference, payment.charge_reference):
        answer = desk.carsten.send(FRONT, q=reference)
        assert str(payment.id) in (answer.location or "")


@pytest.mark.parametrize("wanted", ["BK-2026-999999", "x" * 5000, "%", "\x00", "'; --"])
def test_what_is_not_there_is_not_found(desk: Desk, wanted: str) -> None:
    desk.paid()
    answer = desk.carsten.send(FRONT, q=wanted)
    assert answer.status_code == 200
    assert "Ingen fundet" in answer.text


def test_a_neighbour_finds_nothing_of_ours(desk: Desk) -> None:
    payment = desk.paid()
    assert "Ingen fundet" in desk.neighbour.send(FRONT, q=payment.receipt_number).text


def test_what_is_searched_for_stands_in_no_address(desk: Desk) -> None:
    payment = desk.paid()
    assert 'method="post" action="/personale/opkraevning"' in desk.carsten.get(FRONT).text
    asked = desk.carsten.get(FRONT, query_string={"q": payment.receipt_number})
    assert (asked.status_code, str(payment.id) in asked.text) == (200, False)


def test_a_payment_is_found_by_its_postings_uuid(desk: Desk) -> None:
    payment = desk.paid()
    for wanted in (failing.posting(desk).id, payment.id):
        assert str(payment.id) in (desk.carsten.send(FRONT, q=str(wanted)).location or "")
        assert "Ingen fundet" in desk.neighbour.send(FRONT, q=str(wanted)).text


@pytest.mark.parametrize("day", ["", "02.03.2026"])
def test_a_payment_is_found_by_its_amount_and_day(desk: Desk, day: str) -> None:
    payment = desk.paid()
    assert str(payment.id) in (desk.carsten.send(FRONT, q="1.500,00", day=day).location or "")
    assert "Ingen fundet" in desk.carsten.send(FRONT, q="1.500,01", day=day).text
    assert "Ingen fundet" in desk.carsten.send(FRONT, q="1.500,00", day="03.03.2026").text


def test_a_day_that_is_none_says_so(desk: Desk) -> None:
    answer = desk.carsten.send(FRONT, q="100", day="32.13.2026")
    assert answer.status_code == 422
    assert "Skriv dagen som 28.11.2026." in answer.text


def test_a_number_of_a_person_is_not_searched_for_here(desk: Desk) -> None:
    answer = desk.carsten.send(FRONT, q=KIRSTEN)
    assert (answer.status_code, answer.location) == (303, f"{FRONT}/borger")


def test_the_promise_is_said_to_be_broken_with_its_reason(desk: Desk) -> None:
    failing.put_off(desk)
    assert "Betalinger kommer ikke frem" not in desk.carsten.get(FRONT).text
    desk.portal.clock.passes(minutes=5)
    shown = desk.carsten.get(FRONT).text
    assert "Betalinger kommer ikke frem til regnskabet i tide" in shown
    assert "Debitorsystemet svarer ikke" in shown
    failing.deliver(desk, failing.posting(desk))
    shown = desk.carsten.get(FRONT).text.replace("\xa0", " ")
    assert "Betalinger kommer ikke frem" not in shown
    assert "95 % i regnskabet inden for" in shown
