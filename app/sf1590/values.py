"""Amounts, days, moments and persons as SF1590 writes them, and the small acts of building and reading elements."""

from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

from lxml import etree

from app.foundation.clock import COPENHAGEN
from app.foundation.money import NotAnAmount, kroner_from_ore, ore_from_kroner
from app.sf1590.guard import BadMessage

KOMBIT: Final = "http://www.kombit.dk/2017/01/01/"
KONTEKST: Final = "http://kombit.dk/xml/schemas/kontekst/2017/01/01/"
CPR_URN: Final = "urn:oio:cpr-nr:"
CVR_URN: Final = "urn:oio:cvr-nr:"


def text_of_amount(amount_ore: int) -> str:
    """Øre as DecimalTalNumerisk15_2 writes them: `275.00`."""
    return f"{kroner_from_ore(amount_ore):f}"


def amount_from(text: str) -> int:
    """Øre out of a decimal with at most two places.

    :raises BadMessage: no amount
    """
    try:
        return ore_from_kroner(text.strip())
    except NotAnAmount:
        raise BadMessage("an amount is no amount") from None


def text_of_moment(moment: datetime) -> str:
    """A moment with its zone, in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def moment_from(text: str) -> datetime:
    """A moment in UTC; one without a zone is Danish time.

    :raises BadMessage: a moment that no calendar has
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=COPENHAGEN)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadMessage("a moment is no moment") from None


def day_from(text: str) -> date:
    """A day; the zone that XML allows behind it means nothing here.

    :raises BadMessage: a day that no calendar has
    """
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        raise BadMessage("a day is no day") from None


def is_true(text: str) -> bool:
    """Whether a Markering says yes."""
    return text.strip() in {"true", "1"}


def cpr_from_urn(urn: str) -> str | None:
    """The CPR number of a person's urn; None for anybody else."""
    urn = urn.strip()
    return urn.removeprefix(CPR_URN) if urn.startswith(CPR_URN) else None


def new(name: str) -> etree._Element:
    """An element of KOMBIT's that stands alone."""
    return etree.Element(f"{{{KOMBIT}}}{name}", nsmap={"oir": KOMBIT})


def add(parent: etree._Element, name: str, text: str | UUID | date | None = None) -> etree._Element:
    """An element at the end of `parent`, in its namespace.

    :raises BadMessage: a character that XML cannot carry
    """
    child = etree.SubElement(parent, f"{{{etree.QName(parent).namespace}}}{name}")
    if text is not None:
        try:
            child.text = str(text)
        except ValueError:
            raise BadMessage(f"{name} holds a character that XML cannot carry") from None
    return child


def child(parent: etree._Element, name: str, namespace: str = KOMBIT) -> etree._Element | None:
    """The first child of that name."""
    return parent.find(f"{{{namespace}}}{name}")


def children(parent: etree._Element, name: str, namespace: str = KOMBIT) -> list[etree._Element]:
    """All children of that name, in order."""
    return parent.findall(f"{{{namespace}}}{name}")


def needed(parent: etree._Element, name: str, namespace: str = KOMBIT) -> etree._Element:
    """The first child of that name, which the schema promises.

    :raises BadMessage: it is not there
    """
    found = child(parent, name, namespace)
    if found is None:
        raise BadMessage(f"{etree.QName(parent).localname} has no {name}")
    return found


def text(parent: etree._Element, name: str, namespace: str = KOMBIT) -> str:
    """What stands in a child that the schema promises.

    :raises BadMessage: it is not there
    """
    return needed(parent, name, namespace).text or ""


def day(parent: etree._Element, name: str) -> date | None:
    """The day in a child that may be missing.

    :raises BadMessage: a day that no calendar has
    """
    found = child(parent, name)
    return None if found is None else day_from(found.text or "")


def marked(parent: etree._Element, name: str) -> bool:
    """Whether a Markering is there and says yes."""
    found = child(parent, name)
    return found is not None and is_true(found.text or "")
