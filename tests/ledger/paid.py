"""Rows of a captured payment and of what the ledger and the library answered, for tests of what pages show of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.foundation.ids import new_row_id
from app.ledger.models import LedgerPosting
from app.payments.models import Payment, PaymentLine, Review
from app.sources.models import WriteBack


@dataclass(frozen=True)
class Line:
    """One line of a payment."""

    claim_id: UUID
    amount_ore: int
    account: str
    way: str
    overpaid: bool = False


def paid(
    session: Session, *, payer_id: UUID, municipality_code: str, lines: Sequence[Line], now: datetime,
    state: str = "paid",
) -> UUID:  # fmt: skip
    """A payment whose money was taken; returns its id."""
    total = sum(line.amount_ore for line in lines)
    number = new_row_id()
    review = Review(person_id=payer_id, municipality_code=municipality_code, lines=[], created_at=now)
    session.add(review)
    session.flush()
    session.add(
        Payment(
            id=number, token=str(number), receipt_number=f"BK-{number}", municipality_code=municipality_code,
            payer_id=payer_id, review_id=review.id, method="card", provider="stripe", state=state, amount_ore=total,
            captured_ore=total, provider_call={}, provider_key=str(number), created_at=now, state_at=now,
            captured_at=now, checked_at=now,
        )
    )  # fmt: skip
    session.flush()
    session.add_all(
        PaymentLine(
            payment_id=number, line_no=place, claim_id=line.claim_id, municipality_code=municipality_code,
            amount_ore=line.amount_ore, account=line.account, way=line.way, open=False, overpaid=line.overpaid,
        )
        for place, line in enumerate(lines)
    )  # fmt: skip
    session.flush()
    return number


def posting(
    session: Session,
    payment_id: UUID,
    account: str,
    state: str,
    *,
    municipality_code: str,
    now: datetime,
    posting_id: UUID | None = None,
    amount_ore: int = 100,
) -> None:
    """The ledger's answer about one account of a payment."""
    session.add(
        LedgerPosting(
            id=posting_id or new_row_id(), payment_id=payment_id, municipality_code=municipality_code, account=account,
            amount_ore=amount_ore, state=state, answered_at=now, shares=[],
        )
    )  # fmt: skip


def written_back(
    session: Session, payment_id: UUID, claim_id: UUID, state: str, *, municipality_code: str, now: datetime
) -> None:
    """What the library answered about one claim."""
    session.add(
        WriteBack(
            payment_id=payment_id, claim_id=claim_id, municipality_code=municipality_code, source="fbs", way="tell",
            order_id=f"order-{payment_id}", state=state, created_at=now, known_at=now if state == "known" else None,
        )
    )  # fmt: skip
