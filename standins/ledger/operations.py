"""Every service and its operations; here those of DebitorIndbetalingAfsend and IndbetalingTilbageførOrdreAfsend."""

import uuid
from collections.abc import Callable

from lxml import etree

from standins.ledger import claims, soap
from standins.ledger.books import Books, Cover, Payment
from standins.ledger.inquiries import Inquiries
from standins.ledger.registrations import Registrations
from standins.ledger.reversals import Reversal, Reversals
from standins.ledger.soap import Cursor, Faulty, Request, put
from standins.ledger.telling import Telling
from standins.ledger.verdicts import judge
from standins.world import World

# The operations of each service, as its address and SOAPAction spell them in US-ASCII.
SERVICES = {
    "DebitorIndbetalingAfsend": {
        "SoegFordringTilIndbetaling": "SøgFordringTilIndbetaling",
        "ForetagIndbetaling": "ForetagIndbetaling",
        "ForetagIndbetalingNedregulering": "ForetagIndbetalingNedregulering",
        "Ping": "Ping",
    },
    "DebitorRegistreringAfsend": {
        "OpretDebitorkontoRegistrering": "OpretDebitorkontoRegistrering",
        "SaetFordringTilOpkraevning": "SætFordringTilOpkrævning",
        "Ping": "Ping",
    },
    "DebitorForespoergselAfsend": {
        "SoegDebitorregistrering": "SøgDebitorregistrering",
        "HentDebitorkonto": "HentDebitorkonto",
        "Ping": "Ping",
    },
    "IndbetalingTilbagefoerOrdreAfsend": {"TilbagefoerIndbetaling": "TilbageførIndbetaling", "Ping": "Ping"},
}
# What changes nothing in the ledger, by its SOAPAction.
READS = frozenset({"SoegFordringTilIndbetaling", "SoegDebitorregistrering", "HentDebitorkonto", "Ping"})
COVERABLE = ("Fordring", "Opkrævningsrente", "Inddrivelsesrente", "Rykkergebyr")


class Operations:
    """Answers calls from the world and the books."""

    def __init__(
        self, world: World, books: Books, reversals: Reversals, telling: Telling, registrations: Registrations
    ) -> None:
        self._world, self._books, self._reversals, self._telling = world, books, reversals, telling
        inquiries = Inquiries(world, books, reversals)
        self._by_name: dict[str, Callable[[Request, etree._Element], None]] = {
            "OpretDebitorkontoRegistrering": registrations.register,
            "SætFordringTilOpkrævning": registrations.collect,
            "SøgDebitorregistrering": inquiries.accounts,
            "HentDebitorkonto": inquiries.account,
            "SøgFordringTilIndbetaling": self._search,
            "ForetagIndbetaling": self._pay,
            "ForetagIndbetalingNedregulering": self._reduce,
            "TilbageførIndbetaling": self._take_back,
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
        roles = {role for role, marker in claims.MARKERS.items() if soap.marked(body, marker)}
        account = body.maybe("Debitorkonto")
        soap.marked(body, "UdeladRelateredeFordringerMarkering")
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
                if debt.left_ore > 0
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
        judge(root, verdict, "DebitorIndbetalingAccept", "DebitorIndbetalingAfvisning")
        if verdict.arrears_ore is not None:
            more = put(root, "ForetagIndbetalingAfvisningUddybendeSvar")
            put(put(more, "Indbetaling"), "IndbetalingIdentifikation", payment.payment_id)
            put(more, "RestanceBeløb", soap.kroner(verdict.arrears_ore))

    def _reduce(self, request: Request, root: etree._Element) -> None:
        reversal = _reduction(request)
        verdict = self._reversals.take(reversal)
        put(put(root, "Debitorkonto"), "DebitorkontoIdentifikation", reversal.account_id)
        judge(root, verdict, "DebitorIndbetalingAccept", "DebitorIndbetalingAfvisning")

    def _take_back(self, request: Request, root: etree._Element) -> None:
        reversal = _order(request)
        verdict = self._reversals.take(reversal)
        order = put(root, "IndbetalingTilbageførselOrdre")
        put(order, "IndbetalingTilbageførselOrdreIdentifikation", reversal.reversal_id)
        judge(root, verdict, "Accept", "Afvisning")


def _payment(request: Request) -> Payment:
    body = request.body
    account_id = _account(body)
    with body.inside("Indbetaling") as paid:
        payment_id = soap.uuid(paid.text("IndbetalingIdentifikation"))
        paid_at = soap.moment(paid.text("IndbetalingRegistreringDatoTid"))
        value_on = soap.day(paid.text("IndbetalingValørDato"))
        amount_ore = soap.amount(paid.text("IndbetalingBeløb"))
    for marker in ("JuridiskAnsvarligMarkering", "JuridiskMedhæfterMarkering", "AdministratorMarkering"):
        soap.marked(body, marker)
    lines: list[str] = []
    for line in body.many("IndbetalingTekstLinje"):
        inner = Cursor(line)
        number, words = inner.text("IndbetalingTekstLinjeNummer"), inner.text("IndbetalingTekstLinjeTekst")
        inner.end()
        if number != str(len(lines) + 1) or len(words) > 255:
            raise Faulty("SKEMA", "En tekstlinje er forkert nummereret eller for lang")
        lines.append(words)
    split = tuple(_cover(one, of) for of in COVERABLE for one in body.many(f"{of}DækningSvar"))
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


def _account(body: Cursor) -> uuid.UUID:
    with body.inside("Debitorkonto") as account:
        return soap.uuid(account.text("DebitorkontoIdentifikation"))


def _cover(element: etree._Element, of: str) -> Cover:
    return Cover(*_part(element, f"{of}Dækning", of), of)


def _part(element: etree._Element, name: str, of: str) -> tuple[uuid.UUID, uuid.UUID, int]:
    """A part by its id, what it is about by its id, and how much it is."""
    cursor = Cursor(element)
    with cursor.inside(name) as part:
        part_id = soap.uuid(part.text(f"{name}Identifikation"))
        soap.moment(part.text(f"{name}RegistreringDatoTid"))
        amount_ore = soap.amount(part.text(f"{name}Beløb"))
    with cursor.inside(of) as about:
        about_id = soap.uuid(about.text(f"{of}Identifikation"))
    cursor.end()
    return part_id, about_id, amount_ore


def _reduction(request: Request) -> Reversal:
    body, name = request.body, "IndbetalingNedregulering"
    account_id = _account(body)
    with body.inside("Indbetaling") as paid:
        payment_id = soap.uuid(paid.text("IndbetalingIdentifikation"))
    with body.inside(name) as reduced:
        reversal_id = soap.uuid(reduced.text(f"{name}Identifikation"))
        made_at = soap.moment(reduced.text(f"{name}RegistreringDatoTid"))
        soap.day(reduced.text(f"{name}ValørDato"))
        amount_ore = soap.amount(reduced.text(f"{name}Beløb"))
        words = _words(reduced.text(f"{name}ÅrsagTekst"), longest=100)
    parts = tuple(
        _part(one, f"{of}DækningNedregulering", f"{of}Dækning")[1:]
        for of in COVERABLE
        for one in body.many(f"{of}DækningNedreguleringSvar")
    )
    body.end()
    cvr = request.receiver_cvr
    return Reversal(reversal_id, payment_id, cvr, account_id, amount_ore, made_at, words, is_whole=False, parts=parts)


def _order(request: Request) -> Reversal:
    body, name = request.body, "IndbetalingTilbageførselOrdre"
    with body.inside(name) as order:
        reversal_id = soap.uuid(order.text(f"{name}Identifikation"))
        made_at = soap.moment(order.text(f"{name}RegistreringDatoTid"))
        words = _words(order.text(f"{name}Tekst"), longest=255)
    account_id = _account(body)
    with body.inside("Indbetaling") as paid:
        payment_id = soap.uuid(paid.text("IndbetalingIdentifikation"))
        amount_ore = soap.amount(paid.text("IndbetalingBeløb"))
    body.end()
    cvr = request.receiver_cvr
    return Reversal(reversal_id, payment_id, cvr, account_id, amount_ore, made_at, words, is_whole=True)


def _words(text: str, *, longest: int) -> str:
    if len(text) > longest:
        raise Faulty("SKEMA", "En tekst er for lang")
    return text
