"""What the tests of the doors share."""

from collections.abc import Iterator

import pytest

from app.foundation.db import Sessions
from tests.identity.fake_op import FakeOp, running_op
from tests.web.portal import Portal


@pytest.fixture
def op() -> Iterator[FakeOp]:
    """A fake OpenID provider with every switch right."""
    with running_op() as made:
        yield made


@pytest.fixture
def portal(sessions: Sessions, logging_restored: None) -> Portal:
    """The whole portal: Fjordby and Skovlund, nobody logged in, nobody owing anything."""
    return Portal(sessions)
