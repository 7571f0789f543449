"""Claims that were settled without us: their source is told where it holds them, else asked until it shows it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.claims.models import Claim, ClaimSighting
from app.foundation.ids import new_row_id
from app.outbox import queue
from app.sources.models import WriteBack
from app.sources.writeback import FIRST_LOOK, OBSERVE, TELL, written_off_key
from app.tasks.register import close_if_open, open_task

LIBRARY = "fbs"


def promise(session: Session, *, claim: Claim, is_paid: bool, now: datetime) -> None:
    """Let the library know that a claim of its own is settled (`is_paid`), or written off. Promising it again is once.

    Of a claim that the ledger holds the ledger itself tells the library: it is asked until it shows it. One that the
    library holds is told by us. That such a one is written off it cannot be told: a person closes it there.
    """
    if not _is_shown(session, claim.id) or _has(session, claim.id, "waiting", "told", "known"):
        return
    is_told = is_paid and claim.holder == "source"
    if claim.holder == "source" and not is_paid:
        _ask_to_close(session, claim, now)
    row_id = new_row_id()
    order_id = f"DEBITOR-{row_id.hex[-12:]}"
    session.add(
        WriteBack(
            id=row_id, payment_id=None, claim_id=claim.id, municipality_code=claim.municipality_code, source=LIBRARY,
            way="tell" if is_told else "observe", order_id=order_id, state="waiting", created_at=now,
        )
    )  # fmt: skip
    queue.put(
        session,
        kind=TELL if is_told else OBSERVE,
        subject_id=claim.id,
        municipality_code=claim.municipality_code,
        lane=f"order/{order_id}",
        payload={"order_id": order_id},
        now=now,
        due_at=now if is_told else now + FIRST_LOOK,
    )


def withdraw(session: Session, *, claim: Claim, now: datetime) -> None:
    """The claim is owed again: the library need not hear what it does not know; what it was told, a person mends."""
    if _has(session, claim.id, "told", "known", way="tell"):
        open_task(
            session,
            key=f"settled-again/{claim.id}",
            kind="source_refused",
            subject_kind="claim",
            subject_id=claim.id,
            municipality_code=claim.municipality_code,
            reason="Biblioteket har fået at vide, at gebyret er betalt, men i debitorsystemet skyldes det igen",
            next_step="Åbn gebyret igen i bibliotekets eget system, hvis det stadig skyldes",
            facts={"claim_id": str(claim.id)},
            now=now,
        )
    session.execute(
        update(WriteBack)
        .where(WriteBack.claim_id == claim.id, WriteBack.payment_id.is_(None), WriteBack.state != "refused")
        .values(state="withdrawn")
        .execution_options(synchronize_session=False)
    )
    close_if_open(session, key=written_off_key(claim.id), reason="Kravet skyldes igen", now=now)


def _is_shown(session: Session, claim_id: UUID) -> bool:
    """Whether the library shows the claim still."""
    rows = select(ClaimSighting.claim_id).where(
        ClaimSighting.claim_id == claim_id, ClaimSighting.source == LIBRARY, ClaimSighting.gone_at.is_(None)
    )
    return session.scalar(rows.limit(1)) is not None


def _has(session: Session, claim_id: UUID, *states: str, way: str | None = None) -> bool:
    rows = select(WriteBack.id).where(WriteBack.claim_id == claim_id, WriteBack.state.in_(states))
    without_us = rows.where(WriteBack.payment_id.is_(None))
    return session.scalar((without_us.where(WriteBack.way == way) if way else without_us).limit(1)) is not None


def _ask_to_close(session: Session, claim: Claim, now: datetime) -> None:
    open_task(
        session,
        key=written_off_key(claim.id),
        kind="source_refused",
        subject_kind="claim",
        subject_id=claim.id,
        municipality_code=claim.municipality_code,
        reason="Kravet er slettet i debitorsystemet, men biblioteket har stadig gebyret",
        next_step="Luk gebyret i bibliotekets eget system",
        facts={"claim_id": str(claim.id)},
        now=now,
    )
