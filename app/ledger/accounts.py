"""Debtor accounts that the ledger closes, and opens again: what is on a closed one cannot be paid here."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.claims import elsewhere
from app.ledger.coming_back import AccountClosed, AccountReopened


def closed(session: Session, *, message: AccountClosed, municipality_code: str, now: datetime) -> None:
    """Nothing on the account can be paid here any more. A message older than the newest known changes nothing."""
    elsewhere.set_account(
        session, municipality_code=municipality_code, account=message.account, is_closed=True, said_at=message.at,
        now=now,
    )  # fmt: skip


def reopened(session: Session, *, message: AccountReopened, municipality_code: str, now: datetime) -> None:
    """What is on the account can be paid here again. A message older than the newest known changes nothing."""
    elsewhere.set_account(
        session, municipality_code=municipality_code, account=message.account, is_closed=False, said_at=message.at,
        now=now,
    )  # fmt: skip
