"""Payments that wait to be settled: each payer owes a late fee at the library and a daycare claim in the ledger."""

from uuid import UUID, uuid5

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.claims.models import Claim, ClaimLiability, ClaimSighting
from app.foundation.clock import utc_now
from app.foundation.db import Sessions
from app.foundation.ids import new_public_id, new_row_id, new_token
from app.identity.models import Person
from app.payments.models import Payment, PaymentLine, Review
from bench.house import CODE

FEE_ORE, DAYCARE_ORE = 6_000, 25_000
_ACCOUNTS = UUID("5f0e8f5c-8a40-4f51-9f51-0d4a3a6c1f01")
COLLECTING = str(_ACCOUNTS)


def fill(sessions: Sessions, *, numbers: range, provider: str) -> None:
    """Put payments with all that they stand on straight into the tables: opening them is not measured."""
    with sessions.begin() as session:
        for first in range(0, len(numbers), 500):
            _fill(session, numbers[first : first + 500], provider)


def _fill(session: Session, numbers: range, provider: str) -> None:
    now = utc_now()
    people = [new_public_id() for _ in numbers]
    session.execute(insert(Person), [
        {"id": person, "cpr_digest": person.bytes, "cpr_sealed": b"-", "name": None, "created_at": now}
        for person in people
    ])  # fmt: skip
    fees, debts = [new_public_id() for _ in numbers], [new_public_id() for _ in numbers]
    claims = [_claim(one, "fbs", f"{n}", FEE_ORE) for one, n in zip(fees, numbers, strict=True)]
    claims += [_claim(one, "ky", f"{n}", DAYCARE_ORE) for one, n in zip(debts, numbers, strict=True)]
    session.execute(insert(Claim), claims)
    owed = [(one, person) for one, person in zip([*fees, *debts], [*people, *people], strict=True)]
    session.execute(insert(ClaimLiability), [
        {"claim_id": one, "person_id": person, "role": "liable", "municipality_code": CODE} for one, person in owed
    ])  # fmt: skip
    session.execute(insert(ClaimSighting), [
        {"claim_id": one, "source": "fbs", "person_id": person, "municipality_code": CODE, "gone_at": None,
         "seen": {"evidence": {"patron_id": 1}, "origin_ref": f"{n}"}}
        for one, person, n in zip(fees, people, numbers, strict=True)
    ])  # fmt: skip
    _pay(session, people, list(zip(fees, debts, strict=True)), provider)


def _claim(claim_id: UUID, system: str, ref: str, amount_ore: int) -> dict[str, object]:
    is_fee, now = system == "fbs", utc_now()
    return {
        "id": claim_id, "municipality_code": CODE, "origin_system": system, "origin_ref": ref,
        "holder": "source" if is_fee else "ledger", "claim_type": "library-fee" if is_fee else "daycare",
        "principal_ore": amount_ore, "outstanding_ore": amount_ore, "covered_ore": 0, "shared": False,
        "debtor_account": None if is_fee else account_of(ref), "ledger_claim_id": None if is_fee else account_of(ref),
        "instalments": [], "evidence": {}, "first_seen_at": now,
    }  # fmt: skip


def account_of(ref: str) -> str:
    """The debtor account of a daycare claim."""
    return str(uuid5(_ACCOUNTS, ref))


def _pay(session: Session, people: list[UUID], bills: list[tuple[UUID, UUID]], provider: str) -> None:
    now = utc_now()
    opened = [(person, new_public_id(), new_row_id()) for person in people]
    session.execute(insert(Review), [
        {"id": review, "person_id": person, "municipality_code": CODE, "lines": [], "created_at": now}
        for person, review, _payment in opened
    ])  # fmt: skip
    session.execute(insert(Payment), [
        {"id": payment, "token": new_token(), "municipality_code": CODE, "payer_id": person, "review_id": review,
         "method": "card", "provider": provider, "state": "awaiting", "amount_ore": FEE_ORE + DAYCARE_ORE,
         "provider_call": {}, "created_at": now, "provider_key": f"checkout-{payment}",
         "provider_reference": f"ref_{payment}", "state_at": now, "checked_at": now}
        for person, review, payment in opened
    ])  # fmt: skip
    session.execute(insert(PaymentLine), [
        {"payment_id": payment, "line_no": number, "claim_id": claim, "municipality_code": CODE,
         "amount_ore": amount_ore, "account": account, "way": way, "open": True, "overpaid": False}
        for (_person, _review, payment), (fee, debt) in zip(opened, bills, strict=True)
        for number, (claim, amount_ore, account, way) in enumerate(_lines(fee, debt), start=1)
    ])  # fmt: skip


def _lines(fee: UUID, debt: UUID) -> tuple[tuple[UUID, int, str, str], ...]:
    return (fee, FEE_ORE, COLLECTING, "tell"), (debt, DAYCARE_ORE, account_of(str(debt)), "none")
