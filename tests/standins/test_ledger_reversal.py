"""The ledger's stand-in takes payments back, strictly; what they had covered is owed again."""

import uuid
from collections.abc import Iterator

import httpx
import pytest

from standins import people
from standins.frame import Served, serve_in_thread
from tests.standins.test_ledger import COLLECTING, OIR, call, code_of, debt_of, envelope, payment, split

REVERSING = "/ledger/service/OIR/IndbetalingTilbagefoerOrdreAfsend/1"
REDUCE, REVERSE = "ForetagIndbetalingNedregulering", "TilbageførIndbetaling"
AT = "2026-03-05T12:00:00Z"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve_in_thread(key_folder=tmp_path_factory.mktemp("keys")) as running:
        yield running


@pytest.fixture
def caller(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url) as client:
        client.post("/control/reset").raise_for_status()
        yield client


def account_of(account: object) -> str:
    return f"<Debitorkonto><DebitorkontoIdentifikation>{account}</DebitorkontoIdentifikation></Debitorkonto>"


def reduction(account: object, payment_id: object, amount: str, *, parts: str = "") -> str:
    name = "IndbetalingNedregulering"
    return (
        f"{account_of(account)}<Indbetaling><IndbetalingIdentifikation>{payment_id}</IndbetalingIdentifikation>"
        f"</Indbetaling><{name}><{name}Identifikation>{uuid.uuid4()}</{name}Identifikation><{name}RegistreringDatoTid>"
        f"{AT}</{name}RegistreringDatoTid><{name}ValørDato>2026-03-05</{name}ValørDato><{name}Beløb>{amount}"
        f"</{name}Beløb><{name}ÅrsagTekst>Tilbagebetaling</{name}ÅrsagTekst></{name}>{parts}"
    )


def part(cover_id: object, amount: str) -> str:
    name = "FordringDækningNedregulering"
    return (
        f"<{name}Svar><{name}><{name}Identifikation>{uuid.uuid4()}</{name}Identifikation><{name}RegistreringDatoTid>"
        f"{AT}</{name}RegistreringDatoTid><{name}Beløb>{amount}</{name}Beløb></{name}><FordringDækning>"
        f"<FordringDækningIdentifikation>{cover_id}</FordringDækningIdentifikation></FordringDækning></{name}Svar>"
    )


def order(account: object, payment_id: object, amount: str, words: str = "Tilbagebetaling") -> str:
    name = "IndbetalingTilbageførselOrdre"
    return (
        f"<{name}><{name}Identifikation>{uuid.uuid4()}</{name}Identifikation><{name}RegistreringDatoTid>{AT}"
        f"</{name}RegistreringDatoTid><{name}Tekst>{words}</{name}Tekst></{name}>{account_of(account)}<Indbetaling>"
        f"<IndbetalingIdentifikation>{payment_id}</IndbetalingIdentifikation><IndbetalingBeløb>{amount}"
        "</IndbetalingBeløb></Indbetaling>"
    )


def reduce(caller: httpx.Client, inside: str) -> str:
    return code_of(call(caller, envelope(REDUCE, inside), action=REDUCE))


def take_back(caller: httpx.Client, inside: str, *, action: str = "TilbagefoerIndbetaling") -> httpx.Response:
    headers = {"soapaction": f'"{action}"', "content-type": "text/xml"}
    return caller.post(REVERSING, content=envelope(REVERSE, inside).encode(), headers=headers)


def paid(caller: httpx.Client, account: object, amount: str, *, split: str = "") -> uuid.UUID:
    payment_id = uuid.uuid4()
    inside = payment(account, amount, payment_id=payment_id, split=split)
    assert code_of(call(caller, envelope("ForetagIndbetaling", inside))) == "accepted"
    return payment_id


def test_a_library_claim_is_owed_again_while_the_library_keeps_its_fee_paid(
    caller: httpx.Client, served: Served
) -> None:
    debt = debt_of(served, people.KIRSTEN.cpr, "library-replacement")
    world, fee_id = served.place.world, int(debt.origin_ref)
    payment_id = paid(caller, debt.account_id, "275.00")
    world.on_fee_paid(fee_id, debt.due_on)  # as the ledger tells the library a second later
    answer = take_back(caller, order(debt.account_id, payment_id, "275.00"))
    assert (answer.status_code, code_of(answer)) == (200, "accepted")
    assert "<ns2:Accept>" in answer.text
    assert debt.outstanding_ore == 27_500
    assert world.fees[fee_id].paid_on == debt.due_on


def test_parts_must_fit_what_the_payment_covered(caller: httpx.Client, served: Served) -> None:
    debt = debt_of(served, people.KIRSTEN.cpr, "daycare")
    cover = split(debt.claim_id, "1000.00")
    cover_id = cover.partition("FordringDækningIdentifikation>")[2][:36]
    payment_id = paid(caller, debt.account_id, "1000.00", split=cover)
    said = [
        reduce(caller, reduction(debt.account_id, payment_id, amount, parts=parts))
        for amount, parts in (
            ("600.00", part(cover_id, "600.00")),
            ("500.00", part(cover_id, "400.00")),
            ("400.00", part(cover_id, "400.01")),
            ("100.00", part(uuid.uuid4(), "100.00")),
            ("100.00", part(cover_id, "100.01")),
            ("0.00", ""),
            ("13.13", ""),
            ("400.00", part(cover_id, "400.00")),
        )
    ]
    assert said == [
        "accepted", "NEDREGULERING_FOR_STOR", "DAEKNING_UKENDT", "DAEKNING_UKENDT", "FORDELING_FORKERT", "BELOEB_NUL",
        "PERIODE_LUKKET", "accepted",
    ]  # fmt: skip
    assert debt.outstanding_ore == 219_400
    state = caller.get("/control/ledger/state").json()
    assert sorted(state["reversals"].values()) == [40_000, 60_000]
    assert (len(state["reversals_rejected"]), state["accounts"]) == (6, {str(debt.account_id): 0})
    caller.post("/control/reset")
    assert caller.get("/control/ledger/state").json()["reversals"] == {}


def test_each_service_has_its_own_operations(caller: httpx.Client) -> None:
    payment_id = paid(caller, COLLECTING, "60.00")
    whole = envelope(REVERSE, order(COLLECTING, payment_id, "60.00"))
    assert code_of(call(caller, whole, action="TilbagefoerIndbetaling")) == "SOAPACTION"
    assert code_of(take_back(caller, order(COLLECTING, payment_id, "60.00"), action="Ping")) == "SOAPACTION"
    assert code_of(take_back(caller, order(COLLECTING, payment_id, "60.00", "x" * 256))) == "SKEMA"
    assert code_of(take_back(caller, order(COLLECTING, payment_id, "60.00") + f'<Mere xmlns="{OIR}"/>')) == "SKEMA"
    assert caller.post("/ledger/service/OIR/Noget/1").status_code == 404
    assert caller.get("/control/ledger/state").json()["accounts"] == {str(COLLECTING): 6_000}


def test_the_page_shows_what_was_taken_back(caller: httpx.Client) -> None:
    payment_id = paid(caller, COLLECTING, "60.00")
    assert reduce(caller, reduction(COLLECTING, payment_id, "20.00")) == "accepted"
    assert code_of(take_back(caller, order(COLLECTING, payment_id, "60.00"))) == "NEDREGULERING_FOR_STOR"
    page = caller.get("/ledger/").text
    assert "20,00 kr." in page
    assert "Nedregulering" in page
    assert "Afvist: Der er mindre tilbage af indbetalingen" in page
    assert "40,00 kr." in page, "what is left on the account"
