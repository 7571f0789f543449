"""Lists in pages, newest first, and references opened on request (`expand`)."""

import copy
from collections.abc import Callable, Iterable
from typing import Any

from standins.stripe.account import Account
from standins.stripe.objects import Json
from standins.stripe.refusals import Refusal, wrong_parameter

DEFAULT_LIMIT = 10
DEEPEST = 4
# Which member of an object is the id of what other kind of object.
_REFERENCES = {
    "payment_intent": "payment_intent",
    "latest_charge": "charge",
    "charge": "charge",
    "balance_transaction": "balance_transaction",
}
# What kind of object a balance transaction of each type is about; the other types are about none.
_SOURCES = {
    "charge": "charge",
    "refund": "refund",
    "refund_failure": "refund",
    "adjustment": "dispute",
    "payout": "payout",
}


def page(account: Account, kind: str, asked: Json, url: str, fits: Callable[[Json], bool]) -> Json:
    """The page that `limit`, `starting_after`, `ending_before` and `created` ask for, of the objects that fit.

    :raises Refusal: a cursor names nothing
    """
    with account.lock:
        wanted = _newest_first(account, kind, asked.get("created", {}))
        found = [thing for thing in wanted if fits(thing)]
        limit = asked.get("limit", DEFAULT_LIMIT)
        if "ending_before" in asked:
            newer = found[: _place(account, kind, found, asked["ending_before"])]
            shown, has_more = newer[-limit:], len(newer) > limit
        else:
            start = 0
            if "starting_after" in asked:
                start = _place(account, kind, found, asked["starting_after"], after=True)
            shown, has_more = found[start : start + limit], len(found) > start + limit
        paths = [path.removeprefix("data.") for path in asked.get("expand", [])]
        return {
            "object": "list",
            "data": [opened(account, thing, paths) for thing in shown],
            "has_more": has_more,
            "url": url,
        }


def _newest_first(account: Account, kind: str, bounds: dict[str, int]) -> Iterable[Json]:
    for thing in reversed(account.kept[kind].values()):
        created = thing["created"]
        if created < bounds.get("gte", 0) or created <= bounds.get("gt", -1):
            return
        if created <= bounds.get("lte", created) and created < bounds.get("lt", created + 1):
            yield thing


def _place(account: Account, kind: str, found: list[Json], cursor: str, *, after: bool = False) -> int:
    if cursor not in account.kept[kind]:
        raise wrong_parameter(
            f"No such {kind}: '{cursor}'", "starting_after" if after else "ending_before", "resource_missing"
        )
    for place, thing in enumerate(found):
        if thing["id"] == cursor:
            return place + 1 if after else place
    return len(found) if after else 0


def opened(account: Account, thing: Json, paths: Iterable[str]) -> Json:
    """A copy of an object with the references on these paths replaced by what they name.

    :raises Refusal: a path names no reference
    """
    shown: Json = copy.deepcopy(thing)
    for path in paths:
        parts = path.split(".")
        if len(parts) > DEEPEST:
            raise wrong_parameter("You cannot expand more than 4 levels of a property", "expand")
        _open(account, shown, parts, path)
    return shown


def _open(account: Account, shown: Json, parts: list[str], path: str) -> None:
    first, rest = parts[0], parts[1:]
    if first == "line_items" and shown["object"] == "checkout.session":
        lines = copy.deepcopy(account.lines[shown["id"]])
        own = f"/v1/checkout/sessions/{shown['id']}/line_items"
        shown["line_items"] = {"object": "list", "data": lines, "has_more": False, "url": own}
        return
    if first == "refunds" and shown["object"] == "charge":
        about = f"/v1/charges/{shown['id']}/refunds"
        shown["refunds"] = page(account, "refund", {}, about, lambda refund: bool(refund["charge"] == shown["id"]))
        return
    kind = _REFERENCES.get(first)
    if first == "source" and shown["object"] == "balance_transaction":
        kind = _SOURCES.get(shown["type"])
        if kind is None:
            return
    if kind is None or first not in shown:
        raise Refusal(f"This property cannot be expanded ({path}).", param="expand", is_kept=False)
    value: Any = shown[first]
    if isinstance(value, str):
        value = shown[first] = copy.deepcopy(account.find(kind, value))
    if rest and value is not None:
        _open(account, value, rest, path)
