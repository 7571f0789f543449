"""Writes what the ledger tells by itself: OpretDækningAfskrivning in an envelope, and messages over Beskedfordeler."""

import base64
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from lxml import etree

from standins.ledger import claims
from standins.ledger.movements import Movement
from standins.ledger.soap import CPR_URN, KONTEKST, OIR, in_envelope, kroner, put
from standins.world import Debt

KUVERT = "urn:oio:besked:kuvert:1.0"
SAGDOK = "urn:oio:sagdok:3.0.0"
STS = "urn:oio:sts:1.0.0"
CVR_URN = "urn:oio:cvr-nr:"
PERSON = "ce7fcf97-a8a2-447a-8690-d38aa0f6e23c"
CONFIDENTIAL = "44f4108b-26d4-46de-a90f-35e35b55b8d8"
KLE = "urn:oio:kle:32.01.01"
# The ids of message types are not public; the portal assumes the same ones.
TYPES = {
    "FordringTilIndbetalingBesked": "6a2c7d0e-4f61-4a55-9c0b-2f5e1d7a9b01",
    "DebitorkontoAfsluttetBesked": "6a2c7d0e-4f61-4a55-9c0b-2f5e1d7a9b02",
    "DebitorkontoGenoptagetBesked": "6a2c7d0e-4f61-4a55-9c0b-2f5e1d7a9b03",
}
# The ledger's own IT system, and the object type of a debtor account: made up.
SYSTEM = uuid.UUID("5d8a1f2b-90c4-4e0b-9d39-6f0a7d7c1e11")
ACCOUNT_TYPE = "0d2b4a0e-1f5c-4d7e-8a36-3f8b0c6d7e22"
# In the order in which the message lists them, with what stands behind each.
_ORDER = ("FordringAfskrivning", "FordringAfskrivningNedregulering", "FordringDækning", "FordringDækningNedregulering")


def told(movements: Sequence[Movement], *, transaction_id: uuid.UUID) -> bytes:
    """A call of OpretDækningAfskrivning about movements of one account."""
    first = movements[0]
    root = etree.Element(f"{{{OIR}}}OpretDækningAfskrivning_I", nsmap={"ns2": OIR, "ns3": KONTEKST})
    _heading(root, first.municipality_cvr, transaction_id)
    _reference(root, "Debitorkonto", first.account_id)
    for movement in sorted(movements, key=lambda one: _ORDER.index(one.kind)):
        _object(put(root, f"{movement.kind}Svar"), movement)
    return in_envelope(root)


def account_message(name: str, *, debt: Debt, at: datetime) -> bytes:
    """DebitorkontoAfsluttetBesked or DebitorkontoGenoptagetBesked, its data as elements."""
    data = etree.Element(f"{{{OIR}}}{name}", nsmap={None: OIR})  # type: ignore[dict-item]  # the default namespace
    account = put(data, "Debitorkonto")
    put(account, "DebitorkontoIdentifikation", debt.account_id)
    if name == "DebitorkontoAfsluttetBesked":
        put(account, "DebitorkontoAfsluttetDato", at.date())
    return _event(name, data, debt=debt, at=at, message_id=uuid.uuid5(debt.account_id, f"{name} {at.isoformat()}"))


def payable_message(*, debt: Debt, at: datetime) -> bytes:
    """FordringTilIndbetalingBesked of one account, its data as one element of Base64, as systems often do."""
    name = "FordringTilIndbetalingBesked"
    data = etree.Element(f"{{{OIR}}}{name}", nsmap={None: OIR})  # type: ignore[dict-item]  # the default namespace
    put(data, "RestanceOpgørelseDatoTid", _text(at))
    account = put(data, "DebitorkontoSvar")
    _reference(account, "Debitorkonto", debt.account_id)
    claims.write_claim(put(account, "FordringSvar"), debt)
    wrapped = etree.Element("{urn:betaldinkommune:standins}Data")
    wrapped.text = base64.b64encode(etree.tostring(data, xml_declaration=True, encoding="UTF-8")).decode()
    return _event(name, wrapped, debt=debt, at=at, message_id=uuid.uuid5(debt.claim_id, f"{name} {at.isoformat()}"))


def _heading(root: etree._Element, cvr: str, transaction_id: uuid.UUID) -> None:
    top = etree.SubElement(root, f"{{{KONTEKST}}}HovedOplysninger")
    put(top, "TransaktionsId", transaction_id)
    put(top, "TransaktionsTid", _text(datetime.now(UTC)))
    put(put(top, "AuthorityContext"), "MunicipalityCVR", cvr)
    route = put(top, "Rute")
    put(route, "AfsenderOrganisation", cvr)
    put(route, "AfsenderItSystemInstans", SYSTEM)
    put(route, "ModtagerOrganisation", cvr)


def _object(wrapper: etree._Element, movement: Movement) -> None:
    kind = movement.kind
    about = put(wrapper, kind)
    put(about, f"{kind}Identifikation", movement.movement_id)
    put(about, f"{kind}RegistreringDatoTid", _text(movement.at))
    put(about, f"{kind}Beløb", kroner(movement.amount_ore))
    if movement.reason:
        put(about, f"{kind}ÅrsagTekst", movement.reason)
    if kind == "FordringAfskrivningNedregulering":
        _reference(wrapper, "FordringAfskrivning", movement.reduces)
    if kind == "FordringDækning" and movement.payment_id:
        _reference(wrapper, "Indbetaling", movement.payment_id)
    if kind == "FordringDækningNedregulering" and movement.payment_id:
        _reference(wrapper, "IndbetalingNedregulering", movement.payment_id)
    _reference(wrapper, "Fordring", movement.claim_id)
    if kind == "FordringDækningNedregulering":
        _reference(wrapper, "FordringDækning", movement.reduces)


def _event(name: str, data: etree._Element, *, debt: Debt, at: datetime, message_id: uuid.UUID) -> bytes:
    pushed = etree.Element(f"{{{STS}}}ModtagBeskedInput", nsmap={"sts": STS, "b": KUVERT, "sd": SAGDOK})
    event = etree.SubElement(pushed, f"{{{KUVERT}}}Haendelsesbesked")
    _unique(put(event, "BeskedId"), message_id)
    put(event, "BeskedVersion", "1.0")
    envelope = put(event, "Beskedkuvert")
    filtering = put(envelope, "Filtreringsdata")
    _unique(put(filtering, "Beskedtype"), TYPES[name])
    _urn(put(filtering, "TilladtModtager"), f"{CVR_URN}{debt.municipality_cvr}")
    if name == "FordringTilIndbetalingBesked":
        for cpr, _role in debt.liable:
            related = put(filtering, "RelateretObjekt")
            _urn(put(related, "ObjektId"), f"{CPR_URN}{cpr}")
            _unique(put(related, "ObjektType"), PERSON)
    registered = put(filtering, "ObjektRegistrering")
    _unique(put(registered, "ObjektRegistreringId"), uuid.uuid5(message_id, "registrering"))
    _unique(put(registered, "RegistreringsAktoer"), SYSTEM)
    _moment(put(registered, "Registreringstidspunkt"), at)
    _urn(put(registered, "ObjektAnsvarligMyndighed"), f"{CVR_URN}{debt.municipality_cvr}")
    _unique(put(registered, "ObjektId"), debt.account_id)
    _unique(put(registered, "ObjektType"), ACCOUNT_TYPE)
    _urn(put(registered, "OpgaveEmne"), KLE)
    delivered = put(envelope, "Leveranceinformation")
    _moment(put(delivered, "Dannelsestidspunkt"), at)
    _unique(put(delivered, "TransaktionsId"), uuid.uuid5(message_id, "transaktion"))
    _unique(put(delivered, "Kildesystem"), SYSTEM)
    put(delivered, "KildesystemIPAdresse", "127.0.0.1")
    put(delivered, "KildesystemAkkreditiver", "")
    _unique(put(delivered, "Sikkerhedsklassificering"), CONFIDENTIAL)
    put(delivered, "Leveranceruter")
    put(event, "Beskeddata").append(data)
    return etree.tostring(pushed, xml_declaration=True, encoding="UTF-8")


def _reference(parent: etree._Element, name: str, to: object) -> None:
    put(put(parent, name), f"{name}Identifikation", to)


def _unique(parent: etree._Element, value: object) -> None:
    etree.SubElement(parent, f"{{{SAGDOK}}}UUIDIdentifikator").text = str(value)


def _urn(parent: etree._Element, value: str) -> None:
    etree.SubElement(parent, f"{{{SAGDOK}}}URNIdentifikator").text = value


def _moment(parent: etree._Element, at: datetime) -> None:
    etree.SubElement(parent, f"{{{SAGDOK}}}TidsstempelDatoTid").text = _text(at)


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
