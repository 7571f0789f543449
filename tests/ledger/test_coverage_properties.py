"""Any order of what the ledger tells, with repetition, and any answers in between, end in one and the same claim."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from random import Random
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.ledger.coming_back import Kind, Movement
from app.ledger.models import LedgerCoverage
from tests.demo import NOW, Town, daycare
from tests.ledger.telling import Telling, movement

pytestmark = [pytest.mark.database, pytest.mark.long]
PRINCIPAL_ORE = 10_000
numbers = count(1)


@dataclass(frozen=True)
class Truth:
    """What the ledger did, in its own order, a second apart: movements, and what was then left of the claim."""

    movements: tuple[Movement, ...]
    left: tuple[int, ...]
    """What was left after so many movements."""


def truth_of(telling: Telling, dice: Random, steps: int) -> Truth:
    """A ledger's life of one claim: never more used than is left, never more taken back than was used."""
    left, movements = [PRINCIPAL_ORE], []
    still: dict[UUID, tuple[str, int]] = {}
    for step in range(steps):
        at = NOW + timedelta(seconds=10 * (step + 1))
        if still and dice.random() < 0.4:
            parent = dice.choice(sorted(still, key=str))
            kind, most_ore = still[parent]
            amount_ore = dice.choice([most_ore, dice.randint(1, most_ore)])
            made = movement(Kind(f"{kind}_reduced"), amount_ore, of=telling.found, at=at, reduces=parent)
            still[parent] = (kind, most_ore - amount_ore)
            still = {one: left for one, left in still.items() if left[1]}
            left.append(left[-1] + amount_ore)
        elif left[-1]:
            kind, amount_ore = (
                dice.choice(["coverage", "write_off"]),
                dice.choice([left[-1], dice.randint(1, left[-1])]),
            )
            made = movement(Kind(kind), amount_ore, of=telling.found, at=at)
            still[made.id] = (kind, amount_ore)
            left.append(left[-1] - amount_ore)
        else:
            break
        movements.append(made)
    return Truth(tuple(movements), tuple(left))


def asked(step: int) -> datetime:
    """A moment after so many movements, and before the next."""
    return NOW + timedelta(seconds=10 * step + 5)


def heard(truth: Truth, dice: Random, answers: int) -> list[tuple[datetime, str, int]]:
    """What reaches the portal, and when: each movement twice, however late; answers soon after they were asked for.

    The claim is seen at least once, perhaps long after the first that the ledger told of it.
    """
    steps = range(len(truth.left))
    lists = [dice.choice([step for step in steps if truth.left[step]]), *(dice.choice(steps) for _ in range(answers))]
    heard = [(asked(step) + timedelta(seconds=dice.uniform(0, 8)), "list", step) for step in lists]
    for step, one in enumerate(truth.movements):
        late = (timedelta(seconds=dice.choice([0, dice.uniform(0, 80)])) for _ in range(2))
        heard += [(one.registered_at + delay, "tell", step) for delay in late]
    return heard


def expected(truth: Truth) -> tuple[int, str | None, int]:
    off = [one for one in truth.movements if one.reduces is None]
    kinds = {one.id: one.kind for one in truth.movements}
    let_off = sum(one.amount_ore for one in off if one.kind is Kind.WRITE_OFF) - sum(
        one.amount_ore for one in truth.movements if one.reduces and kinds[one.reduces] is Kind.WRITE_OFF
    )
    if truth.left[-1]:
        return truth.left[-1], None, let_off
    return 0, "written_off" if off[-1].kind is Kind.WRITE_OFF else "paid_elsewhere", let_off


def as_it_is(telling: Telling) -> tuple[int, str | None, int]:
    claim = telling.claim()
    return (0 if claim.closed_at else claim.outstanding_ore), claim.closed_reason, claim.let_off_ore


def states(telling: Telling, ids: list[UUID]) -> set[str]:
    with telling.town.sessions() as session:
        return set(session.scalars(select(LedgerCoverage.state).where(LedgerCoverage.id.in_(ids))))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 6), answers=st.integers(0, 4))
def test_any_order_with_repetition_and_answers_between_ends_in_the_ledgers_truth(
    town: Town, seed: int, steps: int, answers: int
) -> None:
    # Each example has a claim of its own, so nothing need be emptied between them.
    telling = Telling(town, found=daycare(f"c{next(numbers)}", PRINCIPAL_ORE), cpr=f"{next(numbers):010d}", now=NOW)
    dice = Random(seed)  # noqa: S311 - no secret
    truth = truth_of(telling, dice, steps)
    for at, act, step in sorted(heard(truth, dice, answers)):
        telling.now = max(telling.now, at)
        if act == "tell":
            telling.tells(truth.movements[step])
        else:
            left_ore = truth.left[step]
            telling.lists(*([telling.owed(left_ore)] if left_ore else []), asked_at=asked(step))
    telling.looks_again()
    assert states(telling, [one.id for one in truth.movements]) == {"applied"}
    assert as_it_is(telling) == expected(truth)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_all_in_one_message_is_the_same_as_one_by_one(town: Town, seed: int) -> None:
    dice = Random(seed)  # noqa: S311 - no secret
    telling = Telling(town, found=daycare(f"c{next(numbers)}", PRINCIPAL_ORE), cpr=f"{next(numbers):010d}", now=NOW)
    telling.lists(telling.owed(PRINCIPAL_ORE), asked_at=NOW)
    truth = truth_of(telling, dice, 6)
    shuffled = list(truth.movements)
    dice.shuffle(shuffled)
    telling.tells(*shuffled, *shuffled)
    assert as_it_is(telling) == expected(truth)
