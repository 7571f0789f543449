"""Each revision goes up and down again, over rows."""

from collections.abc import Iterator

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, text

from app import embedded
from app.foundation import schema
from tests.conftest import Database, new_database

pytestmark = pytest.mark.database

REVISIONS = [script.revision for script in ScriptDirectory(str(schema.MIGRATIONS)).walk_revisions()][::-1]
ENTRY = "00000000-0000-7000-8000-000000000001"
ROWS = (
    "INSERT INTO person (id, cpr_digest, cpr_sealed, created_at) VALUES (gen_random_uuid(), 'd', 's', now())",
    "INSERT INTO journal_entry (id, key, kind, municipality_code, at) VALUES (:entry, 'k', 'capture', '0991', now())",
    """INSERT INTO journal_line (entry_id, line_no, municipality_code, account, amount_ore)
    VALUES (:entry, 1, '0991', 'provider/stripe/0991', 5), (:entry, 2, '0991', 'transit/0991', -5)""",
)
COUNTS = "SELECT (SELECT count(*) FROM person), (SELECT count(*) FROM journal_line)"
FUNCTIONS = "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"


@pytest.fixture
def fresh(worker_id: str) -> Database:
    return new_database(f"bdk_migrations_{worker_id}")


@pytest.fixture
def owner(fresh: Database) -> Iterator[Engine]:
    engine = create_engine(schema.sqlalchemy_url(fresh.owner_url))
    yield engine
    engine.dispose()


def tables(owner: Engine) -> set[str]:
    with owner.connect() as connection:
        found = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        return set(found.scalars()) - {"alembic_version"}


def functions(owner: Engine) -> set[str]:
    with owner.connect() as connection:
        return set(connection.execute(text(FUNCTIONS)).scalars())


def test_one_step_at_a_time_up_and_all_the_way_down(fresh: Database, owner: Engine) -> None:
    for revision in REVISIONS:
        assert schema.upgrade(fresh.owner_url, app_role=embedded.APP, revision=revision) == revision
    schema.downgrade(fresh.owner_url, revision="base")
    assert tables(owner) == set()
    assert functions(owner) == set()
    assert schema.upgrade(fresh.owner_url, app_role=embedded.APP) == schema.head()


@pytest.mark.parametrize("revision", REVISIONS[1:])
def test_rows_outlive_a_revision_taken_back_and_put_on_again(fresh: Database, owner: Engine, revision: str) -> None:
    before = REVISIONS[REVISIONS.index(revision) - 1]
    schema.upgrade(fresh.owner_url, app_role=embedded.APP, revision=before)
    with owner.begin() as connection:
        for row in ROWS:
            connection.execute(text(row), {"entry": ENTRY} if ":entry" in row else {})
    for _again in range(2):
        schema.upgrade(fresh.owner_url, app_role=embedded.APP, revision=revision)
        schema.downgrade(fresh.owner_url, revision=before)
    with owner.connect() as connection:
        assert tuple(connection.execute(text(COUNTS)).one()) == (1, 2)
