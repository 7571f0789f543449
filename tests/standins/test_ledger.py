"""The ledger's stand-in takes only what Serviceplatformen would carry, and books as a ledger does."""

import re
import time
import uuid
from collections.abc import Iterator

import httpx
import pytest

from standins import people
from standins.frame import Served, serve_in_thread
from standins.ledger.books import COLLECTING_ACCOUNTS
from standins.ledger.movements import KINDS
from standins.world import Debt, today

SERVICE = "/ledger/service/OIR/DebitorIndbetalingAfsend/1"
OIR = "http://www.kombit.dk/2017/01/01/"
KONTEKST = "http://kombit.dk/xml/schemas/kontekst/2017/01/01/"
SYSTEM = "00000000-0000-4000-8000-000000000007"
COLLECTING = next(iter(COLLECTING_ACCOUNTS))
HEADING = (
    f'<k:HovedOplysninger xmlns:k="{KONTEKST}"><k:TransaktionsId>t1</k:TransaktionsId>'
    "<k:TransaktionsTid>2026-03-04T12:00:00Z</k:TransaktionsTid>"
    f"<k:AuthorityContext><k:MunicipalityCVR>{people.FJORDBY_CVR}</k:MunicipalityCVR></k:AuthorityContext>"
    f"<k:Rute><k:AfsenderOrganisation>{people.FJORDBY_CVR}</k:AfsenderOrganisation>"
    f"<k:AfsenderItSystemInstans>{SYSTEM}</k:AfsenderItSystemInstans>"
    f"<k:ModtagerOrganisation>{people.FJORDBY_CVR}</k:ModtagerOrganisation></k:Rute></k:HovedOplysninger>"
)
PARTY = (
    f"<ØIRPartIdentifikation><ØIRPart><ØIRPartURN>urn:oio:cpr-nr:{people.KIRSTEN.cpr}</ØIRPartURN></ØIRPart>"
    "</ØIRPartIdentifikation>"
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve_in_thread(key_folder=tmp_path_factory.mktemp("keys")) as running:
        yield running


@pytest.fixture
def caller(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url) as client:
        client.post("/control/reset").raise_for_status()
        yield client


def envelope(operation: str, inside: str, heading: str = HEADING) -> str:
    return (
        '<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>'
        f'<{operation}_I xmlns="{OIR}">{heading}{inside}</{operation}_I></S:Body></S:Envelope>'
    )


def call(caller: httpx.Client, text: str, action: str = "ForetagIndbetaling", kind: str = "text/xml") -> httpx.Response:
    return caller.post(SERVICE, content=text.encode(), headers={"soapaction": f'"{action}"', "content-type": kind})


def payment(account: object, amount: str, *, payment_id: object = None, split: str = "") -> str:
    return (
        f"<Debitorkonto><DebitorkontoIdentifikation>{account}</DebitorkontoIdentifikation></Debitorkonto>"
        f"<Indbetaling><IndbetalingIdentifikation>{payment_id or uuid.uuid4()}</IndbetalingIdentifikation>"
        "<IndbetalingRegistreringDatoTid>2026-03-04T12:00:00Z</IndbetalingRegistreringDatoTid>"
        f"<IndbetalingValørDato>2026-03-04</IndbetalingValørDato><IndbetalingBeløb>{amount}</IndbetalingBeløb>"
        f"</Indbetaling>{split}{PARTY}"
    )


def split(claim: object, amount: str) -> str:
    return (
        f"<FordringDækningSvar><FordringDækning><FordringDækningIdentifikation>{uuid.uuid4()}"
        "</FordringDækningIdentifikation><FordringDækningRegistreringDatoTid>2026-03-04T12:00:00Z"
        f"</FordringDækningRegistreringDatoTid><FordringDækningBeløb>{amount}</FordringDækningBeløb></FordringDækning>"
        f"<Fordring><FordringIdentifikation>{claim}</FordringIdentifikation></Fordring></FordringDækningSvar>"
    )


def code_of(answer: httpx.Response) -> str:
    """The code of a fault or a rejection, or `accepted`."""
    found = re.search(r"(?:ErrorCode|LokalÅrsagskode)>([^<]+)<", answer.text)
    return found[1] if found else "accepted"


def debt_of(served: Served, cpr: str, claim_type: str) -> Debt:
    return next(debt for debt in served.place.world.debts_by_cpr[cpr] if debt.claim_type == claim_type)


GOOD = payment(COLLECTING, "60.00")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("<html>", "SOAP"),
        ('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "SOAP"),
        ("<a/>", "SOAP"),
        (envelope("ForetagIndbetaling", GOOD, heading=""), "SKEMA"),
        (envelope("ForetagIndbetaling", GOOD, re.sub("<k:Rute>.*</k:Rute>", "", HEADING)), "RUTE"),
        (envelope("ForetagIndbetaling", GOOD, re.sub("<k:Auth.*</k:AuthorityContext>", "", HEADING)), "AUTHORITY"),
        (envelope("ForetagIndbetaling", GOOD, HEADING.replace(people.FJORDBY_CVR, "12345678")), "AFTALE"),
        (
            envelope(
                "ForetagIndbetaling",
                GOOD,
                HEADING.replace(
                    f"ModtagerOrganisation>{people.FJORDBY_CVR}", f"ModtagerOrganisation>{people.SKOVLUND_CVR}"
                ),
            ),
            "RUTE",
        ),
        (envelope("ForetagIndbetaling", GOOD, HEADING.replace(SYSTEM, SYSTEM.upper() + "X")), "SKEMA"),
        (envelope("ForetagIndbetaling", GOOD + "<Mere/>"), "SKEMA"),
        (envelope("ForetagIndbetaling", payment(COLLECTING, "1.234")), "SKEMA"),
        (envelope("ForetagIndbetaling", payment("konto", "1.00")), "SKEMA"),
        (envelope("ForetagIndbetaling", GOOD.replace("urn:oio:cpr-nr", "urn:oio:cvr-nr")), "SKEMA"),
        (envelope("HentDebitorkonto", ""), "SOAPACTION"),
    ],
)
def test_what_serviceplatformen_would_not_carry_is_a_fault(caller: httpx.Client, text: str, code: str) -> None:
    answer = call(caller, text)
    assert (answer.status_code, code_of(answer)) == (500, code)
    assert caller.get("/control/ledger/state").json()["postings"] == 0


def test_the_action_and_the_content_type_must_fit(caller: httpx.Client) -> None:
    assert code_of(call(caller, envelope("ForetagIndbetaling", GOOD), action="Ping")) == "SOAPACTION"
    assert code_of(call(caller, envelope("ForetagIndbetaling", GOOD), kind="text/plain")) == "SOAP"
    assert code_of(call(caller, envelope("ForetagIndbetaling", GOOD))) == "accepted"


def test_a_ping_is_answered(caller: httpx.Client) -> None:
    answer = call(caller, envelope("Ping", ""), action="Ping")
    assert answer.status_code == 200
    assert "Ping_O" in answer.text
    assert ">t1<" in answer.text


def test_what_a_ledger_rejects(caller: httpx.Client, served: Served) -> None:
    daycare = debt_of(served, people.KIRSTEN.cpr, "daycare")
    parking = debt_of(served, people.KIRSTEN.cpr, "parking")
    skovlund = next(account for account, (cvr, _name) in COLLECTING_ACCOUNTS.items() if cvr == people.SKOVLUND_CVR)
    rejected = {
        payment(uuid.uuid4(), "1.00"): "KONTO_UKENDT",
        payment(skovlund, "1.00"): "KONTO_UKENDT",
        payment(COLLECTING, "0.00"): "BELOEB_NUL",
        payment(COLLECTING, "1.00", split=split(daycare.claim_id, "1.00")): "FORDRING_UKENDT",
        payment(daycare.account_id, "2194.01"): "RESTANCE_AFVIGER",
        payment(daycare.account_id, "1.00", split=split(daycare.claim_id, "1.01")): "FORDELING_FORKERT",
        payment(daycare.account_id, "1.00", split=split(uuid.uuid4(), "1.00")): "FORDRING_UKENDT",
        payment(parking.account_id, "795.00"): "UNDER_INDDRIVELSE",
    }
    for inside, code in rejected.items():
        answer = call(caller, envelope("ForetagIndbetaling", inside))
        assert (answer.status_code, code_of(answer)) == (200, code)
    state = caller.get("/control/ledger/state").json()
    assert (state["postings"], state["accounts"], len(state["rejected"])) == (0, {}, len(rejected))


def test_one_uuid_is_booked_once_and_the_totals_say_so(caller: httpx.Client) -> None:
    payment_id = uuid.uuid4()
    first = call(caller, envelope("ForetagIndbetaling", payment(COLLECTING, "60.00", payment_id=payment_id)))
    again = call(caller, envelope("ForetagIndbetaling", payment(COLLECTING, "60.00", payment_id=payment_id)))
    other = call(caller, envelope("ForetagIndbetaling", payment(COLLECTING, "60.01", payment_id=payment_id)))
    assert [code_of(answer) for answer in (first, again, other)] == ["accepted", "accepted", "UUID_GENBRUGT"]
    assert caller.get("/control/ledger/state").json() == {
        "postings": 1,
        "total_ore": 6_000,
        "accounts": {str(COLLECTING): 6_000},
        "uuids": [str(payment_id)],
        "rejected": {},
        "repeats": 1,
        "reversals": {},
        "reversals_rejected": {},
        "registered": [],
        "lowered": {},
        "registrations_rejected": {},
        "registration_repeats": 0,
        "movements": dict.fromkeys(KINDS, 0),
        "closed_accounts": [],
        "told": 0,
        "untold": 0,
        "library_told": 0,
        "library_untold": 0,
    }
    caller.post("/control/reset")
    assert caller.get("/control/ledger/state").json()["postings"] == 0


def test_the_library_is_told_about_a_second_later(caller: httpx.Client, served: Served) -> None:
    debt = debt_of(served, people.KIRSTEN.cpr, "library-replacement")
    fee = served.place.world.fees[int(debt.origin_ref)]
    assert code_of(call(caller, envelope("ForetagIndbetaling", payment(debt.account_id, "100.00")))) == "accepted"
    inside = payment(debt.account_id, "175.00", split=split(debt.claim_id, "175.00"))
    assert code_of(call(caller, envelope("ForetagIndbetaling", inside))) == "accepted"

    def told() -> int:
        return int(caller.get("/control/ledger/state").json()["library_told"])

    assert (fee.paid_on, told()) == (None, 0)
    ends_at = time.monotonic() + 5
    while told() == 0 and time.monotonic() < ends_at:
        time.sleep(0.05)
    assert told() == 1
    assert served.place.world.fees[fee.fee_id].paid_on == today()


def test_the_page_shows_accounts_and_postings_and_no_cpr(caller: httpx.Client) -> None:
    call(caller, envelope("ForetagIndbetaling", GOOD))
    page = caller.get("/ledger/").text
    assert str(COLLECTING) in page
    assert "60,00 kr." in page
    assert "Kirsten Lund" in page
    assert people.KIRSTEN.cpr not in page


def test_a_search_may_be_for_one_account_and_one_role(caller: httpx.Client, served: Served) -> None:
    debt = debt_of(served, people.KIRSTEN.cpr, "daycare")
    marked = "<JuridiskAnsvarligMarkering>true</JuridiskAnsvarligMarkering>"
    account = f"<Debitorkonto><DebitorkontoIdentifikation>{debt.account_id}</DebitorkontoIdentifikation></Debitorkonto>"
    search = "SøgFordringTilIndbetaling"
    action = "SoegFordringTilIndbetaling"
    one = call(caller, envelope(search, marked + account + PARTY), action=action).text
    assert one.count("<ns2:FordringSvar>") == 1
    other_role = call(
        caller, envelope(search, marked.replace("JuridiskAnsvarlig", "Administrator") + PARTY), action=action
    ).text
    assert "IngenForretningsdataAtReturnere" in other_role
    assert code_of(call(caller, envelope(search, marked.replace("true", "false") + PARTY), action=action)) == "SKEMA"
