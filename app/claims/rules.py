"""How one claim is made of what its sources show, and what a change in it is called. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from app.claims.sighting import FoundClaim, Holder, Role, Settled, Told
from app.foundation.jsons import Json

LEDGER = "ledger"
SETTLED_ELSEWHERE = frozenset(how.value for how in Settled)
"""Why a claim is closed when the ledger has told of what settled it."""
# What a change in these columns is worth telling in a claim's history; the rest changes silently.
TOLD_CHANGES = ("outstanding_ore", "holder", "due_on", "reminded_on", "agency_on", "drawn_on")


@dataclass(frozen=True)
class Seen:
    """What one source shows of a claim in one person's answer; `gone` when it no longer lists it."""

    source: str
    found: FoundClaim
    gone: bool


def merged(sightings: Sequence[Seen]) -> FoundClaim | None:
    """The one claim behind all sightings; None when nobody holds it any more.

    The ledger's word on amount, holder and account wins over the library's; the library's on items, kind and the day
    it arose (domain.md, section 2), even when it has gone silent since. Once the ledger has listed a claim and lists it
    no longer, the library's read-only copy proves nothing.
    """
    ledger = [seen for seen in sightings if seen.source == LEDGER]
    others = sorted((seen for seen in sightings if seen.source != LEDGER), key=lambda seen: seen.gone)
    live = next((seen.found for seen in ledger if not seen.gone), None)
    if live is not None:
        return _with_origins_word(live, others[0].found) if others else live
    own = next((seen.found for seen in others if not seen.gone), None)
    if own is None or (ledger and own.holder is not Holder.SOURCE):
        return None
    return own


def speaker(sightings: Sequence[Seen]) -> str | None:
    """The source whose amount counts now: the ledger while it lists the claim, else the one that still does."""
    live = [seen.source for seen in sightings if not seen.gone]
    return LEDGER if LEDGER in live else next(iter(live), None)


def _with_origins_word(live: FoundClaim, own: FoundClaim) -> FoundClaim:
    knows_kind = own.evidence.get("kind", "other") != "other"
    return replace(
        live,
        claim_type=own.claim_type if knows_kind else live.claim_type,
        founded_on=own.founded_on or live.founded_on,
        evidence=live.evidence | own.evidence,
    )


def columns_of(found: FoundClaim) -> dict[str, Any]:
    """The claim's columns as the merged sighting fills them."""
    return {
        "holder": found.holder.value,
        "claim_type": found.claim_type,
        "principal_ore": found.outstanding_ore if found.principal_ore is None else found.principal_ore,
        "outstanding_ore": found.outstanding_ore,
        "debtor_account": found.debtor_account,
        "ledger_claim_id": found.ledger_claim_id,
        "shared": found.shared,
        "founded_on": found.founded_on,
        "due_on": found.due_on,
        "period_from": found.period_from,
        "period_to": found.period_to,
        "reminded_on": found.reminded_on,
        "drawn_on": found.drawn_on,
        "agency_on": found.agency_on,
        "instalments": [{"on": on.isoformat(), "amount_ore": amount_ore} for on, amount_ore in found.instalments],
        "evidence": found.evidence,
    }


def told_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Json:
    """What of a change belongs in the history: column to [before, after], days as text."""
    return {name: [_plain(before[name]), _plain(after[name])] for name in TOLD_CHANGES if before[name] != after[name]}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def to_json(found: FoundClaim) -> Json:
    """A sighting as it is stored."""
    return {
        name: [[on.isoformat(), amount] for on, amount in value] if name == "instalments" else _plain(value)
        for name, value in vars(found).items()
    }


def from_json(stored: Json) -> FoundClaim:
    """A stored sighting as it was seen."""
    days = ("founded_on", "due_on", "period_from", "period_to", "reminded_on", "drawn_on", "agency_on")
    read = {**stored, **{day: date.fromisoformat(stored[day]) for day in days if stored[day]}}
    read["instalments"] = tuple((date.fromisoformat(on), amount) for on, amount in stored["instalments"])
    return FoundClaim(**{**read, "holder": Holder(stored["holder"]), "role": Role(stored["role"])})


def unlisted(told: Sequence[Told], *, listed_at: datetime | None) -> list[Json]:
    """What the ledger has told of and its last word on the amount (asked for at `listed_at`) does not include."""
    rows = [{"at": one.at.isoformat(), "ore": one.ore} for one in sorted(told, key=lambda one: (one.at, one.id))]
    return not_included(rows, listed_at=listed_at) if listed_at else rows


def not_included(rows: Sequence[Json], *, listed_at: datetime) -> list[Json]:
    """Those that were registered after the ledger was asked for its word on the amount."""
    return [row for row in rows if datetime.fromisoformat(row["at"]) > listed_at]


def owed_ore(listed: FoundClaim | None, told: Sequence[Json]) -> int:
    """What a claim amounts to: what is listed, and what was told of since. Never below zero."""
    changed_ore: int = sum(row["ore"] for row in told)
    return max(0, (listed.outstanding_ore if listed else 0) + changed_ore)


def let_off_ore(told: Sequence[Told]) -> int:
    """How much of a claim is written off."""
    return max(0, -sum(one.ore for one in told if one.how is Settled.WRITTEN_OFF))


def settled_by(told: Sequence[Told]) -> str:
    """Why a claim is closed that what was told of has settled: the newest of it that took something off says."""
    last = max((one for one in told if one.ore < 0), key=lambda one: (one.at, one.id), default=None)
    return last.how.value if last else Settled.PAID.value
