"""Payments taken back: in part by a reduction, whole by an order; what they covered is owed again."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from standins.journal import this_moment
from standins.ledger.books import NO_AMOUNT, SPLIT_WRONG, UUID_REUSED, Books, Posting, Verdict, rejected
from standins.ledger.covering import uncover
from standins.world import World

# A part of exactly this much is always rejected, so that a rejection can be looked at.
CLOSED_ORE = 13_13

PAYMENT_UNKNOWN = ("INDBETALING_UKENDT", "Indbetalingen findes ikke på debitorkontoen")
COVER_UNKNOWN = ("DAEKNING_UKENDT", "Dækningen findes ikke på indbetalingen, eller der er mindre tilbage af den")
AMOUNT_DIFFERS = ("BELOEB_AFVIGER", "Indbetalingen er på et andet beløb")
TOO_MUCH = ("NEDREGULERING_FOR_STOR", "Der er mindre tilbage af indbetalingen")
CLOSED = ("PERIODE_LUKKET", "Regnskabsperioden er lukket")


@dataclass(frozen=True, slots=True)
class Reversal:
    """A reversal as it came in; `parts` says how much is taken from which cover, by the cover's id."""

    reversal_id: uuid.UUID
    payment_id: uuid.UUID
    municipality_cvr: str
    account_id: uuid.UUID
    amount_ore: int
    made_at: datetime
    text: str
    is_whole: bool
    parts: tuple[tuple[uuid.UUID, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """A reversal and its verdict, as they stay."""

    reversal: Reversal
    verdict: Verdict


class Reversals:
    """Everything taken back since the last reset."""

    def __init__(self, world: World, books: Books) -> None:
        self._world, self._books = world, books
        self.on_booked: Callable[[Reversal, Posting], None] = lambda _reversal, _posting: None
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        with self._books.lock:
            self.taken: dict[uuid.UUID, Taken] = {}

    def take(self, reversal: Reversal) -> Verdict:
        """Book a reversal once.

        A library fee that the ledger has told the library about stays paid there: FBS has no way to be told otherwise,
        so the debt stands in the ledger alone until people put it right.
        """
        with self._books.lock, self._world.lock:
            known = self.taken.get(reversal.reversal_id)
            if known is not None:
                return known.verdict if known.reversal == reversal else rejected(UUID_REUSED)
            posting = self._books.postings.get(reversal.payment_id)
            refusal = self._refusal(reversal, posting)
            verdict = refusal or Verdict(this_moment())
            self.taken[reversal.reversal_id] = Taken(reversal, verdict)
            if refusal is None and posting is not None:
                self._book(reversal, posting)
            return verdict

    def _refusal(self, reversal: Reversal, posting: Posting | None) -> Verdict | None:
        if posting is None or posting.verdict.code is not None:
            return rejected(PAYMENT_UNKNOWN)
        paid = posting.payment
        judged = (
            (
                (paid.account_id, paid.municipality_cvr) != (reversal.account_id, reversal.municipality_cvr),
                PAYMENT_UNKNOWN,
            ),
            (reversal.amount_ore == 0, NO_AMOUNT),
            (reversal.is_whole and reversal.amount_ore != paid.amount_ore, AMOUNT_DIFFERS),
            (reversal.amount_ore > posting.left_ore, TOO_MUCH),
            (not self._has_covers(reversal, posting), COVER_UNKNOWN),
            (sum(ore for _cover_id, ore in reversal.parts) > reversal.amount_ore, SPLIT_WRONG),
            (not reversal.is_whole and reversal.amount_ore == CLOSED_ORE, CLOSED),
        )
        return next((rejected(reason) for wrong, reason in judged if wrong), None)

    def _has_covers(self, reversal: Reversal, posting: Posting) -> bool:
        left = {cover.cover_id: cover.amount_ore for cover in posting.payment.split}
        before = [
            part
            for one in self.taken.values()
            if one.verdict.code is None and one.reversal.payment_id == reversal.payment_id
            for part in one.reversal.parts
        ]
        for cover_id, amount_ore in (*before, *reversal.parts):
            if left.get(cover_id, -1) < amount_ore:
                return False
            left[cover_id] -= amount_ore
        return True

    def _book(self, reversal: Reversal, posting: Posting) -> None:
        posting.reversed_ore += reversal.amount_ore
        self._books.balances[reversal.account_id] -= reversal.amount_ore
        debt = self._world.debts_by_account.get(reversal.account_id)
        if debt is not None:
            about = {cover.cover_id: cover.claim_id for cover in posting.payment.split}
            taken = [(about[cover_id], ore) for cover_id, ore in reversal.parts]
            posting.covered = uncover(debt, posting.covered, taken, reversal.amount_ore)
        self.on_booked(reversal, posting)

    def state(self) -> dict[str, object]:
        """What a test can compare exactly."""
        with self._books.lock:
            booked = [one.reversal for one in self.taken.values() if one.verdict.code is None]
            return {
                "reversals": {str(one.reversal_id): one.amount_ore for one in booked},
                "reversals_rejected": {
                    str(one.reversal.reversal_id): one.verdict.code
                    for one in self.taken.values()
                    if one.verdict.code is not None
                },
            }
