"""Figures as geometry: what is drawn is as large as the numbers say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web import charts
from app.web.charts import NARROW, WIDE, Mark, Series

DAYS = ["1.11.", "2.11.", "3.11."]
COUNTS = st.lists(st.integers(0, 10**7), min_size=1, max_size=30)


def whole(value: float) -> str:
    return f"{value:g}"


def test_columns_stand_on_zero_and_are_stacked() -> None:
    drawn = charts.columns(DAYS, [Series("a", "ja", [4, 0, 8]), Series("b", "nej", [1, 0, 2])], frame=WIDE, told=whole)
    first_done, first_failed, last_done, last_failed = drawn.bars
    assert first_done.y + first_done.height == pytest.approx(WIDE.floor, abs=0.2)
    assert first_failed.y + first_failed.height == pytest.approx(first_done.y, abs=0.2)
    assert last_done.height == pytest.approx(2 * first_done.height, abs=0.2)
    assert last_failed.height == pytest.approx(last_done.height / 4, abs=0.2)
    assert drawn.ticks[0] == Mark(WIDE.floor, "0")


def test_the_highest_column_bears_its_number() -> None:
    drawn = charts.columns(DAYS, [Series("a", "ja", [4, 12, 8])], frame=WIDE, told=whole)
    assert drawn.top
    assert drawn.top[2] == "12"
    assert drawn.top[0] == pytest.approx(drawn.bars[1].x + drawn.bars[1].width / 2, abs=0.2)


def test_nothing_is_drawn_of_nothing() -> None:
    drawn = charts.columns(DAYS, [Series("a", "ja", [0, 0, 0])], frame=NARROW, told=whole)
    assert (drawn.bars, drawn.top) == ((), None)
    target = Mark(60, "mål")
    assert charts.lines(DAYS, [Series("a", "p50", [None] * 3)], target=target, frame=NARROW, told=whole).lines == ()


def test_a_line_breaks_where_there_is_no_number() -> None:
    values = [1, 2, None, 3]
    (line,) = charts.lines(
        [*DAYS, "4.11."], [Series("a", "p50", values)], target=Mark(60, "mål"), frame=WIDE, told=whole
    ).lines
    assert line.path.count("M") == 2
    assert len(line.points) == 3
    assert line.points[0].y > line.points[1].y > line.points[2].y


def test_the_target_lies_on_its_own_height_and_is_never_outside() -> None:
    high = charts.lines(DAYS, [Series("a", "p50", [1, 1, 1])], target=Mark(60, "mål"), frame=WIDE, told=whole)
    assert high.target.at == next(tick.at for tick in high.ticks if tick.text == "60")
    assert WIDE.top <= high.target.at <= WIDE.floor


def test_labels_at_the_ends_of_lines_do_not_lie_on_one_another() -> None:
    series = [Series("a", "p50", [1, 1, 1]), Series("b", "p95", [1, 1, 1.1])]
    first, second = charts.lines(DAYS, series, target=Mark(60, "mål"), frame=WIDE, told=whole).lines
    assert abs(first.label_y - second.label_y) >= 18
    assert (first.label, second.label) == ("p50", "p95")


@given(COUNTS, COUNTS)
def test_everything_stays_inside_the_plot(done: list[int], failed: list[int]) -> None:
    size = min(len(done), len(failed))
    series = [Series("a", "ja", done[:size]), Series("b", "nej", failed[:size])]
    for frame in (WIDE, NARROW):
        drawn = charts.columns(["x"] * size, series, frame=frame, told=whole)
        assert len(drawn.ticks) <= charts.MOST_TICKS
        assert len(drawn.days) <= frame.most_labels
        assert drawn.days[-1].at > drawn.days[0].at or size <= frame.most_labels or len(drawn.days) == 1
        for bar in drawn.bars:
            assert frame.left <= bar.x <= bar.x + bar.width <= frame.width - frame.right + 0.2
            assert frame.top - 0.2 <= bar.y
            assert bar.y + bar.height <= frame.floor + 0.2


@given(st.lists(st.one_of(st.none(), st.floats(0, 10**8)), min_size=1, max_size=30))
def test_lines_stay_inside_the_plot_too(values: list[float | None]) -> None:
    drawn = charts.lines(
        ["x"] * len(values), [Series("a", "p50", values)], target=Mark(60, "m"), frame=WIDE, told=whole
    )
    assert len(drawn.ticks) <= charts.MOST_TICKS
    for line in drawn.lines:
        assert len(line.points) == sum(value is not None for value in values)
        assert all(WIDE.top - 0.2 <= point.y <= WIDE.floor for point in line.points)


def test_a_bar_is_as_long_as_its_share_and_what_is_there_is_seen() -> None:
    assert [charts.share_of(value, 200) for value in (200, 100, 1, 0)] == [100, 50, 1, 0]
    assert charts.share_of(0, 0) == 0
