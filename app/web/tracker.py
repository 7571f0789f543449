"""The way of the money after a payment, in steps that say whether they are done and what to expect."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from flask_babel import gettext

from app.ledger.queries import Posted
from app.payments.queries import PaymentView
from app.sources.queries import Told
from app.web.filters import near_moment

LEDGER_LATE = timedelta(minutes=10)
LIBRARY_LATE = timedelta(minutes=5)


@dataclass(frozen=True)
class Way:
    """How far a payment has come; None where it has not been there yet."""

    received_at: datetime
    ledger_at: datetime | None
    concerns_library: bool
    """Some of it is for library bills, so that the library is told too."""
    library_at: datetime | None
    is_rejected: bool = False
    """The ledger said no to some of it: people look at it."""
    is_refused: bool = False
    """The library said no to some of it: people look at it."""

    @property
    def is_settled(self) -> bool:
        """Nothing is left to wait for."""
        return self.ledger_at is not None and (self.library_at is not None or not self.concerns_library)


@dataclass(frozen=True)
class TrackerStep:
    """One step as the page shows it."""

    state: Literal["done", "now", "waits", "stuck"]
    heading: str
    text: str


def way_of(payment: PaymentView, *, posted: Posted, told: Sequence[Told], concerns_library: bool) -> Way:
    """How far a captured payment has come, from what the ledger and the sources have answered."""
    is_posted = posted.accepted_ore >= payment.captured_ore - payment.overpaid_ore
    known = [one.known_at for one in told if one.known_at is not None]
    return Way(
        received_at=payment.captured_at or payment.state_at,
        ledger_at=(posted.last_answer_at or payment.captured_at) if is_posted else None,
        concerns_library=concerns_library,
        library_at=max(known) if known and len(known) == len(told) else None,
        is_rejected=posted.rejected_ore > 0,
        is_refused=any(one.state == "refused" for one in told),
    )


def steps_of(way: Way, *, now: datetime) -> list[TrackerStep]:
    """Two steps, or three where a library is to be told."""
    steps = [TrackerStep("done", gettext("Pengene er modtaget"), near_moment(way.received_at)), _ledger(way, now)]
    return [*steps, _library(way, now)] if way.concerns_library else steps


def _ledger(way: Way, now: datetime) -> TrackerStep:
    heading = gettext("Kommunens regnskab er opdateret")
    if way.ledger_at:
        return TrackerStep("done", heading, near_moment(way.ledger_at))
    if way.is_rejected:
        return TrackerStep("stuck", heading, gettext("Vi ser på betalingen. Du skal ikke betale igen."))
    if now - way.received_at > LEDGER_LATE:
        return TrackerStep(
            "stuck", heading, gettext("Det tager længere tid end normalt. Vi bliver ved, og du skal ikke gøre noget.")
        )
    return TrackerStep("now", heading, gettext("Sker som regel inden for et minut."))


def _library(way: Way, now: datetime) -> TrackerStep:
    heading = gettext("Biblioteket er opdateret")
    if way.library_at:
        return TrackerStep("done", heading, near_moment(way.library_at))
    if way.is_refused:
        text = gettext("Biblioteket kunne ikke lukke regningen selv. Vi ser på det. Du skal ikke betale igen.")
        return TrackerStep("stuck", heading, text)
    if way.ledger_at is None:
        return TrackerStep("waits", heading, gettext("Sker, når kommunens regnskab er opdateret."))
    if now - way.ledger_at > LIBRARY_LATE:
        return TrackerStep(
            "stuck", heading, gettext("Biblioteket svarer ikke lige nu. Vi bliver ved, og du skal ikke gøre noget.")
        )
    return TrackerStep("now", heading, gettext("Sker som regel inden for et minut."))


def method_words(payment: PaymentView) -> str:
    """How it was paid: `MobilePay`, or the card with the digits that its owner knows."""
    if payment.method == "mobilepay":
        return "MobilePay"
    return payment.method_detail or str(gettext("Betalingskort"))
