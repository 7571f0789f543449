"""A claim's history: every change of it that is worth telling is noted, and stays."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.claims.models import Claim, ClaimEvent


def note(session: Session, claim: Claim, kind: str, at: datetime, facts: dict[str, object] | None = None) -> None:
    """Note what has happened to a claim, and when."""
    session.add(
        ClaimEvent(claim_id=claim.id, municipality_code=claim.municipality_code, at=at, kind=kind, facts=facts or {})
    )
