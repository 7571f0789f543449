"""What the sources room asks of the systems that claims arise in, in prose.

A source is asked for everything that one person owes one municipality, and answers whole or not at all: half an answer
would close claims that still stand. A source that does not know the person answers with nothing owed. Some sources are
told when a claim of theirs has been paid, and can be asked what they then show.

    SourceError
    ├── SourceUnavailable   no answer in time, no connection, an error of the source's own: ask again later
    ├── SourceNonsense      an answer that cannot be understood; the message says where
    └── SourceRefused       our credentials or our request are not accepted: people must look
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from app.claims.sighting import FoundClaim
from app.foundation.jsons import Json


class SourceError(Exception):
    """The source could not be heard."""


class SourceUnavailable(SourceError):
    """No answer in time, or an error of the source's own."""


class SourceNonsense(SourceError):
    """An answer that cannot be understood."""


class SourceRefused(SourceError):
    """Our credentials or our request are not accepted."""


@dataclass(frozen=True)
class Answer:
    """Everything that one person owes, as one source knows it, and what else it says of the person."""

    claims: tuple[FoundClaim, ...]
    facts: Json = field(default_factory=dict)
    """For the library: `patron_id` (int or None where unknown) and `blocked` (list of FBS block reason letters)."""


class Source(Protocol):
    """One system of one municipality. `ask` must return or raise within `deadline_seconds`."""

    name: str
    """`fbs` or `ledger`: what the register calls it."""
    areas: frozenset[str]
    """Which areas of the page it speaks for, for «Vi kan ikke hente biblioteksregninger lige nu»."""

    def ask(self, cpr: str, *, deadline_seconds: float) -> Answer:
        """All claims that the person is liable for and that are not paid.

        :raises SourceUnavailable: slow, down or in error
        :raises SourceNonsense: an answer that cannot be understood
        :raises SourceRefused: credentials or request not accepted
        """
        ...


class Told(StrEnum):
    """What a source answers, per claim, when told of a payment (FBS payment v2)."""

    REGISTERED = "registered"
    BY_OTHER_ORDER = "by_other_order"
    NOT_ALLOWED = "not_allowed"
    NOT_REGISTERED = "not_registered"


@dataclass(frozen=True)
class Telling:
    """The source's answer for one claim; `said` is its own word, for people."""

    outcome: Told
    said: str
    confirmation_id: str | None = None


class ToldSource(Protocol):
    """A source that is told of payments and can be asked what it shows afterwards."""

    def tell_paid(self, *, patron_id: int, order_id: str, origin_refs: tuple[str, ...]) -> dict[str, Telling]:
        """Tell that an order has been paid. The same order may be told again: the source registers it once.

        Returns an answer for every ref asked about; one that the source left out is NOT_REGISTERED.

        :raises SourceUnavailable: no answer: tell the same again
        :raises SourceNonsense: an answer that cannot be understood
        :raises SourceRefused: credentials or request not accepted
        """
        ...

    def shows_paid(self, *, patron_id: int, origin_refs: tuple[str, ...]) -> dict[str, bool]:
        """Whether the source shows each claim as paid (or no longer shows it at all).

        :raises SourceUnavailable, SourceNonsense, SourceRefused: as `tell_paid`
        """
        ...


@dataclass(frozen=True)
class Title:
    """What an item is called."""

    title: str
    author: str | None
    kind: str | None


class Catalogue(Protocol):
    """The libraries' catalogue: titles by FAUST number. What it does not know is left out."""

    def titles(self, record_ids: frozenset[str]) -> dict[str, Title]:
        """Titles of items.

        :raises SourceUnavailable, SourceNonsense: no titles to be had now; the page says so and shows the number
        """
        ...
