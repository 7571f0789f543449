"""What debtor systems and Beskedfordeler send, written by hand as text; no code under test has a part in it."""

import base64

from tests.sf1590.answers import ACCOUNT, AT, CLAIM, KONTEKST, OIR, TRANSACTION, claim, envelope

CVR = "99099119"
OBJECT = "aaaaaaaa-0000-4000-8000-000000000001"
PAYMENT = "aaaaaaaa-0000-4000-8000-000000000002"
EARLIER = "aaaaaaaa-0000-4000-8000-000000000003"
MESSAGE = "bbbbbbbb-0000-4000-8000-000000000001"
PAYABLE_TYPE = "6a2c7d0e-4f61-4a55-9c0b-2f5e1d7a9b01"
CLOSED_TYPE = "6a2c7d0e-4f61-4a55-9c0b-2f5e1d7a9b02"
REOPENED_TYPE = "6a2c7d0e-4f61-4a55-9c0b-2f5e1d7a9b03"
UNKNOWN_TYPE = "6a2c7d0e-4f61-4a55-9c0b-2f5e1d7a9bff"


def heading(*, cvr: str | None = CVR, transaction_id: str = TRANSACTION, route: bool = True) -> str:
    """HovedOplysninger as a ledger fills it."""
    authority = f"<k:AuthorityContext><k:MunicipalityCVR>{cvr}</k:MunicipalityCVR></k:AuthorityContext>" if cvr else ""
    routed = (
        f"<k:Rute><k:AfsenderOrganisation>{CVR}</k:AfsenderOrganisation><k:AfsenderItSystemInstans>{OBJECT}"
        f"</k:AfsenderItSystemInstans><k:ModtagerOrganisation>{CVR}</k:ModtagerOrganisation></k:Rute>"
    )
    return (
        f'<k:HovedOplysninger xmlns:k="{KONTEKST}"><k:TransaktionsId>{transaction_id}</k:TransaktionsId>'
        f"<k:TransaktionsTid>{AT}</k:TransaktionsTid>{authority}{routed if route else ''}</k:HovedOplysninger>"
    )


def call(operation: str, inside: str, *, top: str | None = None) -> bytes:
    """An envelope with a request."""
    first = heading() if top is None else top
    return envelope(f'<{operation}_I xmlns="{OIR}">{first}{inside}</{operation}_I>')


def _object(name: str, object_id: str, amount: str, at: str, more: str = "") -> str:
    return (
        f"<{name}><{name}Identifikation>{object_id}</{name}Identifikation>"
        f"<{name}RegistreringDatoTid>{at}</{name}RegistreringDatoTid><{name}Beløb>{amount}</{name}Beløb>{more}</{name}>"
    )


def reference(name: str, object_id: str) -> str:
    """An element that only points at something."""
    return f"<{name}><{name}Identifikation>{object_id}</{name}Identifikation></{name}>"


def write_off(
    *, object_id: str = OBJECT, amount: str = "60.00", at: str = AT, claim_id: str = CLAIM, reason: str | None = None,
    reduces: str | None = None,
) -> str:  # fmt: skip
    """A write-off, or with `reduces` one taken back."""
    name = "FordringAfskrivningNedregulering" if reduces else "FordringAfskrivning"
    why = "" if reason is None else f"<{name}ÅrsagTekst>{reason}</{name}ÅrsagTekst>"
    of = reference("FordringAfskrivning", reduces) if reduces else ""
    return f"<{name}Svar>{_object(name, object_id, amount, at, why)}{of}{reference('Fordring', claim_id)}</{name}Svar>"


def coverage(
    *, object_id: str = OBJECT, amount: str = "60.00", at: str = AT, claim_id: str = CLAIM,
    payment_id: str | None = PAYMENT, reduces: str | None = None,
) -> str:  # fmt: skip
    """A coverage, or with `reduces` one taken back."""
    name = "FordringDækningNedregulering" if reduces else "FordringDækning"
    paid = "IndbetalingNedregulering" if reduces else "Indbetaling"
    behind = reference(paid, payment_id) if payment_id else ""
    of = reference("FordringDækning", reduces) if reduces else ""
    return (
        f"<{name}Svar>{_object(name, object_id, amount, at)}{behind}{reference('Fordring', claim_id)}{of}</{name}Svar>"
    )


def told(*objects: str, account: str = ACCOUNT, top: str | None = None) -> bytes:
    """A call of OpretDækningAfskrivning; the objects stand in the order of the model."""
    return call("OpretDækningAfskrivning", reference("Debitorkonto", account) + "".join(objects), top=top)


def payable_data(*claims: str) -> str:
    """FordringTilIndbetalingBesked."""
    listed = "".join(claims or [claim()])
    return (
        f'<FordringTilIndbetalingBesked xmlns="{OIR}"><RestanceOpgørelseDatoTid>{AT}</RestanceOpgørelseDatoTid>'
        f"{listed}</FordringTilIndbetalingBesked>"
    )


def closed_data(on: str | None = "2026-03-01", account: str = ACCOUNT) -> str:
    """DebitorkontoAfsluttetBesked."""
    day = "" if on is None else f"<DebitorkontoAfsluttetDato>{on}</DebitorkontoAfsluttetDato>"
    return (
        f'<DebitorkontoAfsluttetBesked xmlns="{OIR}"><Debitorkonto><DebitorkontoIdentifikation>{account}'
        f"</DebitorkontoIdentifikation>{day}</Debitorkonto></DebitorkontoAfsluttetBesked>"
    )


def reopened_data(account: str = ACCOUNT) -> str:
    """DebitorkontoGenoptagetBesked."""
    inside = reference("Debitorkonto", account)
    return f'<DebitorkontoGenoptagetBesked xmlns="{OIR}">{inside}</DebitorkontoGenoptagetBesked>'


def in_base64(data: str) -> str:
    """The same data as one element of Base64."""
    return f'<Data xmlns="urn:whatever">{base64.b64encode(data.encode()).decode()}</Data>'


def event(
    data: str, *, message_type: str = PAYABLE_TYPE, message_id: str = MESSAGE, made_at: str | None = AT,
    responsible: str | None = CVR, receivers: tuple[str, ...] = (CVR,), pushed: bool = True, delivered: str = "",
) -> bytes:  # fmt: skip
    """An event message, in ModtagBeskedInput unless told otherwise."""
    allowed = "".join(
        f"<TilladtModtager><s:URNIdentifikator>urn:oio:cvr-nr:{cvr}</s:URNIdentifikator></TilladtModtager>"
        for cvr in receivers
    )
    owner = (
        f"<ObjektRegistrering><ObjektAnsvarligMyndighed><s:URNIdentifikator>urn:oio:cvr-nr:{responsible}"
        "</s:URNIdentifikator></ObjektAnsvarligMyndighed></ObjektRegistrering>"
    )
    made = f"<Dannelsestidspunkt><s:TidsstempelDatoTid>{made_at}</s:TidsstempelDatoTid></Dannelsestidspunkt>"
    held = f"<Beskeddata>{data}</Beskeddata>" if data else ""
    inside = (
        '<Haendelsesbesked xmlns="urn:oio:besked:kuvert:1.0" xmlns:s="urn:oio:sagdok:3.0.0">'
        f"<BeskedId><s:UUIDIdentifikator>{message_id}</s:UUIDIdentifikator></BeskedId>"
        f"<BeskedVersion>1.0</BeskedVersion><Beskedkuvert><Filtreringsdata><Beskedtype><s:UUIDIdentifikator>"
        f"{message_type}</s:UUIDIdentifikator></Beskedtype>{allowed}{owner if responsible else ''}</Filtreringsdata>"
        f"<Leveranceinformation>{made if made_at else ''}{delivered}</Leveranceinformation></Beskedkuvert>{held}"
        "</Haendelsesbesked>"
    )
    return (f'<ModtagBeskedInput xmlns="urn:oio:sts:1.0.0">{inside}</ModtagBeskedInput>' if pushed else inside).encode()
