"""A payment is written as the schema wants it, and the answer is read whole."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from app.sf1590 import payment
from app.sf1590.envelope import Heading, Route, unwrap
from app.sf1590.exchange import SCHEMA
from app.sf1590.guard import BadMessage, parse, validate
from app.sf1590.payment import Cover, Payment, PaymentAccepted, PaymentRejected
from tests.sf1590 import answers

AT = datetime(2026, 3, 4, 11, 12, 13, tzinfo=UTC)
HEADING = Heading(UUID(int=1), AT, "kald", "99099119", Route("99099119", UUID(int=7), "99099119"))
PLAIN = Payment(UUID(int=2), UUID(int=3), answers.CPR, 27_500, AT, date(2026, 3, 4))
# Whatever XML can carry, without the control characters that it cannot and the breaks that it evens out.
DANISH = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=255)


def written(sent: Payment) -> etree._Element:
    """The request after a trip over the wire."""
    return parse(etree.tostring(payment.request(sent, HEADING), encoding="UTF-8"))


def names(element: etree._Element) -> list[str]:
    return [etree.QName(child).localname for child in element]


def test_the_parts_stand_in_the_order_of_the_model() -> None:
    covers = (
        Cover(UUID(int=11), "Rykkergebyr", UUID(int=12), 100),
        Cover(UUID(int=13), "Fordring", UUID(int=14), 200),
        Cover(UUID(int=15), "Opkrævningsrente", UUID(int=16), 300),
        Cover(UUID(int=17), "Inddrivelsesrente", UUID(int=18), 400),
    )
    root = written(
        Payment(
            UUID(int=2), UUID(int=3), answers.CPR, 1_000, AT, date(2026, 3, 4), ("Kvittering K1", "fbs 4711"), covers
        )
    )
    validate(root, SCHEMA)
    assert names(root) == [
        "HovedOplysninger",
        "Debitorkonto",
        "Indbetaling",
        "IndbetalingTekstLinje",
        "IndbetalingTekstLinje",
        "FordringDækningSvar",
        "OpkrævningsrenteDækningSvar",
        "InddrivelsesrenteDækningSvar",
        "RykkergebyrDækningSvar",
        "ØIRPartIdentifikation",
    ]
    assert [child.text for child in root[2]] == [str(UUID(int=2)), "2026-03-04T11:12:13Z", "2026-03-04", "10.00"]
    assert [child.text for child in root[4]] == ["2", "fbs 4711"]
    part, claim = root[5]
    assert [child.text for child in part] == [str(UUID(int=13)), "2026-03-04T11:12:13Z", "2.00"]
    assert [child.text for child in claim] == [str(UUID(int=14))]
    assert etree.tostring(root[9], method="text", encoding="unicode") == f"urn:oio:cpr-nr:{answers.CPR}"


@given(amount_ore=st.integers(1, 10**15 - 1), words=DANISH)
def test_any_amount_and_danish_text_is_valid_and_survives(amount_ore: int, words: str) -> None:
    sent = Payment(UUID(int=2), UUID(int=3), answers.CPR, amount_ore, AT, date(2026, 3, 4), (words, "Æ Ø Å & <é>"))
    root = written(sent)
    validate(root, SCHEMA)
    assert root[2][3].text == f"{amount_ore // 100}.{amount_ore % 100:02d}"
    assert (root[3][1].text or "") == words
    assert root[4][1].text == "Æ Ø Å & <é>"


@pytest.mark.parametrize(
    "broken",
    [
        Payment(UUID(int=2), UUID(int=3), answers.CPR, -1, AT, date(2026, 3, 4)),
        Payment(UUID(int=2), UUID(int=3), answers.CPR, 10**17, AT, date(2026, 3, 4)),
        Payment(UUID(int=2), UUID(int=3), answers.CPR, 1, AT, date(2026, 3, 4), ("x" * 256,)),
        Payment(UUID(int=2), UUID(int=3), answers.CPR, 1, AT, date(2026, 3, 4), ("x",) * 1000),
    ],
)
def test_what_breaks_the_schema_does_not_pass(broken: Payment) -> None:
    with pytest.raises(BadMessage):
        validate(payment.request(broken, HEADING), SCHEMA)


def test_a_heading_with_a_wrong_cvr_does_not_pass() -> None:
    heading = Heading(UUID(int=1), AT, "kald", "5513301", Route("99099119", UUID(int=7), "99099119"))
    with pytest.raises(BadMessage):
        validate(payment.request(PLAIN, heading), SCHEMA)


def read(inside: str) -> PaymentAccepted | PaymentRejected:
    answer = unwrap(answers.answer("ForetagIndbetaling", inside))
    validate(answer, SCHEMA)
    return payment.answer_from(answer)


def test_accepted_without_and_with_remarks() -> None:
    assert read(answers.ACCEPTED) == PaymentAccepted(AT, ())
    accepted = read(f"<DebitorIndbetalingAccept><Bemærkning>{answers.REASON}</Bemærkning></DebitorIndbetalingAccept>")
    assert isinstance(accepted, PaymentAccepted)
    assert [remark.words for remark in accepted.remarks] == ["Afvist: Restancen afviger"]


def test_rejected_with_and_without_arrears() -> None:
    rejected = read(answers.rejected("150.00"))
    assert isinstance(rejected, PaymentRejected)
    assert (rejected.reason.code, rejected.arrears_ore) == ("R17", 15_000)
    bare = read(answers.rejected(None))
    assert isinstance(bare, PaymentRejected)
    assert bare.arrears_ore is None


@pytest.mark.parametrize(
    "inside",
    [
        "<DebitorIndbetalingAccept/>",
        answers.ACCEPTED.replace("true", "false"),
        answers.ACCEPTED + answers.rejected(None),
        answers.rejected("150.001"),
        answers.rejected("-1.00"),
        answers.rejected(None).replace(answers.OTHER, "no uuid"),
        "<Noget/>",
    ],
)
def test_an_answer_that_breaks_the_schema_is_refused(inside: str) -> None:
    with pytest.raises(BadMessage):
        read(inside)
