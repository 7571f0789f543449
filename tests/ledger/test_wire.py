"""A posting becomes the same message over every retry, and every answer one of the port's."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from lxml import etree

from app.ledger.port import (
    Accepted,
    LedgerError,
    LedgerNonsense,
    LedgerRefuses,
    LedgerUnavailable,
    Posting,
    Rejected,
    Reversal,
    Share,
)
from app.ledger.wire import WireLedger
from app.serviceplatformen.port import Nonsense, Refused, RoadError, Unavailable
from app.sf1590.envelope import Route
from app.sf1590.exchange import Desk
from tests.fakes.road import FakeRoad, transaction_id
from tests.sf1590 import answers

NOW = datetime(2026, 3, 4, 11, 12, 13, tzinfo=UTC)
DESK = Desk(Route("99099119", UUID(int=7), "99099119"), "99099119")
POSTING = Posting(
    posting_id=UUID(int=1),
    account=answers.ACCOUNT,
    payer_cpr=answers.CPR,
    amount_ore=30_000,
    paid_at=NOW,
    value_on=date(2026, 3, 4),
    text_lines=("Kvittering BDK-1", "fbs 4711"),
    shares=(
        Share("fbs", "4711", answers.CLAIM, 27_500),
        Share("ledger", answers.OTHER, f"Rykkergebyr:{answers.OTHER}", 2_500),
    ),
)
PART = Reversal(
    reversal_id=UUID(int=9),
    posting_id=POSTING.posting_id,
    account=POSTING.account,
    amount_ore=600,
    is_whole=False,
    shares=tuple(replace(share, amount_ore=ore) for share, ore in zip(POSTING.shares, (500, 100), strict=True)),
    made_at=NOW,
    text="Tilbagebetaling",
)
WHOLE = replace(PART, amount_ore=POSTING.amount_ore, is_whole=True)


def operation_of(envelope: bytes) -> str:
    """What an envelope asks for."""
    return etree.QName(etree.fromstring(envelope)[0][0]).localname.removesuffix("_I")


def road(inside: str, *, reactions: str = "") -> FakeRoad:
    return FakeRoad(
        lambda sent: answers.answer(
            "ForetagIndbetaling", inside, transaction_id=transaction_id(sent), reactions=reactions
        )
    )


def ledger(on: FakeRoad) -> WireLedger:
    return WireLedger(road=on, desk=DESK, deadline_seconds=3.0, clock=lambda: NOW)


def bodies(on: FakeRoad) -> list[bytes]:
    """What was sent, without the heading, which is new in every call."""
    cut = []
    for _service, _action, envelope, _deadline in on.sent:
        request = etree.fromstring(envelope)[0][0]
        request.remove(request[0])
        cut.append(etree.tostring(request, encoding="UTF-8"))
    return cut


def test_an_accept_with_remarks() -> None:
    remark = f"<DebitorIndbetalingAccept><Bemærkning>{answers.REASON}</Bemærkning></DebitorIndbetalingAccept>"
    on = road(remark, reactions=answers.reaction("Advis", "A1", "Lukker kl. 22"))
    assert ledger(on).post(POSTING) == Accepted(NOW, ("Afvist: Restancen afviger", "Lukker kl. 22"))
    assert [(service, action, deadline) for service, action, _envelope, deadline in on.sent] == [
        ("DebitorIndbetalingAfsend", "ForetagIndbetaling", 3.0)
    ]


def test_a_rejection_states_reason_and_arrears() -> None:
    assert ledger(road(answers.rejected("150.00"))).post(POSTING) == Rejected(
        "R17", "Afvist: Restancen afviger", 15_000
    )
    assert ledger(road(answers.rejected(None))).post(POSTING) == Rejected("R17", "Afvist: Restancen afviger", None)


def test_the_message_is_the_same_over_every_retry() -> None:
    on = road(answers.ACCEPTED)
    for _ in range(3):
        ledger(on).post(POSTING)
    first, second, third = bodies(on)
    assert first == second == third
    assert len({transaction_id(sent) for _service, _action, sent, _deadline in on.sent}) == 3


def test_the_split_names_claims_and_fees() -> None:
    on = road(answers.ACCEPTED)
    ledger(on).post(POSTING)
    (body,) = bodies(on)
    split = [
        (etree.QName(child).localname, [one.text for one in child.iter() if one.text and not len(one)])
        for child in etree.fromstring(body)
        if str(child.tag).endswith("DækningSvar")
    ]
    assert [(name, texts[2:]) for name, texts in split] == [
        ("FordringDækningSvar", ["275.00", answers.CLAIM]),
        ("RykkergebyrDækningSvar", ["25.00", answers.OTHER]),
    ]
    assert len({texts[0] for _name, texts in split}) == 2


def test_a_collecting_account_gets_text_lines_but_no_split() -> None:
    on = road(answers.ACCEPTED)
    ledger(on).post(replace(POSTING, shares=(Share("fbs", "4711", None, 30_000),)))
    (body,) = bodies(on)
    assert "Dækning" not in body.decode()
    assert "fbs 4711" in body.decode()


@pytest.mark.parametrize(
    ("came", "error"),
    [
        (Unavailable("no answer"), LedgerUnavailable),
        (Nonsense("HTML"), LedgerNonsense),
        (Refused("403"), LedgerRefuses),
        (answers.fault("S:Server", "Nede"), LedgerUnavailable),
        (answers.fault("S:Client", "Ingen aftale"), LedgerNonsense),
        (b"<html>", LedgerNonsense),
        (answers.answer("ForetagIndbetaling", answers.ACCEPTED), LedgerNonsense),
    ],
)
def test_whatever_else_comes_is_one_of_the_ports_errors(came: bytes | RoadError, error: type[LedgerError]) -> None:
    with pytest.raises(error) as raised:
        ledger(FakeRoad(lambda _sent: came)).post(POSTING)
    assert answers.CPR not in str(raised.value)


@pytest.mark.parametrize(
    "broken",
    [
        replace(POSTING, account="no uuid"),
        replace(POSTING, text_lines=("x" * 256,)),
        replace(POSTING, text_lines=("\x07",)),
        replace(POSTING, payer_cpr="\x00"),
        replace(POSTING, shares=(Share("x", "1", "Noget:" + answers.CLAIM, 1),)),
    ],
)
def test_what_cannot_be_said_is_not_sent(broken: Posting) -> None:
    on = road(answers.ACCEPTED)
    with pytest.raises(LedgerNonsense):
        ledger(on).post(broken)
    assert on.sent == []


def test_a_part_points_at_the_covers_of_the_posting() -> None:
    on = FakeRoad(
        lambda sent: answers.answer(operation_of(sent), answers.ACCEPTED, transaction_id=transaction_id(sent))
    )
    ledger(on).post(POSTING)
    for _ in range(2):
        assert ledger(on).reverse(PART) == Accepted(NOW)
    posted, part, again = (etree.fromstring(body) for body in bodies(on))
    assert etree.tostring(part) == etree.tostring(again), "the same over every retry"
    covers = [child[0][0].text for child in posted if str(child.tag).endswith("DækningSvar")]
    reduced = [child for child in part if str(child.tag).endswith("DækningNedreguleringSvar")]
    assert [child[1][0].text for child in reduced] == covers
    assert [child[0][2].text for child in reduced] == ["5.00", "1.00"]
    assert len({str(child[0][0].text) for child in reduced} | set(covers)) == 4, "and has ids of its own"
    assert [(service, action) for service, action, _envelope, _deadline in on.sent[1:]] == [
        ("DebitorIndbetalingAfsend", "ForetagIndbetalingNedregulering")
    ] * 2


def test_the_whole_goes_to_the_other_service_and_names_no_covers() -> None:
    accept = answers.ACCEPTED.replace("DebitorIndbetalingAccept>", "Accept>")
    on = FakeRoad(lambda sent: answers.answer(operation_of(sent), accept, transaction_id=transaction_id(sent)))
    assert ledger(on).reverse(WHOLE) == Accepted(NOW)
    assert [(service, action, deadline) for service, action, _envelope, deadline in on.sent] == [
        ("IndbetalingTilbageførOrdreAfsend", "TilbageførIndbetaling", 3.0)
    ]
    (body,) = bodies(on)
    assert "Dækning" not in body.decode()
    assert "300.00" in body.decode()


def test_a_rejected_reversal_states_its_reason() -> None:
    on = FakeRoad(
        lambda sent: answers.answer(operation_of(sent), answers.rejected(None), transaction_id=transaction_id(sent))
    )
    assert ledger(on).reverse(PART) == Rejected("R17", "Afvist: Restancen afviger", None)


@pytest.mark.parametrize("reversal", [PART, WHOLE])
@pytest.mark.parametrize(
    ("came", "error"),
    [
        (Unavailable("no answer"), LedgerUnavailable),
        (Refused("403"), LedgerRefuses),
        (answers.fault("S:Server", "Nede"), LedgerUnavailable),
        (answers.answer("ForetagIndbetaling", answers.ACCEPTED), LedgerNonsense),
    ],
)
def test_whatever_else_comes_about_a_reversal_is_one_of_the_ports_errors(
    reversal: Reversal, came: bytes | RoadError, error: type[LedgerError]
) -> None:
    with pytest.raises(error):
        ledger(FakeRoad(lambda _sent: came)).reverse(reversal)
