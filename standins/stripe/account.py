"""Everything one merchant's account holds, in memory behind one lock."""

import copy
import threading
import time
from collections.abc import Callable

from standins.stripe.objects import Json, event
from standins.stripe.refusals import missing

KINDS = (
    "checkout.session",
    "payment_intent",
    "charge",
    "refund",
    "dispute",
    "balance_transaction",
    "payout",
    "event",
)
NO_REQUEST: Json = {"id": None, "idempotency_key": None}


class Account:
    """Objects by kind and id, oldest first; take `lock` (re-entrant) around what must agree."""

    def __init__(self, pay_page_url: str, clock: Callable[[], float] = time.time) -> None:
        self.lock = threading.RLock()
        self.pay_page_url = pay_page_url
        self._clock = clock
        self.on_event: Callable[[Json], None] = lambda _event: None
        self.clear()

    def clear(self) -> None:
        """The account is new."""
        with self.lock:
            self.kept: dict[str, dict[str, Json]] = {kind: {} for kind in KINDS}
            self.lines: dict[str, list[Json]] = {}
            self.intent_data: dict[str, Json] = {}
            self.cards_waiting: dict[str, str] = {}  # session id -> the card (or MobilePay) that waits for a yes
            self.cards: dict[str, str] = {}  # charge -> the card's number, which decides how its refunds go
            self.undelivered: set[str] = set()
            self.paid_out: dict[str, str] = {}  # balance transaction -> its payout
            self.captured = 0
            self.refunded = 0

    def now(self) -> int:
        """Epoch seconds."""
        return int(self._clock())

    def keep(self, thing: Json) -> Json:
        """Remember an object under its id."""
        self.kept[thing["object"]][thing["id"]] = thing
        return thing

    def find(self, kind: str, object_id: str, param: str = "id") -> Json:
        """The object itself, not a copy.

        :raises Refusal: nothing has this id
        """
        found = self.kept[kind].get(object_id)
        if found is None:
            raise missing(kind, object_id, param)
        return found

    def find_charge(self, session_id: str) -> Json:
        """What a session's payment has taken.

        :raises Refusal: no such session, or nothing was taken
        """
        intent_id = self.find("checkout.session", session_id)["payment_intent"]
        for charge in self.kept["charge"].values():
            if charge["payment_intent"] == intent_id and charge["paid"]:
                return charge
        raise missing("charge", f"of {session_id}")

    def happened(self, kind: str, about: Json, request: Json = NO_REQUEST) -> None:
        """Make the event, and let whoever sends notices know."""
        made = self.keep(event(kind, copy.deepcopy(about), request=dict(request), now=self.now()))
        self.on_event(made)
