"""What chaos and the benchmarks hold everything against: each difference is found and named."""

from dataclasses import replace
from uuid import UUID

import pytest

from app.foundation.db import Sessions
from bench.books import Outside, check

pytestmark = pytest.mark.database
NOTHING = Outside(captured={}, captured_ore=0, postings=frozenset(), accounts={}, orders={})
POSTING = UUID("0192a1b2-0000-7000-8000-000000000001")


def test_nothing_agrees_with_nothing(sessions: Sessions) -> None:
    assert check(sessions, where="nowhere", outside=NOTHING).faults == []


@pytest.mark.parametrize(
    ("outside", "words"),
    [
        (replace(NOTHING, captured={"cs_1": 100}), "captured by the provider, captured here: 1 entries is not 0"),
        (replace(NOTHING, captured_ore=100), "captured by the provider, in sum: 100 is not 0"),
        (replace(NOTHING, postings=frozenset({POSTING})), "posted here, posted in the ledger: 0 entries is not 1"),
        (replace(NOTHING, accounts={"a": 100}), "posted, by account: 0 entries is not 1"),
        (replace(NOTHING, orders={"1": "BK-1"}), "known to the library here, paid at the library: 0 entries is not 1"),
        (replace(NOTHING, by_ledger=frozenset({"1"})), "paid so at the library: 0 entries is not 1"),
    ],
)
def test_what_the_world_outside_has_and_we_have_not_is_named(sessions: Sessions, outside: Outside, words: str) -> None:
    books = check(sessions, where="chaos", outside=outside)
    assert any(words in fault for fault in books.faults), books.line
    assert books.line.startswith("books of chaos: WRONG: ")
