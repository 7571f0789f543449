"""What a municipality's file may say, validated whole. Pure: nothing here knows where the file comes from."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator
from stdnum.dk import cvr as cvr_number

from app.municipalities.colour import readable

Filled = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")]
Host = Annotated[str, StringConstraints(to_lower=True, pattern=r"^[A-Za-z0-9.-]+$")]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Law: gebyrloven § 2 allows at most 250 kr. a reminder on public claims (specs, section 6.1).
HIGHEST_REMINDER_FEE_ORE = 25000

# What the library's source calls its claims; they are paid here while the library still holds them.
HELD_BY_LIBRARY = ("library-fee", "library-replacement", "library-other")


class Fact(BaseModel):
    """Facts do not change while they are used, and a misspelt name is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(Fact):
    """The same words in the languages of the page."""

    da: Filled
    en: Filled

    def in_language(self, language: str) -> str:
        """The words in a language; Danish where it has none of its own."""
        return self.en if language == "en" else self.da


def _opening_time(hours: str) -> tuple[int, int]:
    """Minutes after midnight at which a desk opens and closes."""
    found = re.fullmatch(r"(\d{1,2})(?:\.([0-5]\d))?-(\d{1,2})(?:\.([0-5]\d))?", hours)
    if not found:
        raise ValueError(f"{hours!r} is no opening time: write 10-18 or 9.30-14")
    from_hour, from_minute, to_hour, to_minute = (int(part or 0) for part in found.groups())
    opens, closes = from_hour * 60 + from_minute, to_hour * 60 + to_minute
    if not opens < closes <= 24 * 60:
        raise ValueError(f"{hours!r} does not end later than it begins, on the same day")
    return opens, closes


def _cvr(value: str) -> str:
    if not cvr_number.is_valid(value):
        raise ValueError(f"{value!r} is no CVR number")
    return value


Cvr = Annotated[str, AfterValidator(_cvr)]


class Contact(Fact):
    """Who answers, and when: hours by weekday (`mon` .. `sun`) as `10-18`; a day left out is closed."""

    name: Text
    phone: Annotated[str, StringConstraints(pattern=r"^\+?[0-9 ]{8,16}$")]
    email: Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
    hours: dict[Weekday, str]

    @field_validator("hours")
    @classmethod
    def _are_hours(cls, value: dict[str, str]) -> dict[str, str]:
        for hours in value.values():
            _opening_time(hours)
        return value

    def hours_on(self, day: date) -> str | None:
        """Opening hours on a day; None when closed."""
        return self.hours.get(WEEKDAYS[day.weekday()])


class Area(Fact):
    """A part of the municipality that sends bills, and who there can say why."""

    label: Text
    contact: Key


class ClaimType(Fact):
    """What a kind of bill is called and how it is explained to the person who owes it."""

    area: Key
    label: Text
    explanation: Text
    legal_basis: Text | None = None
    sortiment: tuple[UUID, ...] = ()
    """The ledger's identifiers of this type."""
    collecting_account: UUID | None = None
    """The ledger account for claims still held by their source, as the agreement names it."""
    registered_before_posting: bool = False
    """A claim still held by its source is registered in the ledger first, and its payment posted to its own account."""
    reminder_fee_ore: int | None = Field(default=None, ge=0, le=HIGHEST_REMINDER_FEE_ORE)
    legacy_payable: bool = True
    part_payment_from_ore: int | None = Field(default=None, ge=100)
    """The smallest part that may be paid alone; None: this kind of bill is paid whole."""


class FbsSourceFacts(Fact):
    """The library system: asked with the library's own agency id (ISIL)."""

    kind: Literal["fbs"]
    agency: Annotated[str, StringConstraints(pattern=r"^DK-\d{6}$")]
    areas: tuple[Key, ...]
    credentials: str | None = None


class LedgerSourceFacts(Fact):
    """The debtor ledger: every claim it holds, whatever its origin."""

    kind: Literal["ledger"]
    areas: tuple[Key, ...]


class LedgerAgreement(Fact):
    """The route to the municipality's ledger on Serviceplatformen."""

    sender_cvr: Cvr
    sender_system: UUID
    receiver_cvr: Cvr
    receiver_system: UUID | None = None
    origin_systems: dict[UUID, Key] = {}
    """The IT systems that claims arise in, by the names that other sources use for them (`fbs`)."""


class Facts(Fact):
    """One municipality, whole."""

    code: Annotated[str, StringConstraints(pattern=r"^\d{4}$")]
    name: Filled
    name_en: Filled
    cvr: Cvr
    hosts: tuple[Host, ...] = Field(min_length=1)
    colour: Annotated[str, AfterValidator(readable)] | None = None
    contacts: dict[Key, Contact]
    areas: dict[Key, Area]
    claim_types: dict[Key, ClaimType]
    sources: tuple[Annotated[FbsSourceFacts | LedgerSourceFacts, Field(discriminator="kind")], ...]
    ledger: LedgerAgreement
    stripe_credentials: str | None = None
    mobilepay_credentials: str | None = None
    creditor_number: Annotated[str, StringConstraints(pattern=r"^8\d{7}$")] | None = None
    """The bank agreement that payment slips (+71) are paid to; None: no slips."""
    desk_code_minutes: int = Field(default=30, ge=5, le=24 * 60)
    """How long a code made at the desk lasts."""
    refund_alone_up_to_ore: int = Field(default=50000, ge=0)
    """The largest refund that one person may decide alone; a larger one needs a second."""
    refund_workdays: int = Field(default=5, ge=1, le=30)
    """Within how many working days the citizen is promised money back."""
    answer_workdays: int = Field(default=5, ge=1, le=30)
    """Within how many working days a question about a bill is answered."""
    preselection_limit_ore: int = Field(default=500000, ge=0)

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        faults = [*self._unknown_names(), *self._missing_types(), *self._cannot_be_registered()]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _unknown_names(self) -> Iterator[str]:
        if "collections" not in self.contacts:
            yield "contacts: 'collections' is missing: it answers how to pay"
        for key, area in self.areas.items():
            if area.contact not in self.contacts:
                yield f"areas.{key}: contact {area.contact!r} is not among the contacts"
        named = [(f"claim_types.{key}", claim_type.area) for key, claim_type in self.claim_types.items()]
        named += [(f"sources.{source.kind}", area) for source in self.sources for area in source.areas]
        for where, area_key in named:
            if area_key not in self.areas:
                yield f"{where}: area {area_key!r} is not among the areas"

    def _missing_types(self) -> Iterator[str]:
        kinds = [source.kind for source in self.sources]
        if len(set(kinds)) != len(kinds):
            yield "sources: each kind may stand once"
        if "other" not in self.claim_types:
            yield "claim_types: 'other' is missing: it explains what no other type fits"
        known: dict[UUID, str] = {}
        for key, claim_type in self.claim_types.items():
            for uuid in claim_type.sortiment:
                if known.setdefault(uuid, key) != key:
                    yield f"claim_types.{key}: sortiment {uuid} belongs to {known[uuid]}"
        for key in HELD_BY_LIBRARY if "fbs" in kinds else ():
            if key not in self.claim_types or self.claim_types[key].collecting_account is None:
                yield f"claim_types.{key}: is needed by source fbs, with a collecting_account to post its payments to"

    def _cannot_be_registered(self) -> Iterator[str]:
        is_held = HELD_BY_LIBRARY if any(source.kind == "fbs" for source in self.sources) else ()
        for key, claim_type in self.claim_types.items():
            where = f"claim_types.{key}.registered_before_posting"
            if not claim_type.registered_before_posting:
                continue
            if not claim_type.sortiment:
                yield f"{where}: needs a sortiment, by which the ledger knows the type"
            if key not in is_held:
                yield f"{where}: no source of this file holds such claims"
            elif self.origin_system("fbs") is None:
                yield f"{where}: ledger.origin_systems must name the IT system that is fbs"

    def origin_system(self, name: str) -> UUID | None:
        """The ledger's id of the IT system that a source's claims arise in."""
        return next((uuid for uuid, known in self.ledger.origin_systems.items() if known == name), None)

    def claim_type(self, key: str) -> ClaimType:
        """The facts of a claim type; those of `other` for a type that the file does not know."""
        return self.claim_types.get(key) or self.claim_types["other"]

    def contact_for(self, area: str) -> Contact:
        """Who can say why there is a bill from an area."""
        return self.contacts[self.areas[area].contact]

    @property
    def asked_areas(self) -> tuple[Area, ...]:
        """The areas that the sources speak for, in the order of the file; `other` is no area to name."""
        keys = dict.fromkeys(key for source in self.sources for key in source.areas if key != "other")
        return tuple(self.areas[key] for key in keys)

    @property
    def collections(self) -> Contact:
        """Who can say how to pay."""
        return self.contacts["collections"]
