"""The wire to Stripe: the one file that uses Stripe's library, with the one table of what its errors mean to us."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import httpx
import stripe

from app.foundation.http import new_client, within
from app.payments.port import NoSuchPayment, OutcomeUnknown, ProviderRefused, ProviderUnavailable

stripe.enable_telemetry = False

PAGE_SIZE = 100
# Answers that say the call was certainly not carried out, but may be later: too fast (429), a key that an operator must
# mend (401, 403). Refused for good are the others of InvalidRequestError and a key used for another call.
NOT_NOW = (stripe.RateLimitError, stripe.AuthenticationError, stripe.PermissionError)
REFUSALS = (stripe.InvalidRequestError, stripe.IdempotencyError, stripe.CardError)


T = TypeVar("T", bound=stripe.StripeObject)


@dataclass(frozen=True)
class Timeouts:
    """How long, in seconds, to wait for a connection, and for the whole call."""

    connect_seconds: float = 3.0
    total_seconds: float = 8.0


PATIENCE = Timeouts()


def client(secret_key: str, *, api_base: str | None, timeouts: Timeouts) -> stripe.StripeClient:
    """The library's client for one merchant; `api_base` None is Stripe itself.

    The library's own retries are off: after a timeout and then a refused connection they would report only the second,
    and a call that may have been carried out would be taken for one that was not. Callers replay.
    """
    return stripe.StripeClient(
        secret_key,
        base_addresses={"api": api_base.rstrip("/")} if api_base else {},
        max_network_retries=0,
        http_client=_Wire(timeouts),
    )


@contextmanager
def translate() -> Iterator[None]:
    """Stripe's errors to the port's: the one table.

    :raises ProviderError: the one of its kinds that the error means
    """
    try:
        yield
    except NOT_NOW as fault:
        raise ProviderUnavailable(_said(fault)) from fault
    except REFUSALS as fault:
        if fault.code == "resource_missing":
            raise NoSuchPayment(_said(fault)) from fault
        kind = fault.error.type if fault.error else None
        raise ProviderRefused(_said(fault), code=fault.code or kind or "refused") from fault
    except stripe.StripeError as fault:
        # 409 (the same call is under way), 5xx, and whatever Stripe may come to say: it may have been carried out.
        raise OutcomeUnknown(_said(fault)) from fault


@contextmanager
def readable() -> Iterator[None]:
    """An answer that lacks what it must have is no answer.

    :raises OutcomeUnknown: it lacks something
    """
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as fault:
        raise OutcomeUnknown("stripe's answer cannot be read") from fault


def pages(read: Callable[[Any], stripe.ListObject[T]], query: Mapping[str, Any], *, most: int) -> Iterator[list[T]]:
    """The pages of a list, in Stripe's order (newest first); at most so many.

    :raises OutcomeUnknown, ProviderUnavailable: one could not be read
    """
    asked = {**query, "limit": PAGE_SIZE}
    for _page in range(most):
        with translate():
            page = read(asked)
        with readable():
            things = list(page.data)
            if things:
                asked["starting_after"] = things[-1]["id"]
            is_last = not (page.has_more and things)
        yield things
        if is_last:
            return


def every(read: Callable[[Any], stripe.ListObject[T]], query: Mapping[str, Any], *, most: int) -> Iterator[T]:
    """All that a list holds.

    :raises OutcomeUnknown: some of it could not be read, or it is longer than so many pages
    :raises ProviderUnavailable: not reached
    """
    for number, things in enumerate(pages(read, query, most=most + 1), start=1):
        if number > most:
            raise OutcomeUnknown("stripe's list does not end")
        yield from things


def _said(fault: stripe.StripeError) -> str:
    """What to log: never Stripe's prose, which repeats parameters, but its names for what happened."""
    return f"stripe: {type(fault).__name__} {fault.code or ''} ({fault.http_status}, {fault.request_id})"


class _Wire(stripe.HTTPClient):
    """How the library speaks HTTP: one pool, no redirects, and connection faults named by what they mean to us."""

    name = "httpx"

    def __init__(self, timeouts: Timeouts) -> None:
        super().__init__()
        self._pool = _pool(timeouts)
        self._total_seconds = timeouts.total_seconds

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """One call, never repeated.

        :raises ProviderUnavailable: no connection, so nothing was sent
        :raises OutcomeUnknown: the connection broke or fell silent afterwards
        """
        try:
            with within(self._total_seconds):
                answer = self._pool.request(method, url, headers=headers, content=post_data)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as fault:
            raise ProviderUnavailable("stripe cannot be reached") from fault
        except httpx.HTTPError as fault:
            raise OutcomeUnknown(f"no answer from stripe ({type(fault).__name__})") from fault
        if answer.status_code >= 300 and not answer.headers.get("content-type", "").startswith("application/json"):
            # Not Stripe's own words (a gateway's page, a redirect): nobody knows how far the call came.
            raise OutcomeUnknown(f"stripe answered {answer.status_code} without saying why")
        return answer.text, answer.status_code, answer.headers


@cache
def _pool(timeouts: Timeouts) -> httpx.Client:
    """One pool for all merchants of the process: a TLS context each would cost megabytes."""
    return new_client(timeout_seconds=timeouts.total_seconds, connect_seconds=timeouts.connect_seconds, connections=50)
