"""A source that failed, or was never heard, is named with its areas; the others are not."""

from datetime import timedelta

from app.sources.queries import Freshness
from app.web.gaps import checked_at, gaps_of
from tests.web.page_app import NOW, fjordby

EARLIER = NOW - timedelta(hours=14)


def test_all_heard_means_no_gap() -> None:
    known = {kind: Freshness(kind, NOW, None) for kind in ("fbs", "ledger")}
    assert gaps_of(fjordby(), known) == []


def test_a_failed_source_is_a_gap_with_the_time_of_its_last_answer() -> None:
    known = {"fbs": Freshness("fbs", EARLIER, NOW), "ledger": Freshness("ledger", NOW, None)}
    (gap,) = gaps_of(fjordby(), known)
    assert gap.as_of == EARLIER
    assert [area.da for area in gap.areas] == ["Bibliotek"]


def test_a_source_never_heard_is_a_gap_without_time() -> None:
    gaps = gaps_of(fjordby(), {"fbs": Freshness("fbs", NOW, None)})
    assert [gap.as_of for gap in gaps] == [None]


def test_two_gaps_about_the_same_areas_are_one() -> None:
    known = {kind: Freshness(kind, EARLIER, NOW) for kind in ("fbs", "ledger")}
    (gap,) = gaps_of(fjordby(), known)
    assert len(gap.areas) > 1


def test_the_picture_is_as_old_as_its_oldest_part() -> None:
    known = {"fbs": Freshness("fbs", EARLIER, NOW), "ledger": Freshness("ledger", NOW, None)}
    assert checked_at(known) == EARLIER
    assert checked_at({}) is None
