"""Money is an int of øre. Decimals exist only at the edges where wires and pages speak kroner."""

import re
from decimal import Decimal

ORE_PER_KRONE = 100
# Python would also take `1_000`, `1e9` and the digits of other scripts out of a text.
_PLAIN = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?")
# Thousands apart by point or space and a comma for the øre, as Danes type; or the other way round, as English pages
# show amounts. `1.000` is a thousand, `12.50` can only be twelve and a half, and `1,000` might be either: refused.
_GROUPED = r"[0-9]{1,3}(?:{thousands}[0-9]{3})+|[0-9]+"
_DANISH = re.compile(rf"({_GROUPED.replace('{thousands}', '[. ]')})(?:,([0-9]{{1,2}}|-))?")
_ENGLISH = re.compile(rf"({_GROUPED.replace('{thousands}', ',')})\.([0-9]{{2}})")
_CURRENCY = re.compile(r"(?:kr\.?|dkk)\s*(.*)|(.*?)\s*(?:kr\.?|dkk)", re.IGNORECASE)
# Ten billion kroner: beyond it nobody owes anything, and `1e999999` would fill the memory.
_MOST_DIGITS = 10
_LONGEST_TYPED = 40


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


def ore_from_text(text: str) -> int:
    """Turn an amount as people type it (`500`, `500,00`, `1.000`, `1.000,50`, `kr. 60,-`) into øre; never negative.

    :raises NotAnAmount: not an amount, not to be read in one way only, or ten billion kroner or more
    """
    if len(text) > _LONGEST_TYPED:
        raise NotAnAmount("the text is longer than any amount")
    plain = re.sub(r"\s+", " ", text).strip()
    with_currency = _CURRENCY.fullmatch(plain)
    if with_currency:
        plain = with_currency[1] or with_currency[2] or ""
    found = _DANISH.fullmatch(plain) or _ENGLISH.fullmatch(plain)
    if not found:
        raise NotAnAmount("the text is not an amount")
    kroner = re.sub(r"[^0-9]", "", found[1])
    if len(kroner.lstrip("0")) > _MOST_DIGITS:
        raise NotAnAmount("the text is larger than any amount")
    parts = (found[2] or "").strip("-")
    return int(kroner) * ORE_PER_KRONE + int(parts.ljust(2, "0"))


def kroner_from_ore(amount_ore: int) -> Decimal:
    """The same amount as a Decimal with two places, as XML wires want it."""
    return (Decimal(amount_ore) / ORE_PER_KRONE).quantize(Decimal("0.01"))


def in_danish(amount_ore: int) -> str:
    """`1.234,50 kr.`, for words to staff that are written down where no page is."""
    whole = f"{amount_ore // ORE_PER_KRONE:,}".replace(",", ".")
    return f"{whole},{amount_ore % ORE_PER_KRONE:02d} kr."
