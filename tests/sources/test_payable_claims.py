"""The ledger's claims in the register's words; sources/connectors/test_ledger.py has the rest over the wire."""

from datetime import date

from app.sf1590.payable import Extra, Liability, Liable, PayableClaim
from app.sources.payable_claims import Names, found_in, origins_in
from tests.demo import ACCOUNT, FACTS, KIRSTEN

CLAIM = PayableClaim(
    account=ACCOUNT, claim_id="L-1", type_id="unknown", creator_system="it-1", origin_ref=None, principal_ore=10_000,
    outstanding_ore=0, liable=(Liable(Liability.CO_LIABLE, KIRSTEN),), founded_on=None, period_from=None,
    period_to=None, by_betalingsservice=False, due_on=None, last_timely_on=None, at_agency=False, agency_on=None,
    text_lines=(), instalments=(), deferred_from=None, deferred_to=None,
    extras=(Extra("Rykkergebyr", "r1", 10_000, 10_000, date(2026, 2, 1)), Extra("Opkrævningsrente", "i1", 5, 0, None)),
)  # fmt: skip


def test_only_what_has_something_left_is_owed_and_all_of_it_is_spoken_of() -> None:
    names = Names.of(FACTS)
    (fee,) = found_in(CLAIM, cpr=KIRSTEN, names=names)
    assert (fee.origin_ref, fee.ledger_claim_id, fee.outstanding_ore) == ("r1", "Rykkergebyr:r1", 10_000)
    assert origins_in(CLAIM, names=names) == {("ledger", "L-1"), ("ledger", "r1"), ("ledger", "i1")}


def test_what_the_file_does_not_name_stays_visible() -> None:
    names = Names({}, {"it-1": "ky"})
    assert names.claim_type(CLAIM) == "unknown"
    assert names.origin(CLAIM) == ("ledger", "L-1")
