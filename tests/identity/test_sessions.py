"""Sessions are kept alive by use, moved at login, and ended by everything that should end them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.foundation.crypto import CprVault, new_key
from app.foundation.db import Sessions
from app.identity import register
from app.identity import sessions as module
from app.identity.models import LoginSession, SeenLogoutToken
from app.identity.people import Citizen, Identified, StaffMember
from app.identity.tokens import LogoutOrder

pytestmark = pytest.mark.database

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
VAULT = CprVault([new_key()], [new_key()])
IDENTIFIED = Identified("https://broker.example", "subject-1", "sid-1", None, None, None)
STAFF = StaffMember("lone", "Lone Dahl", "0991", frozenset({"library", "collections"}))
ORDER = LogoutOrder("https://broker.example", "jti-1", "sid-1", "subject-1")


def citizen_session(db: Sessions, cpr: str = "7405842144", old: str | None = None, **changes: Any) -> str:
    with db.begin() as session:
        person = register.find_or_create_person(session, vault=VAULT, cpr=cpr, name="Kirsten", now=NOW)
        return module.log_in_citizen(
            session,
            old_cookie=old,
            citizen=Citizen(person.id, person.name),
            identified=replace(IDENTIFIED, **changes),
            id_token_sealed=b"sealed",
            data={},
            now=NOW,
        )


def find(db: Sessions, cookie: str, after: timedelta = timedelta()) -> module.Found | None:
    with db.begin() as session:
        return module.find(session, cookie=cookie, now=NOW + after)


def test_a_citizens_session_is_found_by_its_cookie_alone(sessions: Sessions) -> None:
    cookie = citizen_session(sessions)
    found = find(sessions, cookie)
    assert found is not None
    assert found.citizen is not None
    assert (found.citizen.name, found.staff, found.id_token_sealed) == ("Kirsten", None, b"sealed")
    assert find(sessions, "another") is None
    with sessions() as session:
        row = session.scalars(select(LoginSession)).one()
        assert cookie not in str(vars(row))
        assert len(cookie) >= 43


def test_twenty_idle_minutes_end_it_and_use_keeps_it(sessions: Sessions) -> None:
    cookie = citizen_session(sessions)
    for minutes in (19, 38, 57):
        assert find(sessions, cookie, timedelta(minutes=minutes)) is not None
    with pytest.raises(module.SessionOver):
        find(sessions, cookie, timedelta(minutes=77))


def test_eight_hours_end_it_however_much_it_is_used(sessions: Sessions) -> None:
    cookie = citizen_session(sessions)
    for quarter in range(1, 32):
        assert find(sessions, cookie, timedelta(minutes=15 * quarter)) is not None
    with pytest.raises(module.SessionOver):
        find(sessions, cookie, timedelta(hours=8))


def test_the_brokers_own_end_comes_first_when_it_is_sooner(sessions: Sessions) -> None:
    cookie = citizen_session(sessions, session_expires_at=NOW + timedelta(minutes=5))
    assert find(sessions, cookie, timedelta(minutes=4, seconds=59)) is not None
    with pytest.raises(module.SessionOver):
        find(sessions, cookie, timedelta(minutes=5))


def test_activity_is_written_at_most_once_a_minute(sessions: Sessions) -> None:
    cookie = citizen_session(sessions)

    def seen_at() -> datetime:
        with sessions() as session:
            return session.scalars(select(LoginSession.seen_at)).one()

    find(sessions, cookie, timedelta(seconds=59))
    assert seen_at() == NOW
    find(sessions, cookie, timedelta(seconds=60))
    assert seen_at() == NOW + timedelta(seconds=60)


def test_login_ends_the_session_before_it(sessions: Sessions) -> None:
    old = citizen_session(sessions)
    new = citizen_session(sessions, old=old)
    assert find(sessions, old) is None
    assert find(sessions, new) is not None


def test_staff_are_bound_to_one_municipality(sessions: Sessions) -> None:
    with sessions.begin() as session:
        cookie = module.log_in_staff(
            session, old_cookie=None, staff=STAFF, identified=IDENTIFIED, id_token_sealed=None, data={}, now=NOW
        )
    found = find(sessions, cookie)
    assert found is not None
    assert (found.staff, found.citizen) == (STAFF, None)


def test_two_tabs_do_not_lose_each_others_keys(sessions: Sessions) -> None:
    with sessions.begin() as session:
        cookie = module.open_anonymous(session, data={"a": 1, "b": [1], "gone": 1}, now=NOW)
        digest = module.digest_of(cookie)
        module.keep(session, digest=digest, put={"b": {"x": "y"}}, drop=["gone"])
        module.keep(session, digest=digest, put={"c": None}, drop=[])
    found = find(sessions, cookie)
    assert found is not None
    assert found.data == {"a": 1, "b": {"x": "y"}, "c": None}


def test_what_has_ended_is_not_brought_back_by_a_late_write(sessions: Sessions) -> None:
    cookie = citizen_session(sessions)
    with sessions.begin() as session:
        module.end(session, cookie=cookie)
        module.keep(session, digest=module.digest_of(cookie), put={"a": 1}, drop=[])
    assert find(sessions, cookie) is None


@pytest.mark.parametrize(
    ("order", "ended"),
    [
        (ORDER, 1),
        (replace(ORDER, sid=None), 2),
        (replace(ORDER, subject=None), 1),
        (replace(ORDER, issuer="https://other.example"), 0),
        (replace(ORDER, sid="sid-9"), 0),
        (replace(ORDER, subject="subject-9"), 0),
    ],
)
def test_a_logout_order_ends_what_it_names_and_nothing_else(sessions: Sessions, order: LogoutOrder, ended: int) -> None:
    citizen_session(sessions)
    citizen_session(sessions, sid="sid-2")
    citizen_session(sessions, subject="subject-3", sid="sid-3")
    with sessions.begin() as session:
        assert module.end_ordered(session, order=order, now=NOW) == ended
        assert len(session.scalars(select(LoginSession)).all()) == 3 - ended


def test_the_same_logout_token_is_obeyed_once(sessions: Sessions) -> None:
    with sessions.begin() as session:
        module.end_ordered(session, order=ORDER, now=NOW)
    with pytest.raises(module.UsedBefore), sessions.begin() as session:
        module.end_ordered(session, order=ORDER, now=NOW)


def test_every_session_of_one_person_can_be_ended(sessions: Sessions) -> None:
    mine = [citizen_session(sessions) for _ in range(2)]
    other = citizen_session(sessions, cpr="6303911327")
    found = find(sessions, mine[0])
    assert found is not None
    assert found.citizen is not None
    with sessions.begin() as session:
        assert module.end_person(session, person_id=found.citizen.person_id) == 2
    assert find(sessions, other) is not None


def test_the_sweep_takes_what_is_over_and_leaves_the_rest(sessions: Sessions) -> None:
    cookies = [citizen_session(sessions, session_expires_at=NOW + timedelta(minutes=minutes)) for minutes in (1, 1, 60)]
    with sessions.begin() as session:
        module.end_ordered(session, order=replace(ORDER, sid="none"), now=NOW)
        assert module.sweep(session, now=NOW + timedelta(minutes=2), at_most=1) == 1
        assert module.sweep(session, now=NOW + timedelta(minutes=2)) == 1
        assert len(session.scalars(select(SeenLogoutToken)).all()) == 1
    assert find(sessions, cookies[2], timedelta(minutes=2)) is not None
    with sessions.begin() as session:
        assert module.sweep(session, now=NOW + timedelta(hours=3)) == 1
        assert session.scalars(select(SeenLogoutToken)).all() == []
