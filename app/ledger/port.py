"""What the ledger room asks of the municipality's debtor ledger, in prose.

A payment is posted to one debtor account under a UUID of our own making, which stays the same over every retry: the
ledger books it once. The ledger accepts, perhaps with remarks, or rejects with a reason and the arrears it knows of.
Money that goes back to the payer is taken back in the ledger too, whole or in part: a new object with a UUID of its own
that points at the payment, booked once as well. What the payment had covered is then owed again.

A claim that its source still holds may be registered before its payment is posted: it gets an account and a claim of
its own in the ledger, under UUIDs that we derive from our claim, so that registering again changes nothing. The ledger
can also be asked what it knows: a person's accounts, and one account with its claims and payments.

    LedgerError
    ├── LedgerUnavailable   no answer, or a fault on the road: send the same again, later
    │   └── LedgerRefuses   the road does not let us in (certificate, token, agreement): people must look, and all waits
    └── LedgerNonsense      an answer that breaks the schema: send the same again, and let people know

A rejection is an answer, not an error.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from threading import Event
from typing import Protocol
from uuid import UUID


class LedgerError(Exception):
    """The ledger could not be heard."""


class LedgerUnavailable(LedgerError):
    """No answer, or a fault on the road; what was sent may or may not have been booked."""


class LedgerRefuses(LedgerUnavailable):
    """The road does not let us in: nothing will be answered before people have looked."""


class LedgerNonsense(LedgerError):
    """An answer that breaks the schema."""


@dataclass(frozen=True)
class Share:
    """How much of a posting is meant for which claim. `ledger_claim_id` is None for a claim held by its source."""

    origin_system: str
    origin_ref: str
    ledger_claim_id: str | None
    amount_ore: int


@dataclass(frozen=True)
class Posting:
    """One payment aimed at one debtor account (ForetagIndbetaling)."""

    posting_id: UUID
    """The UUID of the Indbetaling: made once, kept over every retry."""
    account: str
    payer_cpr: str
    amount_ore: int
    paid_at: datetime
    value_on: date
    text_lines: tuple[str, ...]
    shares: tuple[Share, ...]


@dataclass(frozen=True)
class Reversal:
    """A payment taken back: all of it (TilbageførIndbetaling), or a part (ForetagIndbetalingNedregulering)."""

    reversal_id: UUID
    """Made once, kept over every retry."""
    posting_id: UUID
    """The payment that is taken back."""
    account: str
    amount_ore: int
    is_whole: bool
    shares: tuple[Share, ...]
    """How much is taken from what the payment covered of each claim; `ledger_claim_id` as in the posting."""
    made_at: datetime
    text: str
    """One line for the clerk, at most 100 characters, without anything about a person."""


@dataclass(frozen=True)
class Accepted:
    """Booked. Remarks are for people."""

    booked_at: datetime
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rejected:
    """Not booked, and will not be; what the ledger says the account owes now, where it says so."""

    code: str
    reason: str
    arrears_ore: int | None


@dataclass(frozen=True)
class Registration:
    """A claim that its source still holds gets an account and a claim in the ledger (OpretDebitorkontoRegistrering).

    Everything in it is the same over every retry. `account` and `ledger_claim_id` are UUIDs derived from our claim id.
    """

    account: str
    ledger_claim_id: str
    claim_type: UUID
    """The claim type's sortiment."""
    origin_system: UUID
    """The IT system that the claim arose in."""
    origin_ref: str
    """What the claim is called there, at most 30 characters."""
    debtor_cpr: str
    principal_ore: int
    founded_on: date
    due_on: date
    text_lines: tuple[str, ...]
    registered_at: datetime


@dataclass(frozen=True)
class BookedPayment:
    """A payment on an account as the ledger has it; a rejected one is not there."""

    payment_id: UUID
    """Ours (the posting's id), or whatever another payer's system made."""
    booked_at: datetime
    """The moment that the payment bears in the books, which its maker gave it: of ours, when the citizen paid."""
    value_on: date
    amount_ore: int
    reduced_ore: int
    """How much of it has been taken back since."""


@dataclass(frozen=True)
class LedgerClaim:
    """A claim on an account as the ledger has it; interest and fees are claims of their own (`Rykkergebyr:<uuid>`)."""

    ledger_claim_id: str
    origin_system: str
    """The UUID of the IT system that registered it."""
    origin_ref: str
    """Empty where the ledger knows none, as for what it charged itself."""
    claim_type: str
    """The UUID of the sortiment; of interest and fees, their claim's."""
    principal_ore: int
    outstanding_ore: int
    due_on: date | None
    is_at_agency: bool
    text_lines: tuple[str, ...]


@dataclass(frozen=True)
class AccountSummary:
    """One account of a person, in short."""

    account: str
    outstanding_ore: int
    is_under_collection: bool
    """The agency collects at least a part of it."""
    oldest_due_on: date | None


@dataclass(frozen=True)
class AccountView:
    """One account with its claims and its payments."""

    account: str
    claims: tuple[LedgerClaim, ...]
    payments: tuple[BookedPayment, ...]


class TakesPayments(Protocol):
    """What the road of a payment needs of a ledger."""

    def post(self, posting: Posting) -> Accepted | Rejected:
        """Post a payment. The same posting_id is booked once, however often it is sent.

        :raises LedgerUnavailable: send the same again
        :raises LedgerNonsense: as LedgerUnavailable, and people should look
        """
        ...

    def reverse(self, reversal: Reversal) -> Accepted | Rejected:
        """Take back a payment, or a part. The same reversal_id is booked once, however often it is sent.

        Rejected when the ledger does not know the payment, or less than this is left of it.

        :raises LedgerUnavailable: send the same again
        :raises LedgerNonsense: as LedgerUnavailable, and people should look
        """
        ...


class Ledger(TakesPayments, Protocol):
    """One municipality's debtor ledger."""

    def register(self, registration: Registration) -> Accepted | Rejected:
        """Give a claim its account. The same ledger_claim_id is registered once, however often it is sent.

        Rejected when the ledger does not know the claim type or where the claim comes from, or knows the id with other
        content.

        :raises LedgerUnavailable: send the same again
        :raises LedgerNonsense: as LedgerUnavailable, and people should look
        """
        ...

    def accounts_of(self, cpr: str) -> tuple[AccountSummary, ...]:
        """The accounts that a person is liable for in any way, those with nothing left too.

        :raises LedgerUnavailable: ask again later
        :raises LedgerNonsense: as LedgerUnavailable, and people should look
        """
        ...

    def account(self, account: str, *, since: date | None = None, until: date | None = None) -> AccountView | None:
        """One account: all its claims, and the payments booked from `since` to `until`, both days included (Danish).

        A rejected payment is not there. None when the ledger has no such account.

        :raises LedgerUnavailable: ask again later
        :raises LedgerNonsense: as LedgerUnavailable, and people should look
        """
        ...

    def ping(self) -> datetime:
        """Whether the ledger can be reached; the moment of its answer. Nothing is changed by it.

        :raises LedgerUnavailable: it cannot
        :raises LedgerNonsense: something answers, but not as a ledger does
        """
        ...


Take = Callable[[bytes], None]
"""Stores a message. When it returns, the message may be acknowledged; when it raises, the message comes again."""


class Messages(Protocol):
    """Where the ledger's messages wait in a queue: each is delivered at least once, until it is acknowledged."""

    def run(self, take: Take, *, stopped: Event) -> None:
        """Hand on every message until `stopped` is set, whatever happens to the connection."""
