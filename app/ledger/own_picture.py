"""The ledger's own picture (B_02) of a person or a payment beside the portal's. Speaks over a wire."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal, cast
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.claims.models import Claim
from app.claims.queries import claims_of
from app.foundation.clock import Clock, danish_day
from app.foundation.db import Sessions, transaction
from app.ledger.models import LedgerPosting, LedgerReversal
from app.ledger.port import AccountView, BookedPayment, Ledger, LedgerError
from app.ledger.side_by_side import ClaimRow, OurClaim, OurPosting, PaymentRow, claims_beside, payments_beside
from app.outbox.models import DONE, OutboxMessage
from app.payments.models import Payment, PaymentLine
from app.payments.postings import POST_TO_LEDGER

MOST_CLAIMS: Final = 500
MOST_ACCOUNTS: Final = 20


@dataclass(frozen=True)
class AccountRows:
    """One debtor account with the payments of both sides; `is_known` there."""

    account: str
    is_known: bool
    payments: tuple[PaymentRow, ...]


@dataclass(frozen=True)
class Picture:
    """Both sides. When the ledger is silent, ours stands alone, and nothing is called a difference."""

    claims: tuple[ClaimRow, ...]
    accounts: tuple[AccountRows, ...]
    asked_at: datetime
    is_heard: bool
    is_cut: bool = False
    """There are more accounts than are asked about at once."""

    @property
    def is_empty(self) -> bool:
        """Neither side knows anything."""
        return not self.claims and not self.accounts


def of_person(
    sessions: Sessions, *, ledger: Ledger, person_id: UUID, cpr: str, municipality_code: str, clock: Clock
) -> Picture:
    """What the portal and the ledger say that a person owes and has paid (speaks over a wire, outside transactions)."""
    with transaction(sessions) as session:
        claims = [_ours(one) for one in session.scalars(claims_of(person_id, municipality_code).limit(MOST_CLAIMS))]
        postings = _postings(session, payment_ids=_payments_of(session, {claim.id for claim in claims}))
    own = {claim.account for claim in claims if claim.account}
    try:
        accounts = list(dict.fromkeys([*(one.account for one in ledger.accounts_of(cpr)), *sorted(own)]))
        views = {account: ledger.account(account) for account in accounts[:MOST_ACCOUNTS]}
    except LedgerError:
        return _alone(claims, [one for one in postings if one.account in own], clock())
    known = {account: view.claims for account, view in views.items() if view}
    rows = [_account(account, view, postings) for account, view in views.items()]
    is_cut = len(accounts) > MOST_ACCOUNTS
    return Picture(tuple(claims_beside(claims, known)), tuple(rows), clock(), is_heard=True, is_cut=is_cut)


def of_payment(
    sessions: Sessions, *, ledger: Ledger, payment_id: UUID, collecting: Collection[str], clock: Clock
) -> Picture:
    """How the ledger has booked one payment, account by account (speaks over a wire, outside transactions).

    Of an account in `collecting`, which many people's payments go to, only this payment's own are told.
    """
    with transaction(sessions) as session:
        paid_at = session.get_one(Payment, payment_id).captured_at
        postings = _postings(session, payment_ids={payment_id})
    day = danish_day(paid_at) if paid_at else None
    try:
        rows = [
            _booked(ledger, account, [one for one in postings if one.account == account], day, account in collecting)
            for account in dict.fromkeys(one.account for one in postings)
        ]
    except LedgerError:
        return _alone([], postings, clock())
    return Picture((), tuple(rows), clock(), is_heard=True)


def _booked(
    ledger: Ledger, account: str, ours: Sequence[OurPosting], day: date | None, is_collecting: bool
) -> AccountRows:
    # A collecting account is asked about the one day: it has the payments of everybody.
    view = ledger.account(account, since=day, until=day) if is_collecting else ledger.account(account)
    if not is_collecting:
        return _account(account, view, ours)
    own = {one.id for one in ours}
    theirs = [one for one in view.payments if one.payment_id in own] if view else []
    return AccountRows(account, view is not None, tuple(payments_beside(ours, theirs)))


def _account(account: str, view: AccountView | None, postings: Sequence[OurPosting]) -> AccountRows:
    ours = [one for one in postings if one.account == account]
    theirs: Sequence[BookedPayment] = view.payments if view else ()
    return AccountRows(account, view is not None, tuple(payments_beside(ours, theirs)))


def _alone(claims: Sequence[OurClaim], postings: Sequence[OurPosting], now: datetime) -> Picture:
    rows = [ClaimRow(claim.account, claim, None, ()) for claim in claims if not claim.is_closed]
    accounts = [
        AccountRows(
            account,
            is_known=False,
            payments=tuple(PaymentRow(one.id, one, None, ()) for one in postings if one.account == account),
        )
        for account in dict.fromkeys(one.account for one in postings)
    ]
    return Picture(tuple(rows), tuple(accounts), now, is_heard=False)


def _ours(claim: Claim) -> OurClaim:
    return OurClaim(
        id=claim.id,
        claim_type=claim.claim_type,
        origin_ref=claim.origin_ref,
        holder=claim.holder,
        account=claim.debtor_account,
        ledger_claim_id=claim.ledger_claim_id,
        outstanding_ore=claim.outstanding_ore,
        covered_ore=claim.covered_ore,
        due_on=claim.due_on,
        is_closed=claim.closed_at is not None,
    )


def _payments_of(session: Session, claim_ids: Collection[UUID]) -> set[UUID]:
    return set(session.scalars(select(PaymentLine.payment_id).where(PaymentLine.claim_id.in_(claim_ids))))


def _postings(session: Session, *, payment_ids: Collection[UUID]) -> list[OurPosting]:
    """What was posted of some payments, oldest first, and what waits to be."""
    given_back = (
        select(LedgerReversal.posting_id, func.sum(LedgerReversal.amount_ore).label("ore"))
        .where(LedgerReversal.payment_id.in_(payment_ids), LedgerReversal.state == "accepted")
        .group_by(LedgerReversal.posting_id)
        .subquery()
    )
    answered = session.execute(
        select(LedgerPosting, func.coalesce(given_back.c.ore, 0))
        .outerjoin(given_back, given_back.c.posting_id == LedgerPosting.id)
        .where(LedgerPosting.payment_id.in_(payment_ids))
        .order_by(LedgerPosting.answered_at)
    ).all()
    found = [
        OurPosting(
            row.id, row.account, row.amount_ore, int(back), cast("Literal['accepted', 'rejected']", row.state),
            row.answered_at,
        )
        for row, back in answered
    ]  # fmt: skip
    return found + _waiting(session, payment_ids, known={one.id for one in found})


def _waiting(session: Session, payment_ids: Collection[UUID], *, known: Collection[UUID]) -> list[OurPosting]:
    account = OutboxMessage.payload["account"].astext
    rows = session.execute(
        select(OutboxMessage.id, account, OutboxMessage.created_at, func.sum(PaymentLine.amount_ore))
        .join(PaymentLine, (PaymentLine.payment_id == OutboxMessage.subject_id) & (PaymentLine.account == account))
        .where(
            OutboxMessage.subject_id.in_(payment_ids),
            OutboxMessage.kind == POST_TO_LEDGER,
            OutboxMessage.state != DONE,
            ~PaymentLine.overpaid,
        )
        .group_by(OutboxMessage.id, account, OutboxMessage.created_at)
    )
    return [
        OurPosting(posting, where, int(ore), 0, "waiting", at)
        for posting, where, at, ore in rows
        if posting not in known
    ]
