"""Reads requests as a debtor system would, by hand, so that nothing of the code under test has a part in it."""

from datetime import UTC, datetime
from uuid import UUID

from lxml import etree

from app.sf1590.envelope import Heading, Route
from app.sf1590.guard import parse

AT = datetime(2026, 3, 4, 11, 12, 13, tzinfo=UTC)
HEADING = Heading(UUID(int=1), AT, "kald", "99099119", Route("99099119", UUID(int=7), "99099119"))


def over_the_wire(request: etree._Element) -> etree._Element:
    """The request after a trip over the wire."""
    return parse(etree.tostring(request, encoding="UTF-8"))


def names(element: etree._Element) -> list[str]:
    """The children, by name."""
    return [etree.QName(child).localname for child in element]


def texts(element: etree._Element) -> dict[str, str]:
    """The children that hold text, by name."""
    return {etree.QName(child).localname: child.text or "" for child in element if not len(child)}


def every(element: etree._Element, name: str) -> list[etree._Element]:
    """The children of that name."""
    return [child for child in element if etree.QName(child).localname == name]


def one(element: etree._Element, name: str) -> etree._Element:
    """The only child of that name."""
    (found,) = every(element, name)
    return found
