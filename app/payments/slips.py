"""Payment slips: the number a claim is paid by in a bank (+71), given once and never to another claim."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from stdnum import luhn

from app.claims.queries import Bill
from app.payments.models import PaymentSlip, slip_numbers

CARD = "71"
"""The kind of payment slip whose payment id is all there is to say (specs, section 4.1)."""
DIGITS = 14
"""How long a payment id of this kind is, without its check digit."""


@dataclass(frozen=True)
class Slip:
    """What is written on the line of a payment slip."""

    number: int
    creditor: str

    @property
    def payment_id(self) -> str:
        """Fourteen digits and their check digit (modulus 10, the same as Luhn's)."""
        payload = f"{self.number:0{DIGITS}d}"
        return payload + luhn.calc_check_digit(payload)

    @property
    def line(self) -> str:
        """The line as a bank reads it: `+71<000000000000018 +80000000<`."""
        return f"+{CARD}<{self.payment_id} +{self.creditor}<"


def has_slip(bill: Bill, *, creditor: str | None) -> bool:
    """Whether a bill may be paid in a bank: it may be paid here, and the municipality has a bank agreement."""
    return creditor is not None and bill.status.selectable


def numbers_for(
    session: Session, *, claim_ids: Collection[UUID], municipality_code: str, now: datetime
) -> dict[UUID, int]:
    """Each claim's own number, given now to those that have none. Two who ask at once get the same."""
    missing = [claim_id for claim_id in sorted(claim_ids) if claim_id not in numbers_of(session, claim_ids=claim_ids)]
    if missing:
        rows = [
            {
                "claim_id": claim_id,
                "municipality_code": municipality_code,
                "number": slip_numbers.next_value(),
                "created_at": now,
            }
            for claim_id in missing
        ]
        session.execute(insert(PaymentSlip).values(rows).on_conflict_do_nothing(index_elements=["claim_id"]))
    return numbers_of(session, claim_ids=claim_ids)


def numbers_of(session: Session, *, claim_ids: Iterable[UUID]) -> dict[UUID, int]:
    """The numbers that claims have been given already."""
    rows = select(PaymentSlip.claim_id, PaymentSlip.number).where(PaymentSlip.claim_id.in_(list(claim_ids)))
    return {row.claim_id: row.number for row in session.execute(rows)}
