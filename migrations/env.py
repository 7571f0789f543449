"""How Alembic runs the revisions: on the connection it is handed, with bounds on waiting."""

from alembic import context
from sqlalchemy import text

from app.tables import METADATA

connection = context.config.attributes["connection"]
connection.execute(text("SET LOCAL lock_timeout = '5s'"))
connection.execute(text("SET LOCAL statement_timeout = '5min'"))
context.configure(
    connection=connection, target_metadata=METADATA, transaction_per_migration=False, compare_server_default=False
)
with context.begin_transaction():
    context.run_migrations()
