"""How Vipps MobilePay says no: RFC 7807, with the number of the error among the extra details."""

import uuid
from collections.abc import Iterable

# Number: HTTP status, title, detail. The vendor documents numbers and titles; which status goes with which is known for
# the idempotency conflicts and unknown references, and assumed (400) for the rest.
ERRORS: dict[str, tuple[int, str, str]] = {
    "3010": (500, "Internal error", "Internal error. Try again with the same Idempotency-Key."),
    "4010": (409, "Capture idempotency conflict", "A capture tried again must be identical to the first."),
    "4020": (409, "Idempotency error", "The Idempotency-Key already belongs to another request."),
    "4040": (400, "Invalid amount", "Amounts are whole numbers in the currency's minor unit."),
    "4070": (400, "Invalid phone number", "A phone number is country code and number, digits only."),
    "4090": (400, "Invalid URL", "The address must use https:// or an app's own scheme."),
    "4100": (400, "Metadata capacity exceeded", "Metadata holds at most 5 pairs."),
    "4120": (400, "Metadata key length exceeded", "A metadata key has at most 100 characters."),
    "4130": (400, "Metadata value length exceeded", "A metadata value has at most 500 characters."),
    "4140": (400, "Missing required parameter", "A parameter that this user flow needs is missing."),
    "4150": (409, "Reference exists", "The reference is taken, or a refund tried again differs from the first."),
    "5030": (400, "Illegal scope", "The sales unit may not ask for personal data."),
    "5040": (400, "Invalid currency for merchant", "The sales unit is Danish; its currency is DKK."),
    "5050": (400, "Long-living payment not allowed", "expiresAt goes with the user flow QR only."),
    "5060": (400, "Merchant bank account not verified", "The merchant must verify its bank account."),
    "5070": (400, "Payment cannot be created", "The test environment does not have this payment method or user flow."),
    "5080": (400, "PUSH_MESSAGE not allowed", "The sales unit may not skip the landing page."),
    "5090": (404, "Reference not found", "The sales unit has no payment with this reference."),
    "5100": (400, "Refund not possible", "The user is gone or has no receiving account."),
    "6010": (400, "Amount too small", "The least amount is 1 øre."),
    "6020": (400, "Attempted refund before reservation", "Nothing has been reserved."),
    "6040": (400, "Cannot cancel a captured payment", "The payment is captured. Refund it instead."),
    "6050": (400, "Cannot cancel a non-reserved payment", "The payment was aborted or has expired."),
    "6060": (400, "Cannot cancel authorized payment", "The user approved before the cancellation came."),
    "6070": (400, "Cannot capture a cancelled payment", "The payment has been cancelled."),
    "6080": (400, "Cannot capture before reservation", "The user must approve before capture."),
    "6090": (400, "Capture amount too high", "Captures together may not exceed what was authorized."),
    "6100": (400, "Capture period expired", "The reservation was released 14 days after it was made."),
    "6110": (400, "Expiration date is too late", "expiresAt lies at most 60 days ahead."),
    "6120": (400, "Expiration date is too soon", "expiresAt lies at least 10 minutes ahead."),
    "6130": (400, "Long living payments require a receipt", "expiresAt needs receipt."),
    "6140": (400, "Must capture full amount", "Partial capture is not allowed on this payment."),
    "6150": (400, "Not enough refundable", "No more can be refunded than is captured and not yet refunded."),
    "6160": (423, "Order processing", "Another operation holds the payment. Try again."),
    "6170": (400, "Payment already captured", "The whole amount is captured."),
    "6180": (400, "Payment already refunded", "The whole captured amount is refunded."),
    "6190": (400, "Payment cannot be cancelled", "The payment is already cancelled."),
    "6200": (400, "Payment cannot be captured", "The payment was aborted or has expired."),
    "6210": (400, "Payment cannot be refunded", "Nothing has been captured."),
    "6220": (400, "Refund period expired", "Refunds are possible for 365 days after the reservation."),
    "6230": (400, "Payment is already reserved", "The user has already approved."),
    "6250": (400, "Cannot cancel a payment being processed", "The user's approval is being processed. Try again."),
    "6260": (400, "Funds unavailable", "The user's account did not hold the amount. Try again later."),
    "6280": (400, "Capture failed", "The capture failed. Try again with the same Idempotency-Key."),
    "7010": (400, "Customer not found", "No user who can pay this merchant has that number."),
    "10010": (400, "Approve failed", "The payment was not approved."),
    "10020": (400, "Approve not allowed", "The payment can no longer be approved."),
}

Detail = tuple[str, str]  # a name and a reason


class Refusal(Exception):
    """An answer that is no success."""

    def __init__(
        self, title: str, detail: str, *, status: int, details: Iterable[Detail] = (), retry_after: int | None = None
    ) -> None:
        super().__init__(title)
        self.title, self.detail, self.status, self.retry_after = title, detail, status, retry_after
        self.details = tuple(details)

    def as_json(self, instance: str) -> dict[str, object]:
        """The body, with the address that was refused."""
        body: dict[str, object] = {
            "type": f"https://httpstatuses.io/{self.status}",
            "title": self.title,
            "detail": self.detail,
            "instance": instance,
            "status": self.status,
            "traceId": f"00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-01",
        }
        if self.details:
            body["extraDetails"] = [{"name": name, "reason": reason} for name, reason in self.details]
        return body


def refuse(code: str, *, status: int | None = None) -> Refusal:
    """The refusal with this number, under its own status unless another is given."""
    own_status, title, detail = ERRORS[code]
    return Refusal(title, detail, status=status or own_status, details=[("ErrorCode", code)])


def malformed(field: str, reason: str) -> Refusal:
    """A request that does not have the form the call asks for; such an answer carries no number."""
    return Refusal(
        "Your request parameters didn't validate.",
        "The request contains one or more validation errors.",
        status=400,
        details=[(field, reason)],
    )
