"""What must be true when everything has come to rest: nothing is missing, nothing double, nothing left to do."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.foundation.clock import utc_now
from app.foundation.cpr import has_cpr
from app.journal.models import JournalLine
from app.ledger.models import LedgerCoverage, LedgerPosting
from app.outbox.models import DONE, DUE, OutboxMessage
from app.payments.models import Payment, PaymentLine
from app.payments.states import OPEN
from app.tasks.models import Task
from app.worker import PERIODIC
from bench import books
from bench.figures import say
from tests.chaos.citizens import Citizens
from tests.chaos.town import Town

LOOKS_SECONDS = 1.0
ASKS_SECONDS = 5.0
SAYS_SECONDS = 30.0
LONGEST_SECONDS = 3600.0
_MINUTE = timedelta(minutes=1)
_FENCED = "NoLongerOurs"


@dataclass(frozen=True)
class Counts:
    """What the run was like."""

    payments: int
    retried: int
    repeats: int
    fenced: int
    """Answers of a worker that had lost its right to them."""


def wait(town: Town, citizens: Citizens, *, patience_seconds: float, asks_at_once: bool) -> float | None:
    """Until nothing is due, open or untold; returns the seconds that took, None when it stopped moving before.

    However slow a machine is, something is delivered: only when nothing has been for `patience_seconds` is it stuck.
    `asks_at_once`: what the worker does once a minute is done here, too, so that the minute need not be waited for.
    """
    began = moved_at = said_at = time.monotonic()
    asked_at, delivered = 0.0, -1
    while waiting := dict(_waiting(town, citizens)):
        now, delivered_before = time.monotonic(), delivered
        delivered = _delivered(town)
        moved_at = moved_at if delivered == delivered_before else now
        if now - moved_at > patience_seconds or now - began > LONGEST_SECONDS:
            return None
        if asks_at_once and now - asked_at > ASKS_SECONDS:
            asked_at = now
            _do_what_is_done_each_minute(town)
        if now - said_at > SAYS_SECONDS:
            said_at = now
            say("waiting for " + ", ".join(f"{count} {what}" for what, count in waiting.items()))
        time.sleep(LOOKS_SECONDS)
    return time.monotonic() - began


def _delivered(town: Town) -> int:
    with town.wires.sessions() as session:
        return session.scalar(select(func.count()).where(OutboxMessage.state == DONE)) or 0


def _do_what_is_done_each_minute(town: Town) -> None:
    for task in PERIODIC:
        if task.every <= _MINUTE:
            task.act(town.wires, utc_now())


def _waiting(town: Town, citizens: Citizens) -> Iterator[tuple[str, int]]:
    with town.wires.sessions() as session:
        counts = {
            "messages due": session.scalar(select(func.count()).where(OutboxMessage.state == DUE)),
            "payments open": len(set(session.scalars(_open_payments())) - citizens.unpaid),
            "tasks open": session.scalar(select(func.count()).select_from(Task).where(Task.closed_at.is_(None))),
        }
    # Notices are not waited for: Stripe gives up on some, and what they are about is found without them.
    ledger = town.control("ledger")
    counts["fees untold"] = ledger["library_untold"]
    counts["coverages untold"] = ledger["untold"]
    yield from ((what, count) for what, count in counts.items() if count)


def _open_payments() -> Select[str | None]:
    return select(Payment.provider_reference).where(Payment.state.in_([state.value for state in OPEN]))


def judge(town: Town, citizens: Citizens) -> tuple[books.Books, Counts]:
    """Compare everything with everything."""
    outside = town.outside()
    found = books.check(town.wires.sessions, where="chaos", outside=outside)
    found.must_agree("paid by the citizens, captured by the provider", set(citizens.paid), set(outside.captured))
    found.faults += [f"a citizen's thread ended: {trouble}" for trouble in citizens.troubles]
    with town.wires.sessions() as session:
        found.must_agree("left open, never paid", set(session.scalars(_open_payments())), citizens.unpaid)
        found.faults += [f"{count} open tasks of kind {kind}" for kind, count in session.execute(_tasks()).all()]
        found.must_agree("one posting for each debtor account", _postings(session), _accounts_paid(session))
        retried = session.scalar(select(func.sum(OutboxMessage.attempts - 1))) or 0
        for account, ore in session.execute(_balances()).all():
            if account.split("/")[0] not in {"provider", "ledger"} and ore != 0:
                found.faults.append(f"the journal's {account} holds {ore} øre")
    for url in (town.standins_url, town.ledger):
        seen = town.http.get(f"{url}/control/violations", timeout=30).raise_for_status().json()
        found.faults += [f"a CPR number where none may stand: {one['what']}" for one in seen]
    found.faults += [f"a CPR number in {log.name}" for log in _logs(town) if has_cpr(log.read_text(errors="replace"))]
    ledger = town.control("ledger")
    found.must_agree("rejected by the ledger, none", len(ledger["rejected"]), 0)
    with town.wires.sessions() as session:
        _must_be_covered_once(session, found, ledger["movements"])
    fenced = sum(log.read_text(errors="replace").count(_FENCED) for log in _logs(town))
    return found, Counts(len(outside.captured), retried, ledger["repeats"], fenced)


def _logs(town: Town) -> list[Path]:
    return sorted(town.crew.logs.glob("*.log"))


def _must_be_covered_once(session: Session, found: books.Books, movements: dict[str, int]) -> None:
    """Every posting to a claim's own account has come back as one coverage, stored once."""
    is_collecting = select(PaymentLine.account).where(PaymentLine.way == "tell")
    posted = select(LedgerPosting.id, LedgerPosting.amount_ore).where(
        LedgerPosting.state == "accepted", LedgerPosting.account.not_in(is_collecting)
    )
    stored = select(LedgerCoverage.payment_id, LedgerCoverage.state, LedgerCoverage.amount_ore)
    expected = {(one, "own", ore) for one, ore in session.execute(posted).all()}
    told = [(one, state, ore) for one, state, ore in session.execute(stored).all()]
    found.must_agree("postings to claims, coverages stored", expected, set(told))
    found.must_agree("coverages stored, each once", len(told), len(expected))
    found.must_agree("covered in the ledger, stored, in sum", sum(movements.values()), sum(ore for *_, ore in told))


def _tasks() -> Select[str, int]:
    return select(Task.kind, func.count()).where(Task.closed_at.is_(None)).group_by(Task.kind)


def _balances() -> Select[str, int]:
    return select(JournalLine.account, func.sum(JournalLine.amount_ore)).group_by(JournalLine.account)


def _postings(session: Session) -> dict[tuple[object, str], tuple[int, int]]:
    """By payment and account: how many postings there are, and of how much."""
    rows = select(
        LedgerPosting.payment_id, LedgerPosting.account, func.count(), func.sum(LedgerPosting.amount_ore)
    ).group_by(LedgerPosting.payment_id, LedgerPosting.account)
    return {(payment, account): (count, int(ore)) for payment, account, count, ore in session.execute(rows).all()}


def _accounts_paid(session: Session) -> dict[tuple[object, str], tuple[int, int]]:
    """By payment and account: the one posting that there should be, and of how much."""
    rows = (
        select(PaymentLine.payment_id, PaymentLine.account, func.sum(PaymentLine.amount_ore))
        .join(Payment, Payment.id == PaymentLine.payment_id)
        .where(Payment.captured_at.is_not(None))
        .group_by(PaymentLine.payment_id, PaymentLine.account)
    )
    return {(payment, account): (1, int(ore)) for payment, account, ore in session.execute(rows).all()}
