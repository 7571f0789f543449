"""Who lives in Fjordby and Skovlund, and who works there: fictional, with test CPR numbers (day + 60)."""

import uuid
from dataclasses import dataclass
from typing import Literal

FJORDBY_CODE = "0991"
SKOVLUND_CODE = "0992"
# Made up; both pass the modulus 11 check of CVR numbers.
FJORDBY_CVR = "99099119"
SKOVLUND_CVR = "99099208"
# The libraries' ISIL numbers: 7 and the municipality's three digits are how real ones are built.
FJORDBY_AGENCY = "DK-799100"
SKOVLUND_AGENCY = "DK-799200"

LIBRARY_PRIVILEGE = "http://betaldinkommune.dk/roles/usersystemrole/bibliotek/1"
COLLECTIONS_PRIVILEGE = "http://betaldinkommune.dk/roles/usersystemrole/opkraevning/1"

_NAMESPACE = uuid.UUID("6f2d5f0e-2f5b-4c53-9c0b-7d2f4f0a9e11")

Loa = Literal["Low", "Substantial", "High"]
Shape = Literal["xml", "json"]


@dataclass(frozen=True, slots=True)
class Person:
    """One person who can log in; `cpr` is empty for somebody whose MitID has none, and for staff."""

    name: str
    cpr: str
    username: str
    kind: Literal["citizen", "staff"]
    note: str
    municipality: str
    loa: Loa = "Substantial"
    cvr: str = ""
    privileges: tuple[str, ...] = ()
    privilege_shape: Shape = "xml"

    @property
    def uuid(self) -> str:
        """The person's MitID uuid (for staff, the id the employer's directory gives): the same in every run."""
        return str(uuid.uuid5(_NAMESPACE, self.username))

    @property
    def subject(self) -> str:
        """Who the person is to every client of a login: never the MitID uuid itself."""
        return str(uuid.uuid5(_NAMESPACE, f"subject/{self.username}"))

    @property
    def email(self) -> str:
        """An address at a domain that can never exist."""
        return f"{self.username}@{'fjordby' if self.municipality == FJORDBY_CODE else 'skovlund'}.example"


def _citizen(name: str, cpr: str, note: str, *, loa: Loa = "Substantial", municipality: str = FJORDBY_CODE) -> Person:
    username = name.split(maxsplit=1)[0].lower()
    return Person(name, cpr, username, "citizen", note, municipality, loa=loa)


def _employee(name: str, note: str, privilege: str, *, shape: Shape, municipality: str = FJORDBY_CODE) -> Person:
    return Person(
        name,
        "",
        name.split(maxsplit=1)[0].lower(),
        "staff",
        note,
        municipality,
        cvr=FJORDBY_CVR if municipality == FJORDBY_CODE else SKOVLUND_CVR,
        privileges=(privilege,),
        privilege_shape=shape,
    )


KIRSTEN = _citizen(
    "Kirsten Lund",
    "7405842144",
    "The rich case: library replacement and late fee, daycare, property contribution, repayment plan, parking",
)
AHMED = _citizen("Ahmed Yilmaz", "6303911327", "One library late fee, 60,00 kr.")
INGRID = _citizen("Ingrid Holm", "8207463018", "Owes nothing")
BENT = _citizen("Bent Madsen", "7111581125", "Library debts from 2019, moved to the municipality; library card blocked")
SOFIE = _citizen("Sofie Krogh", "6902882236", "Liable with Lars Krogh for the same daycare claim")
LARS = _citizen("Lars Krogh", "8408862117", "Liable with Sofie Krogh for the same daycare claim")
JONAS = _citizen("Jonas Bech", "6706942349", "The library refuses to close his fee (paymentNotAllowedByClient)")
METTE = _citizen("Mette Riis", "8912793122", "The ledger rejects her payment and states other arrears")
PALLE = _citizen("Palle Mange", "7510701233", "250 claims from every source")
OLGA = _citizen("Olga Lav", "9001653244", "Logs in with assurance Low: refused", loa="Low")
ERIK = _citizen("Erik Uden", "", "MitID without a CPR number")
SIGNE = _citizen(
    "Signe Skov", "7203902356", "Lives in Skovlund: one library late fee there", municipality=SKOVLUND_CODE
)

LONE = _employee("Lone Dahl", "Library desk, Fjordby", LIBRARY_PRIVILEGE, shape="xml")
CARSTEN = _employee("Carsten Bro", "Collections, Fjordby", COLLECTIONS_PRIVILEGE, shape="xml")
DORTE = _employee(
    "Dorte Falk", "Collections, Fjordby; the second person where two are needed", COLLECTIONS_PRIVILEGE, shape="json"
)
NANNA = _employee("Nanna Birk", "Library desk, Skovlund", LIBRARY_PRIVILEGE, shape="json", municipality=SKOVLUND_CODE)

CITIZENS = (KIRSTEN, AHMED, INGRID, BENT, SOFIE, LARS, JONAS, METTE, PALLE, OLGA, ERIK, SIGNE)
STAFF = (LONE, CARSTEN, DORTE, NANNA)

# Serial numbers from here on belong to citizens made up for load tests, so that they never meet those above.
_FIRST_MADE_UP_SERIAL = 5000
_DAYS, _MONTHS, _YEARS = 28, 12, 100


def made_up_citizen(number: int) -> Person:
    """The citizen of Fjordby that bears this number (0 and up), each with a test CPR of its own."""
    rest, day = divmod(number, _DAYS)
    rest, month = divmod(rest, _MONTHS)
    rest, year = divmod(rest, _YEARS)
    cpr = f"{61 + day:02d}{1 + month:02d}{year:02d}{_FIRST_MADE_UP_SERIAL + rest:04d}"
    return Person(f"Prøve Borger {number + 1}", cpr, f"borger{number + 1}", "citizen", "For load tests", FJORDBY_CODE)


def as_row(person: Person) -> dict[str, str]:
    """The person as `/control/people` lists it."""
    return {
        "name": person.name,
        "cpr": person.cpr,
        "username": person.username,
        "kind": person.kind,
        "note": person.note,
    }
