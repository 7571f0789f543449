"""A road in memory that answers as the test says, for the adapters that speak SF1590."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from app.serviceplatformen.port import RoadError


def transaction_id(envelope: bytes) -> str:
    """The transaction id in an envelope, which an answer must repeat."""
    found = re.search(rb"TransaktionsId>([^<]+)<", envelope)
    assert found
    return found[1].decode()


@dataclass
class FakeRoad:
    """Implements `Road`: `answer` is given the envelope and makes the bytes that come back, or raises."""

    answer: Callable[[bytes], bytes | RoadError]
    sent: list[tuple[str, str, bytes, float]] = field(default_factory=list)

    def send(self, *, service: str, action: str, envelope: bytes, cvr: str, deadline_seconds: float) -> bytes:
        assert cvr
        self.sent.append((service, action, envelope, deadline_seconds))
        came = self.answer(envelope)
        if isinstance(came, RoadError):
            raise came
        return came
