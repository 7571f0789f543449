"""The operations of DebitorIndbetalingAfsend: search, pay, and a ping."""

import uuid
from collections.abc import Callable

from lxml import etree

from standins.ledger import claims, soap
from standins.ledger.books import Books, Payment, Verdict, origin_system_uuid
from standins.ledger.soap import Cursor, Faulty, Request, put
from standins.ledger.telling import Telling
from standins.world import World

# Each operation as its SOAPAction spells it in US-ASCII.
ACTIONS = {
    "SoegFordringTilIndbetaling": "SøgFordringTilIndbetaling",
    "ForetagIndbetaling": "ForetagIndbetaling",
    "Ping": "Ping",
}
ROLE_MARKERS = {
    "JuridiskAnsvarligMarkering": "JuridiskAnsvarlig",
    "AdministratorMarkering": "Administrator",
    "JuridiskMedhæfterMarkering": "JuridiskMedhaefter",
}


class Operations:
    """Answers calls from the world and the books."""

    def __init__(self, world: World, books: Books, telling: Telling) -> None:
        self._world, self._books, self._telling = world, books, telling
        self._by_name: dict[str, Callable[[Request, etree._Element], None]] = {
            "SøgFordringTilIndbetaling": self._search,
            "ForetagIndbetaling": self._pay,
            "Ping": self._ping,
        }

    def answer(self, request: Request) -> etree._Element:
        """Carry out a call.

        :raises Faulty: it cannot be understood
        """
        act = self._by_name.get(request.operation)
        if act is None:
            raise Faulty("OPERATION", "Servicen har ingen sådan operation")
        root = soap.answer(request)
        act(request, root)
        return root

    def _ping(self, request: Request, root: etree._Element) -> None:
        request.body.end()
        put(root, "BehandlingDatoTid", soap.now())

    def _search(self, request: Request, root: etree._Element) -> None:
        body = request.body
        roles = {role for marker, role in ROLE_MARKERS.items() if _marked(body, marker)}
        account = body.maybe("Debitorkonto")
        _marked(body, "UdeladRelateredeFordringerMarkering")
        cpr = soap.party(body)
        body.end()
        account_id = None
        if account is not None:
            inner = Cursor(account)
            account_id = soap.uuid(inner.text("DebitorkontoIdentifikation"))
            inner.end()
        with self._world.lock:
            debts = [
                debt
                for debt in self._world.debts_of(cpr, request.receiver_cvr)
                if debt.outstanding_ore > 0
                and account_id in {None, debt.account_id}
                and any(who == cpr and role in roles for who, role in debt.liable)
            ]
            put(root, "BehandlingDatoTid", soap.now())
            claims.write(root, debts)

    def _pay(self, request: Request, root: etree._Element) -> None:
        payment = _payment(request)
        verdict, covered = self._books.take(payment)
        self._telling.later(covered)
        put(put(root, "Debitorkonto"), "DebitorkontoIdentifikation", payment.account_id)
        put(root, "BehandlingDatoTid", verdict.at.isoformat().replace("+00:00", "Z"))
        if verdict.code is None:
            put(put(root, "DebitorIndbetalingAccept"), "AccepteretUdenBemærkninger", "true")
        else:
            _reject(root, payment, verdict)


def _marked(body: Cursor, marker: str) -> bool:
    found = body.maybe(marker)
    if found is not None and (found.text or "").strip() not in {"true", "1"}:
        raise Faulty("SKEMA", "En markering er altid sand")
    return found is not None


def _payment(request: Request) -> Payment:
    body = request.body
    with body.inside("Debitorkonto") as account:
        account_id = soap.uuid(account.text("DebitorkontoIdentifikation"))
    with body.inside("Indbetaling") as paid:
        payment_id = soap.uuid(paid.text("IndbetalingIdentifikation"))
        paid_at = soap.moment(paid.text("IndbetalingRegistreringDatoTid"))
        value_on = soap.day(paid.text("IndbetalingValørDato"))
        amount_ore = soap.amount(paid.text("IndbetalingBeløb"))
    for marker in ("JuridiskAnsvarligMarkering", "JuridiskMedhæfterMarkering", "AdministratorMarkering"):
        _marked(body, marker)
    lines: list[str] = []
    for line in body.many("IndbetalingTekstLinje"):
        inner = Cursor(line)
        number, words = inner.text("IndbetalingTekstLinjeNummer"), inner.text("IndbetalingTekstLinjeTekst")
        inner.end()
        if number != str(len(lines) + 1) or len(words) > 255:
            raise Faulty("SKEMA", "En tekstlinje er forkert nummereret eller for lang")
        lines.append(words)
    split = tuple(
        _cover(one, of)
        for of in ("Fordring", "Opkrævningsrente", "Inddrivelsesrente", "Rykkergebyr")
        for one in body.many(f"{of}DækningSvar")
    )
    payer_cpr = soap.party(body)
    body.end()
    return Payment(
        payment_id,
        request.receiver_cvr,
        account_id,
        payer_cpr,
        amount_ore,
        paid_at,
        value_on,
        tuple(lines),
        split,
    )


def _cover(element: etree._Element, of: str) -> tuple[uuid.UUID, int]:
    cursor = Cursor(element)
    with cursor.inside(f"{of}Dækning") as part:
        soap.uuid(part.text(f"{of}DækningIdentifikation"))
        soap.moment(part.text(f"{of}DækningRegistreringDatoTid"))
        amount_ore = soap.amount(part.text(f"{of}DækningBeløb"))
    with cursor.inside(of) as covered:
        covered_id = soap.uuid(covered.text(f"{of}Identifikation"))
    cursor.end()
    return covered_id, amount_ore


def _reject(root: etree._Element, payment: Payment, verdict: Verdict) -> None:
    code = verdict.code or ""
    reason = put(root, "DebitorIndbetalingAfvisning")
    put(reason, "ÅrsagIdentifikation", origin_system_uuid(code))
    put(reason, "ÅrsagTitel", "Indbetalingen er afvist")
    local = put(reason, "LokalÅrsag")
    put(local, "LokalÅrsagskode", code)
    put(local, "LokalÅrsagstekst", verdict.words)
    if verdict.arrears_ore is not None:
        more = put(root, "ForetagIndbetalingAfvisningUddybendeSvar")
        put(put(more, "Indbetaling"), "IndbetalingIdentifikation", payment.payment_id)
        put(more, "RestanceBeløb", soap.kroner(verdict.arrears_ore))
