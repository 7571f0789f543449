"""A registration becomes the same message over every retry, and what the ledger tells comes in the port's words."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from lxml import etree

from app.ledger.port import (
    Accepted,
    AccountSummary,
    AccountView,
    BookedPayment,
    LedgerClaim,
    LedgerError,
    LedgerNonsense,
    LedgerUnavailable,
    Registration,
    Rejected,
)
from app.ledger.wire import WireLedger
from app.serviceplatformen.port import RoadError, Unavailable
from tests.fakes.road import FakeRoad, transaction_id
from tests.ledger.test_wire import NOW, bodies, ledger, operation_of
from tests.sf1590 import answers

REGISTRATION = Registration(
    account=answers.ACCOUNT,
    ledger_claim_id=answers.CLAIM,
    claim_type=UUID(answers.DAYCARE),
    origin_system=UUID(answers.FBS),
    origin_ref="4711",
    debtor_cpr=answers.CPR,
    principal_ore=6_000,
    founded_on=date(2026, 2, 1),
    due_on=date(2026, 3, 1),
    text_lines=("Gebyr (for sent)", "Bien & bjørnen"),
    registered_at=NOW,
)
DUE_ON = date(2026, 3, 1)
CLAIM = LedgerClaim(
    ledger_claim_id=answers.CLAIM,
    origin_system=answers.FBS,
    origin_ref="4711",
    claim_type=answers.DAYCARE,
    principal_ore=30_000,
    outstanding_ore=27_500,
    due_on=DUE_ON,
    is_at_agency=True,
    text_lines=(),
)
ASKED: tuple[Callable[[WireLedger], object], ...] = (
    lambda on: on.accounts_of(answers.CPR),
    lambda on: on.account(answers.ACCOUNT),
)
CALLED: tuple[Callable[[WireLedger], object], ...] = (
    *ASKED,
    lambda on: on.register(REGISTRATION),
    lambda on: on.ping(),
)
ACCEPTED = answers.ACCEPTED.replace("DebitorIndbetalingAccept", "DebitorRegistreringAccept")
REJECTED = f"<DebitorRegistreringAfvisning>{answers.REASON}</DebitorRegistreringAfvisning>"
REFUSED = f"<DebitorForespørgselAfvisning>{answers.REASON}</DebitorForespørgselAfvisning>"
SUMMARY = (
    "<SøgDebitorregistreringForretningssvar><DebitorkontoOverblik>"
    f"<Debitorkonto><DebitorkontoIdentifikation>{answers.ACCOUNT}</DebitorkontoIdentifikation></Debitorkonto>"
    "<AdministratorMarkering>true</AdministratorMarkering><SamletBeløb>60.00</SamletBeløb>"
    "<UnderInddrivelse>true</UnderInddrivelse><ÆldsteRettidigBetalingsdato>2026-03-01</ÆldsteRettidigBetalingsdato>"
    "</DebitorkontoOverblik></SøgDebitorregistreringForretningssvar>"
)
FEE = (
    f"<RykkergebyrSvar><Rykkergebyr><RykkergebyrIdentifikation>{answers.OTHER}</RykkergebyrIdentifikation>"
    f"<RykkergebyrRegistreringDatoTid>{answers.AT}</RykkergebyrRegistreringDatoTid><RykkergebyrBeløb>250.00"
    "</RykkergebyrBeløb><RykkergebyrRykkerDato>2026-03-04</RykkergebyrRykkerDato></Rykkergebyr>"
    "<RestanceBeløb>100.00</RestanceBeløb></RykkergebyrSvar>"
)
PAID = (
    f"<IndbetalingSvar><Indbetaling><IndbetalingIdentifikation>{answers.OTHER}</IndbetalingIdentifikation>"
    f"<IndbetalingRegistreringDatoTid>{answers.AT}</IndbetalingRegistreringDatoTid>"
    "<IndbetalingValørDato>2026-03-04</IndbetalingValørDato><IndbetalingBeløb>60.00</IndbetalingBeløb></Indbetaling>"
    "<IndbetalingNedregulering><IndbetalingNedreguleringIdentifikation>66666666-6666-4666-8666-666666666666"
    f"</IndbetalingNedreguleringIdentifikation><IndbetalingNedreguleringRegistreringDatoTid>{answers.AT}"
    "</IndbetalingNedreguleringRegistreringDatoTid><IndbetalingNedreguleringValørDato>2026-03-04"
    "</IndbetalingNedreguleringValørDato><IndbetalingNedreguleringBeløb>10.00</IndbetalingNedreguleringBeløb>"
    "<IndbetalingNedreguleringÅrsagTekst>x</IndbetalingNedreguleringÅrsagTekst></IndbetalingNedregulering>"
    "</IndbetalingSvar>"
)
ACCOUNT = (
    "<HentDebitorkontoForretningssvar>"
    + answers.claim(
        dates="<FordringForfaldDato>2026-03-01</FordringForfaldDato>",
        agency="<FordringInddrivelseMarkering>true</FordringInddrivelseMarkering>",
        more=FEE,
    )
    .removeprefix("<DebitorkontoSvar>")
    .removesuffix("</DebitorkontoSvar>")
    + PAID
    + "</HentDebitorkontoForretningssvar>"
)


def saying(inside: str) -> FakeRoad:
    return FakeRoad(lambda sent: answers.answer(operation_of(sent), inside, transaction_id=transaction_id(sent)))


def test_a_registration_is_the_same_over_every_retry() -> None:
    on = saying(ACCEPTED)
    for _ in range(3):
        assert ledger(on).register(REGISTRATION) == Accepted(NOW)
    first, second, third = bodies(on)
    assert first == second == third
    assert [(service, action) for service, action, _envelope, _deadline in on.sent] == [
        ("DebitorRegistreringAfsend", "OpretDebitorkontoRegistrering")
    ] * 3
    said = [one.text for one in etree.fromstring(first).iter() if one.text and not len(one)]
    for told in (answers.ACCOUNT, answers.CLAIM, answers.DAYCARE, answers.FBS, "4711", "60.00", "Bien & bjørnen"):
        assert said.count(told) == 1


def test_a_registration_may_be_rejected() -> None:
    assert ledger(saying(REJECTED)).register(REGISTRATION) == Rejected("R17", "Afvist: Restancen afviger", None)


def test_a_persons_accounts_are_told() -> None:
    assert ledger(saying(SUMMARY)).accounts_of(answers.CPR) == (
        AccountSummary(answers.ACCOUNT, 6_000, is_under_collection=True, oldest_due_on=date(2026, 3, 1)),
    )
    assert ledger(saying(answers.NOTHING_OWED)).accounts_of(answers.CPR) == ()


def test_an_account_is_told_with_claims_fees_and_payments() -> None:
    on = saying(ACCOUNT)
    assert ledger(on).account(answers.ACCOUNT, since=DUE_ON, until=DUE_ON) == AccountView(
        answers.ACCOUNT,
        (
            CLAIM,
            replace(
                CLAIM,
                ledger_claim_id=f"Rykkergebyr:{answers.OTHER}",
                origin_ref="",
                principal_ore=25_000,
                outstanding_ore=10_000,
            ),
        ),
        (BookedPayment(UUID(answers.OTHER), NOW, date(2026, 3, 4), 6_000, 1_000),),
    )
    assert ledger(saying(answers.NOTHING_OWED)).account(answers.ACCOUNT) is None


def test_a_ping_says_when_it_was_answered() -> None:
    on = saying("")
    assert ledger(on).ping() == datetime.fromisoformat(answers.AT).astimezone(UTC)
    assert [(service, action) for service, action, _envelope, _deadline in on.sent] == [
        ("DebitorIndbetalingAfsend", "Ping")
    ]


@pytest.mark.parametrize(
    ("came", "error"),
    [
        (Unavailable("no answer"), LedgerUnavailable),
        (answers.fault("S:Server", "Nede"), LedgerUnavailable),
        (answers.fault("S:Client", "Ingen aftale"), LedgerNonsense),
        (b"<html>", LedgerNonsense),
    ],
)
def test_whatever_else_comes_is_one_of_the_ports_errors(came: bytes | RoadError, error: type[LedgerError]) -> None:
    for asked in CALLED:
        with pytest.raises(error) as raised:
            asked(ledger(FakeRoad(lambda _sent: came)))
        assert answers.CPR not in str(raised.value)


def test_a_ledger_that_will_not_say_is_not_understood() -> None:
    for asked in ASKED:
        with pytest.raises(LedgerNonsense, match="R17"):
            asked(ledger(saying(REFUSED)))
