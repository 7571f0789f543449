"""Refunds: never more than was taken, never without a reason, above a limit by two people, and sent once."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app.payments.models import Payment
from app.payments.port import DisputeStanding
from app.payments.returns import refunds
from app.payments.returns.refunds import (
    MoreThanLeft,
    NoReason,
    NotAsked,
    NothingAsked,
    NotNow,
    NotWaiting,
    SamePerson,
    UnknownPayment,
    UnknownRefund,
)
from app.payments.states import RefundState
from tests.demo import ACCOUNT, OTHER_ACCOUNT, Town, daycare, fine
from tests.payments.returns.backwards import LATER, ask, book, gives_back, keeps, recalls, refund, returned, send, state

pytestmark = pytest.mark.database


def posted(town: Town) -> tuple[Payment, list[UUID]]:
    """A payment of 1.000 and 2.000 kr. to two accounts, as good as in the ledger."""
    person = town.person()
    claims = town.shows(person, daycare("d1", 100000), daycare("d2", 200000, account=OTHER_ACCOUNT))
    return town.paid(person, *claims), claims


def late(town: Town) -> tuple[Payment, UUID]:
    """A payment of 1.500 kr. whose money came when it was over: all of it is overpaid."""
    person = town.person()
    (claim,) = town.shows(person, daycare())
    payment = town.opened(person, claim)
    town.provider.close(payment.provider_reference or "")
    town.settle(payment)
    town.provider.pay(payment.provider_reference or "")
    town.settle(payment)
    return town.payment(payment.token), claim


def test_a_share_is_recalled_first_then_sent_and_its_claim_is_owed_again(town: Town) -> None:
    payment, (first, second) = posted(town)
    refund_id = ask(town, payment, {first: 100000})
    assert state(town, refund_id) is RefundState.APPROVED
    (message,) = recalls(town)
    assert message.payload == {
        "account": ACCOUNT,
        "amount_ore": 100000,
        "shares": [{"claim_id": str(first), "amount_ore": 100000}],
    }
    assert message.lane == town.messages("ledger.post")[0].lane
    assert book(town) == {"provider/stripe": 300000, "transit": -300000}
    gives_back(town, message, source="transit")
    assert state(town, refund_id) is RefundState.SENDING
    assert book(town) == {"provider/stripe": 300000, "transit": -200000, "overpaid": -100000}
    assert (town.claim("d1").covered_ore, town.claim("d2").covered_ore) == (0, 200000)
    assert "refund" not in town.provider.calls
    send(town, refund_id)
    assert state(town, refund_id) is RefundState.SUCCEEDED
    assert book(town) == {"provider/stripe": 200000, "transit": -200000}
    settled = town.payment(payment.token)
    assert (settled.state, settled.refunded_ore) == ("part_refunded", 100000)
    assert returned(town, payment) == {first: 100000}
    assert not town.tasks()
    ask(town, payment, {second: 200000})
    gives_back(town, recalls(town)[1], source="transit")
    send(town, refund(town, recalls(town)[1].subject_id).id)
    assert town.payment(payment.token).state == "refunded"
    assert book(town) == {}


def test_the_collecting_account_is_recalled_in_its_postings_lane(town: Town) -> None:
    person = town.person()
    one, two = town.shows(person, fine("f1"), fine("f2"))
    payment = town.paid(person, one, two)
    ask(town, payment, {one: 7500})
    assert recalls(town)[0].lane == town.messages("ledger.post")[0].lane == f"payment/{payment.id}"


def test_money_that_no_claim_has_is_sent_without_the_ledger_and_its_task_closes(town: Town) -> None:
    payment, _ = late(town)
    assert [task.kind for task in town.tasks()] == ["refund"]
    refund_id = ask(town, payment, {None: 150000})
    assert state(town, refund_id) is RefundState.SENDING
    assert not recalls(town)
    send(town, refund_id)
    assert book(town) == {}
    assert not town.tasks()
    assert town.claim("d1").covered_ore == 0


def test_a_part_of_it_leaves_the_task_open(town: Town) -> None:
    payment, _ = late(town)
    send(town, ask(town, payment, {None: 100000}))
    assert [task.kind for task in town.tasks()] == ["refund"]
    assert book(town) == {"provider/stripe": 50000, "overpaid": -50000}
    send(town, ask(town, payment, {None: 50000}))
    assert not town.tasks()


@pytest.mark.parametrize(("first_ore", "second_ore"), [(100000, 1), (60000, 40001)])
def test_never_more_than_is_left_of_a_line(town: Town, first_ore: int, second_ore: int) -> None:
    payment, (first, _) = posted(town)
    ask(town, payment, {first: first_ore})
    with pytest.raises(MoreThanLeft):
        ask(town, payment, {first: second_ore})


def test_never_more_than_is_left_of_what_no_claim_has(town: Town) -> None:
    payment, claim = late(town)
    ask(town, payment, {None: 100000}, alone_up_to_ore=0)
    with pytest.raises(MoreThanLeft):
        ask(town, payment, {None: 50001})
    with pytest.raises(MoreThanLeft):
        ask(town, payment, {claim: 1})


def test_a_request_is_whole_or_refused(town: Town) -> None:
    payment, (first, _) = posted(town)
    with pytest.raises(NothingAsked):
        ask(town, payment, {})
    with pytest.raises(NothingAsked):
        ask(town, payment, {first: 0})
    with pytest.raises(MoreThanLeft):
        ask(town, payment, {uuid4(): 1})
    with town.sessions.begin() as session, pytest.raises(NoReason):
        refunds.ask(
            session, refund_id=uuid4(), payment_id=payment.id, municipality_code=town.facts.code, shares={first: 1},
            reason="  ", by="carsten", alone_up_to_ore=0, now=LATER,
        )  # fmt: skip
    for code, payment_id in ((town.facts.code, uuid4()), ("0992", payment.id)):
        with town.sessions.begin() as session, pytest.raises(UnknownPayment):
            refunds.ask(
                session, refund_id=uuid4(), payment_id=payment_id, municipality_code=code, shares={first: 1},
                reason="x", by="carsten", alone_up_to_ore=0, now=LATER,
            )  # fmt: skip


def test_nothing_goes_back_before_money_came_or_while_a_bank_holds_it(town: Town) -> None:
    person = town.person()
    one, two = town.shows(person, daycare("d1"), daycare("d2"))
    with pytest.raises(NotNow):
        ask(town, town.opened(person, one), {one: 1})
    payment = town.paid(person, two)
    town.provider.dispute(payment.provider_reference or "", amount_ore=100)
    town.settle(payment)
    with pytest.raises(NotNow):
        ask(town, payment, {two: 1})


def test_the_same_form_again_asks_once(town: Town) -> None:
    payment, (first, second) = posted(town)
    refund_id = ask(town, payment, {first: 100})
    assert ask(town, payment, {first: 100}, refund_id=refund_id) == refund_id
    assert len(recalls(town)) == 1
    other = town.paid(town.person(), *town.shows(town.person(), daycare("d9")))
    with pytest.raises(UnknownPayment):
        ask(town, other, {second: 100}, refund_id=refund_id)


def test_above_the_limit_another_person_decides(town: Town) -> None:
    payment, (first, _) = posted(town)
    refund_id = ask(town, payment, {first: 100000}, alone_up_to_ore=99999)
    assert state(town, refund_id) is RefundState.ASKED
    assert [task.kind for task in town.tasks()] == ["refund_approval"]
    assert not recalls(town)
    code = town.facts.code
    with town.sessions.begin() as session, pytest.raises(SamePerson):
        refunds.approve(session, refund_id=refund_id, municipality_code=code, by="carsten", now=LATER)
    with town.sessions.begin() as session, pytest.raises(UnknownRefund):
        refunds.approve(session, refund_id=refund_id, municipality_code="0992", by="dorte", now=LATER)
    with town.sessions.begin() as session:
        refunds.approve(session, refund_id=refund_id, municipality_code=code, by="dorte", now=LATER)
    assert len(recalls(town)) == 1
    assert not town.tasks()
    with town.sessions.begin() as session, pytest.raises(NotWaiting):
        refunds.approve(session, refund_id=refund_id, municipality_code=code, by="dorte", now=LATER)


def test_what_is_decided_alone_counts_together(town: Town) -> None:
    payment, (first, _) = posted(town)
    assert state(town, ask(town, payment, {first: 600}, alone_up_to_ore=1000)) is RefundState.APPROVED
    assert state(town, ask(town, payment, {first: 600}, alone_up_to_ore=1000)) is RefundState.ASKED
    assert state(town, ask(town, payment, {first: 600}, alone_up_to_ore=1000, by="dorte")) is RefundState.APPROVED


def test_a_refund_that_is_declined_leaves_everything_as_it_was(town: Town) -> None:
    payment, (first, _) = posted(town)
    refund_id = ask(town, payment, {first: 100000}, alone_up_to_ore=0)
    with town.sessions.begin() as session, pytest.raises(NoReason):
        refunds.decline(
            session, refund_id=refund_id, municipality_code=town.facts.code, by="dorte", reason="", now=LATER
        )
    with town.sessions.begin() as session:
        refunds.decline(
            session, refund_id=refund_id, municipality_code=town.facts.code, by="dorte", reason="nej", now=LATER
        )
    assert state(town, refund_id) is RefundState.STOPPED
    assert not town.tasks()
    assert returned(town, payment) == {}
    assert len(town.messages()) == 2
    ask(town, payment, {first: 100000})


def test_what_the_ledger_keeps_is_not_sent_and_may_be_asked_for_again(town: Town) -> None:
    payment, (first, second) = posted(town)
    refund_id = ask(town, payment, {first: 100000, second: 200000})
    one, two = recalls(town)
    gives_back(town, one, source="transit")
    keeps(town, two)
    assert state(town, refund_id) is RefundState.STOPPED
    assert not town.messages(refunds.SEND)
    (task,) = town.tasks()
    assert (task.kind, "2.000,00 kr." in task.reason, "ikke sendt penge" in task.next_step) == (
        "refund_stopped", True, True,
    )  # fmt: skip
    assert book(town) == {"provider/stripe": 300000, "transit": -200000, "overpaid": -100000}
    assert returned(town, payment) == {first: 100000}
    again = ask(town, payment, {None: 100000, second: 200000})
    gives_back(town, recalls(town)[2], source="transit")
    send(town, again)
    assert book(town) == {}
    assert not town.tasks()


def test_what_is_given_back_after_the_ledger_kept_another_part_waits_with_us(town: Town) -> None:
    payment, (first, second) = posted(town)
    refund_id = ask(town, payment, {first: 100000, second: 200000})
    one, two = recalls(town)
    keeps(town, one)
    gives_back(town, two, source="transit")
    assert state(town, refund_id) is RefundState.STOPPED
    assert book(town)["overpaid"] == -200000
    assert returned(town, payment) == {second: 200000}
    assert town.claim("d2").covered_ore == 0


def test_an_answer_counts_once_and_only_when_it_was_asked_for(town: Town) -> None:
    payment, (first, _) = posted(town)
    ask(town, payment, {first: 100})
    (message,) = recalls(town)
    with town.sessions.begin() as session, pytest.raises(NotAsked):
        refunds.recalled(
            session, refund_id=message.subject_id, recall_id=message.id, shares={first: 101}, source="ledger", now=LATER
        )
    gives_back(town, message)
    with pytest.raises(NotAsked):
        gives_back(town, message)
    with town.sessions.begin() as session, pytest.raises(UnknownRefund):
        refunds.recalled(
            session, refund_id=uuid4(), recall_id=message.id, shares={first: 1}, source="ledger", now=LATER
        )


def test_a_request_that_waits_is_called_off_when_a_bank_takes_the_money(town: Town) -> None:
    payment, (first, _) = posted(town)
    refund_id = ask(town, payment, {first: 100000}, alone_up_to_ore=0)
    town.provider.dispute(payment.provider_reference or "", standing=DisputeStanding.OPEN)
    town.settle(payment, now=LATER + timedelta(minutes=1))
    assert (state(town, refund_id), refund(town, refund_id).failure_code) == (RefundState.STOPPED, "overtaken")
    assert {task.kind for task in town.tasks()} == {"dispute"}
