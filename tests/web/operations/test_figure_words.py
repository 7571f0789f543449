"""Each figure's sentence and table say the very numbers that are drawn."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from app import worker
from app.ledger.figures import ByItself, DayTimes, Failure
from app.payments.figures import DayCount
from app.web.operations import figure_words as words
from tests.web.page_app import page_app

NOW = datetime(2026, 5, 14, 9, 12, tzinfo=UTC)
FIRST, SECOND, THIRD = date(2026, 5, 12), date(2026, 5, 13), date(2026, 5, 14)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _danish() -> Iterator[None]:
    with page_app().test_request_context("/"):
        yield


def test_payments_per_day() -> None:
    figure = words.payments_drawn([DayCount(FIRST, 1200, 4), DayCount(SECOND, 40, 1), DayCount(THIRD, 0, 0)])
    assert figure.sentence == (
        "Betalinger de sidste 3 dage: 1.240 gennemført og 5 ikke gennemført. Flest var der 12. maj 2026: 1.204."
    )
    assert figure.rows == (("12. maj 2026", "1.200", "4"), ("13. maj 2026", "40", "1"), ("14. maj 2026", "0", "0"))
    assert [len(chart.bars) for chart in figure.charts if hasattr(chart, "bars")] == [4, 4]
    assert not figure.is_empty


def test_no_payments_are_said_and_not_drawn() -> None:
    figure = words.payments_drawn([DayCount(FIRST, 0, 0)])
    assert (figure.is_empty, figure.sentence) == (True, "Der har ikke været betalinger de sidste 1 dage.")


def test_lead_times() -> None:
    days = [DayTimes(FIRST, 9, 3.0, 75.0), DayTimes(SECOND, 0, None, None), DayTimes(THIRD, 5, 2.5, 12.0)]
    figure = words.times_drawn(days, id="ledger", heading="Tid", goal=MINUTE)
    assert figure.sentence == (
        "14. maj 2026 var halvdelen fremme inden for 2,5 sekunder, og 95 af 100 inden for 12 sekunder. "
        "Langsomst gik det 12. maj 2026: 75 sekunder. Målet på 60 sekunder blev overskredet på 1 af 2 dage."
    )
    assert figure.rows[1] == ("13. maj 2026", "0", "–", "–")
    assert figure.key == (("a", "Halvdelen"), ("b", "95 af 100"))


def test_no_lead_times() -> None:
    figure = words.times_drawn([DayTimes(FIRST, 0, None, None)], id="ledger", heading="Tid", goal=MINUTE)
    assert (figure.is_empty, "Ingen betaling er nået frem" in figure.sentence) == (True, True)


def test_failures_by_reason() -> None:
    failures = [
        Failure("posting_rejected", 2, NOW - timedelta(hours=3, minutes=10)),
        Failure("waiting:ledger.post", 8, NOW - timedelta(minutes=4)),
    ]
    figure = words.failures_barred(failures, now=NOW)
    assert figure.sentence == (
        "10 fejl venter. Den ældste har ventet 3 timer 10 minutter: Debitorsystemet har afvist en indbetaling."
    )
    assert [(row.name, row.cells, row.share) for row in figure.rows] == [
        ("Debitorsystemet har afvist en indbetaling", ("2", "3 timer 10 minutter"), 25),
        ("Venter på svar: bogføring i debitorsystemet", ("8", "4 minutter"), 100),
    ]


def test_no_failures() -> None:
    figure = words.failures_barred([], now=NOW)
    assert (figure.rows, figure.sentence[:18]) == ((), "Ingen fejl venter.")


def test_many_reasons_become_ten_rows_and_lose_none() -> None:
    many = [Failure(f"new_{number}", number, NOW - timedelta(hours=number)) for number in range(1, 15)]
    figure = words.failures_barred(many, now=NOW)
    assert len(figure.rows) == words.MOST_REASONS
    assert sum(int(row.cells[0]) for row in figure.rows) == sum(one.count for one in many)
    assert figure.rows[-1].name == "Andre grunde"


def test_the_share_without_a_hand() -> None:
    figure = words.by_itself_barred(ByItself(1250, 1234), days=14)
    assert "98,7\N{NO-BREAK SPACE}% af de betalinger" in figure.sentence
    assert "1.234 af 1.250" in figure.sentence
    assert [row.share for row in figure.rows] == [99, 1]
    assert "Ingen betaling er bogført" in words.by_itself_barred(ByItself(0, 0), days=14).sentence


def test_messages_and_differences_have_words() -> None:
    assert set(words.MESSAGES) == set(worker.HANDLERS)
    assert words.reason_words("waiting:new.kind") == "Venter på svar: new.kind"
    assert words.reason_words("dead:source.tell") == "Opgivet: besked til biblioteket"
    assert words.reason_words("difference.missing") == "Afstemningen fandt en forskel"
