"""What the ledger tells becomes claims in the register's words."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from app.claims.sighting import FoundClaim, Holder, Role
from app.serviceplatformen.port import Nonsense, Refused, RoadError, Unavailable
from app.sf1590.envelope import Route
from app.sf1590.exchange import Desk
from app.sources.connectors.ledger import LedgerSource
from app.sources.port import SourceError, SourceNonsense, SourceRefused, SourceUnavailable
from tests.fakes.road import FakeRoad, transaction_id
from tests.sf1590 import answers, test_payable

NOW = datetime(2026, 3, 4, tzinfo=UTC)


def source(on: FakeRoad, *, claim_types: dict[str, str] | None = None) -> LedgerSource:
    return LedgerSource(
        road=on,
        desk=Desk(Route("99099119", UUID(int=7), "99099119"), "99099119"),
        claim_types={answers.DAYCARE.upper(): "daycare"} if claim_types is None else claim_types,
        origin_systems={answers.FBS: "fbs"},
        areas=frozenset({"daycare"}),
        clock=lambda: NOW,
    )


def road(inside: str) -> FakeRoad:
    return FakeRoad(
        lambda sent: answers.answer("SøgFordringTilIndbetaling", inside, transaction_id=transaction_id(sent))
    )


def claims(*written: str) -> tuple[FoundClaim, ...]:
    return source(road(answers.found(*written))).ask(answers.CPR, deadline_seconds=1.5).claims


def test_a_claim_with_everything() -> None:
    both = answers.party(answers.OTHER_CPR) + answers.party(answers.CPR, "JuridiskMedhæfterMarkering")
    main, interest, fee = claims(
        answers.claim(
            dates=test_payable.DATES,
            lines=test_payable.LINES,
            parties=both,
            more=test_payable.PLAN + test_payable.DEFERRAL + test_payable.EXTRAS,
        )
    )
    assert main == FoundClaim(
        origin_system="fbs",
        origin_ref="4711",
        holder=Holder.LEDGER,
        claim_type="daycare",
        outstanding_ore=27_500,
        role=Role.CO_LIABLE,
        principal_ore=30_000,
        shared=True,
        debtor_account=answers.ACCOUNT,
        ledger_claim_id=answers.CLAIM,
        founded_on=date(2026, 1, 1),
        due_on=date(2026, 3, 3),
        period_from=date(2026, 2, 1),
        period_to=date(2026, 2, 28),
        reminded_on=date(2026, 4, 15),
        drawn_on=date(2026, 3, 1),
        instalments=((date(2026, 4, 1), 74_950), (date(2026, 5, 1), 75_000)),
        evidence={
            "text_lines": ["Børnehuset Solsikken", "Alma"],
            "deferred_from": "2026-03-01",
            "deferred_to": None,
        },
    )
    assert (interest.outstanding_ore, interest.evidence["kind"]) == (700, "interest")
    assert interest.ledger_claim_id == f"Opkrævningsrente:{answers.OTHER}"
    assert (fee.origin_system, fee.origin_ref, fee.outstanding_ore) == ("ledger", answers.OTHER, 25_000)
    assert fee.evidence["main"] == {"origin_system": "fbs", "origin_ref": "4711"}
    assert fee.debtor_account == answers.ACCOUNT


def test_handed_to_the_agency() -> None:
    (claim,) = claims(answers.claim(agency=test_payable.AGENCY))
    assert (claim.holder, claim.agency_on) == (Holder.AGENCY, date(2026, 6, 1))
    (marked,) = claims(answers.claim(agency="<FordringInddrivelseMarkering>true</FordringInddrivelseMarkering>"))
    assert (marked.holder, marked.agency_on) == (Holder.AGENCY, None)


def test_what_is_not_known_stays_visible() -> None:
    written = answers.claim(creator=answers.OTHER)
    (claim,) = source(road(answers.found(written)), claim_types={}).ask(answers.CPR, deadline_seconds=1).claims
    assert (claim.claim_type, claim.origin_system) == (answers.DAYCARE, answers.OTHER)


def test_a_claim_without_an_origin_reference_has_the_ledger_as_its_origin() -> None:
    (claim,) = claims(answers.claim(origin=""))
    assert (claim.origin_system, claim.origin_ref) == ("ledger", answers.CLAIM)
    assert (claim.role, claim.shared, claim.drawn_on, claim.due_on) == (Role.LIABLE, False, None, None)


def test_the_strongest_role_counts_and_a_stranger_is_shown_as_liable() -> None:
    twice = answers.party(answers.CPR, "AdministratorMarkering") + answers.party(answers.CPR)
    assert claims(answers.claim(parties=twice))[0].role is Role.LIABLE
    administrator = answers.party(answers.CPR, "AdministratorMarkering")
    assert claims(answers.claim(parties=administrator))[0].role is Role.ADMINISTRATOR


def test_what_is_paid_is_left_out() -> None:
    assert claims(answers.claim(left="0.00")) == ()


def test_nothing_owed() -> None:
    on = road(answers.NOTHING_OWED)
    assert source(on).ask(answers.CPR, deadline_seconds=1.25).claims == ()
    assert [(service, action, deadline) for service, action, _envelope, deadline in on.sent] == [
        ("DebitorIndbetalingAfsend", "SøgFordringTilIndbetaling", 1.25)
    ]


@pytest.mark.parametrize(
    ("came", "error"),
    [
        (Unavailable("no answer"), SourceUnavailable),
        (Nonsense("HTML"), SourceNonsense),
        (Refused("403"), SourceRefused),
        (answers.fault("S:Server", "Nede"), SourceUnavailable),
        (answers.fault("S:Client", "Ingen aftale"), SourceRefused),
        (b"<html>", SourceNonsense),
        (answers.answer("SøgFordringTilIndbetaling", answers.NOTHING_OWED), SourceNonsense),
    ],
)
def test_whatever_else_comes_is_one_of_the_ports_errors(came: bytes | RoadError, error: type[SourceError]) -> None:
    with pytest.raises(error) as raised:
        source(FakeRoad(lambda _sent: came)).ask(answers.CPR, deadline_seconds=1)
    assert answers.CPR not in str(raised.value)


def test_an_afvisning_is_a_refusal() -> None:
    inside = f"<DebitorIndbetalingAfvisning>{answers.REASON}</DebitorIndbetalingAfvisning>"
    with pytest.raises(SourceRefused, match=r"^R17 Afvist: Restancen afviger$"):
        source(road(inside)).ask(answers.CPR, deadline_seconds=1)


def test_a_cpr_that_is_none_is_not_sent() -> None:
    on = road(answers.NOTHING_OWED)
    with pytest.raises(SourceNonsense):
        source(on).ask("\x00", deadline_seconds=1)
    assert on.sent == []
