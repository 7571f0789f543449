"""Whatever a peer may answer, ledger and source raise one of their ports' errors, over a real connection."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.ledger.port import LedgerError, LedgerNonsense, LedgerRefuses, LedgerUnavailable
from app.ledger.wire import WireLedger
from app.serviceplatformen.transport import ServiceplatformRoad
from app.sources.connectors.ledger import LedgerSource
from app.sources.port import SourceError, SourceNonsense, SourceRefused, SourceUnavailable
from standins import people
from tests.contracts.ledgers import DESK, collecting, reversal
from tests.serviceplatformen.peers import Answer, peer, saying
from tests.sf1590 import answers

BOMB = b'<!DOCTYPE b [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><b>&b;</b>'
WRONG_SCHEMA = answers.answer("ForetagIndbetaling", "<DebitorIndbetalingAccept/>")
CASES = [
    (saying(200, b"<S:Envelope><S:Body>"), LedgerNonsense, SourceNonsense),
    (saying(200, b"<html><body>Velkommen</body></html>", "text/html"), LedgerNonsense, SourceNonsense),
    (saying(200, b"<html><body>Velkommen</body></html>"), LedgerNonsense, SourceNonsense),
    (saying(200, BOMB), LedgerNonsense, SourceNonsense),
    (saying(200, WRONG_SCHEMA), LedgerNonsense, SourceNonsense),
    (saying(200, b""), LedgerNonsense, SourceNonsense),
    (saying(302, b""), LedgerNonsense, SourceNonsense),
    (saying(500, answers.fault("S:Server", "Nede")), LedgerUnavailable, SourceUnavailable),
    (saying(500, answers.fault("S:Client", "Ingen aftale")), LedgerNonsense, SourceRefused),
    (saying(503, b"", "text/plain"), LedgerUnavailable, SourceUnavailable),
    (saying(403, b"", "text/plain"), LedgerRefuses, SourceRefused),
]


@contextmanager
def road_to(answer: Answer) -> Iterator[ServiceplatformRoad]:
    with peer(answer) as url:
        road = ServiceplatformRoad(base_url=url)
        try:
            yield road
        finally:
            road.close()


@pytest.mark.parametrize(("answer", "ledger_error", "source_error"), CASES)
def test_a_peer_that_makes_no_sense(
    answer: Answer, ledger_error: type[LedgerError], source_error: type[SourceError]
) -> None:
    with road_to(answer) as road:
        with pytest.raises(ledger_error):
            WireLedger(road=road, desk=DESK).post(collecting(100))
        for taken_back in (reversal(collecting(100)), reversal(collecting(100), amount_ore=50)):
            with pytest.raises(ledger_error):
                WireLedger(road=road, desk=DESK).reverse(taken_back)
        source = LedgerSource(road=road, desk=DESK, claim_types={}, origin_systems={}, areas=frozenset())
        with pytest.raises(source_error):
            source.ask(people.INGRID.cpr, deadline_seconds=5)
