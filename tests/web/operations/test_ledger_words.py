"""Every difference that can be found has its words and what to do about it."""

from app.ledger.side_by_side import Difference
from app.web.operations import ledger_words


def test_every_difference_has_its_words() -> None:
    assert set(ledger_words.CLAIMS) | set(ledger_words.PAYMENTS) == set(Difference)
    assert set(Difference) - set(ledger_words.CLAIMS) == {Difference.TAKEN_BACK, Difference.REJECTED}
    assert set(Difference) - set(ledger_words.PAYMENTS) == {
        Difference.DUE, Difference.AGENCY, Difference.CLOSED_HERE,
    }  # fmt: skip
