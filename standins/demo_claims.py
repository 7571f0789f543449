"""The demo claims, the same for demonstrations, journeys and tests; every date is counted from today."""

import uuid
from datetime import date, timedelta
from typing import TYPE_CHECKING

from standins import people
from standins.people import Person
from standins.world import Debt, Fee, Material, Role, Title

if TYPE_CHECKING:
    from standins.world import World

TITLES = (
    Title("99910017", "Vinterhavn", "Karen Stenbæk", "Bog"),
    Title("99910025", "Fyret ved Sandodde", "Anders Høj", "Bog"),
    Title("99910033", "Bien og bjørnen", "Lis Mørk", "Billedbog"),
    Title("99910041", "Tågens by", "Maja Vang", "Lydbog"),
    Title("99910058", "Havens år", "Per Lund", "Tidsskrift"),
    Title("99910066", "Brætspil for alle", "Tove Krag", "Spil"),
)
LATE = "Gebyr (for sent)"
REPLACEMENT = "Erstatning"
LATE_FEE_ORE = 6_000
PALLES_FEES = 120
PALLES_DEBTS = 130
CREATED_BY = {
    "library-fee": "fbs",
    "library-replacement": "fbs",
    "daycare": "daginstitution",
    "property-contribution": "ejendom",
    "benefit-repayment": "ky",
    "parking": "parkering",
}


def fill(world: "World", day: date) -> None:
    """Give everyone of the demo world what they owe."""
    world.titles.update({title.record_id: title for title in TITLES})
    _kirsten(world, day)
    world.add_patron(people.INGRID, people.FJORDBY_AGENCY)
    _late_fee(world, people.AHMED, day, days_ago=9, title=1)
    _bent(world, day)
    _sofie_and_lars(world, day)
    _late_fee(world, people.JONAS, day, days_ago=15, title=3).refuses_payment = True
    mettes = _debt(world, people.METTE, "daycare", 30_000, day - timedelta(days=20), day + timedelta(days=10))
    mettes.rejects, mettes.stated_arrears_ore = True, 15_000
    mettes.text_lines = ["Daginstitution", "Børnehuset Solsikken, Emil"]
    _palle(world, day)
    _late_fee(world, people.SIGNE, day, days_ago=6, title=2, agency=people.SKOVLUND_AGENCY)


def give_load_test_claims(world: "World", person: Person, day: date) -> None:
    """One late fee of 60,00 kr. held by the library and one daycare claim of 250,00 kr. held by the ledger."""
    _late_fee(world, person, day, days_ago=10, title=1)
    _debt(world, person, "daycare", 25_000, day - timedelta(days=10), day + timedelta(days=10))


def give_replacement(world: "World", person: Person, day: date) -> Debt:
    """A replacement of 275,00 kr. that the library has handed over: the same fee in the library and in the ledger."""
    lost = _fee(world, person, day - timedelta(days=60), 27_500, title=0, kind="compensation", payable=False)
    replacement = _debt(
        world, person, "library-replacement", 27_500, lost.created_on, day - timedelta(days=30), origin=str(lost.fee_id)
    )
    replacement.text_lines = ["Erstatning", "Vinterhavn"]
    return replacement


def _kirsten(world: "World", day: date) -> None:
    who = people.KIRSTEN
    replacement = give_replacement(world, who, day)
    replacement.reminded_on = day - timedelta(days=10)
    _late_fee(world, who, day, days_ago=12, title=2)
    first = day.replace(day=1)
    daycare = _debt(world, who, "daycare", 219_400, day - timedelta(days=20), day + timedelta(days=5))
    daycare.text_lines = ["Daginstitution", "Børnehuset Solsikken, Alma"]
    daycare.period_from, daycare.period_to = first, _month_later(first, 1) - timedelta(days=1)
    drawn_on = day + timedelta(days=20)
    contribution = _debt(world, who, "property-contribution", 312_500, day - timedelta(days=25), drawn_on)
    contribution.text_lines = ["Ejendomsbidrag", "Havnegade 12, Fjordby"]
    contribution.auto_on = drawn_on
    plan = [(_month_later(first, months), 75_000) for months in range(1, 7)]
    repayment = _debt(world, who, "benefit-repayment", 450_000, day - timedelta(days=45), plan[0][0])
    repayment.text_lines = ["Tilbagebetaling af kontanthjælp", "Aftale om afdrag"]
    repayment.instalments = plan
    parking = _debt(world, who, "parking", 79_500, day - timedelta(days=200), day - timedelta(days=180))
    parking.text_lines = ["Parkeringsafgift", "Torvet, Fjordby"]
    parking.reminded_on = day - timedelta(days=150)
    parking.agency_on = _month_later(day, -3)


def _bent(world: "World", day: date) -> None:
    moved = (
        (date(2019, 2, 11), 14_900, "library-replacement", 3),
        (date(2019, 5, 23), 6_000, "library-fee", 1),
        (date(2019, 9, 4), 22_500, "library-replacement", 5),
    )
    for created_on, amount_ore, claim_type, title in moved:
        kind = "fee" if claim_type == "library-fee" else "compensation"
        fee = _fee(world, people.BENT, created_on, amount_ore, title=title, kind=kind, payable=False)
        debt = _debt(
            world,
            people.BENT,
            claim_type,
            amount_ore,
            created_on,
            created_on + timedelta(days=30),
            origin=str(fee.fee_id),
        )
        debt.text_lines = [REPLACEMENT if kind == "compensation" else LATE, TITLES[title].title]
        debt.reminded_on = day - timedelta(days=30)


def _sofie_and_lars(world: "World", day: date) -> None:
    shared = _debt(
        world, people.SOFIE, "daycare", 198_000, day - timedelta(days=18), day + timedelta(days=12), also=people.LARS
    )
    shared.text_lines = ["Daginstitution", "Børnehuset Solsikken, Frida"]
    for person in (people.SOFIE, people.LARS):
        world.add_patron(person, people.FJORDBY_AGENCY)


def _palle(world: "World", day: date) -> None:
    for number in range(PALLES_FEES):
        _late_fee(world, people.PALLE, day, days_ago=3 + number * 2, title=number % len(TITLES))
    claim_types = list(CREATED_BY)
    for number in range(PALLES_DEBTS):
        claim_type = claim_types[number % len(claim_types)]
        founded_on = day - timedelta(days=5 + number * 3)
        debt = _debt(
            world, people.PALLE, claim_type, 10_000 + number * 1_25, founded_on, founded_on + timedelta(days=30)
        )
        debt.text_lines = [f"Krav nr. {number + 1}"]
        if claim_type == "property-contribution":
            debt.auto_on = debt.due_on = debt.last_timely_on = day + timedelta(days=5 + number)
        if claim_type == "parking":
            debt.agency_on = day - timedelta(days=number)


def _late_fee(
    world: "World", person: Person, day: date, *, days_ago: int, title: int, agency: str = people.FJORDBY_AGENCY
) -> Fee:
    return _fee(world, person, day - timedelta(days=days_ago), LATE_FEE_ORE, title=title, agency=agency)


def _fee(
    world: "World",
    person: Person,
    created_on: date,
    amount_ore: int,
    *,
    title: int,
    kind: str = "fee",
    payable: bool = True,
    agency: str = people.FJORDBY_AGENCY,
) -> Fee:
    patron = world.add_patron(person, agency)
    fee_id = world.next_fee_id()
    about = TITLES[title]
    periodical = "2026, nr. 4" if about.kind == "Tidsskrift" else None
    return world.add_fee(
        Fee(
            fee_id=fee_id,
            cpr=person.cpr,
            patron_id=patron.patron_id,
            agency=agency,
            type="compensation" if kind == "compensation" else "fee",
            reason_message=REPLACEMENT if kind == "compensation" else LATE,
            amount_ore=amount_ore,
            created_on=created_on,
            due_on=created_on + timedelta(days=30),
            paid_on=None,
            payable_by_client=payable,
            materials=[Material(about.record_id, f"51{fee_id % 1_000_000:06d}", about.kind, periodical)],
        )
    )


def _debt(
    world: "World",
    person: Person,
    claim_type: str,
    amount_ore: int,
    founded_on: date,
    due_on: date,
    *,
    origin: str | None = None,
    also: Person | None = None,
) -> Debt:
    liable: list[tuple[str, Role]] = [(person.cpr, "JuridiskAnsvarlig")]
    if also is not None:
        liable.append((also.cpr, "JuridiskMedhaefter"))
    return world.add_debt(
        Debt(
            claim_id=uuid.uuid4(),
            account_id=uuid.uuid4(),
            municipality_cvr=people.FJORDBY_CVR,
            liable=liable,
            claim_type=claim_type,
            created_by=CREATED_BY[claim_type],
            origin_ref=origin or str(world.next_fee_id()),
            principal_ore=amount_ore,
            outstanding_ore=amount_ore,
            founded_on=founded_on,
            due_on=due_on,
            last_timely_on=due_on,
            text_lines=[],
        )
    )


def _month_later(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, min(day.day, 28))
