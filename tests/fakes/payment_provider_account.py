"""What a fake payment provider keeps, and what the world may do to it: citizens, their banks, the provider's own pages.

Each act returns the hint of what happened; tests deliver hints in any order, twice, or not at all.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import count
from uuid import UUID

from app.foundation.clock import danish_day
from app.payments.movements import Illegible, Movement, MovementKind, Payout
from app.payments.port import (
    DisputeStanding,
    DisputeTruth,
    Hint,
    Method,
    NoSuchPayment,
    ProviderState,
    RefundStanding,
    RefundTruth,
    Standing,
)

DETAILS = {Method.CARD: "Visa •••• 4242", Method.MOBILEPAY: "MobilePay"}
# While a dispute stands so, the bank has the money.
WITH_THE_BANK = frozenset({DisputeStanding.OPEN, DisputeStanding.LOST})


@dataclass(frozen=True)
class FakeEvent:
    """Something that happened, as `recent` and notices tell it."""

    hint: Hint
    happened_at: datetime


class FakeAccount:
    """One merchant's account. `reserves`: money is reserved first and must be captured, as MobilePay does it.

    Acts of the citizen: `finish`, `pay`, `approve`, `close`, `fail`. Of refunds: `refund_succeeds`, `refund_fails`,
    `refund_by_hand`. Of the citizen's bank: `dispute`, `dispute_becomes`. Of the provider's own: `pay_out`.
    """

    def __init__(self, *, now: datetime | None = None, reserves: bool = False) -> None:
        self.now = now
        """What the provider's clock shows; None follows the real one."""
        self.reserves = reserves
        self.refunds_begin_as = RefundStanding.SUCCEEDED
        """How a refund stands when it has just been asked for."""
        self.fee_ore = 180
        """What the provider keeps of each payment that it pays out."""
        self.payments: dict[str, ProviderState] = {}
        self.events: list[FakeEvent] = []
        """Everything that happened, oldest first; tests may take hints from here in any order."""
        self.paid_out: list[Payout] = []
        self.moved: list[tuple[date, Movement | Illegible]] = []
        """Everything that moved, with its Danish day, oldest first; tests may take lines out, or change them."""
        self._not_paid_out: list[Movement] = []
        self._methods: dict[str, Method] = {}
        self._numbers = count(1)

    # The citizen

    def finish(self, reference: str) -> Hint:
        """The citizen says yes on the provider's page: paid, or reserved where the provider reserves first."""
        return self.approve(reference) if self.reserves else self.pay(reference)

    def pay(self, reference: str, *, amount_ore: int | None = None, currency: str | None = None) -> Hint:
        """The money is taken, perhaps another amount than was asked."""
        return self.becomes(self.taken(reference, amount_ore=amount_ore, currency=currency), "paid")

    def approve(self, reference: str) -> Hint:
        """The citizen's money is reserved, not taken."""
        state = replace(self.known(reference), standing=Standing.AUTHORISED, redirect_url=None)
        return self.becomes(state, "approved")

    def close(self, reference: str) -> Hint:
        """Time is up."""
        return self.becomes(replace(self.known(reference), standing=Standing.EXPIRED, redirect_url=None), "expired")

    def fail(self, reference: str, *, standing: Standing = Standing.FAILED, code: str = "declined") -> Hint:
        """It comes to nothing: failed, declined or cancelled."""
        state = replace(self.known(reference), standing=standing, failure_code=code, redirect_url=None)
        return self.becomes(state, standing.value)

    # Refunds

    def refund_succeeds(self, which: UUID | str) -> Hint:
        """A refund, named by our id or its reference, has reached the citizen."""
        state, refund = self._refund(which)
        return self._refund_becomes(state, replace(refund, standing=RefundStanding.SUCCEEDED), "refund.updated")

    def refund_fails(self, which: UUID | str, *, code: str = "expired_or_canceled_card") -> Hint:
        """A refund could not reach the citizen, however it stood: the money is back on the account."""
        state, refund = self._refund(which)
        self.moves(MovementKind.REFUND, state, refund.amount_ore)
        failed = replace(refund, standing=RefundStanding.FAILED, failure_code=code)
        return self._refund_becomes(state, failed, "refund.failed")

    def refund_by_hand(self, reference: str, *, amount_ore: int | None = None) -> Hint:
        """Somebody sends money back on the provider's own pages; all that is left, unless told otherwise."""
        state = self.known(reference)
        return self.add_refund(state, None, self.left_of(state) if amount_ore is None else amount_ore)

    # Disputes

    def dispute(
        self, reference: str, *, amount_ore: int | None = None, standing: DisputeStanding = DisputeStanding.OPEN
    ) -> Hint:
        """The citizen's bank asks for the money back, or (INQUIRY) only asks about it."""
        state = self.known(reference)
        made = DisputeTruth(f"dp_{next(self._numbers)}", amount_ore or state.amount_ore, standing, "fraudulent")
        if standing in WITH_THE_BANK:
            self.moves(MovementKind.DISPUTE, state, -made.amount_ore)
        return self._of_the_charge(replace(state, disputes=(*state.disputes, made)), "dispute.created")

    def dispute_becomes(self, reference: str, standing: DisputeStanding) -> Hint:
        """The payment's latest dispute goes on: opened, won or lost."""
        state = self.known(reference)
        *earlier, latest = state.disputes
        before, after = latest.standing in WITH_THE_BANK, standing in WITH_THE_BANK
        if before != after:
            self.moves(MovementKind.DISPUTE, state, -latest.amount_ore if after else latest.amount_ore)
        moved = replace(latest, standing=standing)
        return self._of_the_charge(replace(state, disputes=(*earlier, moved)), f"dispute.{standing.value}")

    # Payouts

    def pay_out(self, *, off_by_ore: int = 0) -> Payout:
        """Send all that has moved to the bank today; with `off_by_ore` another sum than the movements'."""
        total_ore = sum(line.gross_ore - line.fee_ore for line in self._not_paid_out) + off_by_ore
        made = Payout(f"po_{next(self._numbers)}", self.clock().date(), total_ore, tuple(self._not_paid_out))
        self._not_paid_out = []
        self.paid_out.append(made)
        return made

    # What the port's calls and the acts share

    def clock(self) -> datetime:
        return self.now or datetime.now(UTC)

    def known(self, reference: str) -> ProviderState:
        if reference not in self.payments:
            raise NoSuchPayment(reference)
        return self.payments[reference]

    def left_of(self, state: ProviderState) -> int:
        """What of a paid payment has not been sent back, in øre."""
        return state.amount_ore - sum(r.amount_ore for r in state.refunds if r.standing is not RefundStanding.FAILED)

    def becomes(self, state: ProviderState, kind: str) -> Hint:
        self.payments[state.reference] = state
        return self._happened(kind, state.reference, state.payment_id)

    def taken(self, reference: str, *, amount_ore: int | None = None, currency: str | None = None) -> ProviderState:
        """How the payment stands when its money has been taken, which is a movement."""
        state = self.known(reference)
        paid = replace(
            state,
            standing=Standing.PAID,
            amount_ore=state.amount_ore if amount_ore is None else amount_ore,
            currency=currency or state.currency,
            charge_reference=f"ch_{reference}",
            method_detail=DETAILS[self._methods.get(reference, Method.CARD)],
            redirect_url=None,
        )
        self.moves(MovementKind.CAPTURE, paid, paid.amount_ore, fee_ore=self.fee_ore)
        return paid

    def add_refund(self, state: ProviderState, refund_id: UUID | None, amount_ore: int) -> Hint:
        made = RefundTruth(f"re_{next(self._numbers)}", refund_id, amount_ore, self.refunds_begin_as)
        if made.standing is not RefundStanding.FAILED:
            self.moves(MovementKind.REFUND, state, -amount_ore)
        return self.becomes(replace(state, refunds=(*state.refunds, made)), "refund.created")

    def moves(self, kind: MovementKind, state: ProviderState, gross_ore: int, *, fee_ore: int = 0) -> None:
        named = state.reference if self.reserves else state.charge_reference
        ours = None if kind is MovementKind.DISPUTE else state.payment_id
        made = Movement(f"mv_{next(self._numbers)}", kind, named, gross_ore, fee_ore, ours)
        self._not_paid_out.append(made)
        self.moved.append((danish_day(self.clock()), made))

    def _refund(self, which: UUID | str) -> tuple[ProviderState, RefundTruth]:
        for state in self.payments.values():
            for refund in state.refunds:
                if which in {refund.reference, refund.refund_id}:
                    return state, refund
        raise LookupError(f"no refund {which}")

    def _refund_becomes(self, state: ProviderState, refund: RefundTruth, kind: str) -> Hint:
        refunds = tuple(refund if one.reference == refund.reference else one for one in state.refunds)
        return self.becomes(replace(state, refunds=refunds), kind)

    def _of_the_charge(self, state: ProviderState, kind: str) -> Hint:
        """Something about the charge, which is all that such a hint names."""
        self.payments[state.reference] = state
        return self._happened(kind, None, None, state.charge_reference)

    def _happened(self, kind: str, reference: str | None, payment_id: UUID | None, charge: str | None = None) -> Hint:
        hint = Hint(f"evt-{next(self._numbers)}", kind, reference, payment_id, charge)
        self.events.append(FakeEvent(hint, self.clock()))
        return hint
