"""Files are put in force whole, and found by code, host and CVR."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from app.config import ROOT
from app.foundation.db import Sessions
from app.municipalities.facts import Facts
from app.municipalities.register import BadMunicipalityFile, Municipalities, UnknownMunicipality, load, read

pytestmark = pytest.mark.database

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def facts_of(name: str) -> Facts:
    return read((ROOT / "standins" / "municipalities" / f"{name}.yaml").read_text(encoding="utf-8"))


FJORDBY, SKOVLUND = facts_of("fjordby"), facts_of("skovlund")


def put(sessions: Sessions, *every: Facts) -> None:
    with sessions.begin() as session:
        for facts in every:
            load(session, facts=facts, now=NOON)


def test_what_is_loaded_is_found_whole(sessions: Sessions) -> None:
    put(sessions, FJORDBY, SKOVLUND)
    known = Municipalities(sessions)
    assert known.by_code("0991", now=NOON) == FJORDBY
    assert known.by_host("LocalHost", now=NOON) == FJORDBY
    assert known.by_host("127.0.0.1", now=NOON) == FJORDBY
    assert known.by_host("skovlund.localhost", now=NOON) == SKOVLUND
    assert known.by_cvr("99099208", now=NOON) == SKOVLUND
    assert set(known.every(now=NOON)) == {"0991", "0992"}


def test_loading_again_replaces_it_whole(sessions: Sessions) -> None:
    put(sessions, FJORDBY.model_copy(update={"name": "Before", "stripe_credentials": "old"}))
    put(sessions, FJORDBY)
    assert Municipalities(sessions).by_code("0991", now=NOON) == FJORDBY


@pytest.mark.parametrize(
    ("changed", "named"), [({"hosts": ("skovlund.localhost",)}, "hosts"), ({"cvr": SKOVLUND.cvr}, "cvr")]
)
def test_what_belongs_to_another_is_refused_and_nothing_changes(
    sessions: Sessions, changed: dict[str, object], named: str
) -> None:
    put(sessions, FJORDBY, SKOVLUND)
    with pytest.raises(BadMunicipalityFile, match=named):
        put(sessions, FJORDBY.model_copy(update={"name": "Changed", **changed}))
    assert Municipalities(sessions).by_code("0991", now=NOON) == FJORDBY


def test_whoever_is_not_loaded_is_unknown(sessions: Sessions) -> None:
    put(sessions, FJORDBY)
    known = Municipalities(sessions)
    asked: list[Callable[[], Facts]] = [
        lambda: known.by_code("0992", now=NOON),
        lambda: known.by_host("skovlund.localhost", now=NOON),
        lambda: known.by_host("localhost.evil.example", now=NOON),
        lambda: known.by_cvr("99099208", now=NOON),
    ]
    for ask in asked:
        with pytest.raises(UnknownMunicipality):
            ask()


def test_a_change_is_seen_within_half_a_minute_and_the_first_at_once(sessions: Sessions) -> None:
    known = Municipalities(sessions)
    assert known.every(now=NOON) == {}
    put(sessions, FJORDBY)
    assert known.by_code("0991", now=NOON) == FJORDBY
    put(sessions, FJORDBY.model_copy(update={"name": "Changed"}))
    assert known.by_code("0991", now=NOON + timedelta(seconds=30)) == FJORDBY
    assert known.by_code("0991", now=NOON + timedelta(seconds=31)).name == "Changed"
