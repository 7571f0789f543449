"""FBS's answers are read to the øre and to the letter, or not at all."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.claims.sighting import Holder
from app.sources.connectors.fbs_answers import read_confirmations, read_fees, read_patron, read_session
from app.sources.port import SourceNonsense, Told

FEE: dict[str, Any] = {
    "feeId": 95_000_000_001,
    "type": "fee",
    "reasonMessage": "Gebyr (for sent)",
    "amount": 60.0,
    "creationDate": "2026-01-05",
    "dueDate": None,
    "payableByClient": True,
    "materials": [
        {
            "recordId": "99910058",
            "materialItemNumber": "51000001",
            "materialGroup": {"name": "Tidsskrift", "description": "Tidsskrift"},
            "periodical": {"displayText": "2026, nr. 4", "volume": "12"},
        }
    ],
}


def raw(answer: object) -> bytes:
    return json.dumps(answer).encode()


def test_a_fee_becomes_a_claim() -> None:
    (fee,) = read_fees(raw([FEE]))
    claim = fee.as_claim(patron_id=7)
    assert (claim.origin_system, claim.origin_ref) == ("fbs", "95000000001")
    assert (claim.holder, claim.claim_type, claim.outstanding_ore) == (Holder.SOURCE, "library-fee", 6000)
    assert (claim.founded_on, claim.due_on, claim.principal_ore) == (date(2026, 1, 5), None, None)
    assert claim.evidence == {
        "kind": "fee",
        "reason": "Gebyr (for sent)",
        "patron_id": 7,
        "materials": [
            {
                "record_id": "99910058",
                "item_number": "51000001",
                "group": "Tidsskrift",
                "periodical": "2026, nr. 4",
            }
        ],
    }


@pytest.mark.parametrize(
    ("word", "kind", "claim_type"),
    [
        ("fee", "fee", "library-fee"),
        ("compensation", "compensation", "library-replacement"),
        ("rent", "other", "library-other"),
        ("", "other", "library-other"),
    ],
)
def test_a_kind_nobody_told_us_of_is_other(word: str, kind: str, claim_type: str) -> None:
    (fee,) = read_fees(raw([{**FEE, "type": word}]))
    claim = fee.as_claim(patron_id=7)
    assert (claim.evidence["kind"], claim.claim_type) == (kind, claim_type)


def test_what_clients_may_not_take_money_for_is_held_by_the_ledger() -> None:
    (fee,) = read_fees(raw([{**FEE, "payableByClient": False}]))
    assert fee.as_claim(patron_id=7).holder is Holder.LEDGER


@given(st.integers(min_value=0, max_value=10**12 - 1))
def test_any_amount_written_as_a_double_is_read_to_the_ore(amount_ore: int) -> None:
    (fee,) = read_fees(raw([{**FEE, "amount": amount_ore / 100}]))
    assert fee.remaining_ore == amount_ore


def test_a_whole_number_of_kroner_is_an_amount_too() -> None:
    (fee,) = read_fees(raw([{**FEE, "amount": 60}]))
    assert fee.remaining_ore == 6000


BAD: list[tuple[str, Any]] = [
    ("amount", "60.00"),
    ("amount", None),
    ("amount", True),
    ("amount", -1),
    ("amount", 60.001),
    ("feeId", "5"),
    ("feeId", 5.0),
    ("feeId", -1),
    ("feeId", True),
    ("type", None),
    ("reasonMessage", 5),
    ("creationDate", "5/1-2026"),
    ("creationDate", "2026-02-30"),
    ("creationDate", None),
    ("dueDate", "soon"),
    ("paidDate", 20260105),
    ("payableByClient", "true"),
    ("payableByClient", 1),
    ("materials", None),
    ("materials", [{"recordId": "1"}]),
    ("materials", "abc"),
]


@pytest.mark.parametrize(("field", "value"), BAD)
def test_one_bad_fee_makes_the_whole_answer_nonsense_and_names_the_field(field: str, value: Any) -> None:
    with pytest.raises(SourceNonsense, match=rf"^FBS: fees\.1\.{field}"):
        read_fees(raw([FEE, {**FEE, "feeId": 2, field: value}]))


@pytest.mark.parametrize("field", ["feeId", "type", "reasonMessage", "amount", "creationDate", "payableByClient"])
def test_a_missing_field_is_named(field: str) -> None:
    with pytest.raises(SourceNonsense, match=rf"^FBS: fees\.0\.{field}: missing"):
        read_fees(raw([{name: value for name, value in FEE.items() if name != field}]))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"<html>",
        b"{}",
        b"null",
        b"[null]",
        b"\xff",
        b"[" * 100_000,
        b'[{"amount": NaN}]',
        b'[{"amount": 1e999999}]',
    ],
)
def test_what_is_no_list_of_fees_is_nonsense(text: bytes) -> None:
    with pytest.raises(SourceNonsense):
        read_fees(text)


@given(st.binary(max_size=60))
def test_no_bytes_at_all_come_out_as_another_error(text: bytes) -> None:
    for read in (read_fees, read_patron, read_session):
        try:
            read(text)
        except SourceNonsense:
            continue


def test_the_same_fee_twice_is_nonsense() -> None:
    with pytest.raises(SourceNonsense, match="twice"):
        read_fees(raw([FEE, FEE]))


def test_nonsense_never_repeats_what_was_said() -> None:
    with pytest.raises(SourceNonsense) as raised:
        read_fees(raw([{**FEE, "amount": "6101801234"}]))
    assert "6101801234" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_a_borrower_is_read_with_blocks() -> None:
    blocks = [{"blockedReason": "E"}, {"blockedReason": "S"}, {"blockedReason": "E"}]
    patron = read_patron(raw({"authenticateStatus": "VALID", "patron": {"patronId": 7, "blockStatus": blocks}}))
    assert patron is not None
    assert (patron.patron_id, patron.blocked) == (7, ["E", "S"])
    locked = read_patron(raw({"authenticateStatus": "LOANER_LOCKED_OUT", "patron": {"patronId": 7}}))
    assert locked is not None
    assert locked.blocked == []


def test_only_a_plain_no_means_that_nobody_is_known() -> None:
    assert read_patron(raw({"authenticateStatus": "INVALID", "patron": None})) is None
    assert read_patron(raw({"authenticateStatus": "INVALID"})) is None
    for answer in ({"authenticateStatus": "VALID"}, {"authenticateStatus": "BUSY", "patron": None}, {}):
        with pytest.raises(SourceNonsense, match=r"^FBS: patron"):
            read_patron(raw(answer))


def test_confirmations_that_contradict_or_name_another_order_are_nonsense() -> None:
    ours = {"orderId": "BK-1", "feeId": 5, "paymentStatus": "paymentRegistered", "confirmationId": "c"}
    assert read_confirmations(raw([ours, ours]), order_id="BK-1")["5"].outcome is Told.REGISTERED
    with pytest.raises(SourceNonsense, match="orderId"):
        read_confirmations(raw([{**ours, "orderId": "BK-2"}]), order_id="BK-1")
    with pytest.raises(SourceNonsense, match="two answers"):
        read_confirmations(raw([ours, {**ours, "paymentStatus": "no"}]), order_id="BK-1")
    other = {"orderId": "BK-2", "feeId": 5, "paymentStatus": "paymentRegisteredByDifferentOrderId"}
    assert read_confirmations(raw([other]), order_id="BK-1")["5"].outcome is Told.BY_OTHER_ORDER


def test_a_login_without_a_key_is_nonsense() -> None:
    assert read_session(raw({"sessionKey": "k"})).session_key == "k"
    for answer in ({}, {"sessionKey": ""}, {"sessionKey": None}):
        with pytest.raises(SourceNonsense, match=r"^FBS: login\.sessionKey"):
            read_session(raw(answer))
