"""Work for people about what the ledger tells of: what no machine may decide, closed when it has come right."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.claims.models import Claim
from app.foundation.jsons import Json
from app.foundation.money import in_danish
from app.ledger.coming_back import Kind
from app.ledger.models import LedgerCoverage
from app.ledger.own_postings import OwnPosting, asked_back_ore, own_postings
from app.payments.models import Payment, PaymentLine
from app.tasks.models import Task
from app.tasks.register import close_if_open, open_task

DIFFERS, TAKEN_BACK, PAID_TWICE, WAITS = "coverage_differs", "coverage_taken_back", "paid_twice", "coverage_waits"
WAITS_TOO_LONG = timedelta(days=1)
MOST_A_RUN = 500


def check_posting(session: Session, *, posting: OwnPosting, now: datetime) -> None:
    """Compare what the ledger made of a posting of ours with what was sent; a difference is for people."""
    covers = session.scalars(
        select(LedgerCoverage).where(LedgerCoverage.payment_id == posting.id, LedgerCoverage.kind == Kind.COVERAGE)
    ).all()
    reductions = session.scalars(
        select(LedgerCoverage.amount_ore).where(LedgerCoverage.reduces.in_([one.id for one in covers]))
    ).all()
    asked_ore = asked_back_ore(session, posting=posting)
    covered_ore, reduced_ore = sum(one.amount_ore for one in covers), sum(reductions)
    foreign = {one.account for one in covers} - {posting.account}
    # Of a posting that was asked back in part before it was used, less than was sent is used.
    is_rest = asked_ore > 0 and covered_ore - reduced_ore == posting.amount_ore - asked_ore
    is_meant = all(posting.is_about(one.ledger_claim_id) for one in covers)
    fits = not foreign and (_as_sent(posting, covers) or (is_rest and is_meant))
    _differs(session, posting, covered_ore, is_foreign=bool(foreign), fits=fits or not covers, now=now)
    _taken_back(session, posting, reduced_ore - asked_ore, now=now)


def _as_sent(posting: OwnPosting, covers: Sequence[LedgerCoverage]) -> bool:
    """Whether the ledger used the money as it was meant."""
    if not posting.shares:
        return sum(one.amount_ore for one in covers) == posting.amount_ore
    used: dict[str, int] = {}
    for one in covers:
        used[one.ledger_claim_id or ""] = used.get(one.ledger_claim_id or "", 0) + one.amount_ore
    return used == dict(posting.shares)


def _differs(
    session: Session, posting: OwnPosting, covered_ore: int, *, is_foreign: bool, fits: bool, now: datetime
) -> None:
    key = f"coverage-differs/{posting.id}"
    if fits:
        close_if_open(session, key=key, reason="Debitorsystemet har nu brugt indbetalingen, som den var ment", now=now)
        return
    what = (
        "Debitorsystemet har brugt borgerens betaling på en anden konto, end den var sendt til"
        if is_foreign
        else f"Debitorsystemet har brugt {in_danish(covered_ore)} af en betaling på {in_danish(posting.amount_ore)}, "
        "eller på et andet krav"
    )
    _open(
        session, posting, DIFFERS, key=key, reason=what,
        step="Se indbetalingen i debitorsystemet, og ret den dér. Opgaven lukker af sig selv, når det passer",
        facts={"amount_ore": posting.amount_ore, "covered_ore": covered_ore}, now=now,
    )  # fmt: skip


def _taken_back(session: Session, posting: OwnPosting, unasked_ore: int, *, now: datetime) -> None:
    key = f"coverage-taken-back/{posting.id}"
    if unasked_ore <= 0:
        close_if_open(session, key=key, reason="Pengene er taget tilbage, fordi vi har bedt om det", now=now)
        return
    _open(
        session, posting, TAKEN_BACK, key=key,
        reason=f"Debitorsystemet har taget {in_danish(unasked_ore)} af borgerens betaling af kravet igen",
        step="Pengene står stadig i debitorsystemet. Find ud af hvorfor: brug dem på kravet igen, eller send dem "
        "tilbage til borgeren fra betalingens side",
        facts={"amount_ore": unasked_ore}, now=now,
    )  # fmt: skip


def check_paid_twice(session: Session, *, claim: Claim, now: datetime) -> None:
    """Money of ours on a claim that was settled elsewhere too: a person sends it back (domain.md, I6)."""
    key = f"paid-twice/{claim.id}"
    excess_ore = claim.covered_ore - (0 if claim.closed_at else claim.outstanding_ore)
    line = session.execute(
        select(PaymentLine, Payment.receipt_number)
        .join(Payment, Payment.id == PaymentLine.payment_id)
        .where(
            PaymentLine.claim_id == claim.id,
            ~PaymentLine.overpaid,
            PaymentLine.returned_ore < PaymentLine.amount_ore,
            Payment.captured_at.is_not(None),
        )
        .order_by(Payment.captured_at.desc())
        .limit(1)
    ).first()
    if excess_ore <= 0 or line is None:
        close_if_open(session, key=key, reason="Pengene er på vej tilbage, eller kravet skyldes igen", now=now)
        return
    amount_ore = min(excess_ore, line[0].amount_ore - line[0].returned_ore)
    open_task(
        session,
        key=key,
        kind=PAID_TWICE,
        subject_kind="payment",
        subject_id=line[0].payment_id,
        municipality_code=claim.municipality_code,
        reason=f"Kravet er også betalt i banken eller slettet: {in_danish(amount_ore)} af betalingen er for meget",
        next_step="Send beløbet tilbage til borgeren fra betalingens side; debitorsystemet giver det tilbage først",
        facts={"claim_id": str(claim.id), "amount_ore": amount_ore},
        now=now,
    )


def ask_about_waiting(session: Session, *, now: datetime) -> None:
    """Ask people about what has waited too long and concerns something that is known here.

    Most claims of a municipality belong to people who were never here: what the ledger tells of those waits in silence.
    """
    concerns = or_(
        LedgerCoverage.reduces.is_not(None),
        select(PaymentLine.claim_id).where(PaymentLine.account == LedgerCoverage.account).exists(),
        select(Claim.id).where(Claim.debtor_account == LedgerCoverage.account).exists(),
    )
    rows = select(LedgerCoverage).where(
        LedgerCoverage.state == "waiting",
        LedgerCoverage.received_at <= now - WAITS_TOO_LONG,
        concerns,
        ~select(Task.id).where(Task.kind == WAITS, Task.subject_id == LedgerCoverage.id).exists(),
    )
    for row in session.scalars(rows.order_by(LedgerCoverage.received_at).limit(MOST_A_RUN)):
        missing = "den dækning eller afskrivning, som den ændrer" if row.reduces else "det krav, den handler om"
        open_task(
            session,
            key=f"coverage-waits/{row.id}",
            kind=WAITS,
            subject_kind="movement",
            subject_id=row.id,
            municipality_code=row.municipality_code,
            reason=f"Debitorsystemet har fortalt om {in_danish(row.amount_ore)}, men vi kender ikke {missing}",
            next_step="Find kravet i debitorsystemet. Opgaven lukker af sig selv, når vi får det at se",
            facts={"movement_id": str(row.id), "account": row.account, "amount_ore": row.amount_ore},
            now=now,
        )


def close_healed(session: Session, *, now: datetime) -> None:
    """Look again at what people were asked about, and close what has come right."""
    placed = select(Task).join(
        LedgerCoverage, and_(LedgerCoverage.id == Task.subject_id, LedgerCoverage.state != "waiting")
    )
    for task in session.scalars(placed.where(Task.kind == WAITS, Task.closed_at.is_(None)).limit(MOST_A_RUN)):
        close_if_open(session, key=task.key, reason="Vi kender nu kravet, og beløbet er regnet med", now=now)
    asked = select(Task).where(Task.kind.in_([DIFFERS, TAKEN_BACK]), Task.closed_at.is_(None)).limit(MOST_A_RUN)
    ids = {UUID(task.facts["posting_id"]) for task in session.scalars(asked)}
    for posting in own_postings(session, ids=ids).values():
        check_posting(session, posting=posting, now=now)
    twice = select(Task).where(Task.kind == PAID_TWICE, Task.closed_at.is_(None)).limit(MOST_A_RUN)
    for task in session.scalars(twice):
        check_paid_twice(session, claim=session.get_one(Claim, UUID(task.facts["claim_id"])), now=now)


def _open(
    session: Session, posting: OwnPosting, kind: str, *, key: str, reason: str, step: str, facts: Json, now: datetime
) -> None:
    open_task(
        session,
        key=key,
        kind=kind,
        subject_kind="payment",
        subject_id=posting.payment_id,
        municipality_code=posting.municipality_code,
        reason=reason,
        next_step=step,
        facts={"posting_id": str(posting.id), "account": posting.account, **facts},
        now=now,
    )
