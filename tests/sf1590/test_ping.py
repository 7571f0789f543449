"""A ping is a heading, and so is its answer."""

from app.sf1590 import ping
from app.sf1590.envelope import unwrap
from app.sf1590.exchange import PING_SCHEMA
from app.sf1590.guard import validate
from tests.sf1590 import answers
from tests.sf1590.written import AT, HEADING, names, over_the_wire


def test_a_ping_is_nothing_but_its_heading() -> None:
    root = over_the_wire(ping.request(None, HEADING))
    validate(root, PING_SCHEMA)
    assert names(root) == ["HovedOplysninger"]


def test_the_moment_of_the_answer_stands_in_its_heading() -> None:
    answer = unwrap(answers.answer(ping.ACTION, ""))
    validate(answer, PING_SCHEMA)
    assert ping.answer_from(answer) == AT
