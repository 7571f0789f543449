"""Imports every room's tables, so that the metadata is whole."""

import app.claims.models
import app.identity.models
import app.journal.models
import app.ledger.models
import app.ledger.reconciliation.models
import app.municipalities.models
import app.outbox.models
import app.payments.models
import app.questions.models
import app.sources.models
import app.tasks.models
import app.web.models  # noqa: F401 - imported for what the import does
from app.foundation.db import Base

METADATA = Base.metadata
