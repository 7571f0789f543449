"""Money is an int of øre. Decimals exist only at the edges where wires and pages speak kroner."""

import re
from decimal import Decimal

ORE_PER_KRONE = 100
# Python would also take `1_000`, `1e9` and the digits of other scripts out of a text.
_PLAIN = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?")
# Ten billion kroner: beyond it nobody owes anything, and `1e999999` would fill the memory.
_MOST_DIGITS = 10


class NotAnAmount(ValueError):
    """The text is no amount in whole øre."""


def ore_from_kroner(text: str | Decimal) -> int:
    """Turn kroner as a wire writes them (`"275.00"`, `Decimal("60")`) into øre.

    Floats are refused by type: a wire that carries JSON numbers must be read with `parse_float=Decimal`.

    :raises NotAnAmount: not a plain number, not finite, ten billion kroner or more, or finer than one øre
    """
    if isinstance(text, str) and not _PLAIN.fullmatch(text):
        raise NotAnAmount(f"{text!r} is not an amount")
    kroner = Decimal(text)
    if not kroner.is_finite():
        raise NotAnAmount(f"{text!r} is not an amount")
    if kroner.adjusted() >= _MOST_DIGITS:
        raise NotAnAmount(f"{text!r} is larger than any amount")
    ore = kroner * ORE_PER_KRONE
    if ore != ore.to_integral_value():
        raise NotAnAmount(f"{text!r} is finer than one øre")
    return int(ore)


def kroner_from_ore(amount_ore: int) -> Decimal:
    """The same amount as a Decimal with two places, as XML wires want it."""
    return (Decimal(amount_ore) / ORE_PER_KRONE).quantize(Decimal("0.01"))
