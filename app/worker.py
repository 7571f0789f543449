"""The worker's door: one table of message kinds, one table of periodic tasks."""

import gc
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final, TypeVar

from sqlalchemy.orm import Session

from app import reconciling
from app.foundation.db import transaction
from app.identity import sessions as login_sessions
from app.ledger import came_back, coverage, inbox, promise_kept, push, register, reverse
from app.ledger.port import LedgerUnavailable
from app.ledger.reconciliation.alone import AlreadyRunning
from app.ledger.reconciliation.wanted import RECONCILE
from app.municipalities.facts import Facts
from app.municipalities.register import UnknownMunicipality
from app.notifications import receipts
from app.outbox import queue
from app.outbox.delivery import Worker, run_worker
from app.outbox.port import Finish, Kind, Later, Message, Periodic, Wire, nothing
from app.payments import afterwards, payouts, postings, review, settlement, sweep, webhooks
from app.payments.port import PaymentProvider, ProviderError, ProviderUnavailable
from app.payments.registration import RegistersNotices
from app.payments.returns import refund_sending, refunds
from app.sources import writeback
from app.sources.port import SourceUnavailable
from app.tasks import healed
from app.tasks.register import open_task
from app.wiring import NotConfigured, Wires


def _register_in_ledger(wires: Wires, message: Message) -> Finish:
    facts = wires.facts(message.municipality_code)
    return register.deliver(
        wires.sessions,
        ledger=wires.ledger_of(facts),
        unseal=wires.vault.unseal,
        facts=facts,
        message=message,
        clock=wires.clock,
    )


def _post_to_ledger(wires: Wires, message: Message) -> Finish:
    return push.deliver(
        wires.sessions,
        ledger=wires.ledger_of(wires.facts(message.municipality_code)),
        unseal=wires.vault.unseal,
        message=message,
        clock=wires.clock,
    )


def _tell_source(wires: Wires, message: Message) -> Finish:
    source = wires.library_of(wires.facts(message.municipality_code))
    return writeback.tell(wires.sessions, source=source, message=message, clock=wires.clock)


def _observe_source(wires: Wires, message: Message) -> Finish:
    source = wires.library_of(wires.facts(message.municipality_code))
    return writeback.observe(wires.sessions, source=source, message=message, clock=wires.clock)


def _send_receipt(wires: Wires, message: Message) -> Finish:
    if wires.mailer is None:
        raise NotConfigured("BDK_SMTP_URL is unset")
    return receipts.deliver(
        wires.sessions,
        mailer=wires.mailer,
        facts=wires.facts(message.municipality_code),
        sender=wires.settings.mail_from,
        message=message,
        clock=wires.clock,
    )


def _take_back_in_ledger(wires: Wires, message: Message) -> Finish:
    ledger = wires.ledger_of(wires.facts(message.municipality_code))
    return reverse.deliver(wires.sessions, ledger=ledger, message=message, clock=wires.clock)


def _read_what_came_back(wires: Wires, message: Message) -> Finish:
    facts = wires.facts(message.municipality_code)
    return came_back.handle(wires.sessions, message=message, facts=facts, vault=wires.vault, clock=wires.clock)


def _send_refund(wires: Wires, message: Message) -> Finish:
    provider_of = partial(_provider_named, wires)
    return refund_sending.send(wires.sessions, provider_of=provider_of, message=message, clock=wires.clock)


def _reconcile(wires: Wires, message: Message) -> Finish:
    try:
        reconciling.run(wires, code=message.municipality_code, days=[date.fromisoformat(message.payload["day"])])
    except AlreadyRunning as error:
        raise Later(str(error)) from error
    return nothing


def _provider_named(wires: Wires, code: str, name: str) -> PaymentProvider:
    """The provider that a payment was opened at, whatever provider its method would be opened at today."""
    try:
        return wires.provider_named(wires.facts(code), name)
    except (NotConfigured, UnknownMunicipality) as error:
        raise ProviderUnavailable(str(error)) from error  # the others have their turn


LEDGER: Final = Wire(push.WIRE, silent=(LedgerUnavailable,))
LIBRARY: Final = Wire("library", silent=(SourceUnavailable,))
# Refunds have none, because they go to the merchant that took the money, and a municipality may have two. Nor has mail,
# because a server that takes nothing just now may mean one recipient.
HANDLERS: Final[Mapping[str, Kind[Wires]]] = {
    postings.REGISTER_IN_LEDGER: Kind(_register_in_ledger, wire=LEDGER),
    postings.POST_TO_LEDGER: Kind(_post_to_ledger, wire=LEDGER),
    postings.REVERSE_IN_LEDGER: Kind(_take_back_in_ledger, wire=LEDGER),
    inbox.CAME_BACK: Kind(_read_what_came_back),
    refunds.SEND: Kind(_send_refund),
    RECONCILE: Kind(_reconcile, patience=timedelta(hours=6)),
    settlement.SEND_RECEIPT: Kind(_send_receipt),
    writeback.TELL: Kind(_tell_source, wire=LIBRARY),
    writeback.OBSERVE: Kind(_observe_source, patience=timedelta(days=7), wire=LIBRARY),
}


def kinds_over(wire: str) -> list[str]:
    """The kinds of message that are spoken over a wire."""
    return [name for name, kind in HANDLERS.items() if kind.wire and kind.wire.name == wire]


T = TypeVar("T")


def _at_every_merchant(wires: Wires, act: Callable[[Facts, PaymentProvider], T]) -> list[T]:
    """Do something at each merchant, once where several municipalities share one; one that fails stops no other.

    :raises NotRead: some merchants could not be asked; the others were
    """
    done = []
    merchants, failed = wires.merchants()
    for facts, provider in merchants:
        try:
            done.append(act(facts, provider))
        except ProviderError as error:
            failed.append(f"{facts.code}: {type(error).__name__}")
    if failed:
        raise NotRead("; ".join(failed))
    return done


def _read_recent_events(wires: Wires, now: datetime) -> str:
    def read(facts: Facts, provider: PaymentProvider) -> int:
        return sweep.recent(wires.sessions, provider=provider, municipality_code=facts.code, now=now).hints

    return f"{sum(_at_every_merchant(wires, read))} news"


def fetch_payouts(wires: Wires, now: datetime) -> str:
    """Fetch what every merchant was paid since the last time; says how many payouts were new.

    :raises NotRead: some merchants did not answer; the others are done
    """

    def fetch(facts: Facts, provider: PaymentProvider) -> int:
        return payouts.fetch(wires.sessions, provider=provider, municipality_code=facts.code, now=now)

    return f"{sum(_at_every_merchant(wires, fetch))} payouts"


class NotRead(Exception):
    """A provider's list could not be read; it is read again next time."""


def _ask_about_unfinished(wires: Wires, now: datetime) -> str:
    done = sweep.unfinished(wires.sessions, provider_of=partial(_provider_named, wires), now=now)
    return f"{done.asked} asked, {done.failed} not answered"


def _ask_about_what_goes_back(wires: Wires, now: datetime) -> str:
    done = afterwards.look(wires.sessions, provider_of=partial(_provider_named, wires), now=now)
    return f"{done} payments"


def _look_after_webhooks(wires: Wires, now: datetime) -> str:
    def look(facts: Facts, provider: PaymentProvider) -> bool | None:
        if not isinstance(provider, RegistersNotices):
            return None
        return webhooks.look_after(wires.sessions, provider=provider, municipality_code=facts.code, now=now)

    found = _at_every_merchant(wires, look)
    return f"{found.count(True)} registered, {found.count(False)} missing"


def _watch_the_promise(wires: Wires, now: datetime) -> str:
    bound = timedelta(seconds=wires.settings.ledger_promise_seconds)
    broken = []
    for code in wires.municipalities.every(now=now):
        with transaction(wires.sessions) as session:
            if not promise_kept.watch(session, municipality_code=code, bound=bound, now=now):
                broken.append(code)
    return f"broken: {', '.join(broken)}" if broken else "kept"


def _forget_old_sessions(wires: Wires, now: datetime) -> str:
    with transaction(wires.sessions) as session:
        return f"{login_sessions.sweep(session, now=now)} sessions"


def _forget_done_messages(wires: Wires, now: datetime) -> str:
    with transaction(wires.sessions) as session:
        return f"{queue.forget_done(session, now=now)} messages"


def _close_what_is_delivered(wires: Wires, now: datetime) -> str:
    with transaction(wires.sessions) as session:
        return f"{healed.close_delivered(session, now=now)} tasks"


def _forget_ledger_messages(wires: Wires, now: datetime) -> str:
    with transaction(wires.sessions) as session:
        return f"{inbox.forget(session, now=now)} messages"


def _forget_reviews(wires: Wires, now: datetime) -> str:
    with transaction(wires.sessions) as session:
        return f"{review.forget(session, now=now)} reviews"


def _forget_addresses(wires: Wires, now: datetime) -> str:
    with transaction(wires.sessions) as session:
        return f"{receipts.forget(session, now=now)} addresses"


def _place_what_waited(wires: Wires, now: datetime) -> str:
    with transaction(wires.sessions) as session:
        return f"{coverage.look_again(session, now=now)} movements"


PERIODIC: Final[Sequence[Periodic[Wires]]] = (
    Periodic("payments.recent_events", timedelta(minutes=1), _read_recent_events),
    Periodic("payments.unfinished", timedelta(minutes=1), _ask_about_unfinished, offset=timedelta(seconds=30)),
    Periodic("ledger.coverages", timedelta(minutes=1), _place_what_waited, offset=timedelta(seconds=45)),
    Periodic("payments.going_back", timedelta(days=1), _ask_about_what_goes_back, offset=timedelta(hours=5)),
    Periodic("payments.webhooks_present", timedelta(days=1), _look_after_webhooks, offset=timedelta(hours=6)),
    # In the night, when the day before is closed.
    Periodic("payments.payouts", timedelta(days=1), fetch_payouts, offset=timedelta(hours=4)),
    Periodic("ledger.promise", timedelta(seconds=30), _watch_the_promise),
    Periodic(
        "ledger.reconciliation", timedelta(days=1), reconciling.every_night, offset=timedelta(hours=4, minutes=20)
    ),
    Periodic("tasks.delivered", timedelta(minutes=1), _close_what_is_delivered, offset=timedelta(seconds=45)),
    Periodic("identity.forget_old_sessions", timedelta(hours=1), _forget_old_sessions),
    Periodic("outbox.forget_done", timedelta(hours=1), _forget_done_messages, offset=timedelta(minutes=20)),
    Periodic("ledger.forget_messages", timedelta(hours=1), _forget_ledger_messages, offset=timedelta(minutes=40)),
    Periodic("notifications.forget_addresses", timedelta(days=1), _forget_addresses, offset=timedelta(hours=3)),
    # It looks through all reviews, so that no index has to be kept for it: in the night.
    Periodic("payments.forget_reviews", timedelta(days=1), _forget_reviews, offset=timedelta(hours=2)),
)


def make_worker(wires: Wires, *, database_url: str, periodic: Sequence[Periodic[Wires]] = PERIODIC) -> Worker[Wires]:
    """A worker with every handler, that makes a dead message work for people in the transaction that buries it."""

    def ask_a_person(session: Session, message: Message, reason: str) -> None:
        open_task(
            session,
            key=f"outbox/{message.id}",
            kind="message_dead",
            subject_kind="outbox_message",
            subject_id=message.id,
            municipality_code=message.municipality_code,
            reason=f"Beskeden {message.kind} er ikke leveret: {reason}",
            next_step="Ret årsagen, og prøv igen",
            facts={"kind": message.kind, "about": str(message.subject_id)},
            now=wires.clock(),
        )

    return Worker(
        sessions=wires.sessions,
        database_url=database_url,
        wires=wires,
        handlers=HANDLERS,
        periodic=periodic,
        clock=wires.clock,
        on_dead=ask_a_person,
    )


def run(wires: Wires, *, database_url: str) -> None:
    """Deliver promises and run what the clock asks for, until told to stop."""
    worker = make_worker(wires, database_url=database_url)
    gc.freeze()  # What is there from the start stays: the collector need not look through it again and again.
    run_worker(worker)
