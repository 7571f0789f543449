"""Money is an int of øre. Decimals exist only at the edges where wires and pages speak kroner."""

from decimal import Decimal, InvalidOperation

ORE_PER_KRONE = 100


class NotAnAmount(ValueError):
    """The text is no amount in whole øre."""


def ore_from_kroner(text: str | Decimal) -> int:
    """Turn kroner as a wire writes them (`"275.00"`, `Decimal("60")`) into øre.

    Floats are refused by type: a wire that carries JSON numbers must be read with `parse_float=Decimal`.

    :raises NotAnAmount: not a number, not finite, or finer than one øre
    """
    try:
        kroner = Decimal(text)
    except InvalidOperation as error:
        raise NotAnAmount(f"{text!r} is not an amount") from error
    if not kroner.is_finite():
        raise NotAnAmount(f"{text!r} is not an amount")
    ore = kroner * ORE_PER_KRONE
    if ore != ore.to_integral_value():
        raise NotAnAmount(f"{text!r} is finer than one øre")
    return int(ore)


def kroner_from_ore(amount_ore: int) -> Decimal:
    """The same amount as a Decimal with two places, as XML wires want it."""
    return (Decimal(amount_ore) / ORE_PER_KRONE).quantize(Decimal("0.01"))
