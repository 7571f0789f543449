"""The Stripe stand-in's pay page, used as a browser without script would."""

import re

import httpx
import pytest

from tests.standins.test_stripe import create, event_types, get, new_session, pay

CARD = {"act": "pay", "card": "4242 4242 4242 4242", "expiry": "12/34", "cvc": "123"}
BACK = "https://portal.example/betal/x"
AWAY = "https://portal.example/betal/x/afbrudt"


def submit(visitor: httpx.Client, session_id: str, card: str, **more: str) -> httpx.Response:
    return visitor.post(f"/stripe/pay/{session_id}", data=CARD | {"card": card} | more)


def test_the_page_names_its_fields_and_asks_for_nothing_else(visitor: httpx.Client) -> None:
    made = create(visitor, cancel_url=AWAY).json()
    page = visitor.get(made["url"]).text
    for words in ("Betaling til Fjordby Kommune", "250,00 kr.", "Kortnummer", "Udløbsdato", "CVC", "Betal", "Afbryd"):
        assert words in page
    names = set(re.findall(r'<input id="(\w+)"', page))
    assert names == {"card", "expiry", "cvc"} == set(re.findall(r'<label for="(\w+)"', page))
    assert "Afbryd" not in visitor.get(f"/stripe/pay/{new_session(visitor)}").text


def test_paying_leads_back(visitor: httpx.Client) -> None:
    session_id = new_session(visitor)
    answer = submit(visitor, session_id, "4242 4242 4242 4242")
    assert (answer.status_code, answer.headers["Location"]) == (303, BACK)
    assert get(visitor, f"checkout/sessions/{session_id}")["payment_status"] == "paid"
    # Going back in the browser and paying again takes nothing.
    again = submit(visitor, session_id, "4242 4242 4242 4242")
    assert "afsluttet" in again.text
    assert BACK in again.text
    assert event_types(visitor).count("charge.succeeded") == 1


def test_giving_up_leads_back_and_leaves_the_session_open(visitor: httpx.Client) -> None:
    session_id = create(visitor, cancel_url=AWAY).json()["id"]
    answer = visitor.post(f"/stripe/pay/{session_id}", data={"act": "cancel"})
    assert (answer.status_code, answer.headers["Location"]) == (303, AWAY)
    assert get(visitor, f"checkout/sessions/{session_id}")["status"] == "open"


@pytest.mark.parametrize(
    ("card", "words"),
    [
        ("4000 0000 0000 0002", "Kortet blev afvist"),
        ("4000 0000 0000 9995", "ikke penge nok"),
        ("4111 1111 1111 1111", "kendes ikke"),
        ("12", "ikke udfyldt rigtigt"),
    ],
)
def test_a_card_that_does_not_work_is_told_on_the_page(visitor: httpx.Client, card: str, words: str) -> None:
    session_id = new_session(visitor)
    answer = submit(visitor, session_id, card)
    assert answer.status_code == 200
    assert words in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert submit(visitor, session_id, "4242424242424242").status_code == 303


@pytest.mark.parametrize(
    "more", [{"expiry": "01/20"}, {"expiry": "13/34"}, {"expiry": ""}, {"cvc": ""}, {"cvc": "12x"}]
)
def test_the_other_fields_are_looked_at_too(visitor: httpx.Client, more: dict[str, str]) -> None:
    session_id = new_session(visitor)
    assert 'role="alert"' in submit(visitor, session_id, "4242424242424242", **more).text
    assert get(visitor, f"checkout/sessions/{session_id}")["status"] == "open"


@pytest.mark.parametrize(("act", "status"), [("approve", "complete"), ("refuse", "open")])
def test_three_d_secure(visitor: httpx.Client, act: str, status: str) -> None:
    session_id = new_session(visitor)
    answer = submit(visitor, session_id, "4000 0027 6000 3184")
    assert answer.headers["Location"] == f"/stripe/pay/{session_id}/3ds"
    page = visitor.get(answer.headers["Location"]).text
    assert "Godkend" in page
    assert "Afvis" in page
    assert get(visitor, f"checkout/sessions/{session_id}")["status"] == "open"
    ended = visitor.post(answer.headers["Location"], data={"act": act})
    assert get(visitor, f"checkout/sessions/{session_id}")["status"] == status
    assert (ended.headers["Location"] == BACK) if act == "approve" else ("blev ikke godkendt" in ended.text)
    # The question was answered; asking it again leads to the first page.
    assert visitor.get(answer.headers["Location"]).status_code == 303


def test_the_card_that_never_returns(visitor: httpx.Client) -> None:
    session_id = new_session(visitor)
    answer = submit(visitor, session_id, "4000 0000 0000 4954")
    assert answer.status_code == 200
    assert "ikke sendt tilbage" in answer.text
    assert BACK not in answer.text
    assert get(visitor, f"checkout/sessions/{session_id}")["payment_status"] == "paid"


def test_the_card_that_pays_late_returns_at_once(visitor: httpx.Client) -> None:
    session_id = new_session(visitor)
    assert submit(visitor, session_id, "4000 0000 0000 7726").headers["Location"] == BACK
    session = get(visitor, f"checkout/sessions/{session_id}")
    assert (session["status"], session["payment_status"]) == ("complete", "unpaid")


def test_an_expired_session_cannot_be_paid(visitor: httpx.Client) -> None:
    session_id = new_session(visitor)
    visitor.post(
        f"/stripe/v1/checkout/sessions/{session_id}/expire", headers={"Authorization": "Bearer sk_test_standin"}
    )
    assert visitor.get(f"/stripe/pay/{session_id}").status_code == 410
    assert submit(visitor, session_id, "4242424242424242").status_code == 410
    assert get(visitor, f"checkout/sessions/{session_id}")["payment_status"] == "unpaid"


def test_the_front_page_lists_what_was_paid(visitor: httpx.Client) -> None:
    session_id = new_session(visitor)
    pay(visitor, session_id)
    page = visitor.get("/stripe/").text
    assert session_id in page
    assert "4000 0027 6000 3184" in page
