"""What may be asked about which bill."""

from app.questions.reasons import Reason, reasons_for


def test_only_what_was_borrowed_can_have_been_returned() -> None:
    assert Reason.RETURNED in reasons_for("library")
    assert Reason.RETURNED not in reasons_for("daycare")
    assert reasons_for("library") == tuple(Reason)
