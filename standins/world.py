"""What everyone owes, in memory behind one lock; `World.reset` makes it anew with fresh ids and dates from today."""

import itertools
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from standins import people
from standins.people import Person

# A claim type's id is uuid5 of its key in this namespace; municipalities' YAML files name the same ids.
CLAIM_TYPES = uuid.UUID("3b9f0a52-6d0c-5d3e-8f59-0c3a5a1f4e77")
# Above this many øre of unpaid library fees the library blocks the card with reason E.
MAX_LIBRARY_DEBT_ORE = 20_000

Role = Literal["JuridiskAnsvarlig", "JuridiskMedhaefter", "Administrator"]


def claim_type_uuid(key: str) -> uuid.UUID:
    """The id of a claim type by its key, such as `daycare`."""
    return uuid.uuid5(CLAIM_TYPES, key)


def danish_day(moment: datetime) -> date:
    """The day that a moment falls on in Denmark."""
    return moment.astimezone(ZoneInfo("Europe/Copenhagen")).date()


def today() -> date:
    """The day it is in Denmark."""
    return danish_day(datetime.now(UTC))


@dataclass(slots=True)
class Material:
    """A thing a fee is about, named by its FAUST number."""

    record_id: str
    item_number: str
    group: str
    periodical: str | None = None


@dataclass(slots=True)
class Fee:
    """A fee in the library system; `amount_ore` is what remains of it."""

    fee_id: int
    cpr: str
    patron_id: int
    agency: str
    type: Literal["fee", "compensation"]
    reason_message: str
    amount_ore: int
    created_on: date
    due_on: date | None
    paid_on: date | None
    payable_by_client: bool
    materials: list[Material]
    refuses_payment: bool = False


@dataclass(slots=True)
class Patron:
    """A borrower of one library; `block_reasons` are FBS' letters (E: owes more than 200 kr.)."""

    patron_id: int
    cpr: str
    agency: str
    name: str
    block_reasons: list[str] = field(default_factory=list)


ExtraKind = Literal["Opkrævningsrente", "Rykkergebyr"]


@dataclass(slots=True)
class Extra:
    """Interest or a reminder fee: a claim of its own that belongs to a claim, with what is left of it."""

    extra_id: uuid.UUID
    kind: ExtraKind
    amount_ore: int
    outstanding_ore: int
    charged_on: date


@dataclass(slots=True)
class Debt:
    """A claim in the municipality's debtor ledger, with its debtor account."""

    claim_id: uuid.UUID
    account_id: uuid.UUID
    municipality_cvr: str
    liable: list[tuple[str, Role]]
    claim_type: str
    created_by: str
    origin_ref: str
    principal_ore: int
    outstanding_ore: int
    founded_on: date
    due_on: date
    last_timely_on: date
    text_lines: list[str]
    period_from: date | None = None
    period_to: date | None = None
    reminded_on: date | None = None
    auto_on: date | None = None
    agency_on: date | None = None
    instalments: list[tuple[date, int]] = field(default_factory=list)
    rejects: bool = False
    stated_arrears_ore: int | None = None
    extras: list[Extra] = field(default_factory=list)
    demanded: bool = False  # the source asked the municipality to demand it

    @property
    def left_ore(self) -> int:
        """What is left on the account: of the claim, and of what was charged on top of it."""
        return self.outstanding_ore + sum(extra.outstanding_ore for extra in self.extras)

    @property
    def claim_type_id(self) -> uuid.UUID:
        """The claim type's id in Klassifikation."""
        return claim_type_uuid(self.claim_type)


@dataclass(frozen=True, slots=True)
class Title:
    """What the libraries' catalogue knows about a FAUST number."""

    record_id: str
    title: str
    author: str
    kind: str


class World:
    """People, fees, debts and titles; take `lock` (re-entrant) around reads and writes that must agree."""

    def __init__(self, *, is_empty: bool = False) -> None:
        self.lock = threading.RLock()
        self._is_empty = is_empty
        # Fresh after a restart too; eleven digits, so that no fee id ever looks like a CPR number in an address.
        self._fee_ids = itertools.count((int(time.time()) - 1_700_000_000) * 1000)
        self._clear()

    def _clear(self) -> None:
        self.fees: dict[int, Fee] = {}
        self.fees_by_patron: dict[tuple[str, int], list[Fee]] = {}
        self.patrons: dict[tuple[str, int], Patron] = {}
        self.patrons_by_cpr: dict[tuple[str, str], Patron] = {}
        self.debts: dict[uuid.UUID, Debt] = {}
        self.debts_by_account: dict[uuid.UUID, Debt] = {}
        self.debts_by_cpr: dict[str, list[Debt]] = {}
        self.titles: dict[str, Title] = {}
        self.made_up: list[Person] = []
        self._people_by_username = {person.username: person for person in people.CITIZENS + people.STAFF}
        self._people_by_cpr = {person.cpr: person for person in people.CITIZENS if person.cpr}
        self._people_by_uuid = {person.uuid: person for person in people.CITIZENS + people.STAFF}
        self._patron_ids = itertools.count(1001)

    def reset(self) -> None:
        """Everyone gets the demo claims anew (an empty world: nothing); citizens made up for load tests are gone."""
        from standins import demo_claims

        with self.lock:
            self._clear()
            if not self._is_empty:
                demo_claims.fill(self, today())

    # People

    def people(self) -> list[Person]:
        """Everyone: citizens, staff, and citizens made up since the last reset."""
        with self.lock:
            return [*people.CITIZENS, *people.STAFF, *self.made_up]

    def person_by_username(self, username: str) -> Person | None:
        """The person with this Bruger-id, if any."""
        return self._people_by_username.get(username)

    def person_by_cpr(self, cpr: str) -> Person | None:
        """The citizen with this CPR number (ten digits), if any."""
        return self._people_by_cpr.get(cpr)

    def person_by_uuid(self, mitid_uuid: str) -> Person | None:
        """The person with this MitID uuid, if any."""
        return self._people_by_uuid.get(mitid_uuid)

    def add_citizens(self, count: int, *, with_replacement: bool = False) -> list[Person]:
        """Make up `count` citizens of Fjordby, each with one late fee at the library and one daycare claim.

        `with_replacement`: and a replacement that the library has handed over to the ledger.
        """
        from standins import demo_claims

        with self.lock:
            first = len(self.made_up)
            added = [people.made_up_citizen(number) for number in range(first, first + count)]
            for person in added:
                self._people_by_username[person.username] = person
                self._people_by_cpr[person.cpr] = person
                self._people_by_uuid[person.uuid] = person
                demo_claims.give_load_test_claims(self, person, today())
                if with_replacement:
                    demo_claims.give_replacement(self, person, today())
            self.made_up.extend(added)
            return added

    # The library system

    def next_fee_id(self) -> int:
        """An id that no fee has had, also not in an earlier run."""
        return next(self._fee_ids)

    def add_patron(self, person: Person, agency: str) -> Patron:
        """The person's borrower record at this library, made when there is none."""
        with self.lock:
            patron = self.patrons_by_cpr.get((agency, person.cpr))
            if patron is None:
                patron = Patron(next(self._patron_ids), person.cpr, agency, person.name)
                self.patrons[agency, patron.patron_id] = patron
                self.patrons_by_cpr[agency, person.cpr] = patron
            return patron

    def add_fee(self, fee: Fee) -> Fee:
        """Put a fee in the library system and judge the card's block anew."""
        with self.lock:
            self.fees[fee.fee_id] = fee
            self.fees_by_patron.setdefault((fee.agency, fee.patron_id), []).append(fee)
            self._judge_block(fee.agency, fee.patron_id)
            return fee

    def fees_of(self, agency: str, patron_id: int) -> list[Fee]:
        """Every fee of a borrower, paid ones too, oldest first."""
        with self.lock:
            return list(self.fees_by_patron.get((agency, patron_id), ()))

    def on_fee_paid(self, fee_id: int, on: date) -> bool:
        """Mark a fee paid; False when the library knows no such fee or it was paid before."""
        with self.lock:
            fee = self.fees.get(fee_id)
            if fee is None or fee.paid_on is not None:
                return False
            fee.paid_on = on
            self._judge_block(fee.agency, fee.patron_id)
            return True

    def on_fee_handed_over(self, fee_id: int) -> bool:
        """The ledger holds a fee now, so nobody pays it to the library; False when that is no news."""
        with self.lock:
            fee = self.fees.get(fee_id)
            if fee is None or not fee.payable_by_client:
                return False
            fee.payable_by_client = False
            return True

    def _judge_block(self, agency: str, patron_id: int) -> None:
        patron = self.patrons.get((agency, patron_id))
        if patron is None:
            return
        owed = sum(fee.amount_ore for fee in self.fees_by_patron.get((agency, patron_id), ()) if fee.paid_on is None)
        others = [reason for reason in patron.block_reasons if reason != "E"]
        patron.block_reasons = [*others, "E"] if owed > MAX_LIBRARY_DEBT_ORE else others

    # The debtor ledger

    def add_debt(self, debt: Debt) -> Debt:
        """Put a claim in the debtor ledger."""
        with self.lock:
            self.debts[debt.claim_id] = debt
            self.debts_by_account[debt.account_id] = debt
            for cpr, _role in debt.liable:
                self.debts_by_cpr.setdefault(cpr, []).append(debt)
            return debt

    def debts_of(self, cpr: str, municipality_cvr: str) -> list[Debt]:
        """Every claim of one municipality that this person is liable for, settled ones too."""
        with self.lock:
            return [debt for debt in self.debts_by_cpr.get(cpr, ()) if debt.municipality_cvr == municipality_cvr]
