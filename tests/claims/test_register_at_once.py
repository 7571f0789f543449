"""People and hosts come at the same time: nothing is doubled, nothing hangs, nothing is missed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.claims import register
from app.claims.models import Claim, ClaimEvent, ClaimLiability
from app.claims.sighting import FoundClaim
from tests.claims.owing import IN_LEDGER, IN_LIBRARY, NOON, Register

pytestmark = pytest.mark.database

MANY = [replace(IN_LEDGER, origin_ref=str(number)) for number in range(30)]


def at_once(*acts: Callable[[], None]) -> None:
    """Run acts side by side, let go at the same moment; any error of theirs is ours."""
    start = Barrier(len(acts))

    def go(act: Callable[[], None]) -> None:
        start.wait(timeout=10)
        act()

    with ThreadPoolExecutor(len(acts)) as pool:
        for running in [pool.submit(go, act) for act in acts]:
            running.result(timeout=30)


def sees(kept: Register, who: UUID, *claims: FoundClaim) -> Callable[[], None]:
    return lambda: Register(kept.sessions, kept.now).sees(who, "ledger", *claims)


def counts(kept: Register) -> tuple[int, int, int]:
    with kept.sessions() as session:
        claims, liable, events = (
            session.scalar(select(func.count()).select_from(model)) or 0
            for model in (Claim, ClaimLiability, ClaimEvent)
        )
        return claims, liable, events


def test_two_windows_of_one_person_make_one_claim(kept: Register) -> None:
    who = kept.person()
    at_once(*[sees(kept, who, IN_LIBRARY)] * 8)
    assert counts(kept) == (1, 1, 1)


@pytest.mark.parametrize("known_before", [False, True])
def test_two_people_with_shared_claims_neither_hang_nor_double(kept: Register, known_before: bool) -> None:
    if known_before:
        kept.sees(kept.person(), "ledger", *MANY)
    people = [kept.person() for _ in range(4)]
    at_once(*[sees(kept, who, *(MANY if turn % 2 else MANY[::-1])) for turn, who in enumerate(people * 2)])
    assert counts(kept) == (30, 30 * (4 + known_before), 30)


def test_two_people_who_are_no_longer_shown_a_claim_close_it_between_them(kept: Register) -> None:
    for _round in range(5):
        people = [kept.person(), kept.person()]
        mine = [replace(claim, origin_ref=f"{people[0]}/{claim.origin_ref}") for claim in MANY[:5]]
        at_once(*[sees(kept, who, *mine) for who in people])
        at_once(*[sees(kept, who) for who in people])
    with kept.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Claim).where(Claim.closed_at.is_(None))) == 0


def test_a_claim_may_be_paid_while_it_is_observed(kept: Register) -> None:
    people = [kept.person(), kept.person()]
    kept.sees(people[0], "ledger", *MANY)
    with kept.sessions() as session:
        shares = dict.fromkeys(session.scalars(select(Claim.id)), 1)

    def pay() -> None:
        with kept.sessions.begin() as session:
            locked = register.lock(session, claim_ids=shares)
            assert len(locked) == len(shares)
            register.cover(session, shares=shares, payment_id=people[0], now=NOON)

    at_once(pay, *[sees(kept, who, *MANY[::-1]) for who in people], pay)
    with kept.sessions() as session:
        assert set(session.scalars(select(Claim.covered_ore))) == {2}
