"""Ids that a number makes, in time's order as UUIDv7 are: two processes need not tell each other a million of them."""

from uuid import UUID

_PAYMENTS, _POSTINGS = 0x019C_0000_0000_7000_8000_0000_0000_0000, 0x019D_0000_0000_7000_8000_0000_0000_0000


def payment_id(number: int) -> UUID:
    """The id of a payment."""
    return UUID(int=_PAYMENTS + number)


def posting_id(number: int) -> UUID:
    """The id of its posting."""
    return UUID(int=_POSTINGS + number)
