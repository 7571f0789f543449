"""A claim as one source sees it: the words in which sources speak to the register. Pure."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from app.foundation.jsons import Json


class Holder(StrEnum):
    """Who holds a claim now (domain.md, section 2)."""

    SOURCE = "source"
    LEDGER = "ledger"
    AGENCY = "agency"


class Role(StrEnum):
    """How a person is liable for a claim."""

    LIABLE = "liable"
    CO_LIABLE = "co_liable"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True)
class FoundClaim:
    """One claim as one source sees it. What a source does not know is None: the page then does not claim it."""

    origin_system: str
    """Where the claim arose, such as `fbs`; with `origin_ref` what makes it one claim over all sources."""
    origin_ref: str
    holder: Holder
    claim_type: str
    """A key of the municipality's claim types; the source's own word where the key is unknown."""
    outstanding_ore: int
    role: Role = Role.LIABLE
    principal_ore: int | None = None
    shared: bool = False
    """Somebody else is liable too."""
    debtor_account: str | None = None
    """The ledger's account (a UUID) that a payment must be aimed at; None for a claim held by its source."""
    ledger_claim_id: str | None = None
    founded_on: date | None = None
    due_on: date | None = None
    period_from: date | None = None
    period_to: date | None = None
    reminded_on: date | None = None
    drawn_on: date | None = None
    """Betalingsservice draws the amount on this day."""
    agency_on: date | None = None
    """Handed to Gældsstyrelsen on this day."""
    instalments: tuple[tuple[date, int], ...] = ()
    evidence: Json = field(default_factory=dict)
    """What it is recognised by: `kind` (fee, compensation, other), `reason`, `text_lines`, `patron_id`, `materials`
    (a list of record_id, item_number, group and periodical)."""


class Settled(StrEnum):
    """How something was taken off a claim without us. The value is the reason for which it closes the claim."""

    PAID = "paid_elsewhere"
    OFFSET = "offset"
    """Money that the municipality owed the same person was used on it."""
    WRITTEN_OFF = "written_off"


@dataclass(frozen=True)
class Told:
    """What the ledger tells of a claim beside its lists: money used on it that did not come from here, or let off."""

    id: UUID
    at: datetime
    """When the ledger registered it, by the ledger's own clock."""
    ore: int
    """What it does to what is owed: below zero takes off, above zero puts on again."""
    how: Settled
    why: str | None = None
