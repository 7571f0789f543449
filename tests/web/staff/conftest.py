"""What the tests of the desks share."""

import pytest

from app.foundation.db import Sessions
from tests.web.staff.desk_world import World


@pytest.fixture
def world(sessions: Sessions) -> World:
    """Fjordby and Skovlund, each with its library, and Kirsten's bills."""
    return World(sessions)
