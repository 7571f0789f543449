"""The status model: every key, the order of the rules, and the days on which a status turns."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from app.claims.status import Group, Key, Standing, Status, is_old, status_of

TODAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
A_DAY = timedelta(days=1)
LATER = TODAY + timedelta(days=60)
OWED = Standing(
    holder="ledger",
    outstanding_ore=10_000,
    principal_ore=10_000,
    covered_ore=0,
    has_account=True,
    founded_on=TODAY - timedelta(days=20),
    due_on=LATER,
    reminded_on=None,
    drawn_on=None,
    agency_on=None,
    next_instalment=None,
    covered_at=None,
    closed_at=None,
    closed_reason=None,
    is_being_paid=False,
)


def status(**facts: object) -> Status:
    return status_of(replace(OWED, **facts), today=TODAY)  # type: ignore[arg-type]  # tests name the facts


EVERY_KEY: list[tuple[Key, Group, bool, dict[str, object]]] = [
    (Key.UNPAID, Group.LATER, True, {}),
    (Key.DUE_SOON, Group.SOON, True, {"due_on": TODAY}),
    (Key.OVERDUE, Group.OVERDUE, True, {"due_on": TODAY - A_DAY}),
    (Key.REMINDED, Group.OVERDUE, True, {"due_on": TODAY - A_DAY, "reminded_on": TODAY}),
    (Key.AUTO, Group.ONGOING, True, {"drawn_on": TODAY}),
    (Key.PAYING, Group.ONGOING, False, {"is_being_paid": True}),
    (Key.PAID_PENDING, Group.ONGOING, False, {"covered_ore": 10_000, "covered_at": NOON}),
    (Key.PAID, Group.CLOSED, False, {"closed_at": NOON, "closed_reason": "paid"}),
    (Key.PART_PAID, Group.LATER, True, {"principal_ore": 15_000}),
    (Key.INSTALMENT, Group.ONGOING, True, {"next_instalment": (LATER, 500)}),
    (Key.CANCELLED, Group.CLOSED, False, {"closed_at": NOON, "closed_reason": "no_longer_listed"}),
    (Key.PAID_ELSEWHERE, Group.CLOSED, False, {"closed_at": NOON, "closed_reason": "paid_elsewhere"}),
    (Key.OFFSET, Group.CLOSED, False, {"closed_at": NOON, "closed_reason": "offset"}),
    (Key.WRITTEN_OFF, Group.CLOSED, False, {"closed_at": NOON, "closed_reason": "written_off"}),
    (Key.REDUCED, Group.LATER, True, {"principal_ore": 15_000, "let_off_ore": 5_000, "let_off_on": TODAY}),
    (Key.ACCOUNT_CLOSED, Group.ONGOING, False, {"is_account_closed": True}),
    (Key.SENT_GAELDST, Group.AGENCY, False, {"holder": "agency", "agency_on": TODAY}),
    (Key.LEGACY, Group.LATER, True, {"founded_on": date(2019, 2, 11)}),
    (Key.QUESTIONED, Group.OVERDUE, True, {"answer_by_on": LATER, "due_on": TODAY - A_DAY}),
    (Key.REFUND, Group.ONGOING, False, {"closed_at": NOON, "closed_reason": "paid", "going_back_ore": 100}),
]


@pytest.mark.parametrize(("key", "group", "selectable", "facts"), EVERY_KEY)
def test_each_status(key: Key, group: Group, selectable: bool, facts: dict[str, object]) -> None:
    found = status(**facts)
    assert (found.key, found.group, found.selectable) == (key, group, selectable)


def test_no_status_is_left_out_here() -> None:
    assert {key for key, *_ in EVERY_KEY} == set(Key)


# Each rule's facts, in the order in which the rules are asked: the earlier one decides.
ORDER: list[tuple[Key, dict[str, object]]] = [
    (Key.PAID, {"closed_at": NOON, "closed_reason": "paid"}),
    (Key.PAID_PENDING, {"covered_ore": 10_000, "covered_at": NOON}),
    (Key.PAYING, {"is_being_paid": True}),
    (Key.SENT_GAELDST, {"holder": "agency", "agency_on": TODAY}),
    (Key.ACCOUNT_CLOSED, {"is_account_closed": True}),
    (Key.AUTO, {"drawn_on": LATER}),
    (Key.INSTALMENT, {"next_instalment": (LATER, 500)}),
    (Key.LEGACY, {"founded_on": date(2019, 2, 11)}),
    (Key.REMINDED, {"due_on": TODAY - A_DAY, "reminded_on": TODAY}),
    (Key.OVERDUE, {"due_on": TODAY - A_DAY}),
    (Key.PART_PAID, {"principal_ore": 15_000}),
]


@pytest.mark.parametrize("place", range(len(ORDER)))
def test_the_first_rule_that_fits_decides(place: int) -> None:
    facts: dict[str, object] = {}
    for _key, own in reversed(ORDER[place:]):
        facts |= own
    assert status(**facts).key is ORDER[place][0]


@pytest.mark.parametrize(
    ("days", "key", "group"),
    [
        (-1, Key.OVERDUE, Group.OVERDUE),
        (0, Key.DUE_SOON, Group.SOON),
        (7, Key.DUE_SOON, Group.SOON),
        (8, Key.UNPAID, Group.SOON),
        (30, Key.UNPAID, Group.SOON),
        (31, Key.UNPAID, Group.LATER),
    ],
)
def test_the_days_on_which_it_turns(days: int, key: Key, group: Group) -> None:
    found = status(due_on=TODAY + timedelta(days=days))
    assert (found.key, found.group) == (key, group)


def test_without_a_day_to_pay_by_it_is_simply_unpaid() -> None:
    assert (status(due_on=None).key, status(due_on=None).group) == (Key.UNPAID, Group.LATER)


def test_a_reminder_counts_only_once_it_is_overdue() -> None:
    assert status(due_on=TODAY, reminded_on=TODAY - A_DAY).key is Key.DUE_SOON


def test_betalingsservice_of_yesterday_no_longer_promises_anything() -> None:
    assert status(drawn_on=TODAY - A_DAY).key is Key.UNPAID
    assert status(drawn_on=TODAY).asks_first
    assert not status(drawn_on=TODAY).preselected


def test_half_a_payment_leaves_the_claim_to_be_paid() -> None:
    found = status(covered_ore=9_999)
    assert (found.key, found.selectable, found.amount_ore, found.of_ore) == (Key.PART_PAID, True, 9_999, 10_000)
    assert status(covered_ore=9_999, due_on=TODAY).preselected, "what is left is due as before"
    assert status(covered_ore=9_999, due_on=TODAY - A_DAY).key is Key.OVERDUE
    assert status(covered_ore=10_001).key is Key.PAID_PENDING


def test_part_paid_says_how_much_of_what() -> None:
    found = status(principal_ore=15_000)
    assert (found.amount_ore, found.of_ore) == (5_000, 15_000)


@pytest.mark.parametrize("facts", [{"due_on": TODAY - A_DAY}, {"due_on": TODAY}, {"drawn_on": LATER}, {}])
def test_without_an_account_to_pay_to_nothing_can_be_chosen(facts: dict[str, object]) -> None:
    found = status(has_account=False, **facts)
    assert (found.selectable, found.preselected) == (False, False)


def test_a_big_bill_is_chosen_beforehand_only_when_it_is_overdue() -> None:
    assert status(due_on=TODAY, outstanding_ore=500_000).preselected
    assert not status(due_on=TODAY, outstanding_ore=500_001).preselected
    assert status(due_on=TODAY - A_DAY, outstanding_ore=500_001).preselected
    assert not status_of(replace(OWED, due_on=TODAY), today=TODAY, preselection_limit_ore=9_999).preselected


def test_an_old_bill_may_be_shown_without_being_payable() -> None:
    old = date(2019, 2, 11)
    assert not status(founded_on=old, legacy_payable=False).selectable
    assert status(founded_on=old, due_on=TODAY - A_DAY).group is Group.OVERDUE


def test_a_bill_is_old_after_a_year() -> None:
    assert not is_old(TODAY - timedelta(days=365), today=TODAY)
    assert is_old(TODAY - timedelta(days=366), today=TODAY)
    assert not is_old(None, today=TODAY)


def test_money_on_its_way_back_hides_no_debt() -> None:
    assert status(going_back_ore=100).key is Key.UNPAID, "it is owed again"
    back = status(going_back_ore=100, back_by_on=LATER, covered_ore=10_000, covered_at=NOON)
    assert (back.key, back.amount_ore, back.on) == (Key.REFUND, 100, LATER)


def test_what_is_let_off_counts_as_neither_paid_nor_owed() -> None:
    found = status(principal_ore=20_000, let_off_ore=5_000, let_off_on=TODAY)
    assert (found.key, found.amount_ore, found.of_ore) == (Key.PART_PAID, 5_000, 15_000)
    reduced = status(principal_ore=15_000, let_off_ore=5_000, let_off_on=TODAY)
    assert (reduced.on, reduced.amount_ore) == (TODAY, 10_000)


def test_a_question_leaves_what_is_settled_alone_and_unticks_the_rest() -> None:
    due = {"due_on": TODAY - A_DAY}
    assert status(**due).preselected
    asked = status(answer_by_on=LATER, **due)
    assert (asked.preselected, asked.selectable, asked.on) == (False, True, LATER)
    for settled in ({"is_being_paid": True}, {"holder": "agency"}, {"closed_at": NOON, "closed_reason": "paid"}):
        assert status(answer_by_on=LATER, **settled) == status(**settled)
