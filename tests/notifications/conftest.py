"""A town whose people pay."""

import pytest

from app.foundation.db import Sessions
from tests.demo import Town


@pytest.fixture
def town(sessions: Sessions) -> Town:
    return Town(sessions)
