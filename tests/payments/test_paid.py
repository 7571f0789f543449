"""The history finds what people look for, counts years as Denmark does, and shows money that goes back."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.foundation.ids import new_row_id
from app.payments import paid
from app.payments.models import Payment, Refund
from app.payments.paid import Entry, Wanted, wanted_in
from app.payments.states import RefundState
from tests.demo import AHMED, FACTS, NOW, Town, daycare, fine


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("500", Wanted(50000, "-000500")),
        ("1.000,50", Wanted(100050, None)),
        ("75,00 kr.", Wanted(7500, None)),
        ("BK-2026-000123", Wanted(None, "-2026-000123")),
        ("bk 2026 123", Wanted(None, "-2026-000123")),
        ("bk2026000123", Wanted(None, "-2026-000123")),
        ("000 123", Wanted(12300, "-000123")),
        ("2026 000123", Wanted(None, "-2026-000123")),
        ("B K 2026 000 123", Wanted(None, None)),
        ("børnehave", Wanted(None, None)),
        ("%", Wanted(None, None)),
    ],
)
def test_what_is_typed_may_be_an_amount_or_a_number(typed: str, wanted: Wanted) -> None:
    assert wanted_in(typed) == wanted


@given(
    st.integers(2024, 2099),
    st.integers(1, 999_999),
    st.sampled_from(["BK-{y}-{n:06d}", "bk {y} {n:06d}", "{y}-{n:06d}"]),
)
def test_a_receipts_number_is_found_however_it_is_dictated(year: int, number: int, form: str) -> None:
    wanted = wanted_in(form.format(y=year, n=number))
    assert wanted.number
    assert f"BK-{year}-{number:06d}".endswith(wanted.number)


@given(st.text(max_size=40))
def test_whatever_is_typed_is_understood_or_not(typed: str) -> None:
    wanted = wanted_in(typed)
    assert wanted.is_nothing == (wanted.amount_ore is None and wanted.number is None)


@pytest.mark.database
class TestHistory:
    def history(self, town: Town, person: UUID, **more: object) -> list[Entry]:
        with town.sessions() as session:
            found, _ = paid.page_of(session, person_id=person, municipality_code=FACTS.code, **more)  # type: ignore[arg-type]
            return found

    def refunded(self, town: Town, payment: Payment, state: RefundState, *, amount_ore: int = 2500) -> None:
        with town.sessions.begin() as session:
            session.add(
                Refund(
                    id=new_row_id(), payment_id=payment.id, municipality_code=FACTS.code, origin="desk",
                    amount_ore=amount_ore, shares=[], reason="betalt to gange", state=state.value,
                    state_at=NOW + timedelta(days=1), asked_by="lone", asked_at=NOW, decided_at=NOW,
                    provider_key=str(new_row_id()),
                )
            )  # fmt: skip

    def test_search_by_amount_and_number(self, town: Town) -> None:
        person = town.person()
        one, two = town.shows(person, daycare("d1"), daycare("d2", 60000))
        first = town.paid(person, one)
        second = town.paid(person, two, now=NOW + timedelta(minutes=5))
        for typed in ("600", "600,00 kr.", str(second.receipt_number), str(second.receipt_number).lower()[-6:]):
            assert [one.payment.id for one in self.history(town, person, wanted=wanted_in(typed))] == [second.id], typed
        assert [one.payment.id for one in self.history(town, person, wanted=wanted_in("1.500"))] == [first.id]
        assert self.history(town, person, wanted=wanted_in("601")) == []
        assert self.history(town, person, wanted=Wanted(None, None)) == []

    def test_a_year_is_denmarks(self, town: Town) -> None:
        """Half an hour before midnight UTC on New Year's Eve is the new year in Copenhagen."""
        person = town.person()
        (claim,) = town.shows(person, fine())
        payment = town.paid(person, claim, now=datetime(2026, 12, 31, 23, 30, tzinfo=UTC))
        with town.sessions() as session:
            assert paid.years_of(session, person_id=person, municipality_code=FACTS.code) == [2027]
            assert paid.year_of(session, person_id=person, municipality_code=FACTS.code, year=2026) == []
            (entry,) = paid.year_of(session, person_id=person, municipality_code=FACTS.code, year=2027)
        assert (entry.payment.id, entry.danish_year) == (payment.id, 2027)
        assert self.history(town, person, year=2026) == []

    @pytest.mark.parametrize("state", list(RefundState))
    def test_money_that_goes_back_is_a_row_once_it_is_decided(self, town: Town, state: RefundState) -> None:
        person = town.person()
        payment = town.paid(person, *town.shows(person, fine()))
        self.refunded(town, payment, state)
        rows = self.history(town, person)
        hidden = state in {RefundState.ASKED, RefundState.STOPPED}
        assert [one.returned.state if one.returned else None for one in rows] == ([None] if hidden else [state, None])
        assert [one.amount_ore for one in rows] == ([7500] if hidden else [2500, 7500])
        found = self.history(town, person, wanted=wanted_in("25,00"))
        assert len(found) == (0 if hidden else 1)

    def test_a_long_history_comes_in_pages(self, town: Town) -> None:
        person = town.person()
        payment = town.paid(person, *town.shows(person, fine()))
        for _ in range(paid.PAGE_SIZE):
            self.refunded(town, payment, RefundState.SUCCEEDED, amount_ore=100)
        with town.sessions() as session:
            first, has_more = paid.page_of(session, person_id=person, municipality_code=FACTS.code)
            second, has_third = paid.page_of(session, person_id=person, municipality_code=FACTS.code, page=2)
        assert (len(first), has_more, len(second), has_third) == (paid.PAGE_SIZE, True, 1, False)
        assert second[0].returned is None

    def test_the_lines_of_many_payments_at_once(self, town: Town) -> None:
        person, other = town.person(), town.person(AHMED)
        one = town.paid(person, *town.shows(person, fine()), *town.shows(person, daycare()))
        two = town.paid(other, *town.shows(other, fine("f9", 500, patron_id=18)))
        with town.sessions() as session:
            found = paid.lines_of(session, payment_ids=[one.id, two.id])
        assert [line.amount_ore for line in found[one.id]] == [7500, 150000]
        assert [line.amount_ore for line in found[two.id]] == [500]
