"""What each call's body may hold; whatever is not here is refused rather than accepted and ignored."""

import re
import urllib.parse
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, TypeVar

import pydantic
from pydantic import Field

from standins.mobilepay.refusals import Refusal, malformed, refuse

REFERENCE = re.compile(r"[a-zA-Z0-9-]{8,64}")
PHONE = re.compile(r"\d{9,15}")
MAXIMUM_ORE = 65_000_000
LONGEST_URL = 2500
LOCAL = re.compile(r"(.+\.)?localhost|127\.0\.0\.1|\[::1\]|::1")
SOONEST, LATEST = timedelta(minutes=10), timedelta(days=60)
NONSENSE_SCHEMES = {"", "data", "file", "http", "javascript"}


class Strict(pydantic.BaseModel):
    """No unknown member, no number for a text or text for a number."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True, frozen=True)


class Amount(Strict):
    """Money in øre."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    value: int


class Method(Strict):
    """A wallet; cards outside the app cannot be tested at the vendor either."""

    type: Literal["WALLET", "CARD"]


class Customer(Strict):
    """Who is to pay, where that is known."""

    phoneNumber: str | None = None  # noqa: N815 - the vendor's name
    customerToken: str | None = None  # noqa: N815 - the vendor's name


class QrFormat(Strict):
    """How a QR code is to be drawn; the size, in pixels, counts for PNG."""

    format: Literal["TEXT/TARGETURL", "IMAGE/SVG+XML", "IMAGE/PNG"]
    size: Annotated[int, Field(ge=100, le=2000)] | None = None


class OrderLine(Strict):
    """A line of a receipt."""

    name: str
    id: str
    totalAmount: int  # noqa: N815 - the vendor's name
    totalAmountExcludingTax: int  # noqa: N815 - the vendor's name
    totalTaxAmount: int  # noqa: N815 - the vendor's name
    taxRate: int | None = None  # noqa: N815 - the vendor's name
    productUrl: str | None = None  # noqa: N815 - the vendor's name


class BottomLine(Strict):
    """The foot of a receipt."""

    currency: Literal["DKK"]
    receiptNumber: str | None = None  # noqa: N815 - the vendor's name


class Receipt(Strict):
    """What was bought."""

    orderLines: Annotated[list[OrderLine], Field(min_length=1)]  # noqa: N815 - the vendor's name
    bottomLine: BottomLine  # noqa: N815 - the vendor's name


class LegalLinks(Strict):
    """The merchant's terms."""

    termsOfSaleUrl: str | None = None  # noqa: N815 - the vendor's name
    privacyPolicyUrl: str | None = None  # noqa: N815 - the vendor's name


class Profile(Strict):
    """Personal data asked for; always refused here."""

    scope: str | None = None


class CreatePayment(Strict):
    """`POST /epayment/v1/payments`."""

    amount: Amount
    paymentMethod: Method  # noqa: N815 - the vendor's name
    reference: Annotated[str, Field(pattern=r"^[a-zA-Z0-9-]{8,64}$")]
    userFlow: Literal["WEB_REDIRECT", "QR", "PUSH_MESSAGE", "NATIVE_REDIRECT"]  # noqa: N815 - the vendor's name
    returnUrl: Annotated[str, Field(max_length=LONGEST_URL)] | None = None  # noqa: N815 - the vendor's name
    paymentDescription: Annotated[str, Field(min_length=3, max_length=100)] | None = None  # noqa: N815 - the vendor's name
    metadata: dict[str, str] | None = None
    receipt: Receipt | None = None
    expiresAt: str | None = None  # noqa: N815 - the vendor's name
    qrFormat: QrFormat | None = None  # noqa: N815 - the vendor's name
    customer: Customer | None = None
    customerInteraction: Literal["CUSTOMER_PRESENT", "CUSTOMER_NOT_PRESENT"] | None = None  # noqa: N815 - the vendor's name
    receiptUrl: str | None = None  # noqa: N815 - the vendor's name
    merchantLegalLinks: LegalLinks | None = None  # noqa: N815 - the vendor's name
    profile: Profile | None = None


class Modification(Strict):
    """The body of capture and refund."""

    modificationAmount: Amount  # noqa: N815 - the vendor's name


class Cancellation(Strict):
    """The body of cancel, where there is one."""

    cancelTransactionOnly: bool = False  # noqa: N815 - the vendor's name


class Approval(Strict):
    """The body of force approve: the customer's number, or the token from the redirect address."""

    customer: Customer | None = None
    token: str | None = None


class Registration(Strict):
    """`POST /webhooks/v1/webhooks`."""

    url: Annotated[str, Field(max_length=LONGEST_URL)]
    events: Annotated[list[str], Field(min_length=1, max_length=50)]


Model = TypeVar("Model", bound=Strict)


def read(model: type[Model], body: Any) -> Model:
    """The body as its model.

    :raises Refusal: it is none; an amount that is no amount has a number, anything else is named by its field
    """
    try:
        return model.model_validate(body)
    except pydantic.ValidationError as bad:
        first = bad.errors(include_url=False, include_input=False)[0]
        place = [str(part) for part in first["loc"]] or ["body"]
        if place[-1] == "value" and first["type"] != "missing":
            raise refuse("4040") from bad
        raise malformed(".".join(place)[:200], first["msg"]) from bad


def check_amount(amount: Amount) -> int:
    """The amount in øre.

    :raises Refusal: the currency is another country's, or the amount is none
    """
    if amount.currency != "DKK":
        raise refuse("5040")
    if amount.value < 1:
        raise refuse("6010")
    if amount.value > MAXIMUM_ORE:
        raise refuse("4040")
    return amount.value


def check_payment(asked: CreatePayment, now: datetime) -> datetime | None:
    """What the members must be to each other; when the payment is to expire, where that is said.

    :raises Refusal: they do not fit together
    """
    check_amount(asked.amount)
    if asked.reference.isdigit():
        raise malformed("reference", "A reference may not consist of digits alone.")
    if asked.paymentMethod.type == "CARD" or asked.userFlow == "NATIVE_REDIRECT":
        raise refuse("5070")
    if asked.userFlow == "PUSH_MESSAGE":
        raise refuse("5080")
    if asked.profile and asked.profile.scope:
        raise refuse("5030")
    if asked.customer and asked.customer.phoneNumber and not PHONE.fullmatch(asked.customer.phoneNumber):
        raise refuse("4070")
    if asked.qrFormat and asked.userFlow != "QR":
        raise malformed("qrFormat", "qrFormat goes with the user flow QR only.")
    _check_addresses(asked)
    _check_metadata(asked.metadata or {})
    return _expiry(asked, now)


def _check_addresses(asked: CreatePayment) -> None:
    if asked.userFlow == "WEB_REDIRECT" and not asked.returnUrl:
        raise refuse("4140")
    for address in (asked.returnUrl, asked.receiptUrl):
        if address is not None and not is_address(address):
            raise refuse("4090")


def is_address(text: str) -> bool:
    """Whether a browser can be sent there: https, an app's own scheme, or http on this machine (the demonstration)."""
    try:
        parts = urllib.parse.urlsplit(text)
        host = parts.hostname or ""
        _port = parts.port
    except ValueError:
        return False
    if re.search(r"[\s\x00-\x1f\x7f]", text) or not text.isascii():
        return False
    if parts.scheme == "http":
        return LOCAL.fullmatch(host) is not None
    return bool(host) if parts.scheme == "https" else parts.scheme not in NONSENSE_SCHEMES and "://" in text


def _check_metadata(metadata: dict[str, str]) -> None:
    if len(metadata) > 5:
        raise refuse("4100")
    if any(len(key) > 100 for key in metadata):
        raise refuse("4120")
    if any(len(value) > 500 for value in metadata.values()):
        raise refuse("4130")


def _expiry(asked: CreatePayment, now: datetime) -> datetime | None:
    if asked.expiresAt is None:
        return None
    try:
        moment = datetime.fromisoformat(asked.expiresAt)
    except ValueError:
        moment = datetime.min  # noqa: DTZ901 - only its missing time zone matters
    if moment.tzinfo is None:
        raise malformed("expiresAt", "The moment must be written as RFC 3339 says.")
    if asked.userFlow != "QR":
        raise refuse("5050")
    if asked.receipt is None:
        raise refuse("6130")
    if moment < now + SOONEST:
        raise refuse("6120")
    if moment > now + LATEST:
        raise refuse("6110")
    return moment


def check_approval(asked: Approval, token: str) -> None:
    """That a forced approval names a Danish test user, or the payment's own token.

    :raises Refusal: it does not
    """
    number = asked.customer.phoneNumber if asked.customer else None
    if asked.token is None and number is None:
        raise Refusal(
            "Missing required parameter",
            "Give customer.phoneNumber or token.",
            status=400,
            details=[("ErrorCode", "4140")],
        )
    if asked.token is not None and asked.token != token:
        raise refuse("10010")
    if number is not None and not PHONE.fullmatch(number):
        raise refuse("4070")
    if number is not None and not number.startswith("45"):
        raise refuse("7010")
