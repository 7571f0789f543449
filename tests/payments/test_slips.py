"""Payment slips: check digits as printed elsewhere, the line as a bank reads it, one number for each claim."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from app.claims.queries import Beside, bill_of
from app.foundation.clock import danish_day
from app.payments.slips import Slip, has_slip, numbers_for, numbers_of
from tests.demo import AHMED, FACTS, NOW, Town, daycare

pytestmark = pytest.mark.database
CREDITOR = "80000042"


# Check digits as printed on slips and computed by others (specs, section 4.1).
@pytest.mark.parametrize(("number", "digit"), [(1, "8"), (2, "6"), (12345, "5"), (98765432109876, "7")])
def test_a_payment_id_ends_with_its_check_digit(number: int, digit: str) -> None:
    payment_id = Slip(number, CREDITOR).payment_id
    assert (len(payment_id), payment_id[-1], int(payment_id[:-1])) == (15, digit, number)


def test_the_line_is_as_a_bank_reads_it() -> None:
    assert Slip(12345, CREDITOR).line == "+71<000000000123455 +80000042<"


def given(town: Town, *claims: UUID) -> dict[UUID, int]:
    with town.sessions.begin() as session:
        return numbers_for(session, claim_ids=claims, municipality_code=FACTS.code, now=NOW)


def test_a_claim_has_one_number_for_ever_and_no_two_the_same(town: Town) -> None:
    person = town.person()
    one, two, three = town.shows(person, daycare("d1"), daycare("d2"), daycare("d3"))
    first = given(town, one, two)
    assert given(town, one, two, three) | first == given(town, three, two, one)
    assert len(set(given(town, one, two, three).values())) == 3
    with town.sessions() as session:
        assert numbers_of(session, claim_ids=[one]) == {one: first[one]}


def test_all_who_ask_at_once_get_the_same_number(town: Town) -> None:
    claims = town.shows(town.person(), daycare("d1"), daycare("d2"))
    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda turn: given(town, *claims[:: 1 if turn % 2 else -1]), range(8)))
    assert all(answer == answers[0] for answer in answers)


def test_only_a_bill_that_may_be_paid_has_a_slip(town: Town) -> None:
    kirsten = town.person(AHMED)
    (claim,) = town.shows(kirsten, daycare())

    def found(creditor: str | None, *being_paid: UUID) -> bool:
        with town.sessions() as session:
            bill = bill_of(
                session, claim_id=claim, person_id=kirsten, facts=FACTS, beside=Beside(frozenset(being_paid)),
                today=danish_day(NOW),
            )  # fmt: skip
        assert bill is not None
        return has_slip(bill, creditor=creditor)

    assert found(CREDITOR)
    assert not found(None)
    assert not found(CREDITOR, claim)
