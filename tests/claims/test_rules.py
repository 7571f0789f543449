"""One claim out of what its sources show: the ledger's word on money, the library's on things."""

from dataclasses import replace
from datetime import date
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.claims.rules import Seen, columns_of, from_json, merged, speaker, to_json, told_changes
from app.claims.sighting import FoundClaim, Holder, Role
from tests.claims.owing import IN_LEDGER, IN_LIBRARY, LIBRARY_COPY, WITH_AGENCY


def seen(source: str, found: FoundClaim, *, gone: bool = False) -> Seen:
    return Seen(source, found, gone)


def test_a_claim_that_only_the_library_shows_is_the_librarys() -> None:
    assert merged([seen("fbs", IN_LIBRARY)]) == IN_LIBRARY
    assert speaker([seen("fbs", IN_LIBRARY)]) == "fbs"


def test_the_librarys_copy_alone_is_shown_until_the_ledger_has_spoken() -> None:
    assert merged([seen("fbs", LIBRARY_COPY)]) == LIBRARY_COPY
    assert merged([seen("fbs", LIBRARY_COPY), seen("ledger", IN_LEDGER, gone=True)]) is None


def test_the_ledger_gives_money_and_account_and_the_library_the_things() -> None:
    replacement = replace(
        LIBRARY_COPY, claim_type="library-replacement", outstanding_ore=1, evidence={"kind": "compensation"}
    )
    for both in permutations([seen("fbs", replacement), seen("ledger", IN_LEDGER)]):
        found = merged(both)
        assert found is not None
        assert (found.outstanding_ore, found.holder, found.due_on) == (6000, Holder.LEDGER, IN_LEDGER.due_on)
        assert (found.debtor_account, found.ledger_claim_id) == (IN_LEDGER.debtor_account, IN_LEDGER.ledger_claim_id)
        assert (found.claim_type, found.founded_on) == ("library-replacement", date(2026, 11, 1))
        assert found.evidence == {"text_lines": ["Gebyr"], "kind": "compensation"}
        assert speaker(both) == "ledger"


def test_a_library_that_does_not_know_the_kind_leaves_it_to_the_ledger() -> None:
    unknown = replace(LIBRARY_COPY, claim_type="library-other", evidence={"kind": "other"})
    found = merged([seen("fbs", unknown), seen("ledger", replace(IN_LEDGER, claim_type="library-fee"))])
    assert found is not None
    assert found.claim_type == "library-fee"


def test_the_things_are_remembered_when_the_library_goes_silent() -> None:
    found = merged([seen("fbs", LIBRARY_COPY, gone=True), seen("ledger", IN_LEDGER)])
    assert found is not None
    assert found.evidence["reason"] == "Gebyr (for sent)"
    assert found.founded_on == LIBRARY_COPY.founded_on


def test_a_claim_that_came_back_to_the_library_is_the_librarys_again() -> None:
    assert merged([seen("fbs", IN_LIBRARY), seen("ledger", IN_LEDGER, gone=True)]) == IN_LIBRARY


def test_what_went_to_the_agency_is_held_there() -> None:
    found = merged([seen("fbs", LIBRARY_COPY), seen("ledger", WITH_AGENCY)])
    assert found is not None
    assert (found.holder, found.agency_on) == (Holder.AGENCY, date(2026, 11, 20))


@pytest.mark.parametrize("sources", [["fbs"], ["ledger"], ["fbs", "ledger"]])
def test_what_nobody_lists_is_no_claim(sources: list[str]) -> None:
    assert merged([seen(source, IN_LIBRARY, gone=True) for source in sources]) is None
    assert speaker([seen(source, IN_LIBRARY, gone=True) for source in sources]) is None


def test_one_of_two_debtors_suffices_to_keep_it() -> None:
    theirs = [seen("ledger", IN_LEDGER, gone=True), seen("ledger", replace(IN_LEDGER, role=Role.CO_LIABLE))]
    for both in permutations(theirs):
        found = merged(both)
        assert found is not None
        assert found.outstanding_ore == 6000


def test_history_tells_of_money_and_days_and_keeps_silent_on_the_rest() -> None:
    before, after = columns_of(IN_LEDGER), columns_of(replace(WITH_AGENCY, outstanding_ore=1, claim_type="other"))
    assert told_changes(before, after) == {
        "outstanding_ore": [6000, 1],
        "holder": ["ledger", "agency"],
        "agency_on": [None, "2026-11-20"],
    }
    assert told_changes(before, before) == {}


def test_a_principal_that_the_source_does_not_tell_is_what_is_left() -> None:
    assert columns_of(IN_LIBRARY)["principal_ore"] == 6000
    assert columns_of(replace(IN_LIBRARY, principal_ore=0))["principal_ore"] == 0


DAYS = st.none() | st.dates()
CLAIMS = st.builds(
    FoundClaim,
    origin_system=st.sampled_from(["fbs", "ky"]),
    origin_ref=st.text(),
    holder=st.sampled_from(Holder),
    claim_type=st.text(),
    outstanding_ore=st.integers(0),
    role=st.sampled_from(Role),
    principal_ore=st.none() | st.integers(0),
    shared=st.booleans(),
    founded_on=DAYS,
    due_on=DAYS,
    period_from=DAYS,
    agency_on=DAYS,
    instalments=st.lists(st.tuples(st.dates(), st.integers(1))).map(tuple),
    evidence=st.dictionaries(st.text(), st.text()),
)


@given(CLAIMS)
def test_a_stored_sighting_reads_as_it_was_seen(found: FoundClaim) -> None:
    assert from_json(to_json(found)) == found
