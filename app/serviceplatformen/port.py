"""What the rooms that speak SF1590 ask of the road to the other municipality systems, in prose.

The road carries one envelope to one service and brings back what was answered, also when that is a SOAP fault: faults
belong to the language, not to the road. It carries nothing twice by itself: whoever sent decides whether to send again.

    RoadError
    ├── Unavailable   no connection, no answer in time, or the road's own error: it may or may not have arrived
    ├── Nonsense      something came back that is no XML answer
    └── Refused       the road does not let us in (certificate, token, agreement, address): people must look
"""

from typing import Protocol


class RoadError(Exception):
    """The road did not bring an answer."""


class Unavailable(RoadError):
    """No connection, no answer in time, or the road's own error; what was sent may or may not have arrived."""


class Nonsense(RoadError):
    """Something came back that is no XML answer."""


class Refused(RoadError):
    """The road does not let us in."""


class Road(Protocol):
    """The way to services of one environment of Serviceplatformen."""

    def send(self, *, service: str, action: str, envelope: bytes, cvr: str, deadline_seconds: float) -> bytes:
        """Carry an envelope to an action of a service (names as KOMBIT spells them); the bytes of the answer.

        `cvr` is the municipality on whose behalf it is sent.

        :raises Unavailable: it may or may not have arrived
        :raises Nonsense: what came back is no XML answer
        :raises Refused: the road does not let us in
        """
        ...
