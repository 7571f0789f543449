"""Plays the municipality's debtor ledger behind Serviceplatformen: SF1590_B_03 over SOAP 1.1, and takes payments back.

| magic | what it shows |
|---|---|
| Mette Riis' daycare claim | every payment is rejected (RESTANCE_AFVIGER) and the arrears stated are 150,00 kr. |
| more than is left on an account | rejected, with what is left |
| a claim with Gældsstyrelsen | rejected (UNDER_INDDRIVELSE) |
| the same UUID again | the same answer, booked once; with other content it is rejected (UUID_GENBRUGT) |
| a payment taken back, whole or in part | what it covered is owed again; more than is left of it: rejected |
| a payment that is not booked, taken back | rejected (INDBETALING_UKENDT) |
| a part of 13,13 kr. taken back | rejected (PERIODE_LUKKET) |
| a library claim whose payment is taken back | owed here again; the library is not told, its fee stays paid |
| a covered library claim | the library system shows its fee paid about a second later |
| a CVR that is no municipality's | a fault (AFTALE); a route to another municipality's ledger: a fault (RUTE) |
"""

from collections.abc import Callable

import flask

from standins import people
from standins.frame import Place, Standin
from standins.journal import Memory
from standins.ledger import handing_over, page, soap
from standins.ledger.books import LIBRARY_SYSTEM, Books, origin_system_uuid
from standins.ledger.operations import READS, SERVICES, Operations
from standins.ledger.reversals import Reversals
from standins.ledger.telling import Telling, by_wire
from standins.world import today

NAME = "ledger"
KNOWN_CVRS = frozenset({people.FJORDBY_CVR, people.SKOVLUND_CVR})
ABOUT = (
    "Kommunens debitorsystem bag Serviceplatformen (SF1590_B_03). Mette Riis' indbetaling afvises, og restancen "
    "oplyses til 150,00 kr. Et for stort beløb og et krav hos Gældsstyrelsen afvises. Samme UUID bogføres én gang. "
    "Det, der tilbageføres eller nedreguleres af en indbetaling, skyldes igen; en nedregulering på 13,13 kr. afvises. "
    "Når et bibliotekskrav er dækket, får biblioteket det at vide et sekund senere. It-systemet for FBS har id "
    f"{origin_system_uuid(LIBRARY_SYSTEM)}."
)


def standin(place: Place) -> Standin:
    """The ledger on the stand-ins' world."""
    books = Books(place.world)
    telling = Telling(by_wire(place.library_url) if place.library_url else _beside(place))
    reversals = Reversals(place.world, books)
    operations = Operations(place.world, books, reversals, telling)
    blueprint = flask.Blueprint(NAME, __name__)

    def reset() -> None:
        telling.clear()
        books.clear()
        reversals.clear()

    @blueprint.get("/")
    def screen() -> str:
        return page.render(place.world, books, reversals)

    @blueprint.post("/service/OIR/<name>/1")
    def service(name: str) -> flask.Response:
        if name not in SERVICES:
            flask.abort(404)
        try:
            return _xml(soap.in_envelope(operations.answer(_request(SERVICES[name]))), 200)
        except soap.Faulty as error:
            return _xml(soap.fault(error), 500)

    def state() -> object:
        return {
            **books.state(),
            **reversals.state(),
            "library_told": telling.told,
            "library_untold": len(telling.untold),
        }

    acts = handing_over.acts(place.world)
    memory = _memory(place, books, reversals, telling)
    return Standin(NAME, "Debitorsystem (SF1590)", ABOUT, blueprint, reset, state, acts, memory)


def _beside(place: Place) -> Callable[[int], bool]:
    """How a library system in this very process is told."""
    return lambda fee_id: place.world.on_fee_paid(fee_id, today())


def _memory(place: Place, books: Books, reversals: Reversals, telling: Telling) -> Memory:
    memory = Memory(
        kept=(
            (place.world, ("debts", "debts_by_account", "debts_by_cpr")),
            (books, ("postings", "balances", "repeats")),
            (reversals, ("taken",)),
            (telling, ("untold", "told")),
            (place.faults, ("taken",)),
        ),
        reads=READS,
        heard={"told": telling.was_told, "fault": place.faults.count},
        resume=telling.resume,
    )
    telling.on_told = lambda fee_id: memory.note("told", fee_id)
    if place.library_url is not None:
        place.faults.on_taken = lambda which: memory.note("fault", which)
    telling.is_held = place.library_url is not None
    return memory


def _request(actions: dict[str, str]) -> soap.Request:
    if flask.request.mimetype not in {"text/xml", "application/xml"}:
        raise soap.Faulty("SOAP", "Kaldet er ikke text/xml")
    request = soap.read(flask.request.get_data(), KNOWN_CVRS)
    if actions.get(flask.request.headers.get("SOAPAction", "").strip('"')) != request.operation:
        raise soap.Faulty("SOAPACTION", "SOAPAction passer ikke til kaldet")
    return request


def _xml(body: bytes, status: int) -> flask.Response:
    return flask.Response(body, status, content_type="text/xml; charset=utf-8")
