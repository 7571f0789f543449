"""From webhook to ledger acceptance and to the library's read-back, under a steady stream of payments on real wires."""

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import Row, func, select

from app.claims import queries as claims
from app.foundation.clock import danish_day
from app.identity.register import find_or_create_person
from app.ledger.models import LedgerPosting
from app.payments import checkout, review
from app.payments.models import Payment, ProviderNotice
from app.payments.port import Method
from app.sources.models import WriteBack
from app.sources.refresh import Person, refresh
from bench.figures import Figure, median, percentile, say
from bench.house import CODE, House

PER_SECOND = 20
SECONDS = 30
LEDGER_TARGET_SECONDS, LIBRARY_TARGET_SECONDS = 2.0, 3.0
_PATIENCE_SECONDS = 90
_OPENERS = 4
_PAYERS = 16
_NOTHING_NEW_SECONDS = 20


def measure(house: House) -> tuple[list[Figure], dict[str, object]]:
    """Each payer owes a late fee at the library and a daycare claim in the ledger, and pays both at once."""
    say(f"opening {PER_SECOND * SECONDS} payments at the stand-ins")
    references = open_payments(house, PER_SECOND * SECONDS)
    say(f"paying {PER_SECOND} of them a second for {SECONDS} s")
    behind = _pay_all(house, references)
    _wait_until_known(house, len(references))
    say("reading the moments")
    to_ledger, to_library = _seconds(house)
    figures = [
        Figure("webhook_to_ledger_p50", median(to_ledger), "s", LEDGER_TARGET_SECONDS, at_most=True),
        Figure("webhook_to_ledger_p99", percentile(to_ledger, 0.99), "s", LEDGER_TARGET_SECONDS, at_most=True),
        Figure("webhook_to_library_p50", median(to_library), "s", LIBRARY_TARGET_SECONDS, at_most=True),
        Figure("webhook_to_library_p99", percentile(to_library, 0.99), "s", LIBRARY_TARGET_SECONDS, at_most=True),
    ]
    return figures, {"payments": len(references), "payer_most_behind_seconds": behind}


def open_payments(house: House, count: int) -> list[str]:
    """As many payments at the card stand-in, each for all that a made-up citizen owes; returns their references."""
    made = httpx.post(f"{house.standins_url}/control/citizens", json={"count": count}, timeout=60)
    cprs = [one["cpr"] for one in made.raise_for_status().json()]
    with ThreadPoolExecutor(_OPENERS) as openers:
        tokens = list(openers.map(lambda cpr: open_payment(house, cpr, bills=2), cprs))
    with house.wires.sessions() as session:
        found = select(Payment.provider_reference).where(Payment.token.in_(tokens))
        return [str(reference) for reference in session.scalars(found)]


class NotAllShown(RuntimeError):
    """A made-up citizen does not see all that they owe, or may not pay it."""


def open_payment(house: House, cpr: str, *, bills: int) -> str:
    """Open a payment for all that a made-up citizen owes; returns its token.

    :raises NotAllShown: that is not as many bills
    """
    wires = house.wires
    facts, now = wires.facts(CODE), wires.clock()
    with wires.sessions.begin() as session:
        person_id = find_or_create_person(session, vault=wires.vault, cpr=cpr, name=None, now=now).id
    refresh(
        wires.sessions, sources=wires.sources_of(facts), catalogue=wires.catalogue, crowd=wires.crowd,
        person=Person(person_id, cpr), municipality_code=CODE, clock=wires.clock,
    )  # fmt: skip
    with wires.sessions.begin() as session:
        owed = claims.bills_of(session, person_id=person_id, facts=facts, beside=claims.Beside(), today=danish_day(now))
        shown, left_out = review.make(
            session, person_id=person_id, facts=facts, claim_ids=[bill.id for bill in owed], now=now
        )
    if left_out or len(owed) != bills:
        raise NotAllShown(f"a made-up citizen has {len(owed)} bills, {len(left_out)} of them not payable")
    opened = checkout.start(
        wires.sessions, provider=wires.provider_of(facts, Method.CARD), method=Method.CARD, payer_id=person_id,
        review_id=shown.id, facts=facts, locale="da", address_of=lambda token: f"{house.portal_url}/betal/{token}",
        now=wires.clock(),
    )  # fmt: skip
    return opened.token


def _pay_all(house: House, references: Sequence[str]) -> float:
    """Pay at the agreed pace, whether or not anybody keeps up; returns how far behind the payer came, in seconds."""
    behind = 0.0
    with ThreadPoolExecutor(_PAYERS) as payers, httpx.Client(base_url=house.standins_url, timeout=30) as client:
        began = time.perf_counter()
        paid: list[Future[httpx.Response]] = []
        for number, reference in enumerate(references):
            wait = began + number / PER_SECOND - time.perf_counter()
            if wait > 0:
                time.sleep(wait)
            behind = max(behind, -wait)
            paid.append(payers.submit(client.post, f"/stripe/test/pay/{reference}", json={}))
        for one in paid:
            one.result().raise_for_status()
    return behind


def _wait_until_known(house: House, count: int) -> None:
    """Until the library knows of every payment, or nothing moves for a while: the books then say what is missing."""
    done, changed_at = -1, time.monotonic()
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while done < count and time.monotonic() < min(deadline, changed_at + _NOTHING_NEW_SECONDS):
        with house.wires.sessions() as session:
            known = session.scalar(select(func.count()).where(WriteBack.known_at.is_not(None))) or 0
            posted = session.scalar(select(func.count()).select_from(LedgerPosting)) or 0
        now_done = min(known, posted // 2)
        if now_done != done:
            done, changed_at = now_done, time.monotonic()
        time.sleep(0.25)


def _seconds(house: House) -> tuple[list[float], list[float]]:
    """By payment, from its first notice: until the ledger had accepted all of it, until the library showed it."""
    with house.wires.sessions() as session:
        heard = dict(_rows(session.execute(
            select(Payment.id, func.min(ProviderNotice.received_at))
            .join(ProviderNotice, ProviderNotice.reference == Payment.provider_reference)
            .group_by(Payment.id)
        ).all()))  # fmt: skip
        posted = _rows(session.execute(
            select(LedgerPosting.payment_id, func.max(LedgerPosting.answered_at)).group_by(LedgerPosting.payment_id)
        ).all())  # fmt: skip
        known = _rows(session.execute(
            select(WriteBack.payment_id, func.max(WriteBack.known_at))
            .where(WriteBack.known_at.is_not(None), WriteBack.payment_id.is_not(None))
            .group_by(WriteBack.payment_id)
        ).all())  # fmt: skip
    return (
        [(at - heard[payment_id]).total_seconds() for payment_id, at in posted if payment_id in heard],
        [(at - heard[payment_id]).total_seconds() for payment_id, at in known if payment_id in heard],
    )


def _rows(rows: Sequence[Row[Any, Any]]) -> list[tuple[UUID, datetime]]:
    return [(payment_id, at) for payment_id, at in rows]
