"""What a debtor system says of a call it understood: accepted, perhaps with remarks, or rejected for one reason."""

from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from app.foundation.cpr import hide_cprs
from app.sf1590 import assumed_fields as field
from app.sf1590 import values


@dataclass(frozen=True)
class Reason:
    """One reason, from a shared list (id and title) and in the ledger's own words where it gives any."""

    reason_id: str
    title: str
    local_code: str | None = None
    local_text: str | None = None

    @property
    def code(self) -> str:
        """The ledger's own code, else the shared list's id."""
        return self.local_code or self.reason_id

    @property
    def words(self) -> str:
        """Everything it says, for people, with CPR numbers hidden: it ends in tasks and in messages of errors."""
        return hide_cprs(f"{self.title}: {self.local_text}" if self.local_text else self.title)


@dataclass(frozen=True)
class Accepted:
    """Done."""

    handled_at: datetime
    remarks: tuple[Reason, ...]


@dataclass(frozen=True)
class Rejected:
    """Not done, and everything stands as it stood."""

    handled_at: datetime
    reason: Reason


def verdict_from(element: etree._Element, *, accept: str, rejection: str) -> Accepted | Rejected:
    """Read a validated answer that says yes or no in an element of these names, and nothing else.

    :raises BadMessage: something that the schema promises is missing
    """
    handled_at = values.moment_from(values.text(element, "BehandlingDatoTid"))
    accepted = values.child(element, accept)
    if accepted is not None:
        return Accepted(handled_at, remarks_from(accepted))
    return Rejected(handled_at, reason_from(values.needed(element, rejection)))


def reason_from(element: etree._Element) -> Reason:
    """Read a reason.

    :raises BadMessage: something that the schema promises is missing
    """
    local = values.child(element, "LokalÅrsag")
    if local is None:
        return Reason(values.text(element, field.REASON_ID.name), values.text(element, field.REASON_TITLE.name))
    own_words = values.child(local, field.LOCAL_TEXT.name)
    return Reason(
        values.text(element, field.REASON_ID.name),
        values.text(element, field.REASON_TITLE.name),
        values.text(local, field.LOCAL_CODE.name),
        None if own_words is None else own_words.text,
    )


def remarks_from(accept: etree._Element) -> tuple[Reason, ...]:
    """The reasons that come with an accept; none is the ordinary case.

    :raises BadMessage: something that the schema promises is missing
    """
    return tuple(reason_from(element) for element in values.children(accept, field.REMARK.name))
