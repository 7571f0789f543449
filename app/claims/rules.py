"""How one claim is made of what its sources show, and what a change in it is called. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.claims.sighting import FoundClaim, Holder, Role
from app.foundation.jsons import Json

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

    The ledger's word on amount, holder and account wins over the library's; the library's on items and kind (domain.md,
    section 2). Once the ledger has listed a claim and lists it no longer, the library's read-only copy proves nothing.
    """
    ledger = [seen for seen in sightings if seen.source == "ledger"]
    others = [seen for seen in sightings if seen.source != "ledger" and not seen.gone]
    own = others[0].found if others else None
    live = next((seen.found for seen in ledger if not seen.gone), None)
    if live is not None:
        evidence = live.evidence | (own.evidence if own else _evidence_once_seen(sightings))
        return _replaced(live, evidence=evidence, claim_type=live.claim_type)
    if own is None or (ledger and own.holder is not Holder.SOURCE):
        return None
    return own


def _evidence_once_seen(sightings: Sequence[Seen]) -> Json:
    return next((seen.found.evidence for seen in sightings if seen.source != "ledger"), {})


def _replaced(found: FoundClaim, *, evidence: Json, claim_type: str) -> FoundClaim:
    return FoundClaim(**{**vars(found), "evidence": evidence, "claim_type": claim_type})


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
