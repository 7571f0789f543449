"""Idempotency keys as Stripe keeps them: the first answer is replayed, whatever it was."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from standins.stripe.refusals import Refusal

MAX_LENGTH = 255


@dataclass(frozen=True)
class Answer:
    """A status, the JSON text that goes with it, and the id of the request that got it first."""

    status: int
    body: str
    request_id: str
    is_kept: bool = True


@dataclass(slots=True)
class _Record:
    call: tuple[str, str]
    answer: Answer | None = None


class Keys:
    """The keys of one account."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._records: dict[str, _Record] = {}

    def forget(self) -> None:
        """Every key is unused again."""
        with self._lock:
            self._records.clear()

    def once(self, key: str, call: tuple[str, str], work: Callable[[], Answer]) -> tuple[Answer, bool]:
        """Do the work, or find what it answered before; True where it was found.

        :raises Refusal: the key belongs to another call, or its first call is still under way
        """
        if len(key) > MAX_LENGTH:
            raise Refusal(f"Idempotency keys can be at most {MAX_LENGTH} characters", kind="idempotency_error")
        with self._lock:
            known = self._records.get(key)
            if known is None:
                self._records[key] = _Record(call)
        if known is None:
            return self._first(key, work), False
        if known.call != call:
            raise Refusal(
                "Keys for idempotent requests can only be used with the same parameters they were first used with.",
                kind="idempotency_error",
            )
        if known.answer is None:
            raise Refusal(
                "There is currently another in-progress request using this Idempotency Key.",
                status=409,
                kind="idempotency_error",
                code="idempotency_key_in_use",
            )
        return known.answer, True

    def _first(self, key: str, work: Callable[[], Answer]) -> Answer:
        answer: Answer | None = None
        try:
            answer = work()
        finally:
            with self._lock:
                record = self._records.get(key)
                if answer is None or not answer.is_kept:
                    self._records.pop(key, None)
                elif record is not None:
                    record.answer = answer
        return answer
