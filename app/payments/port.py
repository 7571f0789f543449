"""What the payments room asks of a payment provider, in prose.

A provider takes money from a citizen on pages of its own. We ask it to open a payment, to say how a payment stands, to
close one that nobody should finish, to take what is only reserved or let it go, to send money back, and to list what
happened lately and what it has paid out. What a webhook says is a hint; `fetch` is the truth, the refunds and disputes
of the payment included.

*Timed out is not refused.* When an answer does not come, money may have moved; the only way on is the very same
call with the same key, never another one. The tree of errors:

    ProviderError
    ├── OutcomeUnknown       no answer, or one that cannot be read: nobody knows whether the call was carried out
    ├── ProviderUnavailable  the call certainly did nothing (no connection, 429): the same call may be made later
    ├── ProviderRefused      the provider answered no: the same call will be refused again
    └── NoSuchPayment        the provider knows nothing under this reference
    BadNotice                a webhook that is not from the provider, or cannot be read
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from app.foundation.jsons import Json
from app.payments.movements import Illegible, Movement, Payout


class ProviderError(Exception):
    """Something between us and the provider went wrong."""


class OutcomeUnknown(ProviderError):
    """No answer came, so nobody knows whether the call was carried out."""


class ProviderUnavailable(ProviderError):
    """The call certainly did nothing; the very same call may be made later."""


class ProviderRefused(ProviderError):
    """The provider answered no, and will again. `code` is the provider's own."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class NoSuchPayment(ProviderError):
    """The provider knows nothing under this reference."""


class BadNotice(Exception):
    """A notice that is not proven to be the provider's, or cannot be read."""


class Method(StrEnum):
    """How the citizen pays."""

    CARD = "card"
    MOBILEPAY = "mobilepay"


class Standing(StrEnum):
    """How a payment stands at its provider, in our words (domain.md, section 4)."""

    AWAITING = "awaiting"
    AUTHORISED = "authorised"
    PAID = "paid"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    FAILED = "failed"


@dataclass(frozen=True)
class Order:
    """What a payment is to the provider: an amount and where to come back to. Nothing says what the bills are about."""

    payment_id: UUID
    amount_ore: int
    payee: str
    """The municipality's name, the only text that the provider shows."""
    return_url: str
    """Where the citizen comes back to after paying; proves nothing by itself."""
    cancel_url: str
    """Where the citizen comes back to after giving up on the provider's page."""
    locale: str
    now: datetime


@dataclass(frozen=True)
class Started:
    """The provider has opened the payment and waits for the citizen at `redirect_url` until `expires_at`."""

    reference: str
    redirect_url: str
    expires_at: datetime | None


class RefundStanding(StrEnum):
    """How a refund stands at its provider. One that succeeded may fail days later: the money is then back with us."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True)
class RefundTruth:
    """One refund as the provider tells it."""

    reference: str
    refund_id: UUID | None
    """Our own id as the provider has kept it; None where the refund was made on the provider's own pages."""
    amount_ore: int
    standing: RefundStanding
    failure_code: str | None = None


class DisputeStanding(StrEnum):
    """How a dispute stands. While it is OPEN, and when it is LOST, the bank has taken the money; else we have it."""

    INQUIRY = "inquiry"
    OPEN = "open"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True)
class DisputeTruth:
    """One dispute as the provider tells it: a citizen's bank asks for money back."""

    reference: str
    amount_ore: int
    standing: DisputeStanding
    reason: str | None = None
    """The provider's own word for why."""


@dataclass(frozen=True)
class ProviderState:
    """The truth about one payment, as the provider tells it when asked."""

    reference: str
    payment_id: UUID | None
    """Our own id as the provider has kept it; None where the object is not ours."""
    standing: Standing
    amount_ore: int
    """Taken when PAID, otherwise asked for."""
    currency: str
    charge_reference: str | None = None
    """The provider's name for the money movement itself, for people who search."""
    method_detail: str | None = None
    """What the citizen recognises the means by, such as `Visa •••• 4242`."""
    failure_code: str | None = None
    redirect_url: str | None = None
    refunds: tuple[RefundTruth, ...] = ()
    """Every refund there was of it, failed ones too."""
    disputes: tuple[DisputeTruth, ...] = ()


@dataclass(frozen=True)
class Hint:
    """Something happened to a payment; what, is for `fetch` to say.

    A payment is meant by its `reference`, by our own `payment_id`, or by the `charge_reference` of its money movement;
    by none of them where the event is about something that is no payment of ours.
    """

    event_id: str
    kind: str
    reference: str | None
    payment_id: UUID | None
    charge_reference: str | None = None


class PaymentProvider(Protocol):
    """One merchant's account at one provider. Every call has a timeout of seconds."""

    name: str
    methods: frozenset[Method]
    minimum_ore: int

    def prepare(self, order: Order, *, method: Method) -> Json:
        """The exact parameters of the call that opens the payment. Pure; they are stored before the call is made."""
        ...

    def start(self, parameters: Mapping[str, Any], *, key: str) -> Started:
        """Open the payment. The same key with the same parameters opens it once, however often it is called.

        :raises OutcomeUnknown: replay unchanged
        :raises ProviderUnavailable: nothing was done
        :raises ProviderRefused: the parameters are not accepted
        :raises NoSuchPayment: something that they name, the merchant perhaps, is unknown there: nothing was done
        """
        ...

    def fetch(self, reference: str) -> ProviderState:
        """How the payment stands now.

        :raises NoSuchPayment: nothing under this reference
        :raises OutcomeUnknown: no answer (asking again is harmless)
        :raises ProviderUnavailable: not reached
        """
        ...

    def expire(self, reference: str) -> ProviderState:
        """Close a payment that nobody should finish, and say how it then stands: it may have been paid meanwhile.

        :raises OutcomeUnknown, ProviderUnavailable, NoSuchPayment: as `fetch`
        """
        ...

    def capture(self, reference: str, *, amount_ore: int, key: str) -> ProviderState:
        """Take the money of an AUTHORISED payment, and say how it then stands. The same key takes it once.

        A provider that takes at once has nothing to do here, and answers as `fetch`.

        :raises OutcomeUnknown: replay unchanged
        :raises ProviderUnavailable, NoSuchPayment: as `fetch`
        :raises ProviderRefused: it cannot be taken, and never will be
        """
        ...

    def release(self, reference: str, *, key: str) -> ProviderState:
        """Let go of an AUTHORISED payment whose money nobody wants, and say how it then stands.

        :raises OutcomeUnknown, ProviderUnavailable, NoSuchPayment: as `fetch`
        """
        ...

    def refund(self, reference: str, *, refund_id: UUID, amount_ore: int, key: str) -> RefundTruth:
        """Send money of a PAID payment back. The same key with the same amount sends it once.

        :raises OutcomeUnknown: replay unchanged
        :raises ProviderUnavailable: nothing was done
        :raises ProviderRefused: this money cannot be sent back this way
        """
        ...

    def recent(self, *, since: datetime) -> Iterable[Hint]:
        """What happened since a moment, oldest first, bounded by the provider's own page limits (a few calls).

        :raises OutcomeUnknown, ProviderUnavailable: the list could not be read
        """
        ...

    def read_notice(self, *, headers: Mapping[str, str], raw: bytes, now: datetime) -> Hint:
        """Prove that a webhook is the provider's (over the raw bytes), then read it.

        :raises BadNotice: unsigned, wrongly signed, too old, from the future, or unreadable
        """
        ...

    def payouts(self, *, since: date) -> Iterable[Payout]:
        """What the provider has paid to the bank since a day (that day included), each with all its movements.

        :raises OutcomeUnknown, ProviderUnavailable: the lists could not be read
        """
        ...

    def movements(self, *, on: date) -> Iterator[Movement | Illegible]:
        """What moved on the merchant's account on one Danish day, paid out or not: one line at a time, in any order.

        The list is read while it is gone through, so that it may be longer than memory; an error may come in its midst.

        :raises OutcomeUnknown, ProviderUnavailable: the list could not be read
        """
        ...
