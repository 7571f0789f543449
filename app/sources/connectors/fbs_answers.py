"""What FBS answers, read strictly: a fee that cannot be understood makes the whole answer nonsense. Pure."""

import json
import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from app.claims.sighting import FoundClaim, Holder
from app.foundation.jsons import Json
from app.foundation.money import ore_from_kroner
from app.sources.port import SourceNonsense, Told

T = TypeVar("T")
ORIGIN_SYSTEM: Final = "fbs"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
# FBS says that any other word than these must be treated as "other".
_CLAIM_TYPES = {"fee": "library-fee", "compensation": "library-replacement"}
_OUTCOMES = {
    "paymentRegistered": Told.REGISTERED,
    "paymentRegisteredByDifferentOrderId": Told.BY_OTHER_ORDER,
    "paymentNotAllowedByClient": Told.NOT_ALLOWED,
}


def _ore(kroner: Any) -> int:
    if isinstance(kroner, bool) or not isinstance(kroner, int | Decimal):
        raise ValueError("no number")  # noqa: TRY004 - pydantic takes a ValueError for a fault of the field
    return ore_from_kroner(Decimal(kroner))


def _day(text: Any) -> date:
    if not isinstance(text, str) or not _DAY.fullmatch(text):
        raise ValueError("no day")
    return date.fromisoformat(text)


Amount = Annotated[int, BeforeValidator(_ore), Field(ge=0)]
Day = Annotated[date, BeforeValidator(_day)]


class _Answered(BaseModel):
    """Part of an answer: types are taken at their word, members we do not use are left alone."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class Session(_Answered):
    """A login."""

    session_key: str = Field(alias="sessionKey", min_length=1)


class _Group(_Answered):
    name: str


class _Periodical(_Answered):
    display_text: str = Field(alias="displayText")


class _Material(_Answered):
    record_id: str = Field(alias="recordId")
    item_number: str = Field(alias="materialItemNumber")
    group: _Group = Field(alias="materialGroup")
    periodical: _Periodical | None = None

    def as_evidence(self) -> Json:
        return {
            "record_id": self.record_id,
            "item_number": self.item_number,
            "group": self.group.name,
            "periodical": self.periodical.display_text if self.periodical else None,
        }


class Fee(_Answered):
    """One FeeV2. FBS gives only what remains of a fee, never what it was at first."""

    fee_id: int = Field(alias="feeId", ge=1)
    type: str
    reason: str = Field(alias="reasonMessage")
    remaining_ore: Amount = Field(alias="amount")
    created_on: Day = Field(alias="creationDate")
    due_on: Day | None = Field(alias="dueDate", default=None)
    paid_on: Day | None = Field(alias="paidDate", default=None)
    payable_by_client: bool = Field(alias="payableByClient")
    materials: tuple[_Material, ...] = Field(strict=False)

    @property
    def is_owed(self) -> bool:
        """Whether anything of it remains to be paid."""
        return self.paid_on is None and self.remaining_ore > 0

    def as_claim(self, *, patron_id: int) -> FoundClaim:
        """The claim that this fee is. What FBS may not be paid for has been handed to the debtor ledger."""
        return FoundClaim(
            origin_system=ORIGIN_SYSTEM,
            origin_ref=str(self.fee_id),
            holder=Holder.SOURCE if self.payable_by_client else Holder.LEDGER,
            claim_type=_CLAIM_TYPES.get(self.type, "library-other"),
            outstanding_ore=self.remaining_ore,
            founded_on=self.created_on,
            due_on=self.due_on,
            evidence={
                "kind": self.type if self.type in _CLAIM_TYPES else "other",
                "reason": self.reason,
                "patron_id": patron_id,
                "materials": [material.as_evidence() for material in self.materials],
            },
        )


class _Block(_Answered):
    reason: str = Field(alias="blockedReason")


class Patron(_Answered):
    """A borrower; block reasons are FBS's letters, among them E: owes more than the library allows."""

    patron_id: int = Field(alias="patronId", ge=1)
    blocks: tuple[_Block, ...] | None = Field(alias="blockStatus", default=None, strict=False)

    @property
    def blocked(self) -> list[str]:
        """The letters, each once, in the order that FBS gives."""
        return list(dict.fromkeys(block.reason for block in self.blocks or ()))


class _LookUp(_Answered):
    status: str = Field(alias="authenticateStatus")
    patron: Patron | None = None


class Confirmation(_Answered):
    """What FBS says of one fee of an order."""

    order_id: str = Field(alias="orderId")
    fee_id: int = Field(alias="feeId")
    said: str = Field(alias="paymentStatus", min_length=1)
    confirmation_id: str | None = Field(alias="confirmationId", default=None)

    @property
    def outcome(self) -> Told:
        """FBS says that any word it has not listed means: not registered."""
        return _OUTCOMES.get(self.said, Told.NOT_REGISTERED)


_FEES = TypeAdapter(list[Fee])
_CONFIRMATIONS = TypeAdapter(list[Confirmation])
_SESSION = TypeAdapter(Session)
_LOOK_UP = TypeAdapter(_LookUp)


def read_session(raw: bytes) -> Session:
    """A login's answer.

    :raises SourceNonsense: not one
    """
    return _read(raw, _SESSION, "login")


def read_patron(raw: bytes) -> Patron | None:
    """The borrower that a look-up found; None where FBS says that it knows nobody.

    :raises SourceNonsense: neither a borrower nor a plain no (which would close claims that still stand)
    """
    found = _read(raw, _LOOK_UP, "patron")
    if found.patron is None and found.status != "INVALID":
        raise SourceNonsense("FBS: patron.patron: missing, and the status does not say why")
    return found.patron


def read_fees(raw: bytes) -> tuple[Fee, ...]:
    """All fees of an answer.

    :raises SourceNonsense: one of them cannot be understood, or stands there twice
    """
    fees = _read(raw, _FEES, "fees")
    if len({fee.fee_id for fee in fees}) != len(fees):
        raise SourceNonsense("FBS: fees: the same feeId twice")
    return tuple(fees)


def read_confirmations(raw: bytes, *, order_id: str) -> dict[str, Confirmation]:
    """What FBS says of an order, by fee.

    :raises SourceNonsense: it cannot be understood, contradicts itself, or confirms another order than ours
    """
    by_ref: dict[str, Confirmation] = {}
    confirmations = _read(raw, _CONFIRMATIONS, "payment")
    for number, confirmation in enumerate(confirmations):
        if confirmation.outcome is Told.REGISTERED and confirmation.order_id != order_id:
            raise SourceNonsense(f"FBS: payment.{number}.orderId: another order than the one told of")
        if by_ref.setdefault(str(confirmation.fee_id), confirmation) != confirmation:
            raise SourceNonsense(f"FBS: payment.{number}.feeId: two answers for one fee")
    return by_ref


def _no_such_number(word: str) -> None:
    raise ValueError(f"{word} is no number")


def _read(raw: bytes, shape: TypeAdapter[T], what: str) -> T:
    """The answer in its shape; faults name the field, never the value."""
    try:
        # Amounts stand as JSON numbers: through a float they would lose their øre.
        parsed = json.loads(raw, parse_float=Decimal, parse_constant=_no_such_number)
        return shape.validate_python(parsed)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in (what, *first["loc"]))
        raise SourceNonsense(f"FBS: {where}: {first['type']}") from None
    except (ValueError, RecursionError):
        raise SourceNonsense(f"FBS: {what}: no JSON") from None
