"""A payment taken back is written as the schema wants it, whole and in part, and the answers are read."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from app.sf1590 import reversal
from app.sf1590.envelope import Heading, Route, unwrap
from app.sf1590.exchange import REVERSAL_SCHEMA
from app.sf1590.guard import BadMessage, parse, validate
from app.sf1590.outcome import Accepted, Rejected
from app.sf1590.reversal import Order, ReducedCover, Reduction
from tests.sf1590 import answers

AT = datetime(2026, 3, 5, 11, 12, 13, tzinfo=UTC)
HEADING = Heading(UUID(int=1), AT, "kald", "99099119", Route("99099119", UUID(int=7), "99099119"))
COVERS = (
    ReducedCover(UUID(int=11), "Rykkergebyr", UUID(int=12), 100),
    ReducedCover(UUID(int=13), "Fordring", UUID(int=14), 200),
    ReducedCover(UUID(int=15), "Opkrævningsrente", UUID(int=16), 300),
    ReducedCover(UUID(int=17), "Inddrivelsesrente", UUID(int=18), 400),
)


def reduction(amount_ore: int = 1_000, text: str = "Æ & <ø>", covers: tuple[ReducedCover, ...] = ()) -> Reduction:
    return Reduction(UUID(int=2), UUID(int=3), UUID(int=4), amount_ore, AT, date(2026, 3, 5), text, covers)


def order(amount_ore: int = 1_000, text: str = "Æ & <ø>") -> Order:
    return Order(UUID(int=2), UUID(int=3), UUID(int=4), amount_ore, AT, text)


def written(request: etree._Element) -> etree._Element:
    """The request after a trip over the wire."""
    return parse(etree.tostring(request, encoding="UTF-8"))


def names(element: etree._Element) -> list[str]:
    return [etree.QName(child).localname for child in element]


def test_a_part_stands_in_the_order_of_the_model_and_points_at_payment_and_covers() -> None:
    root = written(reversal.reduction_request(reduction(covers=COVERS), HEADING))
    validate(root, REVERSAL_SCHEMA)
    assert names(root) == [
        "HovedOplysninger",
        "Debitorkonto",
        "Indbetaling",
        "IndbetalingNedregulering",
        "FordringDækningNedreguleringSvar",
        "OpkrævningsrenteDækningNedreguleringSvar",
        "InddrivelsesrenteDækningNedreguleringSvar",
        "RykkergebyrDækningNedreguleringSvar",
    ]
    assert [child.text for child in root[2]] == [str(UUID(int=3))]
    assert [child.text for child in root[3]] == [
        str(UUID(int=2)), "2026-03-05T11:12:13Z", "2026-03-05", "10.00", "Æ & <ø>",
    ]  # fmt: skip
    part, cover = root[4]
    assert [child.text for child in part] == [str(UUID(int=13)), "2026-03-05T11:12:13Z", "2.00"]
    assert (names(root[4]), [child.text for child in cover]) == (
        ["FordringDækningNedregulering", "FordringDækning"], [str(UUID(int=14))],
    )  # fmt: skip


def test_the_whole_stands_in_the_order_of_the_model() -> None:
    root = written(reversal.order_request(order(), HEADING))
    validate(root, REVERSAL_SCHEMA)
    assert names(root) == ["HovedOplysninger", "IndbetalingTilbageførselOrdre", "Debitorkonto", "Indbetaling"]
    assert [child.text for child in root[1]] == [str(UUID(int=2)), "2026-03-05T11:12:13Z", "Æ & <ø>"]
    assert [child.text for child in root[3]] == [str(UUID(int=3)), "10.00"]


@given(amount_ore=st.integers(1, 10**15 - 1))
def test_any_amount_is_valid_and_survives(amount_ore: int) -> None:
    kroner = f"{amount_ore // 100}.{amount_ore % 100:02d}"
    part, whole = (
        reversal.reduction_request(reduction(amount_ore), HEADING),
        reversal.order_request(order(amount_ore), HEADING),
    )
    for root in (part, whole):
        validate(written(root), REVERSAL_SCHEMA)
    assert (part[3][3].text, whole[3][1].text) == (kroner, kroner)


@pytest.mark.parametrize(
    "broken",
    [
        reversal.reduction_request(reduction(-1), HEADING),
        reversal.reduction_request(reduction(10**17), HEADING),
        reversal.reduction_request(reduction(text="x" * 101), HEADING),
        reversal.order_request(order(-1), HEADING),
        reversal.order_request(order(text="x" * 256), HEADING),
    ],
)
def test_what_breaks_the_schema_does_not_pass(broken: etree._Element) -> None:
    with pytest.raises(BadMessage):
        validate(broken, REVERSAL_SCHEMA)


def read(inside: str, *, whole: bool) -> Accepted | Rejected:
    """The answer about the whole, or a part; `inside` is written as for a part."""
    if whole:
        inside = inside.replace("DebitorIndbetalingAccept>", "Accept>").replace("DebitorIndbetalingAfv", "Afv")
    answer = unwrap(answers.answer(reversal.REVERSE if whole else reversal.REDUCE, inside))
    validate(answer, REVERSAL_SCHEMA)
    return reversal.order_answer(answer) if whole else reversal.reduction_answer(answer)


@pytest.mark.parametrize("whole", [True, False])
def test_accepted_without_and_with_remarks(whole: bool) -> None:
    at = datetime(2026, 3, 4, 11, 12, 13, tzinfo=UTC)
    assert read(answers.ACCEPTED, whole=whole) == Accepted(at, ())
    remark = f"<DebitorIndbetalingAccept><Bemærkning>{answers.REASON}</Bemærkning></DebitorIndbetalingAccept>"
    accepted = read(remark, whole=whole)
    assert isinstance(accepted, Accepted)
    assert [one.words for one in accepted.remarks] == ["Afvist: Restancen afviger"]


@pytest.mark.parametrize("whole", [True, False])
def test_rejected_with_its_reason(whole: bool) -> None:
    rejected = read(answers.rejected(None), whole=whole)
    assert isinstance(rejected, Rejected)
    assert (rejected.reason.code, rejected.reason.words) == ("R17", "Afvist: Restancen afviger")


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(
    "inside",
    [
        "<DebitorIndbetalingAccept></DebitorIndbetalingAccept>",
        answers.ACCEPTED + answers.rejected(None),
        answers.rejected("150.00"),
        "<Noget/>",
    ],
)
def test_an_answer_that_breaks_the_schema_is_refused(inside: str, whole: bool) -> None:
    with pytest.raises(BadMessage):
        read(inside, whole=whole)
