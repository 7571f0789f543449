"""The library of the contract tests, once as a fake and once as connector and stand-in, under one handle."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any, Protocol

import httpx

from app.claims.sighting import FoundClaim, Holder
from app.sources.connectors.fbs import FbsSource
from app.sources.port import Source, ToldSource
from standins import people
from standins.frame import Served
from tests.fakes.sources import FakeToldSource, Switches

UNKNOWN_CPR = "6101019999"


class LibrarySource(Source, ToldSource, Protocol):
    """What FBS is to the portal."""


class Library(Protocol):
    """Ingrid owes nothing, Ahmed a late fee, Kirsten that and one handed to the ledger, Jonas one that it refuses."""

    source: LibrarySource

    def fault(self, kind: str, *, seconds: float = 0.0, times: int | None = None) -> None: ...

    def heal(self) -> None: ...

    def close_elsewhere(self, ref: str) -> None: ...

    def order_of(self, ref: str) -> str | None: ...


class FakeLibrary:
    """The fake, filled as the demo world is."""

    def __init__(self) -> None:
        fee = FoundClaim(
            origin_system="fbs",
            origin_ref="501",
            holder=Holder.SOURCE,
            claim_type="library-fee",
            outstanding_ore=6000,
            founded_on=date(2026, 1, 5),
            due_on=date(2026, 2, 4),
            evidence={
                "kind": "fee",
                "reason": "Gebyr (for sent)",
                "patron_id": 1,
                "materials": [
                    {"record_id": "99910025", "item_number": "51000001", "group": "Bog", "periodical": None},
                ],
            },
        )

        def of(patron_id: int, **other: Any) -> FoundClaim:
            return replace(fee, evidence={**fee.evidence, "patron_id": patron_id}, **other)

        self._fake = FakeToldSource(
            claims={
                people.AHMED.cpr: (fee,),
                people.KIRSTEN.cpr: (
                    replace(
                        fee,
                        origin_ref="502",
                        holder=Holder.LEDGER,
                        claim_type="library-replacement",
                        outstanding_ore=27500,
                        evidence={**fee.evidence, "kind": "compensation", "patron_id": 2},
                    ),
                    of(2, origin_ref="503"),
                ),
                people.JONAS.cpr: (of(3, origin_ref="504"),),
            },
            facts={
                people.AHMED.cpr: {"patron_id": 1, "blocked": []},
                people.KIRSTEN.cpr: {"patron_id": 2, "blocked": ["E"]},
                people.JONAS.cpr: {"patron_id": 3, "blocked": []},
                people.INGRID.cpr: {"patron_id": 4, "blocked": []},
            },
            not_allowed={"502", "504"},
        )
        self.source: LibrarySource = self._fake

    def fault(self, kind: str, *, seconds: float = 0.0, times: int | None = None) -> None:
        switches = self._fake.switches
        if kind == "slow":
            switches.slow_seconds = seconds
        elif kind == "drop_reply":
            switches.drop_replies = times or 1_000_000
        else:
            switches.down = True

    def heal(self) -> None:
        self._fake.switches = Switches()

    def close_elsewhere(self, ref: str) -> None:
        self._fake.paid_elsewhere(ref)

    def order_of(self, ref: str) -> str | None:
        return self._fake.orders.get(ref)


class ServedLibrary:
    """Connector and stand-in, with the demo world as it is after a reset."""

    def __init__(self, served: Served, source: FbsSource) -> None:
        self._served = served
        self.source: LibrarySource = source
        self._control("POST", "/control/reset")
        # The login is part of the work, but not of the faults that the tests ask for.
        source.ask(people.INGRID.cpr, deadline_seconds=10)

    def fault(self, kind: str, *, seconds: float = 0.0, times: int | None = None) -> None:
        self._control("POST", "/control/fbs/faults", {"kind": kind, "seconds": seconds, "times": times})

    def heal(self) -> None:
        self._control("DELETE", "/control/fbs/faults")

    def close_elsewhere(self, ref: str) -> None:
        assert self._served.place.world.on_fee_paid(int(ref), date(2026, 3, 1))

    def order_of(self, ref: str) -> str | None:
        state = self._control("GET", "/control/fbs/state").json()
        order: str | None = state["fees"][ref]["order_id"]
        return order

    def requests(self) -> list[dict[str, Any]]:
        """What the stand-in has been asked since the reset."""
        found: list[dict[str, Any]] = self._control("GET", "/control/fbs/requests").json()
        return found

    def violations(self) -> list[dict[str, str]]:
        """CPR numbers that stood where none may."""
        found: list[dict[str, str]] = self._control("GET", "/control/violations").json()
        return found

    def _control(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        return httpx.request(method, self._served.url + path, json=body).raise_for_status()


@contextmanager
def served_library(served: Served, *, telling_seconds: float = 10.0) -> Iterator[ServedLibrary]:
    """Fjordby's library over the wire."""
    source = FbsSource(
        f"{served.url}/fbs/rest",
        agency=people.FJORDBY_AGENCY,
        username="betaldinkommune",
        password="standin",
        telling_seconds=telling_seconds,
    )
    try:
        yield ServedLibrary(served, source)
    finally:
        source.close()
