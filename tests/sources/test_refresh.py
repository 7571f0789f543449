"""Refresh: sources are asked side by side within a deadline, and one that fails harms nobody's last known picture."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.claims.models import Claim
from app.sources.models import SourceHearing
from app.sources.port import Answer, Source, Title
from app.sources.queries import freshness
from app.sources.refresh import DEADLINE_SECONDS, Asked, Crowd, Person, refresh
from tests.conftest import Database
from tests.demo import AHMED, CODE, KIRSTEN, NOW, Onlooker, Town, daycare, fine
from tests.fakes.sources import FakeCatalogue, FakeSource, FakeToldSource, Switches

pytestmark = pytest.mark.database
MINUTE = timedelta(minutes=1)


@dataclass
class Held(FakeSource):
    """A source that ignores its deadline, and answers only when let go."""

    def __post_init__(self) -> None:
        self.let_go = threading.Event()

    def ask(self, cpr: str, *, deadline_seconds: float) -> Answer:
        found = super().ask(cpr, deadline_seconds=deadline_seconds)
        self.let_go.wait(10)
        return found


class Bench:
    """One person, a library and a ledger."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.person = Person(town.person(), KIRSTEN)
        self.library = FakeToldSource(claims={KIRSTEN: (fine("f1"),)})
        self.ledger = FakeSource(claims={KIRSTEN: (daycare("d1"),)})
        self.catalogue = FakeCatalogue(known={"rec-f1": Title("Rødhætte", "Grimm", "bog")})

    def ask(self, *sources: Source, now: datetime = NOW, person: Person | None = None) -> list[Asked]:
        return refresh(
            self.town.sessions, sources=sources or [self.library, self.ledger], catalogue=self.catalogue, crowd=Crowd(),
            person=person or self.person, municipality_code=CODE, clock=lambda: now,
        )  # fmt: skip

    def open_refs(self) -> set[str]:
        with self.town.sessions() as session:
            return set(session.scalars(select(Claim.origin_ref).where(Claim.closed_at.is_(None))))

    def hearing(self, source: str) -> SourceHearing:
        with self.town.sessions() as session:
            return session.get_one(SourceHearing, (self.person.person_id, CODE, source))

    def title(self) -> str | None:
        found: str | None = self.town.claim("f1").evidence["materials"][0].get("title")
        return found


@pytest.fixture
def bench(town: Town) -> Bench:
    return Bench(town)


def test_every_source_goes_into_the_register_with_its_titles(bench: Bench) -> None:
    assert bench.ask() == [Asked("fbs", answered=True, error=None), Asked("ledger", answered=True, error=None)]
    assert bench.open_refs() == {"f1", "d1"}
    assert bench.title() == "Rødhætte"
    assert bench.hearing("fbs").answered_at == NOW


@pytest.mark.parametrize(
    ("switches", "error"),
    [
        (Switches(down=True), "SourceUnavailable"),
        (Switches(nonsense=True), "SourceNonsense"),
        (Switches(refuses=True), "SourceRefused"),
    ],
)
def test_a_source_that_fails_keeps_its_last_known_claims_and_harms_no_other(
    bench: Bench, switches: Switches, error: str
) -> None:
    bench.ask()
    bench.library.switches = switches
    bench.ledger.claims = {KIRSTEN: (daycare("d1"), daycare("d2"))}
    outcome = bench.ask(now=NOW + 6 * MINUTE)
    assert outcome == [Asked("fbs", answered=False, error=error), Asked("ledger", answered=True, error=None)]
    assert bench.open_refs() == {"f1", "d1", "d2"}
    heard = bench.hearing("fbs")
    assert (heard.answered_at, heard.failed_at, heard.error) == (NOW, NOW + 6 * MINUTE, error)
    with bench.town.sessions() as session:
        known = freshness(session, person_id=bench.person.person_id, municipality_code=CODE)
    assert (known["fbs"].has_failed, known["ledger"].has_failed) == (True, False)


def test_a_source_that_hangs_costs_the_deadline_and_no_more(bench: Bench) -> None:
    hanging = Held(name="fbs", claims={KIRSTEN: (fine("f1"),)})
    began = time.monotonic()
    outcome = bench.ask(hanging, bench.ledger)
    assert time.monotonic() - began < DEADLINE_SECONDS + 1
    assert outcome == [
        Asked("fbs", answered=False, error="SourceUnavailable"),
        Asked("ledger", answered=True, error=None),
    ]
    assert bench.open_refs() == {"d1"}
    hanging.let_go.set()


def test_a_source_that_hangs_fills_its_own_threads_only(bench: Bench) -> None:
    hanging, crowd = Held(name="fbs"), Crowd(threads_each=2)
    stuck = [crowd.ask(hanging, KIRSTEN) for _ in range(4)]
    assert crowd.ask(bench.ledger, KIRSTEN).result(timeout=5).claims == (daycare("d1"),)
    assert not any(one.done() for one in stuck)
    hanging.let_go.set()
    assert [one.result(timeout=5).claims for one in stuck] == [(), (), (), ()]


def test_the_sources_given_are_asked_however_lately_they_were_heard_and_no_others(bench: Bench) -> None:
    bench.ask()
    assert [one.source for one in bench.ask(bench.ledger)] == ["ledger"]
    assert (bench.library.asked, bench.ledger.asked) == ([KIRSTEN], [KIRSTEN] * 2)


def test_a_source_that_answers_again_has_not_failed(bench: Bench) -> None:
    bench.library.switches = Switches(down=True)
    bench.ask()
    bench.library.switches = Switches()
    bench.ask(now=NOW + MINUTE)
    heard = bench.hearing("fbs")
    assert (heard.answered_at, heard.failed_at) == (NOW + MINUTE, None)


def test_one_person_refreshed_many_times_at_once(bench: Bench) -> None:
    bench.library.claims = {KIRSTEN: tuple(fine(f"f{n}") for n in range(10))}
    with ThreadPoolExecutor(6) as crowd:
        outcomes = list(crowd.map(lambda _: bench.ask(), range(12)))
    assert all(one.answered for outcome in outcomes for one in outcome)
    assert bench.open_refs() == {"d1", *(f"f{n}" for n in range(10))}


def test_two_who_owe_the_same_refresh_at_once(bench: Bench) -> None:
    both = tuple(replace(daycare(f"d{n}"), shared=True) for n in range(12))
    other = Person(bench.town.person(AHMED), AHMED)
    for turn in range(4):
        found = tuple(replace(claim, origin_ref=f"{claim.origin_ref}-{turn}") for claim in both)
        library = FakeSource(name="fbs", claims={KIRSTEN: found, AHMED: found})
        ledger = FakeSource(claims={KIRSTEN: found, AHMED: found})

        def ask(person: Person, library: FakeSource = library, ledger: FakeSource = ledger) -> list[Asked]:
            return bench.ask(library, ledger, person=person)

        with ThreadPoolExecutor(4) as crowd:
            list(crowd.map(ask, [bench.person, other] * 2))
        assert {claim.origin_ref for claim in found} <= bench.open_refs()


def test_titles_are_kept_when_the_catalogue_is_down(bench: Bench) -> None:
    bench.ask()
    bench.catalogue.switches = Switches(down=True)
    outcome = bench.ask(now=NOW + 6 * MINUTE)
    assert all(one.answered for one in outcome)
    assert bench.title() == "Rødhætte"


def test_without_the_catalogue_a_new_claim_is_shown_without_a_title(bench: Bench) -> None:
    bench.catalogue.switches = Switches(down=True)
    bench.ask()
    assert bench.open_refs() == {"f1", "d1"}
    assert bench.title() is None


def test_nothing_is_asked_of_the_catalogue_when_there_is_nothing_to_name(bench: Bench) -> None:
    bench.ask(bench.ledger)
    assert not bench.catalogue.asked


def overtaken(bench: Bench, meanwhile: Callable[[], object]) -> list[Asked]:
    """The ledger is asked at NOW; before its answer comes, something else happens."""
    slow = Held(claims=dict(bench.ledger.claims))
    with ThreadPoolExecutor(1) as aside:
        future = aside.submit(bench.ask, slow)
        while not slow.asked:
            time.sleep(0.005)
        meanwhile()
        slow.let_go.set()
        return future.result(timeout=10)


def test_a_late_answer_never_overtakes_a_newer_one(bench: Bench) -> None:
    newer = NOW + timedelta(seconds=1)

    def ask_anew() -> None:
        bench.ledger.claims = {KIRSTEN: (daycare("d2"),)}
        bench.ask(bench.ledger, now=newer)

    overtaken(bench, ask_anew)
    assert bench.open_refs() == {"d2"}
    assert (bench.hearing("ledger").asked_at, bench.hearing("ledger").answered_at) == (newer, newer)


def test_a_newer_question_that_failed_does_not_silence_an_older_answer(bench: Bench) -> None:
    def fail() -> None:
        bench.ledger.switches = Switches(down=True)
        bench.ask(bench.ledger, now=NOW + timedelta(seconds=1))

    overtaken(bench, fail)
    assert bench.open_refs() == {"d1"}
    assert (bench.hearing("ledger").answered_at, bench.hearing("ledger").failed_at) == (NOW, None)


def test_an_older_question_that_failed_says_nothing_of_a_newer_answer(bench: Bench) -> None:
    bench.ask(bench.ledger, now=NOW + timedelta(seconds=2))
    bench.ledger.switches = Switches(down=True)
    bench.ask(bench.ledger, now=NOW)
    heard = bench.hearing("ledger")
    assert (heard.asked_at, heard.failed_at) == (NOW + timedelta(seconds=2), None)


def test_no_source_is_asked_with_a_transaction_open(bench: Bench, database: Database) -> None:
    onlooker = Onlooker(database.app_url)

    class Watching(FakeSource):
        def ask(self, cpr: str, *, deadline_seconds: float) -> Answer:
            onlooker.look()
            return super().ask(cpr, deadline_seconds=deadline_seconds)

    class WatchingCatalogue(FakeCatalogue):
        def titles(self, record_ids: frozenset[str]) -> dict[str, Title]:
            onlooker.look()
            return super().titles(record_ids)

    bench.catalogue = WatchingCatalogue(switches=Switches(down=True))
    bench.ask(Watching(name="fbs", claims={KIRSTEN: (fine("f1"),)}))
    assert onlooker.looks == 2
    assert bench.open_refs() == {"f1"}


def test_a_person_whom_no_source_knows_owes_nothing(bench: Bench) -> None:
    stranger: UUID = bench.town.person(AHMED)
    assert all(one.answered for one in bench.ask(person=Person(stranger, AHMED)))
    assert bench.open_refs() == set()
