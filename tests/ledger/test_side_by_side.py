"""Both sides beside one another: each claim and payment once, and nothing marked that is the same."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Literal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ledger import side_by_side
from app.ledger.port import BookedPayment, LedgerClaim
from app.ledger.side_by_side import Difference, OurClaim, OurPosting, claims_beside, needs_somebody, payments_beside

NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)
DUE = date(2026, 6, 1)
OURS = OurClaim(UUID(int=1), "daycare", "d1", "ledger", "konto", "L1", 5000, 0, DUE, is_closed=False)
THEIRS = LedgerClaim("L1", "ky", "d1", "sortiment", 9000, 5000, DUE, is_at_agency=False, text_lines=())
POSTED = OurPosting(UUID(int=7), "konto", 5000, 0, "accepted", NOON)
BOOKED = BookedPayment(UUID(int=7), NOON, DUE, 5000, 0)


@pytest.mark.parametrize(
    ("ours", "theirs", "differences"),
    [
        ({}, {}, ()),
        ({}, {"outstanding_ore": 4000}, (Difference.AMOUNT,)),
        ({"covered_ore": 2000}, {}, (Difference.ON_ITS_WAY,)),
        ({"covered_ore": 2000}, {"outstanding_ore": 3000}, ()),
        ({"covered_ore": 2000}, {"outstanding_ore": 4000}, (Difference.AMOUNT,)),
        ({}, {"due_on": date(2026, 7, 1)}, (Difference.DUE,)),
        ({}, {"due_on": None}, ()),
        ({}, {"is_at_agency": True}, (Difference.AGENCY,)),
        ({"holder": "agency"}, {"is_at_agency": True}, ()),
        ({"holder": "source"}, {}, ()),
        ({"is_closed": True}, {}, (Difference.CLOSED_HERE,)),
        ({"is_closed": True}, {"outstanding_ore": 0}, ()),
    ],
)
def test_one_claim_on_both_sides(
    ours: dict[str, object], theirs: dict[str, object], differences: tuple[Difference, ...]
) -> None:
    (row,) = claims_beside(
        [replace(OURS, **ours)],  # type: ignore[arg-type]  # tests name the facts
        {"konto": [replace(THEIRS, **theirs)]},  # type: ignore[arg-type]  # as above
    )
    assert row.differences == differences
    assert row.ours is not None
    assert row.theirs is not None


def test_what_only_one_side_knows() -> None:
    missing, held, closed = OURS, replace(OURS, holder="source"), replace(OURS, is_closed=True)
    assert [row.differences for row in claims_beside([missing], {})] == [(Difference.ONLY_HERE,)]
    assert [row.differences for row in claims_beside([held], {})] == [()]
    assert claims_beside([closed], {}) == []
    (fee,) = claims_beside([], {"konto": [replace(THEIRS, ledger_claim_id="Rykkergebyr:1")]})
    assert (fee.account, fee.differences) == ("konto", (Difference.ONLY_THERE,))
    assert claims_beside([], {"konto": [replace(THEIRS, outstanding_ore=0)]}) == []


@pytest.mark.parametrize(
    ("ours", "theirs", "differences"),
    [
        ({}, {}, ()),
        ({}, {"amount_ore": 1}, (Difference.AMOUNT,)),
        ({"reversed_ore": 500}, {}, (Difference.TAKEN_BACK,)),
        ({"reversed_ore": 500}, {"reduced_ore": 500}, ()),
        ({"state": "rejected"}, {}, (Difference.ONLY_THERE,)),
        ({"state": "waiting"}, {}, (Difference.ON_ITS_WAY,)),
        ({"state": "replaced"}, {}, (Difference.ONLY_THERE,)),
        ({"state": "by_hand"}, {}, (Difference.ONLY_THERE,)),
    ],
)
def test_one_payment_on_both_sides(
    ours: dict[str, object], theirs: dict[str, object], differences: tuple[Difference, ...]
) -> None:
    (row,) = payments_beside(
        [replace(POSTED, **ours)],  # type: ignore[arg-type]  # tests name the facts
        [replace(BOOKED, **theirs)],  # type: ignore[arg-type]  # as above
    )
    assert row.differences == differences


def test_payments_that_one_side_lacks() -> None:
    lost = payments_beside([POSTED], [])
    rejected = payments_beside([replace(POSTED, state="rejected")], [])
    waiting = payments_beside([replace(POSTED, state="waiting")], [])
    elsewhere = payments_beside([], [BOOKED])
    assert [row.differences for row in (*lost, *rejected, *waiting, *elsewhere)] == [
        (Difference.ONLY_HERE,), (Difference.REJECTED,), (Difference.ON_ITS_WAY,), (),
    ]  # fmt: skip
    assert [needs_somebody(rows) for rows in (lost, rejected, waiting, elsewhere)] == [1, 0, 0, 0]


@pytest.mark.parametrize("state", ["replaced", "by_hand"])
def test_what_does_not_bear_our_uuid_there_is_not_missed(state: Literal["replaced", "by_hand"]) -> None:
    (row,) = payments_beside([replace(POSTED, state=state)], [])
    assert row.differences == ()


@given(st.sets(st.integers(0, 9)), st.sets(st.integers(0, 9)))
def test_every_claim_of_either_side_stands_once(here: set[int], there: set[int]) -> None:
    ours = [replace(OURS, id=UUID(int=number), ledger_claim_id=f"L{number}") for number in here]
    theirs = [replace(THEIRS, ledger_claim_id=f"L{number}") for number in there]
    rows = claims_beside(ours, {"konto": theirs})
    assert len(rows) == len(here | there)
    assert needs_somebody(rows) == len(here ^ there)
    assert side_by_side.EXPLAINED.isdisjoint(one for row in rows for one in row.differences)
