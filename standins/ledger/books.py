"""The ledger's books: debtor accounts, postings and what they covered; a posting's UUID is booked once."""

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from standins import people
from standins.journal import this_moment
from standins.ledger import covering
from standins.world import Debt, World

# Where payments for claims that have no debtor account of their own are posted; the municipalities' YAML names them.
COLLECTING_ACCOUNTS = {
    uuid.UUID("38da3be3-82f5-56d7-ba95-7bf92653d8a3"): (people.FJORDBY_CVR, "Biblioteket"),
    uuid.UUID("de45d058-d2a7-5c0b-bb9d-c5582c183d65"): (people.FJORDBY_CVR, "Øvrige krav"),
    uuid.UUID("402ef58f-a3c2-5a52-a9e4-fe14c167a677"): (people.SKOVLUND_CVR, "Biblioteket"),
    uuid.UUID("aa9b681f-9f27-5ee9-9e51-453889165de9"): (people.SKOVLUND_CVR, "Øvrige krav"),
}
# The ids of the IT systems that claims arise in; the municipalities' YAML maps them to names.
ORIGIN_NAMESPACE = uuid.UUID("9d0b1c1e-5f27-5c1b-9c55-3f6f0c1b7a10")
LIBRARY_SYSTEM = "fbs"

ACCOUNT_UNKNOWN = ("KONTO_UKENDT", "Debitorkontoen findes ikke")
ACCOUNT_CLOSED = ("KONTO_AFSLUTTET", "Debitorkontoen er afsluttet")
UUID_REUSED = ("UUID_GENBRUGT", "Indbetalingen er modtaget før med andet indhold")
ARREARS_DIFFER = ("RESTANCE_AFVIGER", "Restancen er en anden end indbetalingen forudsætter")
AT_AGENCY = ("UNDER_INDDRIVELSE", "Fordringen er overdraget til inddrivelse")
CLAIM_UNKNOWN = ("FORDRING_UKENDT", "Fordringen findes ikke på debitorkontoen")
SPLIT_WRONG = ("FORDELING_FORKERT", "Fordelingen er større end indbetalingen")
NO_AMOUNT = ("BELOEB_NUL", "En indbetaling skal være større end nul")


def origin_system_uuid(name: str) -> uuid.UUID:
    """The id of the IT system that a claim arose in, by the name the demo world uses."""
    return uuid.uuid5(ORIGIN_NAMESPACE, name)


@dataclass(frozen=True, slots=True)
class Cover:
    """How much of a payment is meant for which claim, interest or fee; `of` is its kind, `claim_id` its id."""

    cover_id: uuid.UUID
    claim_id: uuid.UUID
    amount_ore: int
    of: str = covering.CLAIM


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as it came in."""

    payment_id: uuid.UUID
    municipality_cvr: str
    account_id: uuid.UUID
    payer_cpr: str
    amount_ore: int
    paid_at: datetime
    value_on: date
    text_lines: tuple[str, ...]
    split: tuple[Cover, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was answered; `code` is None for a payment that was booked."""

    at: datetime
    code: str | None = None
    words: str = ""
    arrears_ore: int | None = None


@dataclass(slots=True)
class Posting:
    """A payment and its verdict, as they stay."""

    payment: Payment
    verdict: Verdict
    covered: list[tuple[uuid.UUID, int]] = field(default_factory=list)  # by id: the claim, interest and fees
    reversed_ore: int = 0

    @property
    def left_ore(self) -> int:
        """What has not been taken back of it."""
        return self.payment.amount_ore - self.reversed_ore if self.verdict.code is None else 0


class Books:
    """Everything posted since the last reset."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.lock = threading.RLock()
        self.on_booked: Callable[[Posting], None] = lambda _posting: None
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        with self.lock:
            self.postings: dict[uuid.UUID, Posting] = {}
            self.balances: dict[uuid.UUID, int] = {}
            self.closed: set[uuid.UUID] = set()
            self.repeats = 0

    def take(self, payment: Payment) -> tuple[Verdict, list[Debt]]:
        """Book a payment once; the verdict, and the claims that this call covered in full."""
        with self.lock, self._world.lock:
            known = self.postings.get(payment.payment_id)
            if known is not None:
                if known.payment == payment:
                    self.repeats += 1
                    return known.verdict, []
                return rejected(UUID_REUSED), []
            refusal = self._refusal(payment)
            posting = self.postings[payment.payment_id] = Posting(payment, refusal or Verdict(this_moment()))
            if refusal is not None:
                return refusal, []
            self.balances[payment.account_id] = self.balances.get(payment.account_id, 0) + payment.amount_ore
            covered = self._cover(posting)
            self.on_booked(posting)
            return posting.verdict, covered

    def _refusal(self, payment: Payment) -> Verdict | None:
        if payment.amount_ore == 0:
            return rejected(NO_AMOUNT)
        if payment.account_id in self.closed:
            return rejected(ACCOUNT_CLOSED)
        collecting = COLLECTING_ACCOUNTS.get(payment.account_id)
        if collecting is not None:
            if collecting[0] != payment.municipality_cvr:
                return rejected(ACCOUNT_UNKNOWN)
            return rejected(CLAIM_UNKNOWN) if payment.split else None
        debt = self._world.debts_by_account.get(payment.account_id)
        if debt is None or debt.municipality_cvr != payment.municipality_cvr:
            return rejected(ACCOUNT_UNKNOWN)
        return _refusal_by(debt, payment)

    def _cover(self, posting: Posting) -> list[Debt]:
        debt = self._world.debts_by_account.get(posting.payment.account_id)
        if debt is None:
            return []
        posting.covered = covering.cover(debt, posting.payment.split, posting.payment.amount_ore)
        is_about_claim = any(thing_id == debt.claim_id for thing_id, _ore in posting.covered)
        return [debt] if is_about_claim and debt.outstanding_ore == 0 else []

    def state(self) -> dict[str, object]:
        """Totals that a test can compare exactly; only what was booked counts, rejections stand apart."""
        with self.lock:
            booked = [one for one in self.postings.values() if one.verdict.code is None]
            return {
                "postings": len(booked),
                "total_ore": sum(one.payment.amount_ore for one in booked),
                "accounts": {str(account): ore for account, ore in self.balances.items()},
                "uuids": [str(one.payment.payment_id) for one in booked],
                "rejected": {
                    str(one.payment.payment_id): one.verdict.code
                    for one in self.postings.values()
                    if one.verdict.code is not None
                },
                "repeats": self.repeats,
            }


def _refusal_by(debt: Debt, payment: Payment) -> Verdict | None:
    left = debt.left_ore
    things = covering.owed_things(debt)
    stated = left if debt.stated_arrears_ore is None else debt.stated_arrears_ore
    judged = (
        (debt.agency_on is not None, AT_AGENCY, 0),
        (debt.rejects, ARREARS_DIFFER, stated),
        (any((cover.of, cover.claim_id) not in things for cover in payment.split), CLAIM_UNKNOWN, left),
        (sum(cover.amount_ore for cover in payment.split) > payment.amount_ore, SPLIT_WRONG, left),
        (payment.amount_ore > left or covering.asks_too_much(debt, payment.split), ARREARS_DIFFER, left),
    )
    return next((rejected(reason, arrears_ore) for wrong, reason, arrears_ore in judged if wrong), None)


def rejected(reason: tuple[str, str], arrears_ore: int | None = None) -> Verdict:
    """The verdict on what is not booked, for this reason."""
    return Verdict(this_moment(), reason[0], reason[1], arrears_ore)
