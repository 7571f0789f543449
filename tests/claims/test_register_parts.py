"""A claim paid in parts: whatever comes when, nobody is asked for what they have paid, and nothing goes below zero."""

from dataclasses import dataclass, field, replace
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.claims.models import Claim
from tests.claims.owing import IN_LEDGER, Register

pytestmark = pytest.mark.database
OWED_ORE = 12


@dataclass
class Holder:
    """The ledger's own books: what it lists, and which parts have not come to it, or are not known to have."""

    listed_ore: int = OWED_ORE
    on_their_way: list[int] = field(default_factory=list)
    unconfirmed: list[int] = field(default_factory=list)

    def takes_in(self) -> None:
        if self.on_their_way:
            part_ore = self.on_their_way.pop(0)
            self.listed_ore -= part_ore
            self.unconfirmed.append(part_ore)


def rest_ore(claim: Claim) -> int:
    return claim.outstanding_ore - claim.covered_ore


def observe(kept: Register, who: UUID, ref: str, holder: Holder) -> None:
    found = replace(IN_LEDGER, origin_ref=ref, outstanding_ore=holder.listed_ore, principal_ore=OWED_ORE)
    kept.sees(who, "ledger", *([found] if holder.listed_ore else []))


ACTS = st.lists(st.one_of(st.sampled_from(["take in", "confirm", "observe"]), st.integers(1, 8)), max_size=14)


@pytest.mark.long
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_parts_never_add_to_more_than_is_owed(kept: Register, acts: list[str | int]) -> None:
    who, holder, paid_ore = kept.person(), Holder(), 0
    ref = str(who)
    observe(kept, who, ref, holder)
    for act in [*acts, *["take in"] * len(acts), *["confirm"] * len(acts), "observe"]:
        claim = kept.claim(ref)
        match act:
            case int() if claim.closed_at is None and act <= rest_ore(claim):
                kept.pays(act, ref=ref)
                holder.on_their_way.append(act)
                paid_ore += act
            case "take in":
                holder.takes_in()
            case "confirm" if holder.unconfirmed:
                kept.reflects(holder.unconfirmed.pop(0), ref=ref)
            case "observe":
                observe(kept, who, ref, holder)
        claim = kept.claim(ref)
        assert 0 <= claim.reflected_ore <= claim.covered_ore
        assert claim.closed_at or 0 <= max(rest_ore(claim), 0) <= OWED_ORE - paid_ore, "asked for what is paid"
    claim = kept.claim(ref)
    assert paid_ore == OWED_ORE if claim.closed_at else rest_ore(claim) == OWED_ORE - paid_ore


def test_a_part_that_the_holder_has_not_taken_in_is_not_forgotten_with_one_that_it_has(kept: Register) -> None:
    who, holder = kept.person(), Holder()
    observe(kept, who, "7001", holder)
    kept.pays(4)
    kept.pays(5)
    holder.on_their_way = [4, 5]
    assert rest_ore(kept.claim()) == 3, "payable at once, before the ledger has answered"
    holder.takes_in()
    kept.reflects(4)
    observe(kept, who, "7001", holder)
    claim = kept.claim()
    assert (claim.outstanding_ore, claim.covered_ore, rest_ore(claim)) == (8, 5, 3)
    holder.takes_in()
    kept.reflects(5)
    observe(kept, who, "7001", holder)
    claim = kept.claim()
    assert (claim.outstanding_ore, claim.covered_ore, claim.covered_at) == (3, 0, None)
    kept.pays(3)
    observe(kept, who, "7001", Holder(listed_ore=0))
    assert kept.claim().closed_reason == "paid"
