"""Every field of a claim is read, and what is not told stays unknown."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from lxml import etree

from app.sf1590 import payable
from app.sf1590.envelope import Heading, Route, unwrap
from app.sf1590.exchange import SCHEMA
from app.sf1590.guard import BadMessage, parse, validate
from app.sf1590.payable import Extra, Liability, Liable, PayableClaim, Refusal
from tests.sf1590 import answers

AT = datetime(2026, 3, 4, 11, 12, 13, tzinfo=UTC)
HEADING = Heading(UUID(int=1), AT, "kald", "99099119", Route("99099119", UUID(int=7), "99099119"))
DATES = (
    "<FordringStiftelseDato>2026-01-01</FordringStiftelseDato>"
    "<FordringPeriodeFraOgMedDato>2026-02-01</FordringPeriodeFraOgMedDato>"
    "<FordringPeriodeTilOgMedDato>2026-02-28</FordringPeriodeTilOgMedDato>"
    "<FordringBetalingsserviceMarkering>true</FordringBetalingsserviceMarkering>"
    "<FordringForfaldDato>2026-03-01</FordringForfaldDato>"
    "<FordringSidsteRettidigeBetalingDato>2026-03-03</FordringSidsteRettidigeBetalingDato>"
)
AGENCY = (
    "<FordringInddrivelseOversendtDato>2026-06-01</FordringInddrivelseOversendtDato>"
    "<FordringInddrivelseMarkering>1</FordringInddrivelseMarkering>"
)
LINES = "".join(
    f"<FordringTekstLinje><FordringTekstLinjeNummer>{number}</FordringTekstLinjeNummer>"
    f"<FordringTekstLinjeTekst>{words}</FordringTekstLinjeTekst></FordringTekstLinje>"
    for number, words in ((2, "Alma"), (1, "Børnehuset Solsikken"))
)


def rate(amount: str, on: str) -> str:
    return (
        f"<Rate><RateIdentifikation>{answers.OTHER}</RateIdentifikation><RateRegistreringDatoTid>{answers.AT}"
        f"</RateRegistreringDatoTid><RateBeløb>{amount}</RateBeløb><RateForfaldDato>{on}</RateForfaldDato></Rate>"
    )


def extra(kind: str, amount: str, left: str, day: str) -> str:
    return (
        f"<{kind}Svar><{kind}><{kind}Identifikation>{answers.OTHER}</{kind}Identifikation><{kind}RegistreringDatoTid>"
        f"{answers.AT}</{kind}RegistreringDatoTid><{kind}Beløb>{amount}</{kind}Beløb>{day}</{kind}>"
        f"<RestanceBeløb>{left}</RestanceBeløb></{kind}Svar>"
    )


PLAN = (
    f"<BetalingsaftaleSvar><Betalingsaftale><BetalingsaftaleIdentifikation>{answers.OTHER}</BetalingsaftaleIdentifikation>"
    f"<BetalingsaftaleRegistreringDatoTid>{answers.AT}</BetalingsaftaleRegistreringDatoTid></Betalingsaftale>"
    f"{rate('750.00', '2026-05-01')}{rate('749.50', '2026-04-01')}</BetalingsaftaleSvar>"
)
DEFERRAL = (
    f"<Henstand><HenstandRegistreringDatoTid>{answers.AT}</HenstandRegistreringDatoTid>"
    "<HenstandFraOgMedDato>2026-03-01</HenstandFraOgMedDato></Henstand>"
)
EXTRAS = extra(
    "Opkrævningsrente", "12.00", "7.00", "<OpkrævningsrenteTilOgMedDato>2026-03-31</OpkrævningsrenteTilOgMedDato>"
) + extra("Rykkergebyr", "250.00", "250.00", "<RykkergebyrRykkerDato>2026-04-15</RykkergebyrRykkerDato>")


def read(inside: str) -> tuple[PayableClaim, ...] | Refusal:
    answer = unwrap(answers.answer(payable.ACTION, inside))
    validate(answer, SCHEMA)
    return payable.answer_from(answer)


def test_a_search_asks_for_every_role_and_names_the_person_only_in_the_body() -> None:
    root = parse(etree.tostring(payable.request(answers.CPR, HEADING), encoding="UTF-8"))
    validate(root, SCHEMA)
    assert [etree.QName(child).localname for child in root] == [
        "HovedOplysninger",
        "JuridiskAnsvarligMarkering",
        "AdministratorMarkering",
        "JuridiskMedhæfterMarkering",
        "ØIRPartIdentifikation",
    ]
    assert answers.CPR not in etree.tostring(root[0], encoding="unicode")


def test_everything_that_is_told_is_read() -> None:
    parties = answers.party(answers.OTHER_CPR) + answers.party(answers.CPR, "JuridiskMedhæfterMarkering")
    told = read(
        answers.found(
            answers.claim(dates=DATES, agency=AGENCY, lines=LINES, parties=parties, more=PLAN + DEFERRAL + EXTRAS)
        )
    )
    assert told == (
        PayableClaim(
            account=answers.ACCOUNT,
            claim_id=answers.CLAIM,
            type_id=answers.DAYCARE,
            creator_system=answers.FBS,
            origin_ref="4711",
            principal_ore=30_000,
            outstanding_ore=27_500,
            liable=(Liable(Liability.LIABLE, answers.OTHER_CPR), Liable(Liability.CO_LIABLE, answers.CPR)),
            founded_on=date(2026, 1, 1),
            period_from=date(2026, 2, 1),
            period_to=date(2026, 2, 28),
            by_betalingsservice=True,
            due_on=date(2026, 3, 1),
            last_timely_on=date(2026, 3, 3),
            at_agency=True,
            agency_on=date(2026, 6, 1),
            text_lines=("Børnehuset Solsikken", "Alma"),
            instalments=((date(2026, 4, 1), 74_950), (date(2026, 5, 1), 75_000)),
            deferred_from=date(2026, 3, 1),
            deferred_to=None,
            extras=(
                Extra("Opkrævningsrente", answers.OTHER, 1_200, 700, date(2026, 3, 31)),
                Extra("Rykkergebyr", answers.OTHER, 25_000, 25_000, date(2026, 4, 15)),
            ),
        ),
    )


def test_what_is_not_told_is_unknown() -> None:
    company = answers.party("").replace("urn:oio:cpr-nr:", "urn:oio:cvr-nr:99099119")
    told = read(answers.found(answers.claim(origin="", parties=company)))
    assert isinstance(told, tuple)
    assert told[0].origin_ref is None
    assert told[0].liable == (Liable(Liability.LIABLE, None),)
    assert (told[0].due_on, told[0].agency_on, told[0].deferred_from) == (None, None, None)
    assert (told[0].by_betalingsservice, told[0].at_agency) == (False, False)
    assert (told[0].text_lines, told[0].instalments, told[0].extras) == ((), (), ())


def test_nothing_owed_and_a_refusal() -> None:
    assert read(answers.NOTHING_OWED) == ()
    refused = read(f"<DebitorIndbetalingAfvisning>{answers.REASON}</DebitorIndbetalingAfvisning>")
    assert isinstance(refused, Refusal)
    assert refused.reason.code == "R17"


@pytest.mark.parametrize(
    "inside",
    [
        "<SøgFordringTilIndbetalingForretningssvar/>",
        answers.found(answers.claim(parties="")),
        answers.found(answers.claim(left="1.234")),
        answers.found(answers.claim(origin=f"<FordringOprindelseReference>{'x' * 31}</FordringOprindelseReference>")),
        answers.found(answers.claim(dates="<FordringForfaldDato>2026-02-30</FordringForfaldDato>")),
        answers.found(answers.claim(creator="fbs")),
        answers.NOTHING_OWED + answers.found(answers.claim()),
    ],
)
def test_an_answer_that_breaks_the_schema_is_refused(inside: str) -> None:
    with pytest.raises(BadMessage):
        read(inside)
