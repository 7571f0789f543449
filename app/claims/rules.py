"""How one claim is made of what its sources show, and what a change in it is called. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from app.claims.sighting import FoundClaim, Holder, Role
from app.foundation.jsons import Json

LEDGER = "ledger"
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
