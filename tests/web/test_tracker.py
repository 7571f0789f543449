"""The way of the money: what is done, what comes, and honest words when it takes long."""

from datetime import timedelta
from uuid import UUID

import pytest

from app.ledger.queries import Posted
from app.sources.queries import Told
from app.web.tracker import Way, method_words, steps_of, way_of
from tests.web.bills import payment
from tests.web.page_app import NOW, page_app

LATER = NOW + timedelta(seconds=30)
NOTHING = Posted(0, 0, None)
ACCEPTED = Posted(33500, 0, LATER)


def _told(state: str) -> Told:
    return Told(UUID(int=1), "tell", state, None, LATER if state == "known" else None)


def _way(posted: Posted = NOTHING, *told: Told, library: bool = True) -> Way:
    return way_of(payment(), posted=posted, told=told, concerns_library=library)


def _states(way: Way, *, after: timedelta = timedelta(seconds=40)) -> list[str]:
    with page_app().test_request_context("/"):
        return [step.state for step in steps_of(way, now=NOW + after)]


@pytest.mark.parametrize(
    ("way", "states", "settled"),
    [
        (_way(), ["done", "now", "waits"], False),
        (_way(ACCEPTED), ["done", "done", "now"], False),
        (_way(ACCEPTED, _told("told")), ["done", "done", "now"], False),
        (_way(ACCEPTED, _told("known"), _told("told")), ["done", "done", "now"], False),
        (_way(ACCEPTED, _told("known")), ["done", "done", "done"], True),
        (_way(ACCEPTED, _told("refused")), ["done", "done", "stuck"], False),
        (_way(Posted(6000, 27500, LATER)), ["done", "stuck", "waits"], False),
        (_way(Posted(6000, 0, LATER)), ["done", "now", "waits"], False),
        (_way(library=False), ["done", "now"], False),
        (_way(ACCEPTED, library=False), ["done", "done"], True),
    ],
)
def test_steps_follow_from_the_answers(way: Way, states: list[str], settled: bool) -> None:
    assert _states(way) == states
    assert way.is_settled is settled


def test_what_takes_too_long_says_so() -> None:
    assert _states(_way(), after=timedelta(hours=1)) == ["done", "stuck", "waits"]
    assert _states(_way(ACCEPTED), after=timedelta(hours=1)) == ["done", "done", "stuck"]


def test_overpaid_money_is_not_waited_for() -> None:
    way = way_of(payment(overpaid_ore=6000), posted=Posted(27500, 0, LATER), told=[], concerns_library=False)
    assert way.is_settled


def test_the_method_is_said_in_words() -> None:
    with page_app().test_request_context("/"):
        assert method_words(payment()) == "Visa 4242"
        assert method_words(payment(method_detail=None)) == "Betalingskort"
        assert method_words(payment(method="mobilepay")) == "MobilePay"
