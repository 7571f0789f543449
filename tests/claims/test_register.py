"""The register follows what sources show, closes and never deletes, and is not fooled by old answers."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.claims import register
from app.claims.sightings import Sighted
from tests.claims.owing import IN_LEDGER, IN_LIBRARY, LIBRARY_COPY, NOON, WITH_AGENCY, Register

pytestmark = pytest.mark.database


def test_a_new_claim_is_seen_once_and_its_person_owes_it(kept: Register) -> None:
    who = kept.person()
    kept.sees(who, "fbs", IN_LIBRARY)
    claim = kept.claim()
    assert (claim.holder, claim.outstanding_ore, claim.principal_ore) == ("source", 6000, 6000)
    assert kept.liable() == {who}
    assert kept.events() == ["seen"]


def test_the_same_answer_again_writes_no_row_at_all(kept: Register) -> None:
    sofie, lars = kept.person(), kept.person()
    rounds = []
    for _round in range(2):
        for who in (sofie, lars):
            kept.sees(who, "fbs", LIBRARY_COPY)
            kept.sees(who, "ledger", replace(IN_LEDGER, shared=True))
        rounds.append(kept.rows())
    assert rounds[0] == rounds[1]
    assert all(rounds[0].values())


def test_the_library_and_the_ledger_show_one_claim(kept: Register) -> None:
    who = kept.person()
    kept.sees(who, "fbs", LIBRARY_COPY)
    kept.sees(who, "ledger", IN_LEDGER)
    claim = kept.claim()
    assert (claim.holder, claim.principal_ore, claim.debtor_account) == ("ledger", 6500, IN_LEDGER.debtor_account)
    assert claim.evidence == IN_LEDGER.evidence | IN_LIBRARY.evidence


def test_what_nobody_lists_any_more_is_closed_and_kept(kept: Register) -> None:
    who = kept.person()
    kept.sees(who, "fbs", IN_LIBRARY)
    kept.sees(who, "fbs")
    assert kept.claim().closed_reason == "no_longer_listed"
    assert kept.liable() == {who}
    assert kept.events() == ["seen", "closed"]


def test_once_the_ledger_lists_it_no_longer_the_librarys_copy_proves_nothing(kept: Register) -> None:
    who = kept.person()
    kept.sees(who, "fbs", LIBRARY_COPY)
    kept.sees(who, "ledger", IN_LEDGER)
    kept.sees(who, "ledger")
    assert kept.claim().closed_at is not None
    kept.sees(who, "fbs", LIBRARY_COPY)
    assert kept.claim().closed_at is not None


def test_a_claim_handed_to_the_agency_says_so_in_its_history(kept: Register) -> None:
    who = kept.person()
    kept.sees(who, "ledger", IN_LEDGER)
    kept.sees(who, "ledger", WITH_AGENCY)
    assert kept.claim().holder == "agency"
    assert kept.events() == ["seen", "changed"]


def test_an_answer_asked_for_before_the_closing_cannot_open_it_again(kept: Register) -> None:
    who = kept.person()
    kept.sees(who, "fbs", IN_LIBRARY)
    asked_before = kept.now
    kept.sees(who, "fbs")
    kept.sees(who, "fbs", IN_LIBRARY, asked_at=asked_before)
    assert kept.claim().closed_at is not None
    kept.sees(who, "fbs", IN_LIBRARY)
    assert kept.claim().closed_at is None
    assert kept.events() == ["seen", "closed", "reopened"]


def test_an_answer_that_does_not_list_a_closed_claim_cannot_open_it_for_the_others(kept: Register) -> None:
    people = [kept.person() for _ in range(3)]
    for who in people:
        kept.sees(who, "ledger", IN_LEDGER)
    with kept.sessions.begin() as session:
        register.close_paid(session, claim_id=kept.claim().id, source="fbs", now=kept.now)
    kept.sees(people[0], "ledger")
    assert kept.claim().closed_reason == "paid"
    assert kept.events()[-1] == "closed"


def test_the_newest_word_of_a_source_holds_for_everybody_who_owes_it(kept: Register) -> None:
    sofie, lars = kept.person(), kept.person()
    kept.sees(sofie, "ledger", IN_LEDGER)
    kept.sees(lars, "ledger", replace(IN_LEDGER, outstanding_ore=1000))
    assert kept.claim().outstanding_ore == 1000
    kept.sees(sofie, "fbs", LIBRARY_COPY)
    assert kept.claim().outstanding_ore == 1000
    kept.sees(sofie, "ledger", IN_LEDGER)
    kept.sees(lars, "fbs", LIBRARY_COPY)
    assert kept.claim().outstanding_ore == 6000


def test_whoever_is_no_longer_liable_loses_sight_of_it_and_the_other_keeps_it(kept: Register) -> None:
    sofie, lars = kept.person(), kept.person()
    kept.sees(sofie, "ledger", IN_LEDGER)
    kept.sees(lars, "ledger", IN_LEDGER)
    kept.sees(sofie, "ledger")
    assert kept.liable() == {lars}
    assert kept.claim().closed_at is None
    kept.sees(lars, "ledger")
    assert kept.claim().closed_at is not None


def test_two_municipalities_may_use_the_same_number(kept: Register) -> None:
    who = kept.person()
    kept.sees(who, "fbs", IN_LIBRARY)
    with kept.sessions.begin() as session:
        other = Sighted("0992", who, "fbs", [], NOON + timedelta(hours=1))
        register.observe(session, sighted=other, now=NOON + timedelta(hours=1))
    assert kept.claim().closed_at is None


class TestPaidHere:
    """A claim paid here stays paid until its holder, knowing of the payment, says otherwise."""

    def test_it_is_closed_as_paid_when_the_holder_lists_it_no_longer(self, kept: Register) -> None:
        who = kept.person()
        kept.sees(who, "ledger", IN_LEDGER)
        kept.pays()
        kept.sees(who, "ledger")
        assert (kept.claim().closed_reason, kept.claim().covered_ore) == ("paid", 0)

    def test_one_of_two_pays_and_it_is_paid_for_both(self, kept: Register) -> None:
        sofie, lars = kept.person(), kept.person()
        kept.sees(sofie, "ledger", IN_LEDGER)
        kept.sees(lars, "ledger", IN_LEDGER)
        kept.pays()
        kept.reflects()
        kept.sees(sofie, "ledger")
        assert kept.claim().closed_reason == "paid"
        kept.sees(lars, "ledger")
        assert (kept.claim().closed_reason, kept.liable()) == ("paid", {sofie, lars})

    def test_a_holder_that_does_not_know_yet_changes_nothing(self, kept: Register) -> None:
        who = kept.person()
        kept.sees(who, "ledger", IN_LEDGER)
        kept.pays()
        kept.sees(who, "ledger", IN_LEDGER)
        assert kept.claim().covered_ore == 6000

    def test_an_answer_asked_for_before_the_holder_knew_changes_nothing(self, kept: Register) -> None:
        who = kept.person()
        kept.sees(who, "ledger", IN_LEDGER)
        kept.pays()
        asked_before = kept.now
        kept.reflects()
        kept.sees(who, "ledger", IN_LEDGER, asked_at=asked_before)
        assert kept.claim().covered_ore == 6000

    def test_what_the_holder_still_lists_after_it_knew_is_owed(self, kept: Register) -> None:
        who = kept.person()
        kept.sees(who, "ledger", IN_LEDGER)
        kept.pays()
        kept.reflects()
        kept.sees(who, "ledger", replace(IN_LEDGER, outstanding_ore=500))
        claim = kept.claim()
        assert (claim.outstanding_ore, claim.covered_ore, claim.covered_at) == (500, 0, None)
        assert kept.events()[-1] == "still_owed"

    def test_the_librarys_late_copy_does_not_make_a_paid_claim_owed_again(self, kept: Register) -> None:
        who = kept.person()
        kept.sees(who, "fbs", LIBRARY_COPY)
        kept.sees(who, "ledger", IN_LEDGER)
        kept.pays()
        kept.reflects()
        kept.sees(who, "fbs", LIBRARY_COPY)
        assert kept.claim().covered_ore == 6000
        kept.sees(who, "ledger")
        assert kept.claim().closed_reason == "paid"

    def test_it_is_no_longer_wanted_and_half_of_it_still_is(self, kept: Register) -> None:
        who = kept.person()
        kept.sees(who, "ledger", IN_LEDGER)
        kept.pays(2000)
        assert register.may_be_covered(kept.claim())
        kept.pays(4000)
        assert not register.may_be_covered(kept.claim())
        kept.sees(who, "ledger")
        assert not register.may_be_covered(kept.claim())

    def test_closing_twice_is_told_once(self, kept: Register) -> None:
        kept.sees(kept.person(), "fbs", IN_LIBRARY)
        claim_id = kept.pays()
        for _again in range(2):
            with kept.sessions.begin() as session:
                register.close_paid(session, claim_id=claim_id, source="fbs", now=kept.now)
        assert kept.events() == ["seen", "covered", "closed"]
        assert kept.claim().closed_reason == "paid"
