"""The routes of the Report API: whose ledgers there are, and the funds of one day.

The vendor's test environment has none of this, so what is here is assumed from its documentation: the token for
accounting keys is `POST /miami/v1/token` (HTTP Basic, form `grant_type=client_credentials`, no subscription key, 15
minutes); a sales unit's own token opens the same. Only the topic `funds` and whole dates are played.
"""

import base64
import binascii
from datetime import date

import flask

from standins.mobilepay import tokens as keys
from standins.mobilepay.funds import LEDGER_ID
from standins.mobilepay.merchant import MSN
from standins.mobilepay.refusals import Refusal, malformed
from standins.mobilepay.wire import Desk, answer
from standins.people import FJORDBY_CVR

PAGE_SIZE = 50
LEDGER = {
    "ledgerId": LEDGER_ID,
    "currency": "DKK",
    "payoutBankAccount": {"scheme": "BBAN:DK", "id": "12345678901234"},
    "owner": {"scheme": "business:DK:CVR", "id": FJORDBY_CVR},
    "settlesForRecipientHandles": [f"api:{MSN}"],
    "salesUnits": [{"name": "Fjordby Kommune", "recipientHandle": f"api:{MSN}"}],
}


def add_report(blueprint: flask.Blueprint, desk: Desk) -> None:
    """What an accountant may read."""

    @blueprint.post("/miami/v1/token")
    def accounting_token() -> flask.Response:
        form, headers = flask.request.form, flask.request.headers
        is_asked = form.get("grant_type") == "client_credentials" and "Ocp-Apim-Subscription-Key" not in headers
        if not is_asked or not keys.is_accountant(headers):
            return answer({"error": "invalid_client"}, 401)
        seconds = int(keys.ACCOUNTING_LIFETIME.total_seconds())
        token = desk.tokens.make(keys.ACCOUNTING_LIFETIME)
        return answer({"access_token": token, "token_type": "Bearer", "expires_in": seconds})

    @blueprint.get("/settlement/v1/ledgers")
    def ledgers() -> flask.Response:
        keys.check_bearer(flask.request.headers, desk.tokens)
        wanted = flask.request.args.getlist("settlesForRecipientHandles")
        items = [LEDGER] if not wanted or f"api:{MSN}" in wanted else []
        return answer({"items": items, "cursor": ""})

    @blueprint.get("/report/v2/ledgers/<ledger_id>/funds/dates/<day>")
    def funds(ledger_id: str, day: str) -> flask.Response:
        keys.check_bearer(flask.request.headers, desk.tokens)
        if ledger_id != LEDGER_ID:
            raise Refusal("Not Found", "No such ledgerId.", status=404)
        return _day(desk, _read_day(day))


def _day(desk: Desk, day: date) -> flask.Response:
    entries, is_closed = desk.merchant.funds.on(day)
    begin = _read_cursor(flask.request.args.get("cursor", ""), day)
    end = begin + PAGE_SIZE
    has_more = end < len(entries)
    body: dict[str, object] = {"items": entries[begin:end], "hasMore": has_more, "tryLater": not is_closed}
    if has_more:
        body["cursor"] = base64.urlsafe_b64encode(f"{day.isoformat()}/{end}".encode()).decode()
    response = answer(body)
    response.headers["Vipps-Feed-Page-Size"] = str(PAGE_SIZE)
    return response


def _read_day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if day.isoformat() != text or day == date.min:
        raise malformed("ledgerDate", "A date is written as 2026-11-22.")
    return day


def _read_cursor(text: str, day: date) -> int:
    if not text:
        return 0
    try:
        own_day, _slash, place = base64.urlsafe_b64decode(text.encode()).decode().partition("/")
    except (binascii.Error, ValueError):
        own_day, place = "", ""
    if own_day != day.isoformat() or not place.isascii() or not place.isdigit() or len(place) > 9:
        raise malformed("cursor", "The cursor is not one of this date's.")
    return int(place)
