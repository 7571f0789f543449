"""What the tests of the ledger room share: a portal that keeps its promises."""

import pytest

from app.foundation.db import Sessions
from tests.conftest import Database
from tests.delivering import Portal, portal_of
from tests.demo import Town
from tests.ledger.night import Night


@pytest.fixture
def town(sessions: Sessions) -> Town:
    return Town(sessions)


@pytest.fixture
def portal(town: Town, database: Database) -> Portal:
    return portal_of(town, database.app_url)


@pytest.fixture
def night(portal: Portal) -> Night:
    return Night(portal)
