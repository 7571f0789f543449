"""Asks a municipality's debtor ledger what a person owes (SF1590_B_03 SøgFordringTilIndbetaling)."""

from collections.abc import Mapping
from functools import partial

from app.foundation.clock import Clock, utc_now
from app.serviceplatformen.port import Nonsense, Refused, Road, Unavailable
from app.sf1590.envelope import OurFault, TheirFault
from app.sf1590.exchange import SEARCH, Desk, carry_out
from app.sf1590.guard import BadMessage
from app.sf1590.payable import Refusal
from app.sources.payable_claims import OWN, Names, found_in
from app.sources.port import Answer, SourceNonsense, SourceRefused, SourceUnavailable


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
        self._names = Names(
            {uuid.lower(): key for uuid, key in claim_types.items()},
            {uuid.lower(): name for uuid, name in origin_systems.items()},
        )
        self._clock = clock

    def ask(self, cpr: str, *, deadline_seconds: float) -> Answer:
        """All claims that the person is liable for (see `Source.ask`).

        :raises SourceUnavailable, SourceNonsense, SourceRefused: as the port says
        """
        send = partial(self._road.send, cvr=self._desk.authority_cvr, deadline_seconds=deadline_seconds)
        try:
            answer, _remarks = carry_out(SEARCH, cpr, send=send, desk=self._desk, now=self._clock())
        except (Unavailable, TheirFault) as error:
            raise SourceUnavailable(str(error)) from error
        except (Nonsense, BadMessage) as error:
            raise SourceNonsense(str(error)) from error
        except (Refused, OurFault) as error:
            raise SourceRefused(str(error)) from error
        if isinstance(answer, Refusal):
            raise SourceRefused(f"{answer.reason.code} {answer.reason.words}")
        return Answer(tuple(found for claim in answer for found in found_in(claim, cpr=cpr, names=self._names)))
