"""Asks a municipality's debtor ledger what a person owes (SF1590_B_03 SøgFordringTilIndbetaling)."""

from collections.abc import Iterator, Mapping
from typing import Final

from app.claims.sighting import FoundClaim, Holder, Role
from app.foundation.clock import Clock, utc_now
from app.foundation.jsons import Json
from app.serviceplatformen.port import Nonsense, Refused, Road, Unavailable
from app.sf1590 import exchange
from app.sf1590.envelope import OurFault, TheirFault
from app.sf1590.exchange import Desk
from app.sf1590.guard import BadMessage
from app.sf1590.payable import Extra, Liability, PayableClaim, Refusal
from app.sources.port import Answer, SourceNonsense, SourceRefused, SourceUnavailable

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


class LedgerSource:
    """Implements `Source`. One a municipality; the road is shared and thread safe.

    `claim_types` maps sortiment UUIDs (text) to the municipality's keys, `origin_systems` the UUIDs of IT systems to
    the names that other sources use for them (`fbs`). What they do not know stays visible as the UUID.
    """

    name = OWN

    def __init__(
        self,
        *,
        road: Road,
        desk: Desk,
        claim_types: Mapping[str, str],
        origin_systems: Mapping[str, str],
        areas: frozenset[str],
        clock: Clock = utc_now,
    ) -> None:
        self.areas = areas
        self._road = road
        self._desk = desk
        self._claim_types = {uuid.lower(): key for uuid, key in claim_types.items()}
        self._origin_systems = {uuid.lower(): name for uuid, name in origin_systems.items()}
        self._clock = clock

    def ask(self, cpr: str, *, deadline_seconds: float) -> Answer:
        """All claims that the person is liable for (see `Source.ask`).

        :raises SourceUnavailable, SourceNonsense, SourceRefused: as the port says
        """

        def send(action: str, envelope: bytes) -> bytes:
            return self._road.send(
                service=exchange.SERVICE, action=action, envelope=envelope, deadline_seconds=deadline_seconds
            )

        try:
            answer, _remarks = exchange.search(send, desk=self._desk, cpr=cpr, now=self._clock())
        except (Unavailable, TheirFault) as error:
            raise SourceUnavailable(str(error)) from error
        except (Nonsense, BadMessage) as error:
            raise SourceNonsense(str(error)) from error
        except (Refused, OurFault) as error:
            raise SourceRefused(str(error)) from error
        if isinstance(answer, Refusal):
            raise SourceRefused(f"{answer.reason.code} {answer.reason.words}")
        return Answer(tuple(found for claim in answer for found in self._found(claim, cpr)))

    def _found(self, claim: PayableClaim, cpr: str) -> Iterator[FoundClaim]:
        if claim.outstanding_ore > 0:
            yield self._main(claim, cpr)
        for extra in claim.extras:
            if extra.outstanding_ore > 0:
                yield self._extra(claim, extra, cpr)

    def _origin(self, claim: PayableClaim) -> tuple[str, str]:
        if claim.origin_ref:
            return self._origin_systems.get(claim.creator_system, claim.creator_system), claim.origin_ref
        return OWN, claim.claim_id

    def _main(self, claim: PayableClaim, cpr: str) -> FoundClaim:
        origin_system, origin_ref = self._origin(claim)
        evidence: Json = {"text_lines": list(claim.text_lines)}
        if claim.deferred_from is not None:
            evidence["deferred_from"] = claim.deferred_from.isoformat()
            evidence["deferred_to"] = claim.deferred_to.isoformat() if claim.deferred_to else None
        return FoundClaim(
            origin_system=origin_system,
            origin_ref=origin_ref,
            holder=_holder(claim),
            claim_type=self._claim_types.get(claim.type_id, claim.type_id),
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

    def _extra(self, claim: PayableClaim, extra: Extra, cpr: str) -> FoundClaim:
        main_system, main_ref = self._origin(claim)
        return FoundClaim(
            origin_system=OWN,
            origin_ref=extra.extra_id,
            holder=_holder(claim),
            claim_type=self._claim_types.get(claim.type_id, claim.type_id),
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
