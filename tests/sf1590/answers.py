"""Answers of a debtor system, written by hand as text, so that nothing of the code under test has a part in them."""

OIR = "http://www.kombit.dk/2017/01/01/"
KONTEKST = "http://kombit.dk/xml/schemas/kontekst/2017/01/01/"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
TRANSACTION = "3f0e8a52-6a7c-4f43-9d0c-0f1d1f6f0001"
AT = "2026-03-04T11:12:13Z"

ACCOUNT = "11111111-1111-4111-8111-111111111111"
CLAIM = "22222222-2222-4222-8222-222222222222"
DAYCARE = "33333333-3333-4333-8333-333333333333"
FBS = "44444444-4444-4444-8444-444444444444"
OTHER = "55555555-5555-4555-8555-555555555555"
CPR = "7405842144"
OTHER_CPR = "6902882236"

ACCEPTED = (
    "<DebitorIndbetalingAccept><AccepteretUdenBemærkninger>true</AccepteretUdenBemærkninger></DebitorIndbetalingAccept>"
)
REASON = (
    f"<ÅrsagIdentifikation>{OTHER}</ÅrsagIdentifikation><ÅrsagTitel>Afvist</ÅrsagTitel>"
    "<LokalÅrsag><LokalÅrsagskode>R17</LokalÅrsagskode><LokalÅrsagstekst>Restancen afviger</LokalÅrsagstekst>"
    "</LokalÅrsag>"
)
NOTHING_OWED = "<IngenForretningsdataAtReturnere>true</IngenForretningsdataAtReturnere>"


def envelope(body: str) -> bytes:
    """A SOAP envelope."""
    return f'<S:Envelope xmlns:S="{SOAP}"><S:Body>{body}</S:Body></S:Envelope>'.encode()


def answer(operation: str, inside: str, *, transaction_id: str = TRANSACTION, reactions: str = "") -> bytes:
    """An envelope with an answer; `inside` stands behind BehandlingDatoTid."""
    heading = (
        f'<k:HovedOplysningerSvar xmlns:k="{KONTEKST}"><k:TransaktionsId>{transaction_id}</k:TransaktionsId>'
        f"<k:TransaktionsTid>{AT}</k:TransaktionsTid>{reactions}</k:HovedOplysningerSvar>"
    )
    handled = f"<BehandlingDatoTid>{AT}</BehandlingDatoTid>{inside}" if inside else ""
    return envelope(f'<{operation}_O xmlns="{OIR}">{heading}{handled}</{operation}_O>')


def reaction(kind: str, code: str, words: str) -> str:
    """A SvarReaktion of the kind Fejl or Advis."""
    return (
        f"<k:SvarReaktion><k:{kind}><k:{kind}Id>{code}</k:{kind}Id><k:{kind}Tekst>{words}</k:{kind}Tekst>"
        f"</k:{kind}></k:SvarReaktion>"
    )


def rejected(arrears: str | None) -> str:
    """A rejection, with what the account owes where it is told."""
    more = (
        f"<ForetagIndbetalingAfvisningUddybendeSvar><Indbetaling><IndbetalingIdentifikation>{OTHER}"
        f"</IndbetalingIdentifikation></Indbetaling><RestanceBeløb>{arrears}</RestanceBeløb>"
        "</ForetagIndbetalingAfvisningUddybendeSvar>"
    )
    reason = f"<DebitorIndbetalingAfvisning>{REASON}</DebitorIndbetalingAfvisning>"
    return reason + (more if arrears is not None else "")


def party(cpr: str, marker: str = "JuridiskAnsvarligMarkering") -> str:
    """Somebody liable."""
    return (
        f"<HæftelseSvar><{marker}>true</{marker}><ØIRPartIdentifikation><ØIRPart><ØIRPartURN>"
        f"urn:oio:cpr-nr:{cpr}</ØIRPartURN></ØIRPart></ØIRPartIdentifikation></HæftelseSvar>"
    )


def claim(
    *,
    dates: str = "",
    origin: str = "<FordringOprindelseReference>4711</FordringOprindelseReference>",
    agency: str = "",
    lines: str = "",
    parties: str = party(CPR),
    more: str = "",
    left: str = "275.00",
    creator: str = FBS,
) -> str:
    """One claim of 300.00 with 275.00 left, as it stands in an answer."""
    return (
        f"<DebitorkontoSvar><Debitorkonto><DebitorkontoIdentifikation>{ACCOUNT}</DebitorkontoIdentifikation></Debitorkonto>"
        f"<FordringSvar><Fordring><FordringIdentifikation>{CLAIM}</FordringIdentifikation>"
        f"<FordringRegistreringDatoTid>{AT}</FordringRegistreringDatoTid>"
        f"<FordringSortimentIdentifikation>{DAYCARE}</FordringSortimentIdentifikation>"
        f"<FordringBeløb>300.00</FordringBeløb>{dates}{origin}{agency}</Fordring><RestanceBeløb>{left}</RestanceBeløb>"
        f"<OprettetAf><OprettetAfItSystemInstans>{creator}</OprettetAfItSystemInstans></OprettetAf>"
        f"{lines}{parties}{more}</FordringSvar></DebitorkontoSvar>"
    )


def found(*claims: str) -> str:
    """The part of an answer that lists claims."""
    inside = "".join(claims)
    return f"<SøgFordringTilIndbetalingForretningssvar>{inside}</SøgFordringTilIndbetalingForretningssvar>"


def fault(code: str, words: str, detail: str = "") -> bytes:
    """A SOAP fault."""
    return envelope(
        f"<S:Fault><faultcode>{code}</faultcode><faultstring>{words}</faultstring><detail>{detail}</detail></S:Fault>"
    )
