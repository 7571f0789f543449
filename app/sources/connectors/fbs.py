"""The library system FBS (Cicero): a borrower's fees over its CMS API, and telling it what has been paid.

A CPR number is sent in one request's body and nowhere else. One object serves one library (agency) from many threads.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from app.foundation.http import new_client, seconds_left, within
from app.sources.connectors import fbs_answers
from app.sources.port import Answer, SourceNonsense, SourceRefused, SourceUnavailable, Telling, Told

LIBRARY = frozenset({"library"})


class FbsSource:
    """One library: its fees are claims, and it is told of payments.

    `base_url` ends before `/external` (`https://…/rest`), `agency` is the library's ISIL (`DK-761500`),
    `telling_seconds` is how long `tell_paid` and `shows_paid` may take in all.
    """

    name = "fbs"

    def __init__(
        self,
        base_url: str,
        *,
        agency: str,
        username: str,
        password: str,
        areas: frozenset[str] = LIBRARY,
        telling_seconds: float = 10.0,
        connections: int = 20,
    ) -> None:
        self.areas = areas
        self._client = new_client(base_url, timeout_seconds=telling_seconds, connections=connections)
        self._agency = agency
        self._credentials = {"username": username, "password": password}
        self._telling_seconds = telling_seconds
        self._session_key: str | None = None
        self._login_lock = threading.Lock()

    def ask(self, cpr: str, *, deadline_seconds: float) -> Answer:
        """Every fee that is not paid, also those which only the debtor ledger takes money for.

        A person whom the library does not know owes it nothing.

        :raises SourceUnavailable, SourceNonsense, SourceRefused: as the port says
        """
        with _heard_within(deadline_seconds):
            # Clients of FBS send the bare number, although the content is called JSON.
            looked_up = self._call("POST", "/patrons/preauthenticated/v10", content=cpr.encode())
            patron = fbs_answers.read_patron(looked_up)
            if patron is None:
                return Answer(claims=(), facts={"patron_id": None, "blocked": []})
            fees = self._fees(patron.patron_id, include_paid=False)
        return Answer(
            claims=tuple(fee.as_claim(patron_id=patron.patron_id) for fee in fees if fee.is_owed),
            facts={"patron_id": patron.patron_id, "blocked": patron.blocked},
        )

    def tell_paid(self, *, patron_id: int, order_id: str, origin_refs: tuple[str, ...]) -> dict[str, Telling]:
        """Payment v2: once in effect for an order id, an answer for each fee.

        :raises SourceUnavailable, SourceNonsense, SourceRefused: as the port says
        """
        if not origin_refs:
            return {}
        order = {"orderId": order_id, "feeIds": _fee_ids(origin_refs)}
        with _heard_within(self._telling_seconds):
            raw = self._call("POST", f"/patron/{patron_id:d}/payment/v2", json=order)
        said = fbs_answers.read_confirmations(raw, order_id=order_id)
        return {ref: _telling(said.get(ref)) for ref in origin_refs}

    def shows_paid(self, *, patron_id: int, origin_refs: tuple[str, ...]) -> dict[str, bool]:
        """Whether each fee is paid, has nothing left, or has gone from the list of paid and unpaid fees.

        :raises SourceUnavailable, SourceNonsense, SourceRefused: as the port says
        """
        if not origin_refs:
            return {}
        with _heard_within(self._telling_seconds):
            fees = self._fees(patron_id, include_paid=True)
        owed = {str(fee.fee_id) for fee in fees if fee.is_owed}
        return {ref: ref not in owed for ref in origin_refs}

    def close(self) -> None:
        """End the connections."""
        self._client.close()

    def _fees(self, patron_id: int, *, include_paid: bool) -> tuple[fbs_answers.Fee, ...]:
        asked = {"includepaid": "true" if include_paid else "false", "includenonpayable": "true"}
        return fbs_answers.read_fees(self._call("GET", f"/patron/{patron_id:d}/fees/v2", params=asked))

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
        json: Mapping[str, Any] | None = None,
    ) -> bytes:
        """One call with a session; a session that FBS has let expire is renewed once."""

        def say(session_key: str) -> httpx.Response:
            return self._client.request(
                method,
                f"/external/{self._agency}{path}",
                params=params,
                content=content,
                json=json,
                headers={"X-Session": session_key, "Content-Type": "application/json"},
            )

        session_key = self._session(expired=None)
        answer = say(session_key)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            answer = say(self._session(expired=session_key))
        return _accepted(answer)

    def _session(self, *, expired: str | None) -> str:
        """A session key other than the expired one; of all threads that find it expired, one logs in."""
        key = self._session_key
        if key is not None and key != expired:
            return key
        left = seconds_left()
        if not self._login_lock.acquire(timeout=max(left or 0.0, 0.0)):
            raise SourceUnavailable("FBS: no login in time")
        try:
            if self._session_key is None or self._session_key == expired:
                self._session_key = None
                path = f"/external/v1/{self._agency}/authentication/login"
                raw = _accepted(self._client.post(path, json=self._credentials))
                self._session_key = fbs_answers.read_session(raw).session_key
            return self._session_key
        finally:
            self._login_lock.release()


@contextmanager
def _heard_within(seconds: float) -> Iterator[None]:
    """All calls inside share one deadline; what the wire raises becomes the port's error."""
    try:
        with within(seconds):
            yield
    except httpx.TimeoutException as error:
        raise SourceUnavailable("FBS did not answer in time") from error
    except httpx.HTTPError as error:
        raise SourceUnavailable(f"FBS was not reached: {type(error).__name__}") from error


def _accepted(answer: httpx.Response) -> bytes:
    """The body of an answer that says yes."""
    status = answer.status_code
    if status == httpx.codes.OK:
        return answer.content
    if status >= 500 or status in {httpx.codes.TOO_MANY_REQUESTS, httpx.codes.REQUEST_TIMEOUT}:
        raise SourceUnavailable(f"FBS answered {status}")
    if status >= 400:
        raise SourceRefused(f"FBS answered {status}: our credentials, agency or request are not accepted")
    raise SourceNonsense(f"FBS answered {status}")


def _fee_ids(origin_refs: tuple[str, ...]) -> list[int]:
    try:
        return [int(ref) for ref in origin_refs]
    except ValueError:
        raise SourceRefused("FBS: a fee is named by a number") from None


def _telling(said: fbs_answers.Confirmation | None) -> Telling:
    if said is None:
        return Telling(Told.NOT_REGISTERED, said="FBS left the fee out of its answer")
    return Telling(said.outcome, said=said.said, confirmation_id=said.confirmation_id)
