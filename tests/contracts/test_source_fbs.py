"""What a library must do for the portal, proven on the fake and on the connector with its stand-in."""

import time
from collections.abc import Iterator

import pytest

from app.claims.sighting import FoundClaim, Holder
from app.sources.port import SourceUnavailable, Told
from standins import people
from standins.frame import Served
from tests.contracts.libraries import UNKNOWN_CPR, FakeLibrary, Library, served_library

PLENTY = 10.0


@pytest.fixture(params=["fake", "stand-in"])
def library(request: pytest.FixtureRequest, served: Served) -> Iterator[Library]:
    if request.param == "fake":
        yield FakeLibrary()
    else:
        with served_library(served) as made:
            yield made


def claims_of(library: Library, cpr: str) -> tuple[FoundClaim, ...]:
    return library.source.ask(cpr, deadline_seconds=PLENTY).claims


def only(library: Library, cpr: str) -> tuple[int, str]:
    """The borrower's id and the ref of their only claim."""
    answer = library.source.ask(cpr, deadline_seconds=PLENTY)
    (claim,) = answer.claims
    return answer.facts["patron_id"], claim.origin_ref


def test_a_borrower_who_owes_nothing(library: Library) -> None:
    answer = library.source.ask(people.INGRID.cpr, deadline_seconds=PLENTY)
    assert answer.claims == ()
    assert isinstance(answer.facts["patron_id"], int)
    assert answer.facts["blocked"] == []


def test_a_person_the_library_does_not_know_owes_it_nothing(library: Library) -> None:
    answer = library.source.ask(UNKNOWN_CPR, deadline_seconds=PLENTY)
    assert answer.claims == ()
    assert answer.facts == {"patron_id": None, "blocked": []}


def test_a_fee_held_by_the_library(library: Library) -> None:
    answer = library.source.ask(people.AHMED.cpr, deadline_seconds=PLENTY)
    (claim,) = answer.claims
    assert (claim.origin_system, claim.holder, claim.claim_type) == ("fbs", Holder.SOURCE, "library-fee")
    assert claim.outstanding_ore == 6000
    assert claim.principal_ore is None
    assert claim.debtor_account is None
    assert claim.founded_on is not None
    assert claim.due_on is not None
    assert claim.evidence["kind"] == "fee"
    assert claim.evidence["reason"] == "Gebyr (for sent)"
    assert claim.evidence["patron_id"] == answer.facts["patron_id"]
    (material,) = claim.evidence["materials"]
    assert material.keys() == {"record_id", "item_number", "group", "periodical"}
    assert material["record_id"] == "99910025"


def test_a_fee_handed_to_the_ledger_and_a_blocked_card(library: Library) -> None:
    answer = library.source.ask(people.KIRSTEN.cpr, deadline_seconds=PLENTY)
    by_holder = {claim.holder: claim for claim in answer.claims}
    assert by_holder.keys() == {Holder.SOURCE, Holder.LEDGER}
    handed_over = by_holder[Holder.LEDGER]
    assert (handed_over.claim_type, handed_over.outstanding_ore) == ("library-replacement", 27500)
    assert handed_over.evidence["kind"] == "compensation"
    assert answer.facts["blocked"] == ["E"]


def test_a_source_that_is_down_is_unavailable_and_comes_back(library: Library) -> None:
    library.fault("down")
    with pytest.raises(SourceUnavailable):
        claims_of(library, people.AHMED.cpr)
    library.heal()
    assert len(claims_of(library, people.AHMED.cpr)) == 1


def test_a_slow_source_is_given_up_at_the_deadline(library: Library) -> None:
    library.fault("slow", seconds=4)
    before = time.monotonic()
    with pytest.raises(SourceUnavailable):
        library.source.ask(people.AHMED.cpr, deadline_seconds=0.3)
    assert time.monotonic() - before < 2.5


def test_a_source_that_is_slow_within_the_deadline_is_heard(library: Library) -> None:
    library.fault("slow", seconds=0.1)
    assert len(claims_of(library, people.AHMED.cpr)) == 1


def test_told_twice_under_one_order_a_payment_is_registered_once(library: Library) -> None:
    patron_id, ref = only(library, people.AHMED.cpr)
    assert library.source.shows_paid(patron_id=patron_id, origin_refs=(ref,)) == {ref: False}
    first = library.source.tell_paid(patron_id=patron_id, order_id="BK-1", origin_refs=(ref,))
    again = library.source.tell_paid(patron_id=patron_id, order_id="BK-1", origin_refs=(ref,))
    assert first[ref].outcome is Told.REGISTERED
    assert first[ref].said == "paymentRegistered"
    assert first[ref].confirmation_id is not None
    assert again == first
    assert library.order_of(ref) == "BK-1"
    assert library.source.shows_paid(patron_id=patron_id, origin_refs=(ref,)) == {ref: True}
    assert claims_of(library, people.AHMED.cpr) == ()


def test_another_order_for_a_paid_fee_is_told_so(library: Library) -> None:
    patron_id, ref = only(library, people.AHMED.cpr)
    library.source.tell_paid(patron_id=patron_id, order_id="BK-1", origin_refs=(ref,))
    other = library.source.tell_paid(patron_id=patron_id, order_id="BK-2", origin_refs=(ref,))
    assert other[ref].outcome is Told.BY_OTHER_ORDER
    assert other[ref].said == "paymentRegisteredByDifferentOrderId"
    assert other[ref].confirmation_id is None
    assert library.order_of(ref) == "BK-1"


def test_a_fee_that_another_system_had_paid_is_by_another_order_and_shown_paid(library: Library) -> None:
    patron_id, ref = only(library, people.AHMED.cpr)
    library.close_elsewhere(ref)
    assert library.source.shows_paid(patron_id=patron_id, origin_refs=(ref,)) == {ref: True}
    told = library.source.tell_paid(patron_id=patron_id, order_id="BK-1", origin_refs=(ref,))
    assert told[ref].outcome is Told.BY_OTHER_ORDER


def test_a_fee_the_library_refuses_to_close_stays_owed(library: Library) -> None:
    patron_id, ref = only(library, people.JONAS.cpr)
    told = library.source.tell_paid(patron_id=patron_id, order_id="BK-1", origin_refs=(ref,))
    assert told[ref].outcome is Told.NOT_ALLOWED
    assert told[ref].said == "paymentNotAllowedByClient"
    assert library.source.shows_paid(patron_id=patron_id, origin_refs=(ref,)) == {ref: False}


def test_every_fee_of_an_order_has_its_own_answer(library: Library) -> None:
    answer = library.source.ask(people.KIRSTEN.cpr, deadline_seconds=PLENTY)
    refs = {claim.holder: claim.origin_ref for claim in answer.claims}
    _, ahmeds = only(library, people.AHMED.cpr)
    told = library.source.tell_paid(
        patron_id=answer.facts["patron_id"], order_id="BK-1", origin_refs=(*refs.values(), ahmeds)
    )
    assert told[refs[Holder.SOURCE]].outcome is Told.REGISTERED
    assert told[refs[Holder.LEDGER]].outcome is Told.NOT_ALLOWED
    assert told[ahmeds].outcome is Told.NOT_REGISTERED
    assert told[ahmeds].said == "feeNotFound"
    assert library.order_of(ahmeds) is None


def test_when_the_answer_is_lost_the_same_order_is_told_again(library: Library) -> None:
    patron_id, ref = only(library, people.AHMED.cpr)
    library.fault("drop_reply", times=1)
    with pytest.raises(SourceUnavailable):
        library.source.tell_paid(patron_id=patron_id, order_id="BK-1", origin_refs=(ref,))
    assert library.order_of(ref) == "BK-1"
    told = library.source.tell_paid(patron_id=patron_id, order_id="BK-1", origin_refs=(ref,))
    assert told[ref].outcome is Told.REGISTERED
    assert library.order_of(ref) == "BK-1"


def test_nothing_told_or_asked_is_answered_with_nothing(library: Library) -> None:
    library.fault("down")
    assert library.source.tell_paid(patron_id=1, order_id="BK-1", origin_refs=()) == {}
    assert library.source.shows_paid(patron_id=1, origin_refs=()) == {}


def test_no_cpr_number_stood_in_an_address(served: Served) -> None:
    with served_library(served) as library:
        library.source.ask(people.AHMED.cpr, deadline_seconds=PLENTY)
        requests = library.requests()
        assert any("/fees/v2" in one["path"] for one in requests)
        assert not [one for one in requests if people.AHMED.cpr in one["path"]]
        assert library.violations() == []
