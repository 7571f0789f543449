"""Trying again what failed: one row or many, each in a transaction of its own, and nobody's newer act overwritten."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.orm import Session

from app.foundation.db import transaction
from app.foundation.jsons import Json
from app.identity.people import StaffMember
from app.ledger import by_hand
from app.outbox.by_hand import try_now
from app.payments import failures
from app.payments.failure_rows import Failure
from app.tasks import register
from app.web import trail
from app.web.visit import current_wires

REJECTED = "posting_rejected"


class CannotBeRetried(Exception):
    """A person must see to it in another way."""


class RowChanged(Exception):
    """Somebody, or the portal itself, has done something with the row since it was shown."""

    def __init__(self, row: Failure) -> None:
        super().__init__(str(row.id))
        self.row = row


class UnknownRow(LookupError):
    """No such row in this municipality."""


@dataclass
class Result:
    """What came of trying rows again, each id in one of the lists."""

    tried: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unable: list[str] = field(default_factory=list)

    def as_json(self) -> Json:
        """As the session keeps it until the next page."""
        return {"tried": self.tried, "changed": self.changed, "unable": self.unable}


def is_retryable(row: Failure) -> bool:
    """A message may be tried again, and money that the ledger rejected may be posted anew."""
    return row.message_id is not None or row.kind == REJECTED


def retry_all(staff: StaffMember, seen: Mapping[UUID, str]) -> Result:
    """Try rows again: their id and how they were shown. One that cannot be tried stops no other."""
    result = Result()
    for row_id, shown in seen.items():
        try:
            with transaction(current_wires().sessions) as session:
                retry_one(session, staff, row_id=row_id, seen=shown)
            result.tried.append(str(row_id))
        except (RowChanged, UnknownRow):
            result.changed.append(str(row_id))
        except CannotBeRetried:
            result.unable.append(str(row_id))
    return result


def retry_one(session: Session, staff: StaffMember, *, row_id: UUID, seen: str) -> None:
    """Try one row again.

    :raises UnknownRow: no such row
    :raises RowChanged: it is not as it was shown
    :raises CannotBeRetried: its kind, or where its money is, does not allow it
    """
    row, now = held(session, staff, row_id=row_id, seen=seen), current_wires().clock()
    if row.message_id is not None:
        try_now(session, message_id=row.message_id, now=now)
        if row.task_id is not None:
            register.retried(session, task_id=row.task_id, by=staff.subject, now=now)
    elif row.kind == REJECTED:
        _post_again(session, staff, row)
    else:
        raise CannotBeRetried(row.kind)
    trail.keep(session, staff, action="failure.retry", facts={"row": str(row_id), "kind": row.kind})


def _post_again(session: Session, staff: StaffMember, row: Failure) -> None:
    if row.posting_id is None:
        raise CannotBeRetried(row.kind)
    try:
        by_hand.post_again(
            session, posting_id=row.posting_id, municipality_code=staff.municipality_code, by=staff.subject,
            now=current_wires().clock(),
        )  # fmt: skip
    except (by_hand.UnknownPosting, by_hand.NothingLeft, by_hand.GoingBack) as error:
        raise CannotBeRetried(type(error).__name__) from error


def held(session: Session, staff: StaffMember, *, row_id: UUID, seen: str) -> Failure:
    """The row, locked, if it is as it was shown.

    :raises UnknownRow: no such row in the employee's municipality
    :raises RowChanged: it is not as it was shown, or over
    """
    row = failures.lock(session, row_id=row_id, municipality_code=staff.municipality_code)
    if row is None:
        raise UnknownRow(row_id)
    if not row.is_open or row.seen != seen:
        raise RowChanged(row)
    return row
