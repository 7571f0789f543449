"""The front page of the collections desk: tasks with owners, and the way to a payment."""

import pytest

from tests.web.operations.conftest import Desk

pytestmark = pytest.mark.database
FRONT = "/personale/opkraevning"


def test_nothing_waits_on_a_quiet_day(desk: Desk) -> None:
    shown = desk.carsten.get(FRONT).text
    assert "Der er ingen opgaver" in shown


def test_a_task_is_taken_by_one_and_closed_with_a_note(desk: Desk) -> None:
    desk.paid_late()
    (task,) = desk.town.tasks()
    assert task.reason in desk.carsten.get(FRONT).text
    assert desk.carsten.send(f"{FRONT}/opgaver/{task.id}/tag").status_code == 303
    answer = desk.dorte.send(f"{FRONT}/opgaver/{task.id}/tag")
    assert answer.status_code == 409
    assert "En kollega var hurtigere" in answer.text
    assert "Ejer: Carsten Bro" in answer.text
    assert desk.carsten.send(f"{FRONT}/opgaver/{task.id}/luk", note="").status_code == 422
    assert desk.carsten.send(f"{FRONT}/opgaver/{task.id}/luk", note="Sendt til NemKonto").status_code == 303
    assert desk.town.tasks() == []
    again = desk.carsten.send(f"{FRONT}/opgaver/{task.id}/luk", note="Igen")
    assert again.status_code == 409


def test_another_municipalitys_task_is_unknown(desk: Desk) -> None:
    desk.paid_late()
    (task,) = desk.town.tasks()
    assert desk.neighbour.send(f"{FRONT}/opgaver/{task.id}/tag").status_code == 404
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
