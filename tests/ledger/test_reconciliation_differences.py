"""Naming differences: every kind has its words, and what it is called follows from what the sides say."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ledger.reconciliation import differences
from app.ledger.reconciliation.differences import NEXT_STEPS, REASONS, Difference, What, key_of

ID, DAY = UUID(int=1), date(2026, 11, 27)
ORE = st.integers(-(10**12), 10**12)


def test_every_kind_has_its_words() -> None:
    assert set(REASONS) == set(NEXT_STEPS) == set(What)
    assert len(set(REASONS.values())) == len(What)


@given(ORE, ORE)
def test_provider_and_journal_differ_by_what_one_has_more(said_ore: int, booked_ore: int) -> None:
    one = differences.at_provider(matter=ID, flow="capture", said_ore=said_ore, booked_ore=booked_ore)
    assert one.amount_ore == said_ore - booked_ore
    assert (one.what is What.NOT_IN_JOURNAL) == (booked_ore == 0)
    assert (one.what is What.PROVIDER_AMOUNT) == (said_ore != 0 and booked_ore != 0)


def in_ledger(**changes: object) -> Difference:
    given: dict[str, object] = {
        "times": 1, "stated_ore": 500, "ours_ore": 500, "is_accepted": True, "is_ours": True, "has_twin": False,
    }  # fmt: skip
    return differences.in_ledger(posting=ID, payment_id=None, account="a", **(given | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"times": 2, "stated_ore": 1000}, What.DOUBLED_IN_LEDGER),
        ({"is_ours": False, "is_accepted": False, "ours_ore": 0, "has_twin": True}, What.DOUBLED_IN_LEDGER),
        ({"is_ours": False, "is_accepted": False, "ours_ore": 0}, What.UNKNOWN_IN_LEDGER),
        ({"is_accepted": False, "ours_ore": 0}, What.NOT_ACCEPTED_HERE),
        ({"times": 0, "stated_ore": 0}, What.NOT_IN_LEDGER),
        ({"stated_ore": 501}, What.LEDGER_AMOUNT),
    ],
)
def test_what_the_ledger_says_is_named(changes: dict[str, object], what: What) -> None:
    assert in_ledger(**changes).what is what


def test_a_matter_keeps_its_key_and_tells_its_facts() -> None:
    one = in_ledger(stated_ore=400)
    key = key_of(one, municipality_code="0991", day=DAY)
    assert key == f"difference/0991/2026-11-27/ledger_amount/{ID}"
    facts = one.told(DAY)
    assert (facts["day"], facts["amount_ore"], facts["account"]) == ("2026-11-27", -100, "a")


def test_too_many_to_name_are_told_together() -> None:
    rest = differences.the_rest(What.TRANSIT_LEFT, many=12, amount_ore=-600)
    assert "12 flere" in rest.reason
    assert "CSV" in rest.next_step
