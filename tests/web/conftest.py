"""What the tests of the doors share."""

from collections.abc import Iterator

import pytest

from tests.identity.fake_op import FakeOp, running_op


@pytest.fixture
def op() -> Iterator[FakeOp]:
    """A fake OpenID provider with every switch right."""
    with running_op() as made:
        yield made
