"""One exchange is checked on its way out and on its way in."""

from datetime import UTC, date, datetime
from typing import TypeVar
from uuid import UUID

import pytest

from app.sf1590 import exchange
from app.sf1590.envelope import OurFault, Remark, Route, TheirFault
from app.sf1590.exchange import Desk, Exchange, Send
from app.sf1590.guard import BadMessage
from app.sf1590.outcome import Accepted
from app.sf1590.payment import Payment, PaymentAccepted
from app.sf1590.reversal import Order, Reduction
from tests.fakes.road import transaction_id
from tests.sf1590 import answers

S = TypeVar("S")
A = TypeVar("A")
NOW = datetime(2026, 3, 4, tzinfo=UTC)
DESK = Desk(Route("99099119", UUID(int=7), "99099119"), "99099119")
PAYMENT = Payment(UUID(int=2), UUID(int=3), answers.CPR, 27_500, NOW, date(2026, 3, 4))


def answering(inside: str, *, operation: str = "ForetagIndbetaling", reactions: str = "") -> Send:
    def send(*, service: str, action: str, envelope: bytes) -> bytes:
        return answers.answer(operation, inside, transaction_id=transaction_id(envelope), reactions=reactions)

    return send


def always(answer: bytes) -> Send:
    def send(*, service: str, action: str, envelope: bytes) -> bytes:
        return answer

    return send


def say(what: Exchange[S, A], sent: S, send: Send) -> tuple[A, tuple[Remark, ...]]:
    return exchange.carry_out(what, sent, send=send, desk=DESK, now=NOW)


def test_a_payment_is_answered_with_the_remarks_of_the_heading() -> None:
    heard: list[str] = []
    answers_so = answering(answers.ACCEPTED, reactions=answers.reaction("Advis", "A1", "Lukker kl. 22"))

    def send(*, service: str, action: str, envelope: bytes) -> bytes:
        heard.append(action)
        return answers_so(service=service, action=action, envelope=envelope)

    answer, said = say(exchange.PAY, PAYMENT, send)
    assert isinstance(answer, PaymentAccepted)
    assert said == (Remark("A1", "Lukker kl. 22"),)
    assert heard == ["ForetagIndbetaling"]


def test_a_search_is_answered() -> None:
    send = answering(answers.NOTHING_OWED, operation="SøgFordringTilIndbetaling")
    assert say(exchange.SEARCH, answers.CPR, send) == ((), ())


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        ("ForetagIndbetalingNedregulering", answers.ACCEPTED),
        ("TilbageførIndbetaling", answers.ACCEPTED.replace("DebitorIndbetalingAccept>", "Accept>")),
    ],
)
def test_a_payment_taken_back_is_answered(operation: str, answer: str) -> None:
    advis = answers.reaction("Advis", "A1", "Lukker kl. 22")
    answers_so = answering(answer, operation=operation, reactions=advis)

    def send(*, service: str, action: str, envelope: bytes) -> bytes:
        assert action == operation
        return answers_so(service=service, action=action, envelope=envelope)

    if operation == "TilbageførIndbetaling":
        order = Order(UUID(int=2), UUID(int=3), UUID(int=4), 100, NOW, "x")
        came, said = say(exchange.TAKE_BACK, order, send)
    else:
        part = Reduction(UUID(int=2), UUID(int=3), UUID(int=4), 100, NOW, date(2026, 3, 4), "x")
        came, said = say(exchange.REDUCE, part, send)
    assert isinstance(came, Accepted)
    assert said == (Remark("A1", "Lukker kl. 22"),)


def test_what_breaks_the_schema_is_never_sent() -> None:
    def send(*, service: str, action: str, envelope: bytes) -> bytes:
        raise AssertionError("it was sent")

    broken = Payment(UUID(int=2), UUID(int=3), answers.CPR, -1, NOW, date(2026, 3, 4))
    with pytest.raises(BadMessage):
        say(exchange.PAY, broken, send)


def test_an_answer_of_another_kind_or_to_another_call_is_bad() -> None:
    with pytest.raises(BadMessage, match="another kind"):
        say(exchange.SEARCH, answers.CPR, answering(answers.ACCEPTED))
    with pytest.raises(BadMessage, match="another call"):
        say(exchange.PAY, PAYMENT, always(answers.answer("ForetagIndbetaling", answers.ACCEPTED)))


def test_an_answer_without_its_content_is_bad_unless_a_fejl_says_why() -> None:
    with pytest.raises(BadMessage):
        say(exchange.PAY, PAYMENT, answering(""))
    with pytest.raises(TheirFault, match=r"^F1 Kan ikke nu$"):
        say(exchange.PAY, PAYMENT, answering("", reactions=answers.reaction("Fejl", "F1", "Kan ikke nu")))


def test_a_fault_passes_through() -> None:
    with pytest.raises(OurFault):
        say(exchange.PAY, PAYMENT, always(answers.fault("S:Client", "Ingen aftale")))
