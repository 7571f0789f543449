"""The ledger's claims as the register knows claims, for what a search answers and what a message states. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Self

from app.claims.sighting import FoundClaim, Holder, Role
from app.foundation.jsons import Json
from app.municipalities.facts import Facts
from app.sf1590.payable import Extra, Liability, PayableClaim

# What the ledger itself made (interest, reminder fees) has the ledger as its origin.
OWN: Final = "ledger"
REMINDER_FEE: Final = "Rykkergebyr"
_ROLES: Final = {
    Liability.LIABLE: Role.LIABLE,
    Liability.CO_LIABLE: Role.CO_LIABLE,
    Liability.ADMINISTRATOR: Role.ADMINISTRATOR,
}
# The strongest first: somebody may be liable in more than one way.
_STRENGTH: Final = tuple(_ROLES)


@dataclass(frozen=True)
class Names:
    """What the ledger's UUIDs (in small letters) are called here; what is not known stays visible as the UUID."""

    claim_types: Mapping[str, str]
    """Sortiment to the municipality's key."""
    origin_systems: Mapping[str, str]
    """IT system to the name that other sources use for it (`fbs`)."""

    @classmethod
    def of(cls, facts: Facts) -> Self:
        """As a municipality's file says."""
        types = {str(uuid): key for key, one in facts.claim_types.items() for uuid in one.sortiment}
        return cls(types, {str(uuid): name for uuid, name in facts.ledger.origin_systems.items()})

    def claim_type(self, claim: PayableClaim) -> str:
        """The municipality's key for what kind of claim it is."""
        return self.claim_types.get(claim.type_id, claim.type_id)

    def origin(self, claim: PayableClaim) -> tuple[str, str]:
        """Where a claim arose, and its reference there."""
        if claim.origin_ref:
            return self.origin_systems.get(claim.creator_system, claim.creator_system), claim.origin_ref
        return OWN, claim.claim_id


def origins_in(claim: PayableClaim, *, names: Names) -> frozenset[tuple[str, str]]:
    """Every claim that is spoken of: the claim proper, its interest and its fees, with something left or not."""
    return frozenset([names.origin(claim), *((OWN, extra.extra_id) for extra in claim.extras)])


def found_in(claim: PayableClaim, *, cpr: str, names: Names) -> Iterator[FoundClaim]:
    """What of it one person owes still."""
    if claim.outstanding_ore > 0:
        yield _main(claim, cpr, names)
    for extra in claim.extras:
        if extra.outstanding_ore > 0:
            yield _extra(claim, extra, cpr, names)


def _main(claim: PayableClaim, cpr: str, names: Names) -> FoundClaim:
    origin_system, origin_ref = names.origin(claim)
    evidence: Json = {"text_lines": list(claim.text_lines)}
    if claim.deferred_from is not None:
        evidence["deferred_from"] = claim.deferred_from.isoformat()
        evidence["deferred_to"] = claim.deferred_to.isoformat() if claim.deferred_to else None
    return FoundClaim(
        origin_system=origin_system,
        origin_ref=origin_ref,
        holder=_holder(claim),
        claim_type=names.claim_type(claim),
        outstanding_ore=claim.outstanding_ore,
        role=_role(claim, cpr),
        principal_ore=claim.principal_ore,
        shared=len(claim.liable) > 1,
        debtor_account=claim.account,
        ledger_claim_id=claim.claim_id,
        founded_on=claim.founded_on,
        due_on=claim.last_timely_on or claim.due_on,
        period_from=claim.period_from,
        period_to=claim.period_to,
        reminded_on=max((one.on for one in claim.extras if one.of == REMINDER_FEE and one.on), default=None),
        drawn_on=claim.due_on or claim.last_timely_on if claim.by_betalingsservice else None,
        agency_on=claim.agency_on,
        instalments=claim.instalments,
        evidence=evidence,
    )


def _extra(claim: PayableClaim, extra: Extra, cpr: str, names: Names) -> FoundClaim:
    main_system, main_ref = names.origin(claim)
    return FoundClaim(
        origin_system=OWN,
        origin_ref=extra.extra_id,
        holder=_holder(claim),
        claim_type=names.claim_type(claim),
        outstanding_ore=extra.outstanding_ore,
        role=_role(claim, cpr),
        principal_ore=extra.amount_ore,
        shared=len(claim.liable) > 1,
        debtor_account=claim.account,
        # The wire needs to know of what kind it is; a claim proper has no such word before its id.
        ledger_claim_id=f"{extra.of}:{extra.extra_id}",
        due_on=claim.last_timely_on or claim.due_on,
        agency_on=claim.agency_on,
        evidence={
            "kind": "reminder_fee" if extra.of == REMINDER_FEE else "interest",
            "text_lines": list(claim.text_lines),
            "main": {"origin_system": main_system, "origin_ref": main_ref},
        },
    )


def _holder(claim: PayableClaim) -> Holder:
    return Holder.AGENCY if claim.at_agency or claim.agency_on is not None else Holder.LEDGER


def _role(claim: PayableClaim, cpr: str) -> Role:
    own = {party.liability for party in claim.liable if party.cpr == cpr}
    return next((_ROLES[liability] for liability in _STRENGTH if liability in own), Role.LIABLE)
