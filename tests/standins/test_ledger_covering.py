"""What a payment covers on an account, and what a reversal owes again: nothing is ever covered twice, or lost."""

import uuid
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from standins.ledger.books import Cover
from standins.ledger.covering import asks_too_much, cover, owed_things, uncover
from standins.world import Debt, Extra

DAY = date(2026, 3, 4)
CLAIM, INTEREST, FEE = (uuid.UUID(int=number) for number in (1, 2, 3))


def account(claim_ore: int, interest_ore: int = 0, fee_ore: int = 0) -> Debt:
    debt = Debt(
        claim_id=CLAIM,
        account_id=uuid.UUID(int=9),
        municipality_cvr="99099119",
        liable=[],
        claim_type="daycare",
        created_by="daginstitution",
        origin_ref="1",
        principal_ore=claim_ore,
        outstanding_ore=claim_ore,
        founded_on=DAY,
        due_on=DAY,
        last_timely_on=DAY,
        text_lines=[],
    )
    if interest_ore:
        debt.extras.append(Extra(INTEREST, "Opkrævningsrente", interest_ore, interest_ore, DAY))
    if fee_ore:
        debt.extras.append(Extra(FEE, "Rykkergebyr", fee_ore, fee_ore, DAY))
    return debt


def left(debt: Debt) -> list[int]:
    return [thing.outstanding_ore for thing in owed_things(debt).values()]


def split(*parts: tuple[uuid.UUID, int]) -> tuple[Cover, ...]:
    kinds = {CLAIM: "Fordring", INTEREST: "Opkrævningsrente", FEE: "Rykkergebyr"}
    return tuple(Cover(uuid.uuid4(), thing_id, ore, kinds[thing_id]) for thing_id, ore in parts)


def test_a_payment_is_used_as_its_payer_asked() -> None:
    debt = account(1_000, 100, 250)
    assert cover(debt, split((FEE, 250), (INTEREST, 60)), 310) == [(FEE, 250), (INTEREST, 60)]
    assert left(debt) == [1_000, 40, 0]


def test_what_nobody_asked_for_goes_to_the_claim_first() -> None:
    debt = account(1_000, 100, 250)
    assert cover(debt, (), 1_150) == [(CLAIM, 1_000), (INTEREST, 100), (FEE, 50)]
    assert left(debt) == [0, 0, 200]


def test_a_split_over_more_than_is_left_is_noticed() -> None:
    debt = account(1_000, fee_ore=250)
    assert not asks_too_much(debt, split((FEE, 250), (CLAIM, 1_000)))
    assert asks_too_much(debt, split((FEE, 200), (FEE, 51)))


def test_a_reversal_reopens_what_it_names_and_then_what_was_covered_last() -> None:
    debt = account(1_000, 100, 250)
    covered = cover(debt, (), 1_350)
    covered = uncover(debt, covered, [(INTEREST, 100)], 150)
    assert left(debt) == [0, 100, 50]
    covered = uncover(debt, covered, [], 1_200)
    assert (left(debt), covered) == ([1_000, 100, 250], [])


@given(
    st.tuples(st.integers(1, 500), st.integers(1, 500), st.integers(1, 500)),
    st.lists(st.tuples(st.sampled_from([CLAIM, INTEREST, FEE]), st.integers(1, 600)), max_size=4),
    st.integers(1, 1_500),
    st.lists(st.integers(1, 400), max_size=4),
)
def test_every_oere_is_covered_once_and_owed_again_once(
    owed: tuple[int, int, int], asked: list[tuple[uuid.UUID, int]], amount_ore: int, back: list[int]
) -> None:
    debt = account(*owed)
    amount_ore = min(amount_ore, debt.left_ore)
    covered = cover(debt, split(*asked), amount_ore)
    assert sum(ore for _id, ore in covered) == amount_ore
    assert debt.left_ore == sum(owed) - amount_ore
    taken_ore = 0
    for wanted_ore in back:
        ore = min(wanted_ore, amount_ore - taken_ore)
        covered = uncover(debt, covered, asked[:1], ore)
        taken_ore += ore
    assert debt.left_ore == sum(owed) - amount_ore + taken_ore
    assert all(0 <= now <= before for now, before in zip(left(debt), owed, strict=True))
