"""Looking: the source of paid claims is asked once more, on demand, whether it shows them as paid."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from app.claims.models import Claim, ClaimSighting
from app.foundation.clock import Clock
from app.foundation.db import Sessions
from app.sources import writeback
from app.sources.models import WriteBack
from app.sources.port import SourceError, ToldSource

SILENT = 3
"""A source that does not answer so many times in a row is left alone."""


@dataclass
class _Patron:
    """One person's claims at the source: by its own ref, the rows about them."""

    rows: dict[str, list[UUID]] = field(default_factory=dict)


def look_again(
    sessions: Sessions, *, source: ToldSource, municipality_code: str, payment_ids: Sequence[UUID], clock: Clock
) -> int:
    """Ask about the claims of payments that the source has not been seen to know of; how many it shows as paid now.

    Speaks over a wire: takes the session factory. A source that is silent is asked again another time.
    """
    known = silent = 0
    for patron_id, patron in _patrons(sessions, municipality_code, payment_ids).items():
        try:
            shown = source.shows_paid(patron_id=patron_id, origin_refs=tuple(patron.rows))
        except SourceError:
            silent += 1
            if silent >= SILENT:
                break
            continue
        silent = 0
        rows = [row_id for ref, ids in patron.rows.items() if shown.get(ref) for row_id in ids]
        if rows:
            with sessions.begin() as session:
                writeback.know(session, rows, clock())
        known += len(rows)
    return known


def _patrons(sessions: Sessions, municipality_code: str, payment_ids: Sequence[UUID]) -> dict[int, _Patron]:
    rows = (
        select(WriteBack.id, Claim.origin_ref, ClaimSighting.seen["evidence"]["patron_id"])
        .join(Claim, Claim.id == WriteBack.claim_id)
        .join(ClaimSighting, (ClaimSighting.claim_id == Claim.id) & (ClaimSighting.source == "fbs"))
        .where(
            WriteBack.municipality_code == municipality_code,
            WriteBack.payment_id.in_(payment_ids),
            WriteBack.state.in_(["waiting", "told", "refused"]),
        )
        .order_by(WriteBack.id)
    )
    found: dict[int, _Patron] = {}
    with sessions.begin() as session:
        for row_id, ref, patron_id in session.execute(rows):
            if patron_id is not None:
                found.setdefault(int(patron_id), _Patron()).rows.setdefault(ref, []).append(row_id)
    return found
