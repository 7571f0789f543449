"""Ping, which every service of SF1590 answers: whether the road, and the debtor system at its end, are there."""

from datetime import datetime
from typing import Final

from lxml import etree

from app.sf1590 import values
from app.sf1590.envelope import Heading, heading_onto

ACTION: Final = "Ping"


def request(_nothing: None, heading: Heading) -> etree._Element:
    """The request, which is nothing but its heading."""
    root = values.new(f"{ACTION}_I")
    heading_onto(root, heading)
    return root


def answer_from(element: etree._Element) -> datetime:
    """The moment that the other side gives its answer, out of the heading.

    :raises BadMessage: something that the schema promises is missing
    """
    heading = values.needed(element, "HovedOplysningerSvar", values.KONTEKST)
    return values.moment_from(values.text(heading, "TransaktionsTid", values.KONTEKST))
