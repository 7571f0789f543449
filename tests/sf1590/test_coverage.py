"""OpretDækningAfskrivning: four kinds of objects are read as they were written, and nonsense is a clear error."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from app.sf1590 import coverage, values
from app.sf1590.coverage import Booked, What
from app.sf1590.guard import BadMessage, validate
from app.sf1590.incoming import read_call
from app.sf1590.outcome import Reason
from tests.demo import NOW
from tests.sf1590 import sent
from tests.sf1590.answers import ACCOUNT, AT, CLAIM
from tests.sf1590.sent import EARLIER, OBJECT, PAYMENT, heading, told

REGISTERED = datetime(2026, 3, 4, 11, 12, 13, tzinfo=UTC)


def read(raw: bytes) -> coverage.Told:
    return coverage.read(read_call(raw))


def only(raw: bytes) -> Booked:
    (found,) = read(raw).booked
    return found


def test_a_coverage_names_the_payment_it_uses_and_the_claim_it_covers() -> None:
    assert only(told(sent.coverage())) == Booked(
        What.COVERAGE, UUID(OBJECT), REGISTERED, 6000, UUID(CLAIM), payment_id=UUID(PAYMENT)
    )


def test_a_coverage_may_come_without_a_payment() -> None:
    assert only(told(sent.coverage(payment_id=None))).payment_id is None


def test_a_coverage_taken_back_names_the_coverage_and_what_took_the_money() -> None:
    assert only(told(sent.coverage(reduces=EARLIER))) == Booked(
        What.COVERAGE_REDUCED, UUID(OBJECT), REGISTERED, 6000, UUID(CLAIM), payment_id=UUID(PAYMENT),
        reduces=UUID(EARLIER),
    )  # fmt: skip


def test_a_write_off_has_its_reason_without_cpr_numbers() -> None:
    found = only(told(sent.write_off(reason="Dødsbo efter 7405842144")))
    assert (found.what, found.reason, found.payment_id) == (What.WRITE_OFF, "Dødsbo efter [cpr]", None)


def test_a_write_off_taken_back_names_the_write_off() -> None:
    found = only(told(sent.write_off(reduces=EARLIER)))
    assert (found.what, found.reduces, found.reason) == (What.WRITE_OFF_REDUCED, UUID(EARLIER), None)


def test_everything_of_one_account_comes_in_the_models_order() -> None:
    ids = [OBJECT[:-1] + digit for digit in "4567"]
    found = read(told(
        sent.write_off(object_id=ids[0]), sent.write_off(object_id=ids[1], reduces=ids[0]),
        sent.coverage(object_id=ids[2]), sent.coverage(object_id=ids[3], reduces=ids[2]),
    ))  # fmt: skip
    assert found.account == UUID(ACCOUNT)
    assert [str(one.id) for one in found.booked] == ids
    assert [one.what for one in found.booked] == list(What)


def test_the_key_is_that_of_what_is_told_and_not_of_how_often() -> None:
    first, again = told(sent.coverage()), told(sent.coverage(), top=heading(transaction_id="another"))
    assert read(first).key == read(again).key
    others = [
        told(sent.coverage(amount="60.01")), told(sent.coverage(object_id=EARLIER)), told(sent.write_off()),
        told(sent.coverage(), account=EARLIER), told(sent.coverage(), sent.coverage(object_id=EARLIER)),
    ]  # fmt: skip
    assert len({read(raw).key for raw in [first, *others]}) == 6


@pytest.mark.parametrize("inside", [
    "", sent.coverage(amount="0.00"), sent.coverage(amount="-1.00"), sent.coverage(amount="1.001"),
    sent.coverage(amount="1e3"), sent.coverage(amount="NaN"), sent.coverage(object_id="no-uuid"),
    sent.coverage(object_id=OBJECT.upper()), sent.coverage(at="yesterday"), sent.coverage(at="2026-03-04T24:00:00"),
    sent.coverage(at="12026-03-04T11:12:13Z"), sent.coverage() + sent.write_off(), sent.coverage() + sent.coverage(),
    "<Andet/>", sent.write_off(reason="x" * 101), sent.coverage().replace("<Fordring>", "<Rykkergebyr>"),
], ids=str)  # fmt: skip
def test_nonsense_is_refused(inside: str) -> None:
    with pytest.raises(BadMessage):
        read(told(inside))


def test_another_operation_is_refused() -> None:
    with pytest.raises(BadMessage, match="not a request"):
        read(sent.call("Ping", ""))


def test_the_error_never_repeats_what_stood_there() -> None:
    with pytest.raises(BadMessage) as caught:
        read(told(sent.coverage(object_id="7405842144")))
    assert "7405842144" not in str(caught.value)


ids = st.uuids().map(str)
moments = st.datetimes(datetime(1900, 1, 1), datetime(2999, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001 - hypothesis wants its bounds without a zone
amounts = st.integers(1, 10**11)
texts = st.text(st.characters(codec="utf-8", categories=["L", "P", "Zs"], exclude_characters="<&>"), max_size=100)


@st.composite
def objects(draw: st.DrawFn) -> tuple[Booked, str]:
    """An object, and its hand-written text."""
    what, object_id, at = draw(st.sampled_from(What)), draw(ids), draw(moments)
    amount_ore, claim_id = draw(amounts), draw(ids)
    reduces = draw(ids) if what in {What.WRITE_OFF_REDUCED, What.COVERAGE_REDUCED} else None
    amount, moment = f"{amount_ore // 100}.{amount_ore % 100:02d}", at.isoformat()
    if what in {What.WRITE_OFF, What.WRITE_OFF_REDUCED}:
        reason = draw(st.none() | texts)
        text = sent.write_off(
            object_id=object_id, amount=amount, at=moment, claim_id=claim_id, reason=reason, reduces=reduces
        )
        payment_id = None
    else:
        reason, payment_id = None, draw(st.none() | ids)
        text = sent.coverage(
            object_id=object_id, amount=amount, at=moment, claim_id=claim_id, payment_id=payment_id, reduces=reduces
        )
    booked = Booked(
        what, UUID(object_id), at, amount_ore, UUID(claim_id), UUID(payment_id) if payment_id else None,
        UUID(reduces) if reduces else None, reason or None,
    )  # fmt: skip
    return booked, text


@given(st.lists(objects(), min_size=1, max_size=8, unique_by=lambda one: one[0].id), ids)
def test_whatever_is_told_is_read_as_it_was_written(told_of: list[tuple[Booked, str]], account: str) -> None:
    in_order = sorted(told_of, key=lambda one: list(What).index(one[0].what))
    found = read(told(*(text for _booked, text in in_order), account=account))
    assert found.account == UUID(account)
    assert list(found.booked) == [booked for booked, _text in in_order]


@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_be_refused(raw: bytes) -> None:
    with pytest.raises(BadMessage):
        read(raw)


def test_an_accept_keeps_the_schema_and_names_the_account() -> None:
    call = read_call(told(sent.coverage()))
    answer = coverage.accepted(call, account=UUID(ACCOUNT), now=NOW)
    validate(answer, coverage.SCHEMA)
    accept = values.needed(answer, "DækningRegistreringAccept")
    assert values.marked(accept, "AccepteretUdenBemærkninger")
    assert values.moment_from(values.text(answer, "BehandlingDatoTid")) == NOW


@pytest.mark.parametrize("reason", [Reason(OBJECT, "Nej"), Reason(OBJECT, "Nej", "KODE", "Derfor")], ids=str)
def test_a_rejection_keeps_the_schema_and_gives_its_reason(reason: Reason) -> None:
    answer = coverage.rejected(read_call(told(sent.coverage())), account=UUID(ACCOUNT), reason=reason, now=NOW)
    validate(answer, coverage.SCHEMA)
    assert reason.words.split(":")[0] in etree.tostring(answer, encoding="unicode")
    assert AT.encode() not in etree.tostring(answer)
    assert values.moment_from(values.text(answer, "BehandlingDatoTid")) + timedelta(0) == NOW
