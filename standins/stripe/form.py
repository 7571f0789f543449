"""Stripe's forms: bracket notation read into trees, and trees checked against what a call knows."""

import re
import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from standins.stripe.refusals import wrong_parameter

# Turns what a form holds (text, or a tree of it) into a value, or refuses; the second argument is the parameter's name.
Check = Callable[[Any, str], Any]

_NAME = re.compile(r"[^\[\]]+|\[\]")
_INTEGER = re.compile(r"-?\d{1,12}")


def decode(body: str) -> dict[str, Any]:
    """`a[b][0][c]=v` as nested dictionaries; positions are keys until a check makes lists of them.

    :raises Refusal: the brackets make no sense
    """
    tree: dict[str, Any] = {}
    for name, value in urllib.parse.parse_qsl(body, keep_blank_values=True):
        parts = _NAME.findall(name)
        if not parts or len(parts) > 8:
            raise wrong_parameter(f"Invalid parameter name: {name[:80]}", name[:80])
        place = tree
        for part in parts[:-1]:
            place = place.setdefault(_position(part, place), {})
            if not isinstance(place, dict):
                raise wrong_parameter("Invalid object", name[:80])
        place[_position(parts[-1], place)] = value
    return tree


def _position(part: str, place: Mapping[str, Any]) -> str:
    return str(len(place)) if part == "[]" else part


def text(max_length: int = 5000) -> Check:
    """Any text that is not empty."""

    def check(value: Any, name: str) -> str:
        if not isinstance(value, str):
            raise wrong_parameter(f"Invalid string: {name} must be a string", name)
        if not value:
            raise wrong_parameter(f"You passed an empty string for '{name}'.", name, "parameter_invalid_empty")
        if len(value) > max_length:
            raise wrong_parameter(f"Invalid string: {name} must be at most {max_length} characters", name)
        return value

    return check


def integer(low: int, high: int) -> Check:
    """A whole number within bounds."""

    def check(value: Any, name: str) -> int:
        if not isinstance(value, str) or not _INTEGER.fullmatch(value):
            raise wrong_parameter(f"Invalid integer: {value}", name, "parameter_invalid_integer")
        number = int(value)
        if not low <= number <= high:
            raise wrong_parameter(
                f"This value must be greater than or equal to {low} and at most {high}.",
                name,
                "parameter_invalid_integer",
            )
        return number

    return check


def boolean(value: Any, name: str) -> bool:
    """`true` or `false`."""
    if value not in {"true", "false"}:
        raise wrong_parameter(f"Invalid boolean: {value}", name)
    return bool(value == "true")


def one_of(*allowed: str) -> Check:
    """One of a few words."""

    def check(value: Any, name: str) -> str:
        if value not in allowed:
            raise wrong_parameter(f"Invalid {name}: must be one of {', '.join(allowed)}", name)
        return str(value)

    return check


def url(value: Any, name: str) -> str:
    """An address that a browser can be sent to."""
    whole = str(text()(value, name))
    parts = urllib.parse.urlsplit(whole)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise wrong_parameter("Not a valid URL", name, "url_invalid")
    return whole


def list_of(check: Check, *, most: int = 100) -> Check:
    """A list, written `name[0]`, `name[1]` or `name[]`."""

    def check_all(value: Any, name: str) -> list[Any]:
        if not isinstance(value, dict) or not all(key.isdigit() for key in value):
            raise wrong_parameter("Invalid array", name)
        if len(value) > most:
            raise wrong_parameter(f"Array {name} exceeded maximum {most} allowed elements.", name)
        ordered = sorted(value.items(), key=lambda entry: int(entry[0]))
        return [check(entry, f"{name}[{place}]") for place, (_key, entry) in enumerate(ordered)]

    return check_all


def metadata(value: Any, name: str) -> dict[str, str]:
    """Up to 50 of the caller's own pairs."""
    if not isinstance(value, dict) or len(value) > 50:
        raise wrong_parameter("Invalid metadata: at most 50 pairs of text", name)
    for key in value:
        text(40)(key, f"{name}[{key[:40]}]")
    return {key: text(500)(entry, f"{name}[{key}]") for key, entry in value.items()}


def tree(fields: Mapping[str, Check], *, required: Iterable[str] = ()) -> Check:
    """An object with these members and no others."""
    needed = tuple(required)

    def check(value: Any, name: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise wrong_parameter("Invalid object", name)

        def full(key: str) -> str:
            return f"{name}[{key}]" if name else key

        for key in value:
            if key not in fields:
                raise wrong_parameter(f"Received unknown parameter: {full(key)}", full(key), "parameter_unknown")
        for key in needed:
            if key not in value:
                raise wrong_parameter(f"Missing required param: {full(key)}.", full(key), "parameter_missing")
        return {key: fields[key](entry, full(key)) for key, entry in value.items()}

    return check


def moment_range(value: Any, name: str) -> dict[str, int]:
    """A moment in epoch seconds, or bounds `gt`, `gte`, `lt`, `lte`."""
    seconds = integer(0, 10**11)
    if isinstance(value, str):
        exactly = seconds(value, name)
        return {"gte": exactly, "lte": exactly}
    bounds: dict[str, int] = tree(dict.fromkeys(("gt", "gte", "lt", "lte"), seconds))(value, name)
    return bounds
