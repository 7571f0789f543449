"""What the tests of the payments room share: a town, and a provider that looks around when it is called."""

import pytest

from app.foundation.db import Sessions
from tests.demo import Town


@pytest.fixture
def town(sessions: Sessions) -> Town:
    return Town(sessions)
