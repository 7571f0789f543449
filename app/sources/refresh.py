"""Refresh: sources are asked side by side about one person, and what they show goes into the register."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.claims import register
from app.claims.models import Claim, ClaimSighting
from app.claims.sighting import FoundClaim
from app.claims.sightings import Sighted
from app.foundation.clock import Clock
from app.foundation.db import Sessions
from app.foundation.jsons import Json
from app.sources.models import SourceHearing
from app.sources.port import Answer, Catalogue, Source, SourceError, SourceUnavailable, Title

DEADLINE_SECONDS = 1.5

log = structlog.get_logger()


@dataclass(frozen=True)
class Person:
    """Whom the sources are asked about. The CPR number goes to the wires and nowhere else."""

    person_id: UUID
    cpr: str


@dataclass(frozen=True)
class Asked:
    """What came of asking one source."""

    source: str
    answered: bool
    error: str | None


class Crowd:
    """The threads that ask sources. One municipality's source that hangs fills its own threads and no other's."""

    def __init__(self, *, threads_each: int = 8) -> None:
        self._threads_each = threads_each
        self._pools: dict[int, ThreadPoolExecutor] = {}

    def ask(self, source: Source, cpr: str) -> Future[Answer]:
        """Ask in a thread of the source's own."""
        pool = self._pools.get(id(source))
        if pool is None:
            fresh = ThreadPoolExecutor(self._threads_each, thread_name_prefix=f"ask-{source.name}")
            pool = self._pools.setdefault(id(source), fresh)
        return pool.submit(source.ask, cpr, deadline_seconds=DEADLINE_SECONDS)


def refresh(
    sessions: Sessions, *, sources: Sequence[Source], catalogue: Catalogue, crowd: Crowd, person: Person,
    municipality_code: str, clock: Clock,
) -> list[Asked]:  # fmt: skip
    """Ask these sources, however lately they were heard (speaks over wires: takes the session factory).

    A source that is slow, down or answers nonsense leaves the others and its own last known claims untouched.
    """
    asked_at = clock()
    futures = {source.name: crowd.ask(source, person.cpr) for source in sources}
    wait(futures.values(), timeout=DEADLINE_SECONDS)
    outcome = []
    for name, future in futures.items():
        try:
            if not future.done():
                future.cancel()
                raise SourceUnavailable(f"no answer within {DEADLINE_SECONDS} s")
            answer = _with_titles(sessions, municipality_code, future.result(), catalogue)
        except SourceError as error:
            log.warning("source_not_heard", source=name, municipality=municipality_code, error=str(error))
            _note_failure(sessions, person, municipality_code, name, asked_at, error, clock())
            outcome.append(Asked(name, answered=False, error=type(error).__name__))
        else:
            _take_in(sessions, person, municipality_code, name, asked_at, answer, clock())
            outcome.append(Asked(name, answered=True, error=None))
    return outcome


def _take_in(
    sessions: Sessions, person: Person, code: str, name: str, asked_at: datetime, answer: Answer, now: datetime
) -> None:
    sighted = Sighted(code, person.person_id, name, answer.claims, asked_at)
    heard = {"asked_at": asked_at, "answered_at": now, "failed_at": None, "error": None, "facts": answer.facts}
    with sessions.begin() as session:
        # Noted first: the row is locked from here on, so that no answer to an earlier question comes after this one.
        if _note(session, person, code, name, asked_at, heard):
            register.observe(session, sighted=sighted, now=now)


def _note_failure(
    sessions: Sessions, person: Person, code: str, name: str, asked_at: datetime, error: SourceError, now: datetime
) -> None:
    with sessions.begin() as session:
        _note(session, person, code, name, asked_at, {"failed_at": now, "error": type(error).__name__})


def _note(session: Session, person: Person, code: str, name: str, asked_at: datetime, values: Json) -> bool:
    """Note what came of a question, unless a later question has been answered already. Returns whether it was noted."""
    first = {"asked_at": asked_at, "facts": {}, **values}
    made = insert(SourceHearing).values(person_id=person.person_id, municipality_code=code, source=name, **first)
    noted = made.on_conflict_do_update(
        index_elements=["person_id", "municipality_code", "source"],
        set_=values,
        where=SourceHearing.answered_at.is_(None) | (SourceHearing.asked_at <= asked_at),
    )
    return session.scalar(noted.returning(SourceHearing.source)) is not None


def _with_titles(sessions: Sessions, code: str, answer: Answer, catalogue: Catalogue) -> Answer:
    """The answer with the items' titles, as far as they are known; without the catalogue, as they were known before."""
    wanted = {item["record_id"] for claim in answer.claims for item in claim.evidence.get("materials", ())}
    if not wanted:
        return answer
    try:
        titles = catalogue.titles(frozenset(wanted))
    except SourceError as error:
        log.warning("catalogue_not_heard", error=str(error))
        titles = _titles_before(sessions, code, answer.claims)
    claims = tuple(replace(claim, evidence=_titled(claim.evidence, titles)) for claim in answer.claims)
    return replace(answer, claims=claims)


def _titled(evidence: Json, titles: dict[str, Title]) -> Json:
    if not evidence.get("materials"):
        return evidence
    return evidence | {"materials": [_named(item, titles.get(item["record_id"])) for item in evidence["materials"]]}


def _named(item: Json, title: Title | None) -> Json:
    return item | {"title": title.title, "author": title.author} if title else item


def _titles_before(sessions: Sessions, code: str, claims: Sequence[FoundClaim]) -> dict[str, Title]:
    known = (
        select(ClaimSighting.seen["evidence"]["materials"])
        .join(Claim, Claim.id == ClaimSighting.claim_id)
        .where(
            Claim.municipality_code == code,
            Claim.origin_system.in_({claim.origin_system for claim in claims}),
            Claim.origin_ref.in_({claim.origin_ref for claim in claims}),
        )
    )
    with sessions.begin() as session:
        materials = [item for found in session.scalars(known) for item in found or ()]
    return {
        item["record_id"]: Title(item["title"], item.get("author"), None) for item in materials if item.get("title")
    }
