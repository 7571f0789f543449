"""A day's rows for the CSV file: each payment with its four sides, then the lines that belong to none of ours."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.foundation.clock import day_bounds
from app.ledger.reconciliation.differences import KIND, beginning

AT_A_TIME = 1_000
_ROWS = """
    WITH said AS (
      SELECT matter AS payment_id, sum(amount_ore) AS ore FROM statement_line
      WHERE municipality_code = :code AND day = :day AND side = 'provider' AND matter IS NOT NULL
        AND kind IN ('capture', 'refund', 'dispute') GROUP BY 1),
    booked AS (
      SELECT e.payment_id, sum(l.amount_ore) AS ore, min(e.at) AS at
      FROM journal_entry e JOIN journal_line l ON l.entry_id = e.id
      WHERE e.municipality_code = :code AND e.at >= :began AND e.at < :ended AND e.payment_id IS NOT NULL
        AND l.account LIKE 'provider/%' GROUP BY 1),
    accepted AS (
      SELECT payment_id, sum(amount_ore) AS ore FROM ledger_posting
      WHERE municipality_code = :code AND state = 'accepted' AND answered_at >= :began AND answered_at < :ended
      GROUP BY 1),
    stated AS (
      SELECT p.payment_id, sum(l.amount_ore) AS ore FROM statement_line l JOIN ledger_posting p ON p.id = l.matter
      WHERE l.municipality_code = :code AND l.day = :day AND l.side = 'ledger' AND l.amount_ore > 0 GROUP BY 1),
    known AS (
      SELECT payment_id, count(*) AS claims, count(*) FILTER (WHERE state = 'known') AS known FROM write_back
      WHERE municipality_code = :code AND created_at >= :began AND created_at < :ended AND state <> 'withdrawn'
      GROUP BY 1),
    named AS (
      SELECT subject_id AS payment_id, string_agg(DISTINCT kind, ' ') AS kinds FROM task
      WHERE key LIKE :keys AND closed_at IS NULL AND subject_kind = 'payment' GROUP BY 1)
    SELECT booked.at, p.receipt_number, payment_id, p.method, p.provider,
      coalesce(p.charge_reference, p.provider_reference) AS reference, said.ore AS provider_ore,
      booked.ore AS journal_ore, accepted.ore AS accepted_ore, stated.ore AS ledger_ore, known.claims, known.known,
      named.kinds
    FROM said FULL JOIN booked USING (payment_id) FULL JOIN accepted USING (payment_id)
      FULL JOIN stated USING (payment_id) FULL JOIN known USING (payment_id) FULL JOIN named USING (payment_id)
      JOIN payment p ON p.id = payment_id
    UNION ALL
    SELECT NULL, NULL, NULL, NULL, l.road, l.reference, l.amount_ore, NULL, NULL, NULL, NULL, NULL,
      'difference.unknown_at_provider'
    FROM statement_line l WHERE l.municipality_code = :code AND l.day = :day AND l.side = 'provider'
      AND l.matter IS NULL AND l.kind IN ('capture', 'refund', 'dispute')
    UNION ALL
    SELECT NULL, NULL, NULL, NULL, l.road, l.reference, NULL, NULL, NULL, l.amount_ore, NULL, NULL,
      (SELECT min(t.kind) FROM task t WHERE t.key LIKE :keys AND t.closed_at IS NULL
         AND t.facts ->> 'posting' = l.reference)
    FROM statement_line l WHERE l.municipality_code = :code AND l.day = :day AND l.side = 'ledger'
      AND NOT EXISTS (SELECT FROM ledger_posting p WHERE p.id = l.matter)
"""


@dataclass(frozen=True)
class Row:
    """One row: a payment's sides on the day (None: nothing there), or a line of the outside's that is not ours."""

    at: datetime | None
    receipt_number: str | None
    payment: str | None
    method: str | None
    road: str
    reference: str | None
    provider_ore: int | None
    journal_ore: int | None
    accepted_ore: int | None
    ledger_ore: int | None
    claims: int
    known: int
    differences: tuple[str, ...]


def rows_of(session: Session, *, municipality_code: str, day: date) -> Iterator[Row]:
    """Every row of a day, however many: read from the database a thousand at a time."""
    began, ended = day_bounds(day)
    given = {
        "code": municipality_code, "day": day, "began": began, "ended": ended,
        "keys": f"{beginning(municipality_code, day)}%",
    }  # fmt: skip
    found = session.execute(text(_ROWS), given, execution_options={"yield_per": AT_A_TIME})
    for one in found:
        yield Row(
            one.at, one.receipt_number, str(one.payment_id) if one.payment_id else None, one.method, one.provider,
            one.reference, _ore(one.provider_ore), _ore(one.journal_ore), _ore(one.accepted_ore), _ore(one.ledger_ore),
            one.claims or 0, one.known or 0,
            tuple(kind.removeprefix(KIND) for kind in (one.kinds or "").split() if kind.startswith(KIND)),
        )  # fmt: skip


def _ore(value: object) -> int | None:
    return None if value is None else int(str(value))
