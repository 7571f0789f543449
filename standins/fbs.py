"""FBS (Cicero), the library system: the raw CMS API under `/fbs/rest`, and a small page of what borrowers owe.

Magic values: Jonas Bech's fee answers `paymentNotAllowedByClient`, and so does every fee that is not payable by
clients (Kirsten Lund's replacement); a fee that the library does not know answers `feeNotFound`, a word that the
documentation does not list; a fee that the ledger has had paid answers `paymentRegisteredByDifferentOrderId`.
`POST /fbs/test/expire-sessions` lets every login expire at once.
"""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import flask
from werkzeug.exceptions import BadRequest, HTTPException

from standins.fbs_acts import acts
from standins.fbs_page import add_page
from standins.frame import Place, Standin, find_cpr
from standins.world import Fee, Patron, today

SESSION_SECONDS = 600.0
USERNAME, PASSWORD = "betaldinkommune", "standin"
AGENCIES = frozenset({"DK-799100", "DK-799200"})

ABOUT = """Bibliotekssystemet: login, lånere, mellemværender og betalinger (rest/external/…).
Bruger betaldinkommune, adgangskode standin; et login varer 10 minutter.
Jonas Bechs gebyr kan ikke lukkes (paymentNotAllowedByClient); det samme gælder krav, som kommunen har overtaget.
POST /fbs/test/expire-sessions: alle login udløber straks."""


class Unauthorised(HTTPException):
    """The session is missing, unknown or has expired."""

    code = 401
    description = "client unauthorized"


class BadCredentials(HTTPException):
    """The user or the password is wrong."""

    code = 403
    description = "bad credentials"


@dataclass(frozen=True)
class Registered:
    """A fee closed by an order of ours."""

    order_id: str
    confirmation_id: str
    at: str


class Cicero:
    """Logins and orders; fees and borrowers live in the shared world."""

    def __init__(self, place: Place, clock: Callable[[], float] = time.monotonic) -> None:
        self.world = place.world
        self._violations = place.violations
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions: dict[str, tuple[str, float]] = {}
        self.registered: dict[int, Registered] = {}

    def reset(self) -> None:
        """Forget orders. Logins stay: the portal need not notice."""
        with self.world.lock:
            self.registered.clear()

    def expire_sessions(self) -> int:
        """Let every login expire; how many there were."""
        with self._lock:
            count = len(self._sessions)
            self._sessions.clear()
            return count

    def log_in(self, agency: str, username: object, password: object) -> str:
        """A session key for one agency."""
        if agency not in AGENCIES or (username, password) != (USERNAME, PASSWORD):
            raise BadCredentials
        key = secrets.token_hex(16)
        now = self._clock()
        with self._lock:
            self._sessions = {old: kept for old, kept in self._sessions.items() if kept[1] > now}
            self._sessions[key] = (agency, now + SESSION_SECONDS)
        return key

    def require_session(self, agency: str, key: str) -> None:
        """Go on only with a session of this agency that has not expired."""
        with self._lock:
            owner, until = self._sessions.get(key, ("", 0.0))
        if owner != agency or until <= self._clock():
            raise Unauthorised

    def patron(self, agency: str, patron_id: int) -> Patron:
        """The borrower with this id at this library."""
        patron = self.world.patrons.get((agency, patron_id))
        if patron is None:
            raise BadRequest("unknown patron")
        return patron

    def pay(self, patron: Patron, order_id: str, fee_ids: list[int]) -> list[dict[str, object]]:
        """Register an order, fee by fee; the same order again gives the same confirmations."""
        if find_cpr(order_id):
            self._violations("fbs: a CPR number stood in an orderId")
        with self.world.lock:
            return [self._pay_fee(patron, order_id, fee_id) for fee_id in dict.fromkeys(fee_ids)]

    def _pay_fee(self, patron: Patron, order_id: str, fee_id: int) -> dict[str, object]:
        answer: dict[str, object] = {"orderId": order_id, "feeId": fee_id}
        fee = self.world.fees.get(fee_id)
        if fee is None or (fee.agency, fee.patron_id) != (patron.agency, patron.patron_id):
            return {**answer, "paymentStatus": "feeNotFound"}
        registered = self.registered.get(fee_id)
        if registered is None and fee.paid_on is None:
            if not fee.payable_by_client or fee.refuses_payment:
                return {**answer, "paymentStatus": "paymentNotAllowedByClient"}
            registered = Registered(order_id, secrets.token_hex(8), datetime.now(UTC).isoformat())
            self.registered[fee_id] = registered
            self.world.on_fee_paid(fee_id, today())
        if registered is None or registered.order_id != order_id:
            return {**answer, "paymentStatus": "paymentRegisteredByDifferentOrderId"}
        return {**answer, "paymentStatus": "paymentRegistered", "confirmationId": registered.confirmation_id}

    def state(self) -> object:
        """Per fee: whether it is paid, when, and under which order (none: the ledger's coverage paid it)."""
        with self.world.lock:
            return {
                "sessions": len(self._sessions),
                "fees": {str(fee_id): self._fee_state(fee) for fee_id, fee in self.world.fees.items()},
            }

    def _fee_state(self, fee: Fee) -> dict[str, object]:
        registered = self.registered.get(fee.fee_id)
        return {
            "patron_id": fee.patron_id,
            "agency": fee.agency,
            "amount_ore": fee.amount_ore,
            "paid_on": fee.paid_on.isoformat() if fee.paid_on else None,
            "order_id": registered.order_id if registered else None,
            "registered_at": registered.at if registered else None,
        }


def standin(place: Place) -> Standin:
    """The library system of both municipalities."""
    cicero = Cicero(place)
    blueprint = flask.Blueprint("fbs", __name__)

    @blueprint.errorhandler(HTTPException)
    def explain(error: HTTPException) -> tuple[flask.Response, int]:
        return flask.jsonify({"message": error.description}), error.code or 500

    _add_access(blueprint, cicero)
    _add_fees(blueprint, cicero)
    _add_payment(blueprint, cicero)
    add_page(blueprint, place.world)
    return Standin(
        name="fbs",
        title="FBS (Cicero)",
        about=ABOUT,
        blueprint=blueprint,
        reset=cicero.reset,
        state=cicero.state,
        acts=acts(place.world),
    )


def _add_access(blueprint: flask.Blueprint, cicero: Cicero) -> None:
    @blueprint.post("/rest/external/v1/<agency>/authentication/login")
    def login(agency: str) -> flask.Response:
        body = flask.request.get_json(force=True, silent=True)
        if not isinstance(body, dict):
            raise BadRequest("the body must be a JSON object")
        return flask.jsonify({"sessionKey": cicero.log_in(agency, body.get("username"), body.get("password"))})

    @blueprint.post("/test/expire-sessions")
    def expire_sessions() -> flask.Response:
        return flask.jsonify({"expired": cicero.expire_sessions()})

    @blueprint.post("/rest/external/<agency>/patrons/preauthenticated/v10")
    def look_up(agency: str) -> flask.Response:
        _require_session(cicero, agency)
        identifier = flask.request.get_data(as_text=True).strip().strip('"')
        if not identifier:
            raise BadRequest("the body must be a patron identifier")
        patron = cicero.world.patrons_by_cpr.get((agency, identifier))
        if patron is None:
            return flask.jsonify({"authenticateStatus": "INVALID", "patron": None})
        blocks = [
            {"blockedReason": reason, "blockedSince": today().isoformat(), "message": ""}
            for reason in patron.block_reasons
        ]
        about = {"patronId": patron.patron_id, "name": patron.name, "blockStatus": blocks, "defaultInterestPeriod": 180}
        return flask.jsonify({"authenticateStatus": "VALID", "patron": about})


def _add_fees(blueprint: flask.Blueprint, cicero: Cicero) -> None:
    @blueprint.get("/rest/external/<agency>/patron/<int:patron_id>/fees/v2")
    def fees(agency: str, patron_id: int) -> flask.Response:
        _require_session(cicero, agency)
        with_paid, with_non_payable = _boolean("includepaid"), _boolean("includenonpayable")
        cicero.patron(agency, patron_id)
        return flask.jsonify(
            [
                _as_json(fee)
                for fee in cicero.world.fees_of(agency, patron_id)
                if (with_paid or fee.paid_on is None) and (with_non_payable or fee.payable_by_client)
            ]
        )

    @blueprint.get("/rest/external/<agency>/patron/<int:patron_id>/fee/expected-fees/v1")
    def expected_fees(agency: str, patron_id: int) -> flask.Response:
        _require_session(cicero, agency)
        cicero.patron(agency, patron_id)
        # These libraries count fees by time, and FBS then expects none.
        return flask.jsonify([])

    @blueprint.get("/rest/external/<agency>/patron/<int:patron_id>/fee/<int:fee_id>/transactions/v1")
    def transactions(agency: str, patron_id: int, fee_id: int) -> flask.Response:
        _require_session(cicero, agency)
        fee = cicero.world.fees.get(fee_id)
        if fee is None or (fee.agency, fee.patron_id) != (agency, patron_id):
            raise BadRequest("unknown fee")
        rows = [("creation", fee.created_on)] + ([("payment", fee.paid_on)] if fee.paid_on else [])
        return flask.jsonify(
            [
                {
                    "amount": fee.amount_ore / 100,
                    "creationTime": f"{day.isoformat()}T08:00:00",
                    "type": kind,
                    "feeId": fee_id,
                    "transactionId": fee_id * 10 + number,
                }
                for number, (kind, day) in enumerate(rows)
            ]
        )


def _add_payment(blueprint: flask.Blueprint, cicero: Cicero) -> None:
    @blueprint.post("/rest/external/<agency>/patron/<int:patron_id>/payment/v2")
    def payment(agency: str, patron_id: int) -> flask.Response:
        _require_session(cicero, agency)
        patron = cicero.patron(agency, patron_id)
        body = flask.request.get_json(force=True, silent=True)
        order_id = body.get("orderId") if isinstance(body, dict) else None
        fee_ids = body.get("feeIds") if isinstance(body, dict) else None
        if not isinstance(order_id, str) or not order_id:
            raise BadRequest("orderId must be a text")
        if not isinstance(fee_ids, list) or not fee_ids or any(type(one) is not int for one in fee_ids):
            raise BadRequest("feeIds must be a list of whole numbers")
        return flask.jsonify(cicero.pay(patron, order_id, fee_ids))


def _require_session(cicero: Cicero, agency: str) -> None:
    cicero.require_session(agency, flask.request.headers.get("X-Session", ""))


def _boolean(name: str) -> bool:
    value = flask.request.args.get(name)
    if value not in {"true", "false"}:
        raise BadRequest(f"{name} must be true or false")
    return value == "true"


def _as_json(fee: Fee) -> dict[str, object]:
    answer: dict[str, object] = {
        "feeId": fee.fee_id,
        "type": fee.type,
        "reasonMessage": fee.reason_message,
        # The wire says double; what matters is that the reader takes it as a decimal.
        "amount": fee.amount_ore / 100,
        "creationDate": fee.created_on.isoformat(),
        "dueDate": fee.due_on.isoformat() if fee.due_on else None,
        "payableByClient": fee.payable_by_client,
        "materials": [],
    }
    if fee.paid_on:
        answer["paidDate"] = fee.paid_on.isoformat()
    materials = []
    for material in fee.materials:
        row: dict[str, object] = {
            "recordId": material.record_id,
            "materialItemNumber": material.item_number,
            "materialGroup": {"name": material.group, "description": material.group},
        }
        if material.periodical:
            row["periodical"] = {"displayText": material.periodical}
        materials.append(row)
    answer["materials"] = materials
    return answer
