"""The words in which the debtor ledger's messages reach the rest of the room: movements, accounts, claims payable."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.sf1590.payable import PayableClaim


class Kind(StrEnum):
    """What the ledger did to a claim: money used on it or let off it, and each of those taken back in part."""

    COVERAGE = "coverage"
    COVERAGE_REDUCED = "coverage_reduced"
    WRITE_OFF = "write_off"
    WRITE_OFF_REDUCED = "write_off_reduced"


@dataclass(frozen=True)
class Movement:
    """One object of OpretDækningAfskrivning.

    The ledger made `id`, so it is the idempotency key: the same object may come again, in another message, in another
    order. `ledger_claim_id` is the claim's id as `Claim.ledger_claim_id` writes it. `payment_id` is the Indbetaling
    that a coverage uses (a posting of ours, or what the ledger booked of a bank's payment or an offset); for a reduced
    coverage it is the IndbetalingNedregulering that took the money; None for write-offs. `reduces` is the coverage or
    write-off that a reduction takes from, which may come after it. `amount_ore` is always above zero: the kind says
    which way it goes. `reason` has its CPR numbers hidden.
    """

    id: UUID
    kind: Kind
    account: str
    ledger_claim_id: str | None
    payment_id: UUID | None
    reduces: UUID | None
    amount_ore: int
    registered_at: datetime
    reason: str | None


@dataclass(frozen=True)
class AccountClosed:
    """DebitorkontoAfsluttet: nothing can be paid on the account from this moment on."""

    account: str
    at: datetime


@dataclass(frozen=True)
class AccountReopened:
    """DebitorkontoGenoptaget: the account is in use again."""

    account: str
    at: datetime


@dataclass(frozen=True)
class ClaimsPayable:
    """FordringTilIndbetaling: claims that can be paid from now on, as a search for them would have given them.

    `stated_at` is the moment of the ledger's statement: what was read later than that knows better. The debtors stand
    in each claim's `liable`; the message holds only what changed, so a claim that is not in it is not thereby gone.
    """

    stated_at: datetime
    claims: Sequence[PayableClaim]
