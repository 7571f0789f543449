"""The engine: a worker takes messages, has them handled side by side with no transaction open, and settles them."""

import signal
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Generic

import structlog
from sqlalchemy.orm import Session

from app.foundation.clock import Clock
from app.foundation.db import Sessions, transaction
from app.outbox import periodic, queue, roads
from app.outbox.alive import Life, living
from app.outbox.port import (
    PATIENCE,
    Finish,
    GiveUp,
    Kind,
    Later,
    Message,
    NoLongerOurs,
    OnDead,
    Periodic,
    W,
    Wire,
    joined,
)

# What one worker holds at most; each has a thread of its own, so nothing that is taken waits for a slow wire.
_HELD = 20
_BUSY_SECONDS = 0.05
_IDLE_SECONDS = 0.5
# Answers that come this close together are settled in one transaction.
_TOGETHER_SECONDS = 0.005
_PERIODIC_LOOK_SECONDS = 1.0
_PROBE_LOOK = timedelta(seconds=0.5)
_GRACE_SECONDS = 5.0
_REST_SECONDS = 1.0

log = structlog.get_logger()


class Worker(Generic[W]):
    """One worker process. Any number of them, on any number of hosts, share the outbox.

    Whatever goes wrong beyond a message ends the worker's present life: its lock is let go, others take over what it
    held, and it begins anew.
    """

    def __init__(
        self,
        *,
        sessions: Sessions,
        database_url: str,
        wires: W,
        handlers: Mapping[str, Kind[W]],
        periodic: Sequence[Periodic[W]],
        clock: Clock,
        on_dead: OnDead,
    ) -> None:
        self._sessions = sessions
        self._database_url = database_url
        self._wires = wires
        self._handlers = handlers
        self._periodic = periodic
        self._clock = clock
        self._on_dead = on_dead
        self._held: dict[Future[Finish], Message] = {}
        self._running: dict[str, Future[None]] = {}
        self._next_look = 0.0
        self._wire_of = {name: kind.wire.name for name, kind in handlers.items() if kind.wire}
        self._silent: set[tuple[str, str]] = set()
        """The roads that this worker has met silent, and not heard since: (wire, municipality)."""
        self._probed_at = datetime.min.replace(tzinfo=UTC)

    def run(self, stop: threading.Event) -> None:
        """Deliver until `stop` is set; then finish within a few seconds what is held, and let go of the rest."""
        pool = ThreadPoolExecutor(_HELD + len(self._periodic), thread_name_prefix="outbox")
        try:
            while not stop.is_set():
                try:
                    with living(self._database_url) as life:
                        log.info("outbox_worker_lives", worker=life.key)
                        self._live(life, pool, stop)
                except Exception as error:  # noqa: BLE001 - the worker outlives its database and its own faults
                    log.warning("outbox_life_ended", error=queue.reason_of(error))
                    stop.wait(_REST_SECONDS)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _live(self, life: Life, pool: ThreadPoolExecutor, stop: threading.Event) -> None:
        with transaction(self._sessions) as session:
            periodic.register(session, tasks=self._periodic, now=self._clock())
        pause = _BUSY_SECONDS
        try:
            while not stop.is_set():
                life.check()
                self._start_periodic(life, pool)
                found = self._take(life, pool)
                if not self._held:
                    stop.wait(pause)
                settled = self._settle_ready(timeout_seconds=pause)
                pause = _BUSY_SECONDS if found or settled else min(pause * 2, _IDLE_SECONDS)
        finally:
            self._finish_what_is_held()

    def _take(self, life: Life, pool: ThreadPoolExecutor) -> int:
        room = _HELD - len(self._held)
        if not room:
            return 0
        now = self._clock()
        messages = self._probe(life, room, now)
        with transaction(self._sessions) as session:
            messages += queue.take(
                session, worker_key=life.key, limit=room - len(messages), now=now, wires=self._wire_of
            )
        for message in messages:
            self._held[pool.submit(self._handle, message)] = message
        return len(messages)

    def _probe(self, life: Life, room: int, now: datetime) -> list[Message]:
        """One message for each silent road that has rested, looked for twice a second."""
        if now - self._probed_at < _PROBE_LOOK:
            return []
        self._probed_at = now
        with transaction(self._sessions) as session:
            probes = roads.probe(session, worker_key=life.key, limit=room, now=now, wires=self._wire_of)
        self._silent |= {road for road in map(self._road_of, probes) if road}
        return probes

    def _road_of(self, message: Message) -> tuple[str, str] | None:
        wire = self._wire_of.get(message.kind)
        return (wire, message.municipality_code) if wire else None

    def _handle(self, message: Message) -> Finish:
        kind = self._handlers.get(message.kind)
        if kind is None:
            # Perhaps a newer worker, on another host, knows it.
            raise Later(f"this worker has no handler for {message.kind}")
        return kind.handle(self._wires, message)

    def _settle_ready(self, *, timeout_seconds: float) -> int:
        """Settle what has been handled, waiting a while for the first of it. Returns how many."""
        if not self._held or not wait(self._held, timeout=timeout_seconds, return_when=FIRST_COMPLETED).done:
            return 0
        ready = wait(self._held, timeout=_TOGETHER_SECONDS).done
        kept: list[tuple[Message, Finish]] = []
        for future in ready:
            error = future.exception()
            if error is None:
                kept.append((self._held[future], future.result()))
            else:
                self._put_off(self._held[future], error)
        self._keep_all(kept)
        for future in ready:
            del self._held[future]
        return len(ready)

    def _keep_all(self, kept: Sequence[tuple[Message, Finish]]) -> None:
        if len(kept) > 1:
            try:
                self._keep(kept)
            except Exception as error:  # noqa: BLE001 - one spoils it for all: each is tried alone, and judged alone
                log.info("outbox_settled_one_by_one", messages=len(kept), error=queue.reason_of(error))
            else:
                return
        for message, finish in kept:
            try:
                self._keep([(message, finish)])
            except Exception as error:  # noqa: BLE001 - whatever a finish raises puts its message off
                self._put_off(message, error)

    def _keep(self, kept: Sequence[tuple[Message, Finish]]) -> None:
        with transaction(self._sessions) as session:
            queue.done(session, messages=[message for message, _ in kept], now=self._clock())
            for finish in joined(finish for _, finish in kept):
                finish(session)
                # Each finish reads its rows afresh: what another one loaded may be older than a lock it waits for.
                session.flush()
                session.expunge_all()
            self._hear(session, [message for message, _ in kept])

    def _hear(self, session: Session, messages: Sequence[Message]) -> None:
        """Somebody answered: where this worker knows a road to be silent, it is open from now on."""
        for road in {road for road in map(self._road_of, messages) if road in self._silent}:
            assert road is not None
            roads.heard(session, wire=road[0], municipality_code=road[1], now=self._clock())
            self._silent.discard(road)

    def _put_off(self, message: Message, error: BaseException) -> None:
        try:
            if not isinstance(error, NoLongerOurs):
                self._judge(message, error)
        except NoLongerOurs as lost:
            error = lost
        except Exception as trouble:  # noqa: BLE001 - better late than dead without a task for a person
            reason = f"could not be buried: {queue.reason_of(trouble)}"
            with transaction(self._sessions) as session:
                queue.later(session, message=message, reason=reason, now=self._clock(), patience=None)
        log.warning("outbox_not_delivered", message=str(message.id), kind=message.kind, error=queue.reason_of(error))

    def _judge(self, message: Message, error: BaseException) -> None:
        """Put the message off, or bury it with all that follows from its death, in one transaction."""
        reason = queue.reason_of(error)
        kind = self._handlers.get(message.kind)
        with transaction(self._sessions) as session:
            if kind and kind.wire and isinstance(error, kind.wire.silent):
                died = self._hold_back(session, message, reason, kind, kind.wire)
            else:
                died = self._put_off_alone(session, message, reason, error, kind)
            if died:
                self._on_dead(session, message, reason)

    def _hold_back(self, session: Session, message: Message, reason: str, kind: Kind[W], wire: Wire) -> bool:
        """Nobody answers: the road rests, and the message waits with it, growing no older."""
        now = self._clock()
        self._silent.add((wire.name, message.municipality_code))
        was_open = roads.fell_silent(session, wire=wire.name, message=message, reason=reason, now=now)
        return queue.later(
            session,
            message=message if not was_open else self._as_old_as_it_counts(session, message, wire),
            reason=reason,
            now=now,
            after=min(queue.wait_after(message.attempts), roads.LONGEST_REST),
            # Where others are heard, it is this message that is not answered: it is as old as any.
            patience=kind.patience if was_open else None,
        )

    def _put_off_alone(
        self, session: Session, message: Message, reason: str, error: BaseException, kind: Kind[W] | None
    ) -> bool:
        now = self._clock()
        if kind and kind.wire:
            if isinstance(error, Later) and error.heard:
                self._hear(session, [message])
            else:
                roads.probe_ended(session, message=message, now=now)
            message = self._as_old_as_it_counts(session, message, kind.wire)
        if isinstance(error, GiveUp):
            queue.give_up(session, message=message, reason=reason)
            return True
        return queue.later(
            session,
            message=message,
            reason=reason,
            now=now,
            after=error.after if isinstance(error, Later) else None,
            patience=kind.patience if kind else PATIENCE,
        )

    def _as_old_as_it_counts(self, session: Session, message: Message, wire: Wire) -> Message:
        return replace(message, patient_from=roads.patient_from(session, wire=wire.name, message=message))

    def _start_periodic(self, life: Life, pool: ThreadPoolExecutor) -> None:
        if monotonic() < self._next_look:
            return
        self._next_look = monotonic() + _PERIODIC_LOOK_SECONDS
        for name in [name for name, future in self._running.items() if future.done()]:
            self._running.pop(name).result()
        idle = [task for task in self._periodic if task.name not in self._running]
        with transaction(self._sessions) as session:
            claimed = periodic.claim(session, tasks=idle, worker_key=life.key, now=self._clock())
        for task in claimed:
            self._running[task.name] = pool.submit(
                periodic.run,
                self._sessions,
                task=task,
                wires=self._wires,
                worker_key=life.key,
                clock=self._clock,
            )

    def _finish_what_is_held(self) -> None:
        deadline = monotonic() + _GRACE_SECONDS
        while self._held and (left := deadline - monotonic()) > 0:
            self._settle_ready(timeout_seconds=left)
        self._held.clear()
        wait(self._running.values(), timeout=max(0.0, deadline - monotonic()))


def run_worker(worker: Worker[W]) -> None:
    """Run a worker as this process's main thread, until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        # A thread of its own sets the event: the main thread may be inside the event's lock when the signal comes.
        signal.signal(number, lambda *_: threading.Thread(target=stop.set).start())
    worker.run(stop)
