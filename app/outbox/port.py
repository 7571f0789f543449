"""What the outbox asks of a handler, and the words both use.

A handler is called with the wires and one message, **with no transaction open**. It speaks its wire (and may read or
store something in short transactions of its own) and returns `finish`: what the answer changes in our tables. The
worker runs `finish(session)` and marks the message done in ONE transaction.

* A message is handled *at least once*: a worker may be killed between any two steps. The receiver's key (the message's
  id, or what was stored with the promise) must make it once in effect. `finish` counts exactly once.
* `finish` runs again after a rollback, perhaps together with others in one transaction: it changes nothing but what
  its session writes, and speaks no wire.
* A handler says `Later` when it must wait, `GiveUp` when trying again is senseless. Whatever else it raises is taken
  as `Later` with the name of the error, so a room's own errors need no wrapping.
* Many answers that come together may be written together (`Together`).
* Messages of one lane are handled one at a time and in order; one that waits or is dead holds back its own lane only.
"""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy.orm import Session

from app.foundation.jsons import Json

W = TypeVar("W")
A = TypeVar("A")
PATIENCE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Message:
    """A promise in the hands of one worker. `taken_by` and `attempts` are its fence: both must still hold at `done`."""

    id: uuid.UUID
    kind: str
    subject_id: uuid.UUID
    municipality_code: str
    lane: str
    payload: Json
    attempts: int
    taken_by: int
    created_at: datetime
    patient_from: datetime


Finish = Callable[[Session], None]


@dataclass(frozen=True, slots=True)
class Together(Generic[A]):
    """A finish that the worker makes one with all others of the same `write` that it settles in one transaction.

    So many answers are written with the statements of one.
    """

    write: Callable[[Session, Sequence[A]], None]
    answers: tuple[A, ...]

    def __call__(self, session: Session) -> None:
        """Write the answers."""
        self.write(session, self.answers)


def joined(finishes: Iterable[Finish]) -> list[Finish]:
    """The same finishes, with one in the place of all that are written together."""
    made: list[Finish] = []
    answers: dict[Callable[[Session, Sequence[Any]], None], tuple[Any, ...]] = {}
    for finish in finishes:
        if isinstance(finish, Together):
            answers[finish.write] = answers.get(finish.write, ()) + finish.answers
        else:
            made.append(finish)
    return made + [Together(write, those) for write, those in answers.items()]


Handler = Callable[[W, Message], Finish]
OnDead = Callable[[Session, Message, str], None]
"""What follows when a message dies, in the same transaction: (session, message, reason); a task for a person."""


@dataclass(frozen=True, slots=True)
class Wire:
    """What kinds of message are spoken over. With a municipality it makes a road (roads.py)."""

    name: str
    silent: tuple[type[Exception], ...]
    """The errors of its port that say nobody answers, whatever the message."""


@dataclass(frozen=True, slots=True)
class Kind(Generic[W]):
    """How messages of one kind are delivered, and how old one may become before it is left to a person.

    With a `wire`, a message that meets silence makes all of its road wait, and no silence makes it older.
    """

    handle: Handler[W]
    patience: timedelta = PATIENCE
    wire: Wire | None = None


@dataclass(frozen=True, slots=True)
class Periodic(Generic[W]):
    """A task that runs by the clock: `act(wires, now)` says in a few words what it did.

    It runs once in each stretch of `every`, counted from midnight UTC of 1970 plus `offset`, whatever the number of
    workers. It must bear being run again when its worker dies halfway.
    """

    name: str
    every: timedelta
    act: Callable[[W, datetime], str]
    offset: timedelta = timedelta(0)


class Later(Exception):
    """The wire must be tried again: `after` some time of the handler's choice, else by the outbox's backoff.

    `heard` says that somebody answered, only not yet as hoped: the message's road is open.
    """

    def __init__(self, reason: str, *, after: timedelta | None = None, heard: bool = False) -> None:
        super().__init__(reason)
        self.after = after
        self.heard = heard


class GiveUp(Exception):
    """Trying again is senseless: a person must look. The message is its reason."""


class NoLongerOurs(Exception):
    """The message was taken over by another worker, or is not held at all: what we did with it does not count."""


def nothing(_session: Session) -> None:
    """The finish of a handler whose work is over when the wire has answered."""
