"""What the payments room asks of a provider whose notices come only where they were registered beforehand, in prose."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True)
class Registration:
    """An address that notices of some kinds of event are sent to; others may have registered theirs beside ours."""

    id: str
    url: str
    events: frozenset[str]


@dataclass(frozen=True)
class Registered:
    """A registration just made. What it signs with is told this once and never again."""

    id: str
    secret: str


@runtime_checkable
class RegistersNotices(Protocol):
    """The part of a provider that registrations are made at. Errors are those of the port's `fetch`."""

    notice_url: str
    """The portal's own door, as the world outside sees it."""

    def registrations(self) -> Sequence[Registration]:
        """Every registration of the merchant, others' too."""
        ...

    def is_ours(self, registration: Registration) -> bool:
        """Whether it sends every kind of notice that matters to our door."""
        ...

    def register(self) -> Registered:
        """Have notices sent to our door, beside what is registered already."""
        ...

    def unregister(self, registration_id: str) -> None:
        """Send no more notices there.

        :raises NoSuchPayment: it is not registered
        """
        ...
