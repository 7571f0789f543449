"""Work for people about money going back: opened with what to do next, closed when the portal sees that it is done."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.foundation.money import in_danish
from app.payments.models import Dispute, Payment, Refund
from app.payments.port import DisputeStanding
from app.tasks.queries import open_task_of, tasks_about
from app.tasks.register import close_task, open_task

WAITING_MONEY = frozenset({"refund", "refund_failed", "refund_stopped"})
"""Kinds of task that are about money that waits with us."""

# FBS closes a fee whole and cannot be told to open it again (docs/architecture.md, "Give back").
LIBRARY_KEEPS = "Et gebyr hos biblioteket står der stadig som betalt: aftal med biblioteket, om det skal opkræves igen"


def wants_second_person(session: Session, refund: Refund, *, now: datetime) -> None:
    """A refund is above what one person may decide alone."""
    _open(
        session, refund, "refund_approval", now=now, key=_approval(refund),
        reason=f"En tilbagebetaling på {in_danish(refund.amount_ore)} skal godkendes af en anden: {refund.reason}",
        next_step="Godkend eller afvis tilbagebetalingen",
    )  # fmt: skip


def decided(session: Session, refund: Refund, *, by: str | None, outcome: str, now: datetime) -> None:
    """Nobody needs to decide about a refund any more."""
    _close(session, _approval(refund), outcome, by=by, now=now)


def failed(session: Session, refund: Refund, *, amount_ore: int, now: datetime) -> None:
    """The provider could not send money back, or it came back; `amount_ore` of it waits with us."""
    _open(
        session, refund, "refund_failed", now=now, key=f"refund-failed/{refund.id}",
        reason=f"{in_danish(amount_ore)} kunne ikke sendes tilbage til borgeren ({refund.failure_code})",
        next_step="Udbetal pengene til borgerens NemKonto, eller prøv at sende dem tilbage igen",
    )  # fmt: skip


@dataclass(frozen=True)
class Kept:
    """A posting, or a part of one, that the ledger will not give back."""

    recall_id: UUID
    """Under which it was asked."""
    account: str
    amount_ore: int
    gone_ore: int
    """How much of the payment has left us all the same, and the ledger has still to give back."""


def not_recalled(session: Session, refund: Refund, *, kept: Kept, code: str, reason: str, now: datetime) -> None:
    """The ledger keeps a posting that was to be given back."""
    if kept.gone_ore > 0:
        step = (
            f"{in_danish(kept.gone_ore)} af betalingen er allerede gået tilbage uden om debitorsystemet og står hos os "
            f"som gået ud (gone). Ret posteringen på konto {kept.account} i debitorsystemet, og send ikke pengene igen"
        )
    else:
        step = (
            "Afklar indbetalingen med debitorsystemet. Der er ikke sendt penge til borgeren; bed derefter om det igen"
        )
    _open(
        session, refund, "refund_stopped", now=now, key=f"refund-stopped/{kept.recall_id}",
        reason=f"Debitorsystemet vil ikke føre {in_danish(kept.amount_ore)} tilbage: {reason} ({code})",
        next_step=step,
    )  # fmt: skip


def made_elsewhere(session: Session, payment: Payment, refund: Refund, *, now: datetime) -> None:
    """A refund was made on the provider's own pages."""
    _open(
        session, refund, "refund_elsewhere", now=now, key=f"refund-elsewhere/{refund.id}",
        reason=f"{in_danish(refund.amount_ore)} er sendt tilbage direkte hos {_at(payment)}, ikke herfra",
        next_step=f"Find ud af hvorfor, og luk opgaven. Indbetalingen bliver ført tilbage. {LIBRARY_KEEPS}",
    )  # fmt: skip


def waits_again(session: Session, refund: Refund, *, now: datetime) -> None:
    """Money that a bank gave back is wanted by no claim any more."""
    _open(
        session, refund, "refund", now=now, key=f"refund/{refund.payment_id}",
        reason="Banken har givet pengene tilbage, men regningen er i mellemtiden betalt eller lukket",
        next_step="Send det overskydende beløb tilbage til borgeren",
    )  # fmt: skip


def nothing_waits(session: Session, payment: Payment, *, ours: Collection[UUID], now: datetime) -> None:
    """All money of a payment that waited with us has gone back: nobody needs to see to it.

    A posting that the ledger keeps of money that went without us (no refund of `ours`) is still to be put right there.
    """
    ids = {str(one) for one in ours}
    for task in tasks_about(session, subject_kind="payment", subject_id=payment.id):
        is_kept = task.kind == "refund_stopped" and task.facts["refund_id"] not in ids
        if task.kind in WAITING_MONEY and task.closed_at is None and not is_kept:
            close_task(session, task_id=task.id, reason="Pengene er sendt tilbage", by=None, now=now)


def disputed(session: Session, payment: Payment, dispute: Dispute, *, now: datetime) -> None:
    """A dispute has come to a new standing: what was to be done is replaced by what is to be done now."""
    standing = DisputeStanding(dispute.standing)
    for earlier in DisputeStanding:
        if earlier is not standing:
            _close(session, f"dispute/{dispute.id}/{earlier}", _OUTCOME[standing], by=None, now=now)
    if standing is DisputeStanding.WON:
        return
    open_task(
        session,
        key=f"dispute/{dispute.id}/{standing}",
        kind="dispute",
        subject_kind="payment",
        subject_id=payment.id,
        municipality_code=payment.municipality_code,
        reason=f"{_OUTCOME[standing]}: {in_danish(dispute.amount_ore)} ({_said(dispute)})",
        next_step=_NEXT[standing].format(provider=_at(payment)),
        facts={"dispute_id": str(dispute.id), "amount_ore": dispute.amount_ore, "standing": standing.value},
        now=now,
    )


_OUTCOME = {
    DisputeStanding.INQUIRY: "Borgerens bank spørger til betalingen",
    DisputeStanding.OPEN: "Borgerens bank har trukket pengene tilbage for nu",
    DisputeStanding.WON: "Sagen er afgjort, og pengene er her",
    DisputeStanding.LOST: "Indsigelsen er tabt, og pengene er borte",
}
_REASONS = {
    "fraudulent": "kortholderen kender ikke betalingen",
    "unrecognized": "kortholderen kender ikke betalingen",
    "duplicate": "kortholderen siger, at der er betalt to gange",
    "credit_not_processed": "kortholderen venter på penge tilbage",
}
_NAMES = {"stripe": "Stripe", "mobilepay": "MobilePay"}
_NEXT = {
    DisputeStanding.INQUIRY: "Svar banken hos {provider}, eller send pengene tilbage",
    DisputeStanding.OPEN: "Send dokumentation hos {provider} inden fristen. Indbetalingen bliver ført tilbage. "
    + LIBRARY_KEEPS,
    DisputeStanding.LOST: "Intet kan gøres hos {provider}. Opkræv kravet som ellers. " + LIBRARY_KEEPS,
}


def _said(dispute: Dispute) -> str:
    reason = dispute.reason or "uden begrundelse"
    return _REASONS.get(reason, reason)


def _at(payment: Payment) -> str:
    return _NAMES.get(payment.provider, payment.provider)


def _approval(refund: Refund) -> str:
    return f"refund-approval/{refund.id}"


def _open(session: Session, refund: Refund, kind: str, *, key: str, reason: str, next_step: str, now: datetime) -> None:
    open_task(
        session,
        key=key,
        kind=kind,
        subject_kind="payment",
        subject_id=refund.payment_id,
        municipality_code=refund.municipality_code,
        reason=reason,
        next_step=next_step,
        facts={"refund_id": str(refund.id), "amount_ore": refund.amount_ore},
        now=now,
    )


def _close(session: Session, key: str, reason: str, *, by: str | None, now: datetime) -> None:
    task = open_task_of(session, key=key)
    if task is not None:
        close_task(session, task_id=task.id, reason=reason, by=by, now=now)
