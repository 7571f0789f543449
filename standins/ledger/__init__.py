"""Plays the municipality's debtor ledger behind Serviceplatformen: SF1590_B_03 over SOAP 1.1.

| magic | what it shows |
|---|---|
| Mette Riis' daycare claim | every payment is rejected (RESTANCE_AFVIGER) and the arrears stated are 150,00 kr. |
| more than is left on an account | rejected, with what is left |
| a claim with Gældsstyrelsen | rejected (UNDER_INDDRIVELSE) |
| the same Indbetaling UUID again | the same answer, booked once; with other content it is rejected (UUID_GENBRUGT) |
| a covered library claim | the library system shows its fee paid about a second later |
| a CVR that is no municipality's | a fault (AFTALE); a route to another municipality's ledger: a fault (RUTE) |
"""

import flask

from standins import people
from standins.frame import Place, Standin
from standins.ledger import page, soap
from standins.ledger.books import LIBRARY_SYSTEM, Books, origin_system_uuid
from standins.ledger.operations import ACTIONS, Operations
from standins.ledger.telling import Telling

NAME = "ledger"
KNOWN_CVRS = frozenset({people.FJORDBY_CVR, people.SKOVLUND_CVR})
ABOUT = (
    "Kommunens debitorsystem bag Serviceplatformen (SF1590_B_03). Mette Riis' indbetaling afvises, og restancen "
    "oplyses til 150,00 kr. Et for stort beløb og et krav hos Gældsstyrelsen afvises. Samme UUID bogføres én gang. "
    "Når et bibliotekskrav er dækket, får biblioteket det at vide et sekund senere. It-systemet for FBS har id "
    f"{origin_system_uuid(LIBRARY_SYSTEM)}."
)


def standin(place: Place) -> Standin:
    """The ledger on the stand-ins' world."""
    books, telling = Books(place.world), Telling(place.world)
    operations = Operations(place.world, books, telling)
    blueprint = flask.Blueprint(NAME, __name__)

    def reset() -> None:
        telling.clear()
        books.clear()

    @blueprint.get("/")
    def screen() -> str:
        return page.render(place.world, books)

    @blueprint.post("/service/OIR/DebitorIndbetalingAfsend/1")
    def service() -> flask.Response:
        try:
            return _xml(soap.in_envelope(operations.answer(_request())), 200)
        except soap.Faulty as error:
            return _xml(soap.fault(error), 500)

    def state() -> object:
        return {**books.state(), "library_told": telling.told}

    return Standin(NAME, "Debitorsystem (SF1590)", ABOUT, blueprint, reset, state)


def _request() -> soap.Request:
    if flask.request.mimetype not in {"text/xml", "application/xml"}:
        raise soap.Faulty("SOAP", "Kaldet er ikke text/xml")
    request = soap.read(flask.request.get_data(), KNOWN_CVRS)
    if ACTIONS.get(flask.request.headers.get("SOAPAction", "").strip('"')) != request.operation:
        raise soap.Faulty("SOAPACTION", "SOAPAction passer ikke til kaldet")
    return request


def _xml(body: bytes, status: int) -> flask.Response:
    return flask.Response(body, status, content_type="text/xml; charset=utf-8")
