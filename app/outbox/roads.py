"""Roads: the way to one municipality's system. One that is silent is probed, not hammered, and what waits is kept.

A road is a wire (what several kinds of message are spoken over) and a municipality. It is open until a handler says
that nobody answers. Then it rests, longer each time; when the rest is over, one message of all that wait is taken as a
probe, by one of all workers. Heard again, the road is open at once, and everything waiting is taken in its order.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import case, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.foundation.cpr import hide_cprs
from app.outbox.alive import ALIVE_SQL
from app.outbox.models import OutboxRoad
from app.outbox.port import Message
from app.outbox.queue import TAKABLE_SQL, TAKEN_SQL, messages_in

LONGEST_REST: Final = timedelta(seconds=20)
"""The first rest is a second; each silent probe doubles it, up to this."""
LASTING: Final = timedelta(minutes=1)
"""A silence longer than this is the other side's, and no message grows older by it."""
_LONGEST_REASON = 500

# Only what closes an open road, or was its probe, says something new; the rest were on their way when it fell silent.
_FELL_SILENT = text("""
    insert into outbox_road as r (wire, municipality_code, silent_since, reason, rests, rests_until)
    values (:wire, :municipality_code, :now, :reason, 1, :now + interval '1 second')
    on conflict (wire, municipality_code) do update set
        silent_since = coalesce(r.silent_since, :now),
        reason = :reason,
        rests = case when r.silent_since is null then 1 else r.rests + (r.probe_id is not distinct from :id)::int end,
        rests_until = case
            when r.silent_since is null then :now + interval '1 second'
            when r.probe_id = :id then :now + least(interval '1 second' * power(2, least(r.rests, 20)), :longest)
            else r.rests_until end,
        probe_id = nullif(r.probe_id, :id)
    returning r.silent_since = :now and r.rests = 1 as was_open
""")
# One message for each road whose rest is over, and none while its probe is on its way. The road rests meanwhile, so
# that a worker that looked at the same moment finds its turn taken.
_PROBE = text(f"""
    with alive as materialized (select array({ALIVE_SQL}) as keys),
    spoken as (select * from unnest(cast(:kinds as text[]), cast(:wires as text[])) as k(kind, wire)),
    rested as (
        select road.wire, road.municipality_code from outbox_road road, alive
        where road.silent_since is not null and road.rests_until <= :now
          and not exists (
              select from outbox_message probe where probe.id = road.probe_id and probe.taken_by = any (alive.keys))
        order by road.rests_until limit :limit
        for update of road skip locked
    ),
    chosen as (
        select rested.wire, rested.municipality_code, head.id from rested cross join lateral (
            select m.id from outbox_message m, alive
            where {TAKABLE_SQL} and m.municipality_code = rested.municipality_code
              and m.kind in (select kind from spoken where spoken.wire = rested.wire)
            order by m.attempts, m.position limit 1 for update of m skip locked) head
    ),
    marked as (
        update outbox_road road set probe_id = chosen.id, rests_until = :now + :longest from chosen
        where road.wire = chosen.wire and road.municipality_code = chosen.municipality_code
    )
    {TAKEN_SQL}
""")  # noqa: S608 - the only things put in are constants of ours


def probe(session: Session, *, worker_key: int, limit: int, now: datetime, wires: Mapping[str, str]) -> list[Message]:
    """Take one message for each silent road that has rested, of `limit` roads: the least tried of those that could go.

    `wires` is kind to wire. The caller commits before it handles anything.
    """
    asked = {
        "worker_key": worker_key, "limit": limit, "now": now, "longest": LONGEST_REST,
        "kinds": list(wires), "wires": list(wires.values()),
    }  # fmt: skip
    try:
        with session.begin_nested():
            return messages_in(session.execute(_PROBE, asked))
    except IntegrityError:
        return []  # another worker took a message of the same lane just now


def fell_silent(session: Session, *, wire: str, message: Message, reason: str, now: datetime) -> bool:
    """Note that nobody answered a message. Returns whether its road was open until now.

    Twenty that were on their way when it fell silent close it once; only its probe makes it rest longer.
    """
    noted = {
        "wire": wire, "municipality_code": message.municipality_code, "id": message.id, "now": now,
        "reason": hide_cprs(reason)[:_LONGEST_REASON], "longest": LONGEST_REST,
    }  # fmt: skip
    return bool(session.execute(_FELL_SILENT, noted).scalar_one())


def heard(session: Session, *, wire: str, municipality_code: str, now: datetime) -> None:
    """Open a road over which somebody answered; one that is open stays as it is."""
    session.execute(
        update(OutboxRoad)
        .where(
            OutboxRoad.wire == wire,
            OutboxRoad.municipality_code == municipality_code,
            OutboxRoad.silent_since.is_not(None),
        )
        .values(
            silent_since=None,
            reason=None,
            rests=0,
            rests_until=None,
            probe_id=None,
            heard_again_at=case((OutboxRoad.silent_since <= now - LASTING, now), else_=OutboxRoad.heard_again_at),
        )
        .execution_options(synchronize_session=False)
    )


def probe_ended(session: Session, *, message: Message, now: datetime) -> None:
    """A probe that says nothing of its road (its own matter failed) leaves the turn to another message."""
    session.execute(
        update(OutboxRoad)
        .where(OutboxRoad.probe_id == message.id)
        .values(probe_id=None, rests_until=now)
        .execution_options(synchronize_session=False)
    )


def patient_from(session: Session, *, wire: str, message: Message) -> datetime:
    """From when a message's age is counted: no earlier than the end of its road's last long silence."""
    heard_again_at = session.scalar(
        select(OutboxRoad.heard_again_at).where(
            OutboxRoad.wire == wire, OutboxRoad.municipality_code == message.municipality_code
        )
    )
    return max(message.patient_from, heard_again_at or message.patient_from)
