"""Interest and reminder fees that the ledger charges by itself: claims of their own on top of a claim."""

import uuid
from collections.abc import Mapping
from typing import Literal

from standins.frame import Act, BadAct
from standins.journal import this_moment
from standins.world import Debt, Extra, ExtraKind, World, today

KINDS: dict[object, ExtraKind] = {"reminder": "Rykkergebyr", "interest": "Opkrævningsrente"}
By = Literal["account_id", "claim_id"]


def acts(world: World) -> dict[str, Act]:
    """`charge`: interest or a reminder fee (`kind`, `amount_ore`) on what `account_id` or `claim_id` names."""

    def charge(asked: Mapping[str, object]) -> object:
        kind, amount_ore = KINDS.get(asked.get("kind")), asked.get("amount_ore")
        if kind is None:
            raise BadAct(f"kind must be one of {', '.join(str(one) for one in KINDS)}")
        if isinstance(amount_ore, bool) or not isinstance(amount_ore, int) or amount_ore <= 0:
            raise BadAct("amount_ore must be a whole number above zero")
        with world.lock:
            debt = _debt(world, asked)
            # Derived, so that a ledger that begins anew from its list of calls makes the same.
            made_from = f"{kind} {len(debt.extras)} {this_moment().isoformat()}"
            extra = Extra(uuid.uuid5(debt.claim_id, made_from), kind, amount_ore, amount_ore, today())
            debt.extras.append(extra)
            if kind == "Rykkergebyr":
                debt.reminded_on = extra.charged_on
        return {"extra_id": str(extra.extra_id), "account_id": str(debt.account_id), "claim_id": str(debt.claim_id)}

    return {"charge": charge}


def _debt(world: World, asked: Mapping[str, object]) -> Debt:
    by: dict[By, dict[uuid.UUID, Debt]] = {"account_id": world.debts_by_account, "claim_id": world.debts}
    for name, debts in by.items():
        if name in asked:
            try:
                found = debts.get(uuid.UUID(str(asked[name])))
            except ValueError:
                found = None
            if found is None:
                raise BadAct(f"no claim in the ledger has this {name}")
            return found
    raise BadAct("account_id or claim_id is needed")
