"""What the tests of claims share."""

import pytest

from app.foundation.db import Sessions
from tests.claims.owing import Register


@pytest.fixture
def kept(sessions: Sessions) -> Register:
    """An empty register."""
    return Register(sessions)
