"""Every reason and state of a question has its words, and every template is unfinished until somebody reads it."""

from app.questions.reasons import QuestionState, Reason
from app.web import question_words


def test_every_reason_and_state_has_its_words() -> None:
    assert list(question_words.REASONS) == list(Reason)
    assert set(question_words.STATES) == set(QuestionState)
    assert set(question_words.TEMPLATES) == set(Reason)


def test_no_template_can_be_sent_as_it_is() -> None:
    assert all("…" in template for template in question_words.TEMPLATES.values())
