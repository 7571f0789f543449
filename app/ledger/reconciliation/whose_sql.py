"""Whose money a provider's lines are about: each is joined to its payment, and so to a municipality."""

from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

_LINES = "l.municipality_code = :code AND l.day = :day AND l.side = 'provider' AND l.road = :road"
# In this order. A provider's name for a payment is its own (the charge, the session); what names the same charge as a
# line that we know is about the same payment, also where the notice that tells us of the charge has not come.
_STEPS = (
    f"""UPDATE statement_line l SET matter = p.id FROM payment p
    WHERE {_LINES} AND l.matter IS NULL AND p.provider = :road AND p.charge_reference = l.payment_reference""",
    f"""UPDATE statement_line l SET matter = p.id FROM payment p
    WHERE {_LINES} AND l.matter IS NULL AND p.provider = :road AND p.provider_reference = l.payment_reference""",
    # The planner cannot know how many the newest day has, and would take each for each.
    "SET LOCAL enable_nestloop = off",
    f"""UPDATE statement_line l SET matter = o.matter FROM statement_line o
    WHERE {_LINES} AND l.matter IS NULL AND o.matter IS NOT NULL AND o.payment_reference = l.payment_reference
      AND o.municipality_code = l.municipality_code AND o.day = l.day AND o.side = l.side AND o.road = l.road""",
    "SET LOCAL enable_nestloop = on",
    # What is no payment of this provider's here is nobody's; what is another municipality's goes.
    f"""WITH strange AS (
      SELECT l.id, p.id IS NOT NULL AS is_others FROM statement_line l
      LEFT JOIN payment p ON p.id = l.matter AND p.provider = :road
      WHERE {_LINES} AND l.matter IS NOT NULL AND p.municipality_code IS DISTINCT FROM :code),
    gone AS (DELETE FROM statement_line l USING strange s WHERE l.id = s.id AND s.is_others)
    UPDATE statement_line l SET matter = NULL FROM strange s WHERE l.id = s.id AND NOT s.is_others""",
)  # fmt: skip
_NOBODYS = f"DELETE FROM statement_line l WHERE {_LINES} AND l.matter IS NULL"


def find(session: Session, *, municipality_code: str, day: date, road: str, is_home: bool) -> None:
    """Join a provider's day to payments; lines of other municipalities go, and where not `is_home` those of nobody."""
    given = {"code": municipality_code, "day": day, "road": road}
    for step in _STEPS if is_home else (*_STEPS, _NOBODYS):
        session.execute(text(step), given)
