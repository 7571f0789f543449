"""The demo world holds what the contract's section 5 says, whatever day it is."""

from datetime import date, timedelta

import pytest

from standins import demo_claims, people
from standins.people import Person
from standins.world import Debt, Fee, World, claim_type_uuid, today


@pytest.fixture
def world() -> World:
    world = World()
    world.reset()
    return world


def fees(world: World, person: Person, agency: str = people.FJORDBY_AGENCY) -> list[Fee]:
    return world.fees_of(agency, world.patrons_by_cpr[agency, person.cpr].patron_id)


def debts(world: World, person: Person) -> list[Debt]:
    return world.debts_of(person.cpr, people.FJORDBY_CVR)


def test_kirsten_owes_the_rich_case(world: World) -> None:
    replacement, late = fees(world, people.KIRSTEN)
    assert (replacement.type, replacement.amount_ore, replacement.payable_by_client) == ("compensation", 27_500, False)
    assert (late.type, late.amount_ore, late.payable_by_client) == ("fee", 6_000, True)
    assert world.titles[replacement.materials[0].record_id].title == "Vinterhavn"
    by_type = {debt.claim_type: debt for debt in debts(world, people.KIRSTEN)}
    assert {claim_type: debt.outstanding_ore for claim_type, debt in by_type.items()} == {
        "library-replacement": 27_500,
        "daycare": 219_400,
        "property-contribution": 312_500,
        "benefit-repayment": 450_000,
        "parking": 79_500,
    }
    lost = by_type["library-replacement"]
    assert (lost.created_by, lost.origin_ref) == ("fbs", str(replacement.fee_id))
    assert lost.due_on < today()
    assert by_type["daycare"].due_on == today() + timedelta(days=5)
    assert by_type["property-contribution"].auto_on == today() + timedelta(days=20)
    plan = by_type["benefit-repayment"].instalments
    assert [amount for _due_on, amount in plan] == [75_000] * 6
    assert all(due_on > today() for due_on, _amount in plan)
    handed_over = by_type["parking"].agency_on
    assert handed_over is not None
    assert 85 <= (today() - handed_over).days <= 98


def test_kirstens_card_is_blocked_until_she_owes_less_than_200_kr(world: World) -> None:
    patron = world.patrons_by_cpr[people.FJORDBY_AGENCY, people.KIRSTEN.cpr]
    assert patron.block_reasons == ["E"]
    replacement, _late = fees(world, people.KIRSTEN)
    assert world.on_fee_paid(replacement.fee_id, today())
    assert patron.block_reasons == []
    assert not world.on_fee_paid(replacement.fee_id, today())
    assert not world.on_fee_paid(1, today())


def test_the_smaller_cases(world: World) -> None:
    assert [fee.amount_ore for fee in fees(world, people.AHMED)] == [6_000]
    assert debts(world, people.AHMED) == []
    assert fees(world, people.INGRID) == []
    assert debts(world, people.INGRID) == []
    (refused,) = fees(world, people.JONAS)
    assert refused.refuses_payment
    assert refused.payable_by_client
    (rejected,) = debts(world, people.METTE)
    assert (rejected.rejects, rejected.outstanding_ore, rejected.stated_arrears_ore) == (True, 30_000, 15_000)
    assert world.debts_by_account[rejected.account_id] is rejected
    (elsewhere,) = fees(world, people.SIGNE, people.SKOVLUND_AGENCY)
    assert elsewhere.amount_ore == 6_000


def test_bent_owes_the_library_from_2019_through_the_ledger(world: World) -> None:
    owed = debts(world, people.BENT)
    assert len(owed) == 3
    assert {debt.founded_on.year for debt in owed} == {2019}
    assert {debt.created_by for debt in owed} == {"fbs"}
    assert {int(debt.origin_ref) for debt in owed} == {fee.fee_id for fee in fees(world, people.BENT)}
    assert not any(fee.payable_by_client for fee in fees(world, people.BENT))
    assert world.patrons_by_cpr[people.FJORDBY_AGENCY, people.BENT.cpr].block_reasons == ["E"]


def test_sofie_and_lars_are_liable_for_the_same_claim(world: World) -> None:
    (hers,), (his,) = debts(world, people.SOFIE), debts(world, people.LARS)
    assert hers is his
    assert dict(hers.liable) == {people.SOFIE.cpr: "JuridiskAnsvarlig", people.LARS.cpr: "JuridiskMedhaefter"}


def test_palle_has_250_claims_of_every_type(world: World) -> None:
    assert len(fees(world, people.PALLE)) == 120
    owed = debts(world, people.PALLE)
    assert len(owed) == 130
    assert {debt.claim_type for debt in owed} == set(demo_claims.CREATED_BY)
    known = {str(fee.fee_id) for fee in fees(world, people.PALLE)}
    assert known.isdisjoint(debt.origin_ref for debt in owed)


def test_ids_and_references_fit_their_wires(world: World) -> None:
    assert all(len(str(fee_id)) >= 11 for fee_id in world.fees)
    assert all(len(debt.origin_ref) <= 30 for debt in world.debts.values())
    assert all(fee.materials[0].record_id in world.titles for fee in world.fees.values())
    assert claim_type_uuid("daycare") == claim_type_uuid("daycare") != claim_type_uuid("parking")


@pytest.mark.parametrize("day", [date(2028, 2, 29), date(2026, 12, 31), date(2027, 1, 1), date(2027, 5, 31)])
def test_every_day_of_the_year_gives_a_whole_world(day: date) -> None:
    world = World()
    demo_claims.fill(world, day)
    assert len(world.debts) == 5 + 3 + 1 + 1 + 130
    assert all(sum(amount for _due_on, amount in debt.instalments) in {0, 450_000} for debt in world.debts.values())


def test_the_neighbours_cvr_finds_none_of_fjordbys_claims(world: World) -> None:
    assert world.debts_of(people.KIRSTEN.cpr, people.SKOVLUND_CVR) == []
