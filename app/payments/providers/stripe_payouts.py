"""What moves on an account at Stripe: by day, and as the sums that Stripe has paid to the bank."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

from app.foundation.clock import day_bounds
from app.payments.movements import Illegible, Movement, MovementKind, Payout
from app.payments.port import OutcomeUnknown
from app.payments.providers.stripe_notice import our_id
from app.payments.providers.stripe_wire import every, readable

if TYPE_CHECKING:
    import stripe
    from stripe.params._balance_transaction_list_params import BalanceTransactionListParams
    from stripe.params._payout_list_params import PayoutListParams

MAX_PAYOUT_PAGES = 20
# Three hundred thousand payments in one payout, or on one day: more than a year of the largest municipality.
MAX_MOVEMENT_PAGES = 3000
CURRENCY = "dkk"
# Stripe's reporting categories (docs.stripe.com/reports/reporting-categories); what is not here is OTHER.
KINDS = {
    "charge": MovementKind.CAPTURE,
    "charge_failure": MovementKind.CAPTURE,
    "refund": MovementKind.REFUND,
    "refund_failure": MovementKind.REFUND,
    "partial_capture_reversal": MovementKind.REFUND,
    "dispute": MovementKind.DISPUTE,
    "dispute_reversal": MovementKind.DISPUTE,
    "fee": MovementKind.FEE,
    "network_cost": MovementKind.FEE,
    "tax": MovementKind.FEE,
}


def payouts(client: "stripe.StripeClient", *, since: date) -> Iterator[Payout]:
    """The payouts that have reached the bank since a day, newest first.

    Stripe names a payout's movements only when it has gathered them all, and only where it decided the payout itself:
    the former is left for another time, a payout made by hand has no movements.

    :raises OutcomeUnknown, ProviderUnavailable: the lists could not be read
    """
    began = int(datetime.combine(since, time(), UTC).timestamp())
    query: PayoutListParams = {"status": "paid", "arrival_date": {"gte": began}}
    for payout in every(client.v1.payouts.list, query, most=MAX_PAYOUT_PAGES):
        with readable():
            wanted = payout.currency == CURRENCY and payout.reconciliation_status != "in_progress"
            arrived = datetime.fromtimestamp(payout.arrival_date, UTC).date()
            reference, amount_ore, names_movements = payout.id, payout.amount, payout.automatic
        if wanted:
            movements = tuple(_movements(client, reference)) if names_movements else ()
            yield Payout(reference, arrived, amount_ore, movements)


def _movements(client: "stripe.StripeClient", payout: str) -> Iterator[Movement]:
    query: BalanceTransactionListParams = {"payout": payout, "expand": ["data.source"]}
    for one in every(client.v1.balance_transactions.list, query, most=MAX_MOVEMENT_PAGES):
        with readable():
            if one.type == "payout":  # the payout itself stands among what it pays out
                continue
            movement = _movement(one)
        yield movement


def movements(client: "stripe.StripeClient", *, on: date) -> Iterator[Movement | Illegible]:
    """What moved on the account on a day in Denmark, newest first; payouts, which move nothing of ours, are left out.

    :raises OutcomeUnknown, ProviderUnavailable: the list could not be read
    """
    began, ends = day_bounds(on)
    created: dict[str, Any] = {"gte": int(began.timestamp()), "lt": int(ends.timestamp())}
    query = {"created": created, "expand": ["data.source"]}
    for one in every(client.v1.balance_transactions.list, query, most=MAX_MOVEMENT_PAGES):
        line: Movement | Illegible | None
        try:
            with readable():
                line = None if one.type == "payout" else _movement(one)
        except OutcomeUnknown as fault:
            line = Illegible(str(getattr(one, "id", "?")), str(fault))
        if line is not None:
            yield line


def _movement(one: Any) -> Movement:
    kind = KINDS.get(one.reporting_category, MovementKind.OTHER)
    ours = our_id(getattr(one.source, "metadata", None))
    return Movement(one.id, kind, _charge_of(one.source), _ore(one.amount), _ore(one.fee), ours)


def _ore(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("not an amount")
    return value


def _charge_of(source: Any) -> str | None:
    """The charge that a movement is about: itself the source, or named by the refund or the dispute that is."""
    if source is None or isinstance(source, str):
        return None
    named = source.id if source.object == "charge" else getattr(source, "charge", None)
    return named if named is None or isinstance(named, str) else str(named.id)
