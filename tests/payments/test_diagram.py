"""The drawing in the docs is the tables'."""

from app.config import ROOT
from app.payments.diagram import drawn
from app.payments.states import MOVES, REFUND_MOVES


def test_the_docs_show_the_tables_as_they_are() -> None:
    kept = (ROOT / "docs" / "payment-states.md").read_text(encoding="utf-8")
    assert kept.strip() == drawn().strip(), "run: flask --app app states > docs/payment-states.md"


def test_every_move_is_drawn_and_no_other() -> None:
    arrows = [line.strip() for line in drawn().splitlines() if " --> " in line and "[*]" not in line]
    payments = [f"{state} --> {to}" for state, targets in MOVES.items() for to in targets]
    refunds = [f"{state} --> {to}" for state, targets in REFUND_MOVES.items() for to in targets]
    assert sorted(arrows) == sorted(payments + refunds)
