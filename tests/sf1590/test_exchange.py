"""One exchange is checked on its way out and on its way in."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from app.sf1590 import exchange
from app.sf1590.envelope import OurFault, Remark, Route, TheirFault
from app.sf1590.exchange import Desk
from app.sf1590.guard import BadMessage
from app.sf1590.outcome import Accepted
from app.sf1590.payment import Payment, PaymentAccepted
from app.sf1590.reversal import Order, Reduction
from tests.fakes.road import transaction_id
from tests.sf1590 import answers

NOW = datetime(2026, 3, 4, tzinfo=UTC)
DESK = Desk(Route("99099119", UUID(int=7), "99099119"), "99099119")
PAYMENT = Payment(UUID(int=2), UUID(int=3), answers.CPR, 27_500, NOW, date(2026, 3, 4))


def answering(
    inside: str, *, operation: str = "ForetagIndbetaling", reactions: str = ""
) -> Callable[[str, bytes], bytes]:
    return lambda _action, sent: answers.answer(
        operation, inside, transaction_id=transaction_id(sent), reactions=reactions
    )


def test_a_payment_is_answered_with_the_remarks_of_the_heading() -> None:
    heard: list[str] = []

    def send(action: str, envelope: bytes) -> bytes:
        heard.append(action)
        return answering(answers.ACCEPTED, reactions=answers.reaction("Advis", "A1", "Lukker kl. 22"))(action, envelope)

    answer, said = exchange.pay(send, desk=DESK, sent=PAYMENT, now=NOW)
    assert isinstance(answer, PaymentAccepted)
    assert said == (Remark("A1", "Lukker kl. 22"),)
    assert heard == ["ForetagIndbetaling"]


def test_a_search_is_answered() -> None:
    send = answering(answers.NOTHING_OWED, operation="SøgFordringTilIndbetaling")
    assert exchange.search(send, desk=DESK, cpr=answers.CPR, now=NOW) == ((), ())


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        ("ForetagIndbetalingNedregulering", answers.ACCEPTED),
        ("TilbageførIndbetaling", answers.ACCEPTED.replace("DebitorIndbetalingAccept>", "Accept>")),
    ],
)
def test_a_payment_taken_back_is_answered(operation: str, answer: str) -> None:
    def send(action: str, envelope: bytes) -> bytes:
        assert action == operation
        advis = answers.reaction("Advis", "A1", "Lukker kl. 22")
        return answering(answer, operation=operation, reactions=advis)(action, envelope)

    if operation == "TilbageførIndbetaling":
        order = Order(UUID(int=2), UUID(int=3), UUID(int=4), 100, NOW, "x")
        came, said = exchange.take_back(send, desk=DESK, sent=order, now=NOW)
    else:
        part = Reduction(UUID(int=2), UUID(int=3), UUID(int=4), 100, NOW, date(2026, 3, 4), "x")
        came, said = exchange.reduce(send, desk=DESK, sent=part, now=NOW)
    assert isinstance(came, Accepted)
    assert said == (Remark("A1", "Lukker kl. 22"),)


def test_what_breaks_the_schema_is_never_sent() -> None:
    def send(_action: str, _envelope: bytes) -> bytes:
        raise AssertionError("it was sent")

    broken = Payment(UUID(int=2), UUID(int=3), answers.CPR, -1, NOW, date(2026, 3, 4))
    with pytest.raises(BadMessage):
        exchange.pay(send, desk=DESK, sent=broken, now=NOW)


def test_an_answer_of_another_kind_or_to_another_call_is_bad() -> None:
    with pytest.raises(BadMessage, match="another kind"):
        exchange.search(answering(answers.ACCEPTED), desk=DESK, cpr=answers.CPR, now=NOW)
    with pytest.raises(BadMessage, match="another call"):
        exchange.pay(
            lambda _action, _sent: answers.answer("ForetagIndbetaling", answers.ACCEPTED),
            desk=DESK,
            sent=PAYMENT,
            now=NOW,
        )


def test_an_answer_without_its_content_is_bad_unless_a_fejl_says_why() -> None:
    with pytest.raises(BadMessage):
        exchange.pay(answering(""), desk=DESK, sent=PAYMENT, now=NOW)
    with pytest.raises(TheirFault, match=r"^F1 Kan ikke nu$"):
        exchange.pay(
            answering("", reactions=answers.reaction("Fejl", "F1", "Kan ikke nu")), desk=DESK, sent=PAYMENT, now=NOW
        )


def test_a_fault_passes_through() -> None:
    with pytest.raises(OurFault):
        exchange.pay(lambda _action, _sent: answers.fault("S:Client", "Ingen aftale"), desk=DESK, sent=PAYMENT, now=NOW)
