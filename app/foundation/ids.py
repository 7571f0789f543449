"""Identifiers: time-ordered for rows, random for what stands in an address."""

import secrets
import uuid

from uuid_utils.compat import uuid7


def new_row_id() -> uuid.UUID:
    """A UUIDv7: rows made later sort later. Never shown in an address."""
    return uuid7()


def new_public_id() -> uuid.UUID:
    """A random UUID, for what may stand in an address without being guessed."""
    return uuid.uuid4()


def new_token() -> str:
    """A secret of 256 bits that is safe in an address."""
    return secrets.token_urlsafe(32)
