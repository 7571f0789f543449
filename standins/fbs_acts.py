"""What the debtor ledger lets the library know, as acts of the library's stand-in."""

from collections.abc import Mapping

from standins.frame import Act, BadAct
from standins.world import World, today


def acts(world: World) -> dict[str, Act]:
    """`paid_by_ledger`: a fee is covered; `held_by_ledger`: one is registered there; once, however often it is said."""

    def paid_by_ledger(asked: Mapping[str, object]) -> object:
        return {"is_news": world.on_fee_paid(_fee_id(asked), today())}

    def held_by_ledger(asked: Mapping[str, object]) -> object:
        return {"is_news": world.on_fee_handed_over(_fee_id(asked))}

    return {"paid_by_ledger": paid_by_ledger, "held_by_ledger": held_by_ledger}


def _fee_id(asked: Mapping[str, object]) -> int:
    fee_id = asked.get("fee_id")
    if isinstance(fee_id, bool) or not isinstance(fee_id, int):
        raise BadAct("fee_id must be a whole number")
    return fee_id
