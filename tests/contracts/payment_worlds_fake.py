"""The fake provider's worlds: one that takes the money at once, and one that reserves it first."""

from datetime import UTC, datetime

from app.payments.port import DisputeStanding, Hint, Method, PaymentProvider
from tests.contracts.payment_worlds import Notice
from tests.fakes.payment_provider import SECRET, FakeProvider


class FakeWorld:
    lists_events = notices_age = True

    def __init__(self, *, method: Method = Method.CARD, reserves: bool = False) -> None:
        self.method, self.reserves = method, reserves
        self.detail = {Method.CARD: "Visa •••• 4242", Method.MOBILEPAY: "MobilePay"}[method]
        # As the providers that it stands in for.
        self.refunds_fail = self.has_disputes = not reserves
        self.fake = FakeProvider(methods=frozenset({method}), reserves=reserves)
        self.provider: PaymentProvider = self.fake
        self._late: int | None = None

    def finish(self, reference: str) -> None:
        self.fake.finish(reference)

    def run_out(self, reference: str) -> None:
        self.fake.close(reference)

    def refund_by_hand(self, reference: str, *, amount_ore: int) -> None:
        self.fake.refund_by_hand(reference, amount_ore=amount_ore)

    def refund_fails(self, refund_reference: str) -> None:
        self.fake.refund_fails(refund_reference)

    def dispute(self, reference: str, *, standing: DisputeStanding) -> None:
        self.fake.dispute(reference, standing=standing)

    def dispute_becomes(self, reference: str, *, standing: DisputeStanding) -> None:
        self.fake.dispute_becomes(reference, standing)

    def pay_out(self, *, off_by_ore: int = 0) -> None:
        self.fake.pay_out(off_by_ore=off_by_ore)

    def takes_a_minute(self) -> None:
        """Nobody counts."""

    def drop_next_reply(self, call: str) -> None:
        assert call
        self.fake.drop_replies = 1

    def delay_next_notice(self) -> None:
        self._late = len(self.fake.events)

    def opened(self) -> int:
        return len(self.fake.payments)

    def unreachable(self) -> PaymentProvider:
        self.fake.is_down = True
        return self.fake

    def notices(self, reference: str, *, count: int = 2) -> list[Notice]:
        state = self.fake.payments[reference]

        def is_about(hint: Hint) -> bool:
            by_charge = hint.charge_reference is not None and hint.charge_reference == state.charge_reference
            return hint.reference == reference or by_charge

        events = list(self.fake.events)
        if self._late is not None:
            events.append(events.pop(self._late))
        hints = [event.hint for event in events if is_about(event.hint)]
        told: list[Notice] = [self.fake.notice(hint, at=datetime.now(UTC)) for hint in hints for _twice in range(2)]
        assert len(told) >= count
        return told

    def signed(self, notice: Notice, at: datetime, *, rightly: bool = True) -> Notice:
        return self.fake.signed(notice[1], at=at, secret=SECRET if rightly else "other")
