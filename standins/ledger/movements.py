"""What the ledger does to claims, by payments and by itself: coverages, write-offs, and both taken back."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from standins.frame import BadAct
from standins.journal import this_moment
from standins.ledger.books import Books, Posting
from standins.ledger.reversals import Reversal
from standins.world import Debt, World

COVERAGE, COVERAGE_REDUCED = "FordringDækning", "FordringDækningNedregulering"
WRITE_OFF, WRITE_OFF_REDUCED = "FordringAfskrivning", "FordringAfskrivningNedregulering"
KINDS = (COVERAGE, COVERAGE_REDUCED, WRITE_OFF, WRITE_OFF_REDUCED)
NAMESPACE = uuid.UUID("2f5b8c1d-6a34-4f0e-9b77-8d1c2e3f4a55")


@dataclass(frozen=True, slots=True)
class Movement:
    """One object of OpretDækningAfskrivning, as it stays. `payment_id` is the payment, or its reduction."""

    kind: str
    movement_id: uuid.UUID
    account_id: uuid.UUID
    claim_id: uuid.UUID
    municipality_cvr: str
    amount_ore: int
    at: datetime
    payment_id: uuid.UUID | None = None
    reduces: uuid.UUID | None = None
    reason: str | None = None


class Movements:
    """Every movement since the last reset; whoever wants to know is told of each as it is made."""

    def __init__(self, world: World, books: Books) -> None:
        self._world, self._books = world, books
        self.on_made: Callable[[Movement], None] = lambda _movement: None
        self.on_covered: Callable[[list[Debt]], None] = lambda _debts: None
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self.made: dict[uuid.UUID, Movement] = {}

    def booked(self, posting: Posting) -> None:
        """A payment was booked: what it covered of the claim. Interest and fees have no kind in this message."""
        debt = self._world.debts_by_account.get(posting.payment.account_id)
        if debt is None:
            return
        payment_id = posting.payment.payment_id
        for claim_id, ore in posting.covered:
            if claim_id == debt.claim_id and ore:
                movement_id = uuid.uuid5(payment_id, f"dækning {claim_id}")
                self._make(COVERAGE, movement_id, debt, ore, payment_id=payment_id)

    def taken_back(self, reversal: Reversal, posting: Posting) -> None:
        """A payment was taken back, whole or in part: so much of its coverage falls that what is left covers."""
        debt = self._world.debts_by_account.get(reversal.account_id)
        coverage = self.made.get(uuid.uuid5(reversal.payment_id, f"dækning {debt.claim_id}")) if debt else None
        if debt is None or coverage is None:
            return
        left = sum(ore for thing_id, ore in posting.covered if thing_id == debt.claim_id)
        fallen = self.left_of(coverage) - left
        if fallen > 0:
            self._make(
                COVERAGE_REDUCED, uuid.uuid5(reversal.reversal_id, str(coverage.movement_id)), debt, fallen,
                payment_id=reversal.reversal_id, reduces=coverage.movement_id,
            )  # fmt: skip

    def pay_elsewhere(self, account_id: uuid.UUID, amount_ore: int | None, *, by: str) -> Movement:
        """A payment in the bank, or an offset (`by`), covers a claim with no more than is left of it.

        :raises BadAct: no such account, or nothing is left
        """
        with self._books.lock, self._world.lock:
            debt = self._debt(account_id)
            ore = self._within(debt, amount_ore)
            payment_id = self._new_id(debt, by)
            debt.outstanding_ore -= ore
            movement = self._make(COVERAGE, uuid.uuid5(payment_id, "dækning"), debt, ore, payment_id=payment_id)
            if debt.outstanding_ore == 0:
                self.on_covered([debt])
            return movement

    def take_back_elsewhere(self, account_id: uuid.UUID) -> Movement:
        """The bank takes its last payment on an account back.

        :raises BadAct: there is none
        """
        with self._books.lock, self._world.lock:
            debt = self._debt(account_id)
            coverage = self._last(debt, COVERAGE, but=frozenset(self._books.postings))
            return self._reduce(debt, coverage, COVERAGE_REDUCED, payment_id=self._new_id(debt, "retur"))

    def write_off(self, account_id: uuid.UUID, amount_ore: int | None, reason: str) -> Movement:
        """Let something off a claim, all of it unless said otherwise.

        :raises BadAct: no such account, or nothing is left
        """
        with self._books.lock, self._world.lock:
            debt = self._debt(account_id)
            ore = self._within(debt, amount_ore)
            debt.outstanding_ore -= ore
            return self._make(WRITE_OFF, self._new_id(debt, "afskriv"), debt, ore, reason=reason[:100])

    def take_back_write_off(self, account_id: uuid.UUID) -> Movement:
        """Take the last write-off of an account back.

        :raises BadAct: there is none
        """
        with self._books.lock, self._world.lock:
            debt = self._debt(account_id)
            return self._reduce(debt, self._last(debt, WRITE_OFF), WRITE_OFF_REDUCED, reason="Afskrevet ved en fejl")

    def left_of(self, movement: Movement) -> int:
        """What has not been taken back of a coverage or write-off."""
        taken = sum(one.amount_ore for one in self.made.values() if one.reduces == movement.movement_id)
        return movement.amount_ore - taken

    def _debt(self, account_id: uuid.UUID) -> Debt:
        debt = self._world.debts_by_account.get(account_id)
        if debt is None:
            raise BadAct("there is no such account")
        return debt

    def _within(self, debt: Debt, amount_ore: int | None) -> int:
        ore = debt.outstanding_ore if amount_ore is None else min(amount_ore, debt.outstanding_ore)
        if ore <= 0:
            raise BadAct("nothing is left on the account, or the amount is not above zero")
        return ore

    def _last(self, debt: Debt, kind: str, *, but: frozenset[uuid.UUID] = frozenset()) -> Movement:
        of_it = [
            one
            for one in self.made.values()
            if one.kind == kind and one.claim_id == debt.claim_id and one.payment_id not in but and self.left_of(one)
        ]
        if not of_it:
            raise BadAct("there is nothing on the account to take back")
        return of_it[-1]

    def _reduce(
        self, debt: Debt, of: Movement, kind: str, *, payment_id: uuid.UUID | None = None, reason: str | None = None
    ) -> Movement:
        ore = self.left_of(of)
        debt.outstanding_ore += ore
        return self._make(
            kind, uuid.uuid5(of.movement_id, f"tilbage {self.left_of(of)}"), debt, ore, payment_id=payment_id,
            reduces=of.movement_id, reason=reason,
        )  # fmt: skip

    def _new_id(self, debt: Debt, what: str) -> uuid.UUID:
        # The same when a journal carries the act out again.
        return uuid.uuid5(NAMESPACE, f"{debt.account_id} {what} {len(self.made)} {this_moment().isoformat()}")

    def _make(
        self, kind: str, movement_id: uuid.UUID, debt: Debt, ore: int, *, payment_id: uuid.UUID | None = None,
        reduces: uuid.UUID | None = None, reason: str | None = None,
    ) -> Movement:  # fmt: skip
        movement = self.made[movement_id] = Movement(
            kind, movement_id, debt.account_id, debt.claim_id, debt.municipality_cvr, ore, this_moment(), payment_id,
            reduces, reason,
        )  # fmt: skip
        self.on_made(movement)
        return movement
