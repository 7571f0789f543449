"""Row ids sort by age; what stands in an address cannot be guessed and fits there."""

import re
import time

from app.foundation.ids import new_public_id, new_row_id, new_token


def test_row_ids_made_later_sort_later() -> None:
    made = []
    for _ in range(5):
        made.append(new_row_id())
        time.sleep(0.002)
    assert made == sorted(made)
    assert {one.version for one in made} == {7}
    assert len({new_row_id() for _ in range(1000)}) == 1000


def test_public_ids_are_random() -> None:
    made = {new_public_id() for _ in range(1000)}
    assert len(made) == 1000
    assert {one.version for one in made} == {4}


def test_tokens_are_long_random_and_fit_in_an_address() -> None:
    made = {new_token() for _ in range(1000)}
    assert len(made) == 1000
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", token) for token in made)
