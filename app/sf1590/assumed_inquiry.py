"""The assumed element names of B_02, where the ledger is asked; see `assumed_fields` for what that means."""

from app.sf1590.assumed_fields import fields_in, named

SUMMARY = named("SøgDebitorregistreringForretningssvar", "DebitorkontoOverblik", "wrapper", "one account in short")
PAYMENT_FOUND = named(
    "HentDebitorkontoForretningssvar", "IndbetalingSvar", "wrapper", "a payment, its text lines and its reductions"
)

FIELDS = fields_in(globals().values())
