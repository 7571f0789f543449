"""A road that is silent is probed by one message at a time; what waits keeps its order, its age and its attempts."""

import uuid
from collections.abc import Mapping
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from app.foundation.clock import utc_now
from app.foundation.db import Sessions
from app.outbox import queue, roads
from app.outbox.alive import Life, living
from app.outbox.delivery import Worker
from app.outbox.models import DEAD, DONE, OutboxMessage, OutboxRoad
from app.outbox.port import Finish, Handler, Kind, Later, Message, Wire, nothing
from tests.outbox.conftest import Born, Put
from tests.outbox.passing import Passing

pytestmark = pytest.mark.database
WIRES = {"test": "ledger", "told": "ledger", "other": "library"}
CODE = "0999"
NOW = utc_now().replace(microsecond=0)


def after(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


class Roads:
    """What workers do with roads, step by step, at moments that a test chooses."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions

    def put(self, kind: str = "test", *, code: str = CODE, lane: str | None = None, seconds: float = 0) -> uuid.UUID:
        """What is due in one moment is taken in any order: a test that asks for the first says `seconds`."""
        promise = queue.Promise(kind, uuid.uuid4(), code, lane or str(uuid.uuid4()), {}, NOW + after(seconds))
        with self.sessions.begin() as session:
            queue.put_many(session, promises=[promise], now=NOW)
        return promise.message_id

    def take(self, life: Life, seconds: float = 0, *, limit: int = 20) -> list[Message]:
        with self.sessions.begin() as session:
            return queue.take(session, worker_key=life.key, limit=limit, now=NOW + after(seconds), wires=WIRES)

    def probe(self, life: Life, seconds: float, *, limit: int = 20) -> list[Message]:
        with self.sessions.begin() as session:
            return roads.probe(session, worker_key=life.key, limit=limit, now=NOW + after(seconds), wires=WIRES)

    def met_silence(self, message: Message, seconds: float = 0) -> bool:
        now = NOW + after(seconds)
        with self.sessions.begin() as session:
            was_open = roads.fell_silent(session, wire=WIRES[message.kind], message=message, reason="away", now=now)
            queue.later(session, message=message, reason="away", now=now, after=after(0.5), patience=None)
        return was_open

    def heard(self, message: Message, seconds: float) -> None:
        now = NOW + after(seconds)
        with self.sessions.begin() as session:
            queue.done(session, messages=[message], now=now)
            roads.heard(session, wire=WIRES[message.kind], municipality_code=message.municipality_code, now=now)

    def road(self, wire: str = "ledger", code: str = CODE) -> OutboxRoad:
        with self.sessions() as session:
            return session.get_one(OutboxRoad, (wire, code))

    def patient_from(self, message: Message) -> object:
        with self.sessions() as session:
            return roads.patient_from(session, wire=WIRES[message.kind], message=message)


@pytest.fixture
def ways(sessions: Sessions) -> Roads:
    return Roads(sessions)


def test_only_what_goes_the_silent_road_is_left_alone(ways: Roads, born: Born) -> None:
    life = born()
    ways.put()
    (first,) = ways.take(life)
    assert ways.met_silence(first)
    ways.put("told")
    free = {ways.put("other"), ways.put(code="0461"), ways.put("unknown")}
    assert {message.id for message in ways.take(life, 100)} == free
    road = ways.road()
    assert (road.silent_since, road.reason, road.rests) == (NOW, "away", 1)


def test_one_probe_goes_out_at_a_time_whoever_asks_and_only_after_the_rest(ways: Roads, born: Born) -> None:
    one, other = born(), born()
    tried, untried = ways.put(seconds=-1), ways.put()
    (first,) = ways.take(one, limit=1)
    assert first.id == tried
    ways.met_silence(first)
    assert ways.probe(one, 0.9) == []
    (out,) = ways.probe(one, 1)
    assert out.id == untried, "the least tried goes first, so that no message's own trouble keeps the road shut"
    assert ways.probe(one, 1) == ways.probe(other, 1) == ways.probe(other, 3600) == []
    ways.met_silence(out, 3600)
    assert ways.probe(other, 3601.9) == []
    assert len(ways.probe(other, 3602)) == 1


def test_a_rest_doubles_with_each_silent_probe_and_what_was_on_its_way_does_not_count(ways: Roads, born: Born) -> None:
    life = born()
    for _ in range(20):
        ways.put()
    on_their_way = ways.take(life)
    assert [ways.met_silence(message) for message in on_their_way] == [True] * 20  # all in one moment
    rests, at = [], 1.0
    for _ in range(8):
        (out,) = ways.probe(life, at)
        assert not ways.met_silence(out, at)
        rests.append((ways.road().rests_until - NOW - after(at)).total_seconds())  # type: ignore[operator]
        at += rests[-1]
    assert rests == [2, 4, 8, 16, 20, 20, 20, 20]


def test_each_silent_road_has_its_own_probe_as_far_as_there_is_room(ways: Roads, born: Born) -> None:
    life = born()
    for code in ("0461", "0462", "0463"):
        ways.put(code=code)
    for message in ways.take(life):
        ways.met_silence(message)
    some = ways.probe(life, 1, limit=2)
    rest = ways.probe(life, 1)
    assert (len(some), len(rest)) == (2, 1)
    assert {message.municipality_code for message in [*some, *rest]} == {"0461", "0462", "0463"}


def test_a_probe_whose_worker_died_is_sent_anew_after_the_longest_rest(
    ways: Roads, born: Born, database_url: str
) -> None:
    life = born()
    ways.put()
    (first,) = ways.take(life)
    ways.met_silence(first)
    with living(database_url) as dying:
        (out,) = ways.probe(dying, 1)
        assert ways.probe(life, 60) == []
    (again,) = ways.probe(life, 1 + roads.LONGEST_REST.total_seconds())
    assert (again.id, again.attempts) == (out.id, 3)


def test_a_probe_that_says_nothing_of_the_road_leaves_the_turn_to_another(ways: Roads, born: Born) -> None:
    life = born()
    ways.put()
    (first,) = ways.take(life)
    ways.met_silence(first)
    (out,) = ways.probe(life, 1)
    with ways.sessions.begin() as session:
        queue.later(session, message=out, reason="its own", now=NOW + after(1))
        roads.probe_ended(session, message=out, now=NOW + after(1))
    other = ways.put()
    assert [message.id for message in ways.probe(life, 1)] == [other]


def test_a_road_that_is_heard_is_open_at_once_and_what_waits_has_its_old_order(ways: Roads, born: Born) -> None:
    life = born()
    waiting = [ways.put(lane=lane, seconds=number - 4) for number, lane in enumerate(("a", "a", "b", "c"))]
    for message in ways.take(life, limit=1):
        ways.met_silence(message)
    (out,) = ways.probe(life, 1)
    ways.heard(out, 2)
    assert [message.id for message in ways.take(life, 2)] == [
        one for one in (waiting[0], *waiting[2:]) if one != out.id
    ]
    road = ways.road()
    assert (road.silent_since, road.reason, road.rests, road.heard_again_at) == (None, None, 0, None)


def test_a_long_silence_makes_nothing_older_and_a_short_one_nothing_younger(ways: Roads, born: Born) -> None:
    life = born()
    for seconds, counted_from in ((roads.LASTING.total_seconds() - 1, 0), (400, 400)):
        ways.put()
        (first,) = ways.take(life, seconds - 1)
        ways.met_silence(first)
        (out,) = ways.probe(life, seconds)
        ways.heard(out, seconds)
        assert ways.patient_from(out) == NOW + after(counted_from)


class Silence(Exception):
    """Nobody answers."""


class House:
    """A worker whose time passes only where it waits."""

    def __init__(self, sessions: Sessions, database_url: str, *, patience: timedelta = timedelta(days=3)) -> None:
        self.sessions, self._url, self._patience = sessions, database_url, patience
        self.buried: list[uuid.UUID] = []

    def work(self, handle: Handler[None], clock: Passing) -> None:
        kind = Kind(handle, patience=self._patience, wire=Wire("ledger", silent=(Silence,)))
        Worker(
            sessions=self.sessions, database_url=self._url, wires=None, handlers={"test": kind}, periodic=(),
            clock=clock, on_dead=lambda _session, message, _reason: self.buried.append(message.id),
        ).run(clock)  # fmt: skip

    def states(self) -> Mapping[uuid.UUID, str]:
        with self.sessions() as session:
            return dict(session.execute(select(OutboxMessage.id, OutboxMessage.state)).all())


def test_nothing_dies_of_a_silence_longer_than_all_patience(sessions: Sessions, database_url: str, put: Put) -> None:
    house = House(sessions, database_url)
    begun = utc_now()
    woken = begun + timedelta(days=5)
    ids = [put() for _ in range(5)]
    hiccups = {put(): 1}

    def handle(_wires: None, message: Message) -> Finish:
        if clock() < woken:
            raise Silence("away")
        if hiccups.get(message.id, 0):
            hiccups[message.id] -= 1
            raise ValueError("nonsense, once")  # patience runs again, from when the road was heard
        return nothing

    def meanwhile(now: object) -> None:
        if all(state == DONE for state in house.states().values()) or clock() > woken + timedelta(days=1):
            clock.set()

    clock = Passing(begun, meanwhile, faster=40_000)
    house.work(handle, clock)
    assert set(house.states().values()) == {DONE}
    assert set(house.states()) == {*ids, *hiccups}
    assert house.buried == []


def test_one_message_that_is_never_answered_stops_no_other_and_dies_of_its_own_age(
    sessions: Sessions, database_url: str, put: Put
) -> None:
    house = House(sessions, database_url, patience=timedelta(minutes=2))
    bad = put()
    delivered = 0

    def handle(_wires: None, message: Message) -> Finish:
        nonlocal delivered
        if message.id == bad:
            raise Silence("away, says the ledger of this one message")
        delivered += 1
        return nothing

    def meanwhile(_now: object) -> None:
        put()
        if house.buried or clock() > begun + timedelta(hours=1):
            clock.set()

    begun = utc_now()
    clock = Passing(begun, meanwhile, faster=20)
    house.work(handle, clock)
    assert house.buried == [bad]
    states = house.states()
    assert states[bad] == DEAD
    assert clock() < begun + timedelta(minutes=3)
    # Others are a second behind at most, each time it is tried; the last few were put while the worker stopped.
    assert delivered >= len(states) - 5


def test_somebody_who_answers_but_not_yet_as_hoped_is_heard(sessions: Sessions, database_url: str, put: Put) -> None:
    house = House(sessions, database_url)
    put()
    said = iter([Silence("away"), Later("not shown as paid yet", after=timedelta(hours=2), heard=True)])

    def handle(_wires: None, _message: Message) -> Finish:
        raise next(said)

    def meanwhile(_now: object) -> None:
        if clock() > begun + timedelta(seconds=10):
            clock.set()

    begun = utc_now()
    clock = Passing(begun, meanwhile)
    house.work(handle, clock)
    with sessions() as session:
        assert session.scalars(select(OutboxRoad.silent_since)).all() == [None]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 2)),
        st.tuples(st.just("take"), st.integers(0, 1)),
        st.tuples(st.just("answer"), st.integers(0, 1)),
        st.tuples(st.just("pass"), st.integers(1, 30)),
        st.tuples(st.just("turn"), st.just(0)),  # the ledger falls silent, or wakes
    ),
    max_size=60,
)


class Play:
    """Two workers, a ledger that sleeps and wakes, and what must be true after every step."""

    def __init__(self, ways: Roads, born: Born) -> None:
        self.ways, self.workers = ways, (born(), born())
        self.awake, self.at = True, 0.0
        self.put: dict[str, list[uuid.UUID]] = {}
        self.arrived: dict[str, list[uuid.UUID]] = {}
        self._held: tuple[list[Message], list[Message]] = ([], [])
        self._probes: set[uuid.UUID] = set()

    def step(self, what: str, which: int) -> None:
        self.at += 0.001
        match what:
            case "put":
                self.put.setdefault(str(which), []).append(self.ways.put(lane=str(which)))
            case "take":
                self._take(which)
            case "answer":
                self._answer(which)
            case "pass":
                self.at += which
            case _:
                self.awake = not self.awake

    def _take(self, which: int) -> None:
        out = self.ways.probe(self.workers[which], self.at)
        self._probes.update(message.id for message in out)
        taken = self.ways.take(self.workers[which], self.at)
        assert not (taken and self._probes), "the road is silent: nothing but a probe goes"
        assert len(self._probes) <= 1
        self._held[which].extend([*out, *taken])

    def _answer(self, which: int) -> None:
        for message in self._held[which]:
            if self.awake:
                self.arrived.setdefault(message.lane, []).append(message.id)
                self.ways.heard(message, self.at)
                self._probes.clear()
            else:
                self.ways.met_silence(message, self.at)
                self._probes.discard(message.id)
        self._held[which].clear()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_happens_one_probe_is_out_lanes_keep_their_order_and_all_arrives(
    steps: list[tuple[str, int]], ways: Roads, born: Born
) -> None:
    with ways.sessions.begin() as session:
        session.execute(text("delete from outbox_message"))
        session.execute(text("delete from outbox_road"))
    play = Play(ways, born)
    for what, which in steps:
        play.step(what, which)
    play.awake = True
    for _ in range(200):
        if play.arrived == play.put:
            break
        for what, which in (("pass", 1), ("take", 0), ("answer", 0), ("answer", 1)):
            play.step(what, which)
    assert play.arrived == play.put
