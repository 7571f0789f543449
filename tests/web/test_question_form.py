"""A question's form says everything that is wrong with it, and takes nothing that was not offered."""

import pytest

from app.questions.reasons import Reason, reasons_for
from app.web import question_form
from tests.demo import KIRSTEN
from tests.web.page_app import page_app

LIBRARY = reasons_for("library")


@pytest.mark.parametrize(
    ("reason", "words", "problems"),
    [
        ("paid", "Jeg betalte i går", []),
        ("", "", ["reason", "text"]),
        ("paid", "x" * 1001, ["text"]),
        ("paid", f"Mit nummer er {KIRSTEN[:6]}-{KIRSTEN[6:]}", ["text"]),
        ("bogus", "Hej", ["reason"]),
    ],
)
def test_what_is_wrong(reason: str, words: str, problems: list[str]) -> None:
    with page_app().test_request_context("/", method="POST", data={"reason": reason, "text": words}):
        sent = question_form.typed(LIBRARY)
        assert [field for field, _sentence in sent.problems] == problems
        assert sent.words == words


def test_a_line_break_counts_as_one_character() -> None:
    with page_app().test_request_context("/", method="POST", data={"reason": "paid", "text": "a\r\n" * 499 + "bb"}):
        assert question_form.typed(LIBRARY).problems == ()


def test_returned_is_not_offered_for_daycare() -> None:
    assert question_form.reason_in("returned", reasons_for("daycare")) is None
    assert question_form.reason_in("returned", LIBRARY) is Reason.RETURNED
