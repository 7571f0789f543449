"""The ledger is asked as the schema wants it, and what it tells is read whole."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from app.sf1590 import inquiry
from app.sf1590.envelope import unwrap
from app.sf1590.exchange import INQUIRY_SCHEMA
from app.sf1590.guard import BadMessage, validate
from app.sf1590.inquiry import Account, Found, Held, Reduced, Wanted
from app.sf1590.outcome import Rejected
from app.sf1590.payable import Extra, Liability
from tests.sf1590 import answers
from tests.sf1590.written import AT, HEADING, names, over_the_wire, texts

DAY = date(2026, 3, 4)
REFUSED = f"<DebitorForespørgselAfvisning>{answers.REASON}</DebitorForespørgselAfvisning>"
days = st.dates(date(1990, 1, 1), date(2100, 1, 1))
moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is added
amounts = st.integers(0, 10**12 - 1)
payments = st.builds(
    Held,
    payment_id=st.uuids(),
    registered_at=moments,
    value_on=days,
    amount_ore=amounts,
    text_lines=st.lists(st.text("abcæøå &<> 123", max_size=255), max_size=3).map(tuple),
    reductions=st.lists(
        st.builds(Reduced, reduction_id=st.uuids(), made_at=moments, amount_ore=amounts), max_size=2
    ).map(tuple),
)
summaries = st.builds(
    Found,
    account=st.uuids().map(str),
    liability=st.sampled_from(Liability),
    left_ore=amounts,
    at_agency=st.booleans(),
    oldest_due_on=st.none() | days,
)


def kroner(ore: int) -> str:
    return f"{ore // 100}.{ore % 100:02d}"


def text_of(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def summary(found: Found) -> str:
    oldest = f"<ÆldsteRettidigBetalingsdato>{found.oldest_due_on}</ÆldsteRettidigBetalingsdato>"
    return (
        f"<DebitorkontoOverblik><Debitorkonto><DebitorkontoIdentifikation>{found.account}</DebitorkontoIdentifikation>"
        f"</Debitorkonto><{found.liability}>true</{found.liability}><SamletBeløb>{kroner(found.left_ore)}</SamletBeløb>"
        f"<UnderInddrivelse>{str(found.at_agency).lower()}</UnderInddrivelse>"
        f"{oldest if found.oldest_due_on else ''}</DebitorkontoOverblik>"
    )


def payment(held: Held) -> str:
    lines = "".join(
        f"<IndbetalingTekstLinje><IndbetalingTekstLinjeNummer>{number}</IndbetalingTekstLinjeNummer>"
        f"<IndbetalingTekstLinjeTekst>{text_of(words)}</IndbetalingTekstLinjeTekst></IndbetalingTekstLinje>"
        for number, words in enumerate(held.text_lines, start=1)
    )
    reductions = "".join(
        "<IndbetalingNedregulering>"
        f"<IndbetalingNedreguleringIdentifikation>{one.reduction_id}</IndbetalingNedreguleringIdentifikation>"
        f"<IndbetalingNedreguleringRegistreringDatoTid>{one.made_at.isoformat()}"
        "</IndbetalingNedreguleringRegistreringDatoTid>"
        "<IndbetalingNedreguleringValørDato>2026-03-04</IndbetalingNedreguleringValørDato>"
        f"<IndbetalingNedreguleringBeløb>{kroner(one.amount_ore)}</IndbetalingNedreguleringBeløb>"
        "<IndbetalingNedreguleringÅrsagTekst>x</IndbetalingNedreguleringÅrsagTekst></IndbetalingNedregulering>"
        for one in held.reductions
    )
    return (
        f"<IndbetalingSvar><Indbetaling><IndbetalingIdentifikation>{held.payment_id}</IndbetalingIdentifikation>"
        f"<IndbetalingRegistreringDatoTid>{held.registered_at.isoformat()}</IndbetalingRegistreringDatoTid>"
        f"<IndbetalingValørDato>{held.value_on}</IndbetalingValørDato>"
        f"<IndbetalingBeløb>{kroner(held.amount_ore)}</IndbetalingBeløb></Indbetaling>{lines}{reductions}</IndbetalingSvar>"
    )


def account(*parts: str) -> str:
    inside = "".join(parts)
    return (
        "<HentDebitorkontoForretningssvar>"
        f"<Debitorkonto><DebitorkontoIdentifikation>{answers.ACCOUNT}</DebitorkontoIdentifikation></Debitorkonto>"
        f"{inside}</HentDebitorkontoForretningssvar>"
    )


def heard(operation: str, inside: str) -> etree._Element:
    answer = unwrap(answers.answer(operation, inside))
    validate(answer, INQUIRY_SCHEMA)
    return answer


def search(inside: str) -> tuple[Found, ...] | Rejected:
    return inquiry.search_answer(heard(inquiry.SEARCH, inside))


def fetch(inside: str) -> Account | Rejected | None:
    return inquiry.fetch_answer(heard(inquiry.FETCH, inside))


def test_a_persons_accounts_are_asked_for_in_every_role() -> None:
    root = over_the_wire(inquiry.search_request(answers.CPR, HEADING))
    validate(root, INQUIRY_SCHEMA)
    assert names(root) == [
        "HovedOplysninger",
        "JuridiskAnsvarligMarkering",
        "AdministratorMarkering",
        "JuridiskMedhæfterMarkering",
        "SamletFordringOverblikMarkering",
        "ØIRPartIdentifikation",
    ]
    assert texts(root[5][0]) == {"ØIRPartURN": f"urn:oio:cpr-nr:{answers.CPR}"}


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        (None, None, {}),
        (DAY, None, {"PeriodeFraOgMedDato": "2026-03-04"}),
        (DAY, date(2026, 3, 5), {"PeriodeFraOgMedDato": "2026-03-04", "PeriodeTilOgMedDato": "2026-03-05"}),
    ],
)
def test_one_account_is_asked_for_with_a_period(since: date | None, until: date | None, said: dict[str, str]) -> None:
    root = over_the_wire(inquiry.fetch_request(Wanted(UUID(answers.ACCOUNT), since, until), HEADING))
    validate(root, INQUIRY_SCHEMA)
    assert names(root)[:2] == ["HovedOplysninger", "Debitorkonto"]
    assert texts(root) == said


@given(st.lists(summaries, min_size=1, max_size=3))
def test_accounts_are_read_as_they_were_written(told: list[Found]) -> None:
    inside = "".join(summary(one) for one in told)
    written = f"<SøgDebitorregistreringForretningssvar>{inside}</SøgDebitorregistreringForretningssvar>"
    assert search(written) == tuple(told)


@given(st.lists(payments, max_size=3))
def test_payments_are_read_as_they_were_written(told: list[Held]) -> None:
    assert fetch(account(*(payment(one) for one in told))) == Account(answers.ACCOUNT, (), tuple(told))


def test_claims_are_read_with_interest_and_fees() -> None:
    fee = (
        f"<RykkergebyrSvar><Rykkergebyr><RykkergebyrIdentifikation>{answers.OTHER}</RykkergebyrIdentifikation>"
        f"<RykkergebyrRegistreringDatoTid>{answers.AT}</RykkergebyrRegistreringDatoTid>"
        "<RykkergebyrBeløb>250.00</RykkergebyrBeløb><RykkergebyrRykkerDato>2026-03-04</RykkergebyrRykkerDato>"
        "</Rykkergebyr><RestanceBeløb>100.00</RestanceBeløb></RykkergebyrSvar>"
    )
    claim = answers.claim(more=fee, left="0.00").partition("</Debitorkonto>")[2].removesuffix("</DebitorkontoSvar>")
    told = fetch(account(claim))
    assert isinstance(told, Account)
    (found,) = told.claims
    assert (found.account, found.claim_id, found.outstanding_ore) == (answers.ACCOUNT, answers.CLAIM, 0)
    assert found.extras == (Extra("Rykkergebyr", answers.OTHER, 25_000, 10_000, DAY),)


def test_nothing_to_tell_and_a_refusal() -> None:
    assert search(answers.NOTHING_OWED) == ()
    assert fetch(answers.NOTHING_OWED) is None
    for refused in (search(REFUSED), fetch(REFUSED)):
        assert isinstance(refused, Rejected)
        assert (refused.handled_at, refused.reason.code) == (AT, "R17")


def test_an_answer_that_breaks_the_schema_is_refused() -> None:
    whole = summary(Found(answers.ACCOUNT, Liability.LIABLE, 100, at_agency=False, oldest_due_on=None))
    for broken in (whole.replace("1.00", "1.001"), whole.replace(answers.ACCOUNT, "konto"), ""):
        with pytest.raises(BadMessage):
            search(f"<SøgDebitorregistreringForretningssvar>{broken}</SøgDebitorregistreringForretningssvar>")
    with pytest.raises(BadMessage):
        fetch(account("<Noget/>"))
