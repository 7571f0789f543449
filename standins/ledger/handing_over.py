"""Claims handed from the ledger in one process to the ledger in another, so that both know the same."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from standins.frame import Act, BadAct
from standins.world import Debt, World

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def acts(world: World) -> dict[str, Act]:
    """`owed_by`: the claims of people (`cprs`); `take_over`: have these claims (`debts`), and no claim twice."""

    def owed_by(asked: Mapping[str, object]) -> object:
        cprs = asked.get("cprs")
        if not isinstance(cprs, list):
            raise BadAct("cprs must be a list")
        with world.lock:
            debts = [debt for cpr in cprs for debt in world.debts_by_cpr.get(str(cpr), ())]
            return {"debts": _adapter().dump_python(debts, mode="json")}

    def take_over(asked: Mapping[str, object]) -> object:
        try:
            debts = _adapter().validate_python(asked.get("debts"), strict=False)
        except ValueError:
            raise BadAct("debts must be a list of claims as owed_by gives them") from None
        with world.lock:
            new = [debt for debt in debts if debt.claim_id not in world.debts]
            for debt in new:
                world.add_debt(debt)
            return {"taken_over": len(new)}

    return {"owed_by": owed_by, "take_over": take_over}


def _adapter() -> "TypeAdapter[list[Debt]]":
    # Read only when it is needed: it takes a while, and a killed ledger should be back soon.
    from pydantic import TypeAdapter

    return TypeAdapter(list[Debt])
