"""The worlds that the payment providers' contract is tested in, and the acts that its tests have in common.

A provider joins by an entry in WORLDS.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from uuid import UUID, uuid4

from app.payments.movements import MovementKind
from app.payments.port import Hint, Method, Order, ProviderState, RefundTruth, Standing
from standins.frame import Served
from tests.contracts.payment_worlds import Letterbox, World
from tests.contracts.payment_worlds_fake import FakeWorld
from tests.contracts.payment_worlds_mobilepay import MobilePayWorld
from tests.contracts.payment_worlds_stripe import StripeWorld

WORLDS: Mapping[str, Callable[[Served, Letterbox], World]] = {
    "fake": lambda _served, _box: FakeWorld(),
    "fake that reserves": lambda _served, _box: FakeWorld(method=Method.MOBILEPAY, reserves=True),
    "stripe": StripeWorld,
    "mobilepay through stripe": lambda served, box: StripeWorld(served, box, method=Method.MOBILEPAY),
    "mobilepay": MobilePayWorld,
}
ASKED_ORE = 25_000
# How a payment stands that was closed before anybody paid it.
CLOSED = {Standing.EXPIRED, Standing.CANCELLED}


def order(amount_ore: int = ASKED_ORE) -> Order:
    back = "https://portal.example/betal/x"
    return Order(uuid4(), amount_ore, "Fjordby Kommune", back, f"{back}/afbrudt", "da", datetime.now(UTC))


def opened(world: World, key: str = "payment-1") -> tuple[Order, str]:
    asked = order()
    return asked, world.provider.start(world.provider.prepare(asked, method=world.method), key=key).reference


def paid(world: World, key: str = "payment-1") -> tuple[Order, str]:
    """A payment whose money was taken, at once or by a capture."""
    asked, reference = opened(world, key)
    world.finish(reference)
    if world.reserves:
        world.provider.capture(reference, amount_ore=ASKED_ORE, key=f"capture-{key}")
    return asked, reference


def refund(world: World, reference: str, amount_ore: int, refund_id: UUID | None = None, key: str = "") -> RefundTruth:
    refund_id = refund_id or uuid4()
    key = key or f"refund-{refund_id}"
    return world.provider.refund(reference, refund_id=refund_id, amount_ore=amount_ore, key=key)


def hints_of(world: World, reference: str, count: int = 2) -> list[Hint]:
    """What the notices about a payment say, in the order in which they came."""
    notices = world.notices(reference, count=count)
    return [world.provider.read_notice(headers=headers, raw=raw, now=datetime.now(UTC)) for headers, raw in notices]


def leads_to(hint: Hint, state: ProviderState) -> bool:
    """Whether a hint names a payment of ours, in any of its ways."""
    by_charge = hint.charge_reference is not None and hint.charge_reference == state.charge_reference
    return hint.reference == state.reference or hint.payment_id == state.payment_id or by_charge


def names_of(world: World, reference: str) -> set[str]:
    """The names that a movement may give a payment."""
    charge = world.provider.fetch(reference).charge_reference
    return {reference} | ({charge} if charge else set())


def taken_ore(world: World) -> int:
    """What the provider says in its payout that it has taken from citizens."""
    world.pay_out()
    (payout,) = world.provider.payouts(since=datetime.now(UTC).date())
    return sum(line.gross_ore for line in payout.movements if line.kind is MovementKind.CAPTURE)
