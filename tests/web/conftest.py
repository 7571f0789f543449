"""What the tests of the doors share."""

import logging
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
def logging_restored() -> Iterator[None]:
    """The factory sends the log of the whole process elsewhere; afterwards it goes where it went."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def portal(sessions: Sessions, logging_restored: None) -> Portal:
    """The whole portal: Fjordby and Skovlund, nobody logged in, nobody owing anything."""
    return Portal(sessions)
