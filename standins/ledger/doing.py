"""What people and tests may make the ledger do by itself, as acts, and as buttons on its page."""

import os
import uuid
from collections.abc import Callable, Mapping

import flask

from standins.frame import Act, BadAct
from standins.journal import this_moment
from standins.ledger import broker, writing
from standins.ledger.books import Books
from standins.ledger.movements import KINDS, Movement, Movements
from standins.ledger.sending import Outgoing, Sending
from standins.world import Debt, World

LEDGER_DOOR, EVENT_DOOR = "/hooks/ledger", "/hooks/beskedfordeler"
ACTION = "OpretDaekningAfskrivning"
BUTTONS = {
    "pay_in_bank": "Betal i banken",
    "return_in_bank": "Tilbagefør bankbetaling",
    "offset": "Modregn",
    "write_off": "Afskriv",
    "undo_write_off": "Tilbagefør afskrivning",
    "close_account": "Luk konto",
    "reopen_account": "Genåbn konto",
    "state_payable": "Send fordringer til indbetaling",
}


class Doing:
    """The ledger's own acts; each tells the portal of what it did."""

    def __init__(self, world: World, books: Books, movements: Movements, sending: Sending) -> None:
        self._world, self._books, self._movements, self._sending = world, books, movements, sending
        movements.on_made = self._tell
        url, queue = os.environ.get("BDK_BESKEDFORDELER_AMQP_URL"), os.environ.get("BDK_BESKEDFORDELER_QUEUE")
        if url and queue:
            sending.also = broker.publisher(url, queue)

    def acts(self) -> dict[str, Act]:
        """By name; each takes `account`, some also `amount_ore` (else everything) and `reason`."""
        moves: dict[str, Callable[[uuid.UUID, Mapping[str, object]], Movement]] = {
            "pay_in_bank": lambda account, asked: self._movements.pay_elsewhere(account, _amount(asked), by="bank"),
            "offset": lambda account, asked: self._movements.pay_elsewhere(account, _amount(asked), by="modregning"),
            "return_in_bank": lambda account, _asked: self._movements.take_back_elsewhere(account),
            "write_off": lambda account, asked: self._movements.write_off(
                account, _amount(asked), str(asked.get("reason") or "Afskrevet af kommunen")
            ),
            "undo_write_off": lambda account, _asked: self._movements.take_back_write_off(account),
        }

        def moving(move: Callable[[uuid.UUID, Mapping[str, object]], Movement]) -> Act:
            def act(asked: Mapping[str, object]) -> object:
                movement = move(_account(asked), asked)
                return {"id": str(movement.movement_id), "kind": movement.kind, "amount_ore": movement.amount_ore}

            return act

        return {
            **{name: moving(move) for name, move in moves.items()},
            "close_account": lambda asked: self._set_account(_account(asked), is_closed=True),
            "reopen_account": lambda asked: self._set_account(_account(asked), is_closed=False),
            "state_payable": self._state_payable,
        }

    def add_buttons(self, blueprint: flask.Blueprint) -> None:
        """The buttons' address: they work without JavaScript and lead back to the page."""

        @blueprint.post("/goer")
        def do() -> flask.Response | tuple[str, int]:
            act = self.acts().get(flask.request.form.get("act", ""))
            if act is None:
                return "Den knap findes ikke.", 404
            try:
                act({"account": flask.request.form.get("account", "")})
            except BadAct as bad:
                return f"Det kan ikke lade sig gøre: {bad}", 400
            return flask.redirect(f"./#{flask.request.form.get('account', '')}", 303)  # type: ignore[return-value]  # werkzeug's own class

    def state(self) -> dict[str, object]:
        """What a test can compare exactly."""
        made = list(self._movements.made.values())
        return {
            "movements": {kind: sum(one.amount_ore for one in made if one.kind == kind) for kind in KINDS},
            "closed_accounts": sorted(str(account) for account in self._books.closed),
            "told": self._sending.sent,
            "untold": len(self._sending.unsent),
        }

    def _tell(self, movement: Movement) -> None:
        key = f"movement/{movement.movement_id}"
        body = writing.told([movement], transaction_id=uuid.uuid5(movement.movement_id, "transaktion"))
        self._sending.later(Outgoing(key, LEDGER_DOOR, body, ACTION))

    def _set_account(self, account_id: uuid.UUID, *, is_closed: bool) -> object:
        with self._books.lock, self._world.lock:
            debt = self._debt(account_id)
            if is_closed:
                self._books.closed.add(account_id)
            else:
                self._books.closed.discard(account_id)
            at = this_moment()
            name = "DebitorkontoAfsluttetBesked" if is_closed else "DebitorkontoGenoptagetBesked"
            body = writing.account_message(name, debt=debt, at=at)
        self._sending.later(Outgoing(f"{name}/{account_id}/{at.isoformat()}", EVENT_DOOR, body))
        return {"account": str(account_id), "is_closed": is_closed}

    def _state_payable(self, asked: Mapping[str, object]) -> object:
        """Of one account, or of all that people (`cprs`) are liable for: a message each."""
        at = this_moment()
        with self._world.lock:
            if asked.get("account"):
                debts = [self._debt(_account(asked))]
            else:
                cprs = asked.get("cprs")
                if not isinstance(cprs, list):
                    raise BadAct("account must be a UUID, or cprs a list")
                debts = [debt for cpr in cprs for debt in self._world.debts_by_cpr.get(str(cpr), ())]
            bodies = {
                debt.claim_id: writing.payable_message(debt=debt, at=at) for debt in debts if debt.outstanding_ore
            }
        for claim_id, body in bodies.items():
            self._sending.later(Outgoing(f"payable/{claim_id}/{at.isoformat()}", EVENT_DOOR, body))
        return {"messages": len(bodies)}

    def _debt(self, account_id: uuid.UUID) -> Debt:
        debt = self._world.debts_by_account.get(account_id)
        if debt is None:
            raise BadAct("there is no such account")
        return debt


def _account(asked: Mapping[str, object]) -> uuid.UUID:
    try:
        return uuid.UUID(str(asked.get("account")))
    except ValueError:
        raise BadAct("account must be a UUID") from None


def _amount(asked: Mapping[str, object]) -> int | None:
    amount = asked.get("amount_ore")
    if amount is not None and (isinstance(amount, bool) or not isinstance(amount, int) or amount <= 0):
        raise BadAct("amount_ore must be a whole number above zero")
    return amount
