"""Plays the municipalities' debtor ledgers behind Serviceplatformen: SF1590_B_01, B_02 and B_03 over SOAP 1.1.

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
| a registered claim whose type is unknown, or that names no origin | rejected (SORTIMENT_UKENDT, OPRINDELSE_MANGLER) |
| a registered library claim | the library no longer lets it be paid there (`payableByClient` is false) |
| the act `charge` | interest or a reminder fee on a claim: a claim of its own, covered and reopened by itself |
| every coverage, write-off, and either taken back | told to the portal's `/hooks/ledger` until it is accepted |
| an account closed or opened again, claims for payment | told to `/hooks/beskedfordeler` until it is acknowledged |
| the buttons on the page, and the acts of `doing.BUTTONS` | make the ledger do these things by itself |
| a payment on a closed account | rejected (KONTO_AFSLUTTET) |
| a CVR that is no municipality's | a fault (AFTALE); a route to another municipality's ledger: a fault (RUTE) |
"""

import flask

from standins.frame import Place, Standin
from standins.journal import Memory
from standins.ledger import charges, handing_over, page, soap
from standins.ledger.books import LIBRARY_SYSTEM, Books, origin_system_uuid
from standins.ledger.doing import Doing
from standins.ledger.movements import Movements
from standins.ledger.operations import READS, SERVICES, Operations
from standins.ledger.registrations import Registrations
from standins.ledger.reversals import Reversals
from standins.ledger.sending import Sending
from standins.ledger.telling import Telling, by_wire
from standins.world import today

NAME = "ledger"
ABOUT = (
    "Kommunernes debitorsystemer bag Serviceplatformen (SF1590_B_01, B_02 og B_03). Mette Riis' indbetaling afvises, "
    "og restancen oplyses til 150,00 kr. Et for stort beløb og et krav hos Gældsstyrelsen afvises. Samme UUID bogføres "
    "én gang. En fordring, der registreres herfra, har sin egen debitorkonto. "
    "Det, der tilbageføres eller nedreguleres af en indbetaling, skyldes igen; en nedregulering på 13,13 kr. afvises. "
    "Når et bibliotekskrav er dækket, får biblioteket det at vide et sekund senere. It-systemet for FBS har id "
    f"{origin_system_uuid(LIBRARY_SYSTEM)}."
)


def standin(place: Place) -> Standin:
    """The ledger on the stand-ins' world."""
    books = Books(place.world)
    telling, handed_over = _tellings(place)
    reversals = Reversals(place.world, books)
    registrations = Registrations(place.world, books, handed_over)
    movements, sending = Movements(place.world, books), Sending(place.portal_url, place.key_folder, place.faults)
    doing = Doing(place.world, books, movements, sending)
    books.on_booked, reversals.on_booked, movements.on_covered = movements.booked, movements.taken_back, telling.later
    operations = Operations(place.world, books, reversals, telling, registrations)
    blueprint = flask.Blueprint(NAME, __name__)
    kept = (telling, handed_over, books, reversals, registrations, movements, sending)

    def reset() -> None:
        for one in kept:
            one.clear()

    @blueprint.get("/")
    def screen() -> str:
        return page.render(place.world, books, reversals, registrations)

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
            **registrations.state(),
            **doing.state(),
            "library_told": telling.told,
            "library_untold": len(telling.untold),
        }

    doing.add_buttons(blueprint)
    acts = {**handing_over.acts(place.world), **charges.acts(place.world), **doing.acts()}
    memory = _memory(place, books, reversals, registrations, telling, handed_over, movements, sending)
    return Standin(NAME, "Debitorsystem (SF1590)", ABOUT, blueprint, reset, state, acts, memory)


def _tellings(place: Place) -> tuple[Telling, Telling]:
    """How the library is told of what is covered, and of what is registered here: in this very process, or another."""
    world, library_url = place.world, place.library_url
    if library_url is None:
        return Telling(lambda fee_id: world.on_fee_paid(fee_id, today())), Telling(
            world.on_fee_handed_over, delay_seconds=0
        )
    return Telling(by_wire(library_url, "paid_by_ledger")), Telling(
        by_wire(library_url, "held_by_ledger"), delay_seconds=0
    )


def _memory(
    place: Place,
    books: Books,
    reversals: Reversals,
    registrations: Registrations,
    telling: Telling,
    handed_over: Telling,
    movements: Movements,
    sending: Sending,
) -> Memory:
    def resume() -> None:
        for one in (telling, handed_over, sending):
            one.resume()

    memory = Memory(
        kept=(
            (place.world, ("debts", "debts_by_account", "debts_by_cpr")),
            (books, ("postings", "balances", "closed", "repeats")),
            (reversals, ("taken",)),
            (registrations, ("taken", "refused", "repeats")),
            (telling, ("untold", "told")),
            (handed_over, ("untold", "told")),
            (movements, ("made",)),
            (sending, ("unsent", "sent")),
            (place.faults, ("taken",)),
        ),
        reads=READS,
        heard={
            "told": telling.was_told,
            "handed_over": handed_over.was_told,
            "sent": sending.was_sent,
            "fault": place.faults.count,
        },
        resume=resume,
    )
    sending.on_sent = lambda key: memory.note("sent", key)
    telling.on_told = lambda fee_id: memory.note("told", fee_id)
    handed_over.on_told = lambda fee_id: memory.note("handed_over", fee_id)
    if place.library_url is not None:
        place.faults.on_taken = lambda which: memory.note("fault", which)
    telling.is_held = handed_over.is_held = sending.is_held = place.library_url is not None
    return memory


def _request(actions: dict[str, str]) -> soap.Request:
    if flask.request.mimetype not in {"text/xml", "application/xml"}:
        raise soap.Faulty("SOAP", "Kaldet er ikke text/xml")
    request = soap.read(flask.request.get_data())
    if actions.get(flask.request.headers.get("SOAPAction", "").strip('"')) != request.operation:
        raise soap.Faulty("SOAPACTION", "SOAPAction passer ikke til kaldet")
    return request


def _xml(body: bytes, status: int) -> flask.Response:
    return flask.Response(body, status, content_type="text/xml; charset=utf-8")
