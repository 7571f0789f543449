"""The states of payments and refunds, drawn from their tables of moves. Pure; `flask --app app states` prints it."""

from collections.abc import Iterable, Mapping

from app.payments.states import GOING_BACK, MOVES, OPEN, REFUND_MOVES, WITH_MONEY, WITHOUT_MONEY, RefundState, State

_HEAD = """# The states of payments and refunds

Drawn from `app/payments/states.py` by `flask --app app states > docs/payment-states.md`; a test keeps it fresh.
"""
_PAYMENTS = """## Payments

Yellow: nobody knows yet whether money will be taken. Green: it was taken. Grey: ended, and none was.
"""
_REFUNDS = """## Refunds

Green: counts against what may still go back. Grey: the money is with us, or never left. One that was made on the
provider's own pages, or that a bank took, begins as `approved`.
"""


def drawn() -> str:
    """The page with both diagrams, as Markdown with Mermaid in it."""
    payments = _diagram(
        MOVES, begins=State.CREATED, groups={"open": OPEN, "money": WITH_MONEY, "nothing": WITHOUT_MONEY}
    )
    rest = frozenset(RefundState) - GOING_BACK
    refunds = _diagram(REFUND_MOVES, begins=RefundState.ASKED, groups={"money": GOING_BACK, "nothing": rest})
    return f"{_HEAD}\n{_PAYMENTS}\n{payments}\n{_REFUNDS}\n{refunds}"


def _diagram(
    moves: Mapping[State, frozenset[State]] | Mapping[RefundState, frozenset[RefundState]],
    *,
    begins: str,
    groups: Mapping[str, Iterable[str]],
) -> str:
    order = [str(state) for state in moves]
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {begins}"]
    for state, targets in moves.items():
        told = {str(to) for to in targets}
        lines += [f"    {state} --> {to}" for to in order if to in told]
    lines += [
        "    classDef open fill:#fff3c4,stroke:#7a5c00,color:#000",
        "    classDef money fill:#d8f0dc,stroke:#1b5e20,color:#000",
        "    classDef nothing fill:#e6e6e6,stroke:#555,color:#000",
    ]
    for name, states in groups.items():
        members = {str(state) for state in states}
        lines.append(f"    class {','.join(state for state in order if state in members)} {name}")
    return "\n".join([*lines, "```", ""])
