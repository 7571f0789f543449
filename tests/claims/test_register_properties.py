"""Whatever is answered, in whatever order, the register ends where the last answers say."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.claims.models import Claim, ClaimLiability
from app.claims.sighting import FoundClaim, Holder
from tests.claims.owing import IN_LEDGER, IN_LIBRARY, LIBRARY_COPY, WITH_AGENCY, Register

pytestmark = [pytest.mark.database, pytest.mark.long]

REFS = ("one", "two")
SHOWN = {"fbs": (IN_LIBRARY, LIBRARY_COPY), "ledger": (IN_LEDGER, WITH_AGENCY)}


def answers_of(source: str) -> st.SearchStrategy[dict[str, FoundClaim]]:
    claim = st.builds(
        lambda found, ore: replace(found, outstanding_ore=ore), st.sampled_from(SHOWN[source]), st.integers(1, 3)
    )
    return st.dictionaries(st.sampled_from(REFS), claim)


ANSWERS = st.lists(
    st.sampled_from(sorted(SHOWN)).flatmap(
        lambda source: st.tuples(st.integers(0, 1), st.just(source), answers_of(source))
    ),
    max_size=10,
)


@dataclass
class Simply:
    """The same, told simply: for each claim and source, the newest word and who was shown it last."""

    word: dict[tuple[str, str], FoundClaim] = field(default_factory=dict)
    shown_to: dict[tuple[str, str], set[int]] = field(default_factory=dict)

    def sees(self, who: int, source: str, answer: dict[str, FoundClaim]) -> None:
        for ref in REFS:
            shown_to = self.shown_to.setdefault((ref, source), set())
            if ref in answer:
                self.word[ref, source] = answer[ref]
                shown_to.add(who)
            else:
                shown_to.discard(who)

    def open_claims(self) -> Iterator[tuple[str, str, int, frozenset[int]]]:
        for ref in REFS:
            in_library, in_ledger = self.shown_to.get((ref, "fbs"), set()), self.shown_to.get((ref, "ledger"), set())
            source = "ledger" if in_ledger else "fbs"
            word = self.word.get((ref, source))
            once_in_ledger = (ref, "ledger") in self.word
            if not in_ledger and (not in_library or (once_in_ledger and word and word.holder is not Holder.SOURCE)):
                continue
            assert word is not None
            yield ref, word.holder.value, word.outstanding_ore, frozenset(in_library | in_ledger)


def open_in(kept: Register, people: list[UUID], prefix: str) -> set[tuple[str, str, int, frozenset[int]]]:
    with kept.sessions() as session:
        found = set()
        for claim in session.scalars(
            select(Claim).where(Claim.closed_at.is_(None), Claim.origin_ref.like(f"{prefix}%"))
        ):
            liable = session.scalars(select(ClaimLiability.person_id).where(ClaimLiability.claim_id == claim.id))
            who = frozenset(people.index(person) for person in liable)
            found.add((claim.origin_ref.removeprefix(prefix), claim.holder, claim.outstanding_ore, who))
        return found


# Each example has people and claims of its own, so nothing need be emptied between them.
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers=ANSWERS)
def test_any_sequence_of_answers_ends_as_the_last_ones_say(
    kept: Register, answers: list[tuple[int, str, dict[str, FoundClaim]]]
) -> None:
    people = [kept.person(), kept.person()]
    prefix = f"{people[0]}/"
    simply = Simply()
    ever = set()
    for who, source, answer in answers:
        shown = [replace(found, origin_ref=prefix + ref) for ref, found in answer.items()]
        kept.sees(people[who], source, *shown)
        simply.sees(who, source, answer)
        ever |= {claim.origin_ref for claim in shown}
        assert open_in(kept, people, prefix) == set(simply.open_claims())
    with kept.sessions() as session:
        assert set(session.scalars(select(Claim.origin_ref).where(Claim.origin_ref.like(f"{prefix}%")))) == ever


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers=ANSWERS.filter(bool))
def test_the_last_answer_again_writes_nothing(
    kept: Register, answers: list[tuple[int, str, dict[str, FoundClaim]]]
) -> None:
    people = [kept.person(), kept.person()]
    rows = []
    for who, source, answer in [*answers, answers[-1]]:
        kept.sees(
            people[who], source, *(replace(found, origin_ref=f"{people[0]}/{ref}") for ref, found in answer.items())
        )
        rows.append(kept.rows())
    assert rows[-1] == rows[-2]
