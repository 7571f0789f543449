"""Beskedfordeler's door: a message is stored once under its BeskedId, and acknowledged with 20 only then."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from app.foundation.db import Sessions
from app.ledger.models import LedgerMessage
from app.sf1590 import besked
from app.sf1590.guard import parse, validate
from app.tasks.queries import open_tasks
from tests.demo import NOW
from tests.foundation.certified import Certified, certified
from tests.sf1590 import sent
from tests.sf1590.answers import ACCOUNT, CPR, claim
from tests.web.portal import HERE, NEIGHBOUR, Portal

pytestmark = pytest.mark.database
HOOK = "/hooks/beskedfordeler"
VISIT = ("rate_limit",)
DAY = timedelta(days=1)
OWN = certified(valid_from=NOW - DAY, valid_to=NOW + DAY)
RAW = sent.event(sent.payable_data(), responsible=HERE.cvr)


@pytest.fixture
def portal(sessions: Sessions, logging_restored: None) -> Portal:
    return Portal(sessions, changes={"beskedfordeler_client_certificates": OWN.fingerprint})


def post(portal: Portal, raw: bytes = RAW, *, by: Certified | None = OWN) -> Any:
    headers = {"Client-Cert": by.header} if by else {}
    return portal.browser().post(HOOK, data=raw, headers=headers, content_type="application/xml")


def code(answer: Any) -> int:
    returned = parse(answer.data)
    validate(returned, besked.SCHEMA)
    return int(returned[0][0].text or "")


def stored(portal: Portal) -> list[LedgerMessage]:
    with portal.sessions.begin() as session:
        rows = list(session.scalars(select(LedgerMessage).order_by(LedgerMessage.id)))
        session.expunge_all()
        return rows


def test_a_message_is_stored_and_acknowledged(portal: Portal) -> None:
    answer = post(portal)
    assert (answer.status_code, answer.mimetype, code(answer)) == (200, "application/xml", 20)
    (row,) = stored(portal)
    assert (row.municipality_code, row.door, row.key, row.kind) == (
        HERE.code, "beskedfordeler", sent.MESSAGE, "FordringTilIndbetalingBesked",
    )  # fmt: skip
    assert (row.account, row.state) == (ACCOUNT, "waiting")
    assert CPR.encode() not in (row.sealed or b"")
    (message,) = portal.town.messages()
    assert (message.kind, message.subject_id, message.lane) == ("ledger.came_back", row.id, f"back/{ACCOUNT}")


def test_a_message_that_comes_again_is_acknowledged_and_is_one(portal: Portal) -> None:
    on_the_way = "<Leveranceruter><Leverancerute/></Leveranceruter>"
    again = sent.event(sent.payable_data(), responsible=HERE.cvr, delivered=on_the_way)
    assert [code(post(portal, raw)) for raw in (RAW, RAW, again)] == [20, 20, 20]
    assert len(stored(portal)) == len(portal.town.messages()) == 1


def test_other_content_under_a_known_id_is_parked_and_not_lost(portal: Portal) -> None:
    other = sent.event(sent.payable_data(claim(left="1.00")), responsible=HERE.cvr)
    assert [code(post(portal, raw)) for raw in (RAW, other, other)] == [20, 20, 20]
    assert sorted(row.state for row in stored(portal)) == ["parked", "waiting"]
    with portal.sessions.begin() as session:
        (task,) = open_tasks(session, municipality_code=HERE.code, limit=9)
        assert task.kind == "ledger_message_parked"


def test_a_message_of_an_unknown_type_is_parked_with_a_task_and_the_next_goes_on(portal: Portal) -> None:
    unknown = sent.event("<x xmlns='urn:x'/>", message_type=sent.UNKNOWN_TYPE, responsible=HERE.cvr)
    next_one = sent.event(sent.payable_data(), message_id=sent.OBJECT, responsible=HERE.cvr)
    assert [code(post(portal, raw)) for raw in (unknown, next_one)] == [20, 20]
    first, second = stored(portal)
    assert (first.state, first.kind, second.state) == ("parked", "unknown", "waiting")
    assert first.reason == "a type of message that the portal does not know"
    with portal.sessions.begin() as session:
        (task,) = open_tasks(session, municipality_code=HERE.code, limit=9)
        assert str(first.id) in task.next_step
    assert [message.subject_id for message in portal.town.messages()] == [second.id]


def test_who_may_receive_it_says_whose_it_is_where_nobody_answers_for_the_object(portal: Portal) -> None:
    raw = sent.event(sent.payable_data(), responsible=None, receivers=("12345678", NEIGHBOUR.cvr))
    assert code(post(portal, raw)) == 20
    assert stored(portal)[0].municipality_code == NEIGHBOUR.code


@pytest.mark.parametrize(("responsible", "receivers"), [("12345678", (HERE.cvr,)), (None, ()), (None, ("12345678",))])
def test_another_municipalitys_message_is_refused_with_a_code(
    portal: Portal, responsible: str | None, receivers: tuple[str, ...]
) -> None:
    before = portal.counts(but=VISIT)
    answer = post(portal, sent.event(sent.payable_data(), responsible=responsible, receivers=receivers))
    assert (answer.status_code, code(answer)) == (200, 44)
    assert portal.counts(but=VISIT) == before


@pytest.mark.parametrize("raw", [
    b"", b"<a/>", b"\x00", RAW[:-5], b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>" + RAW,
    RAW.replace(b"BeskedVersion", b"Besked"), RAW.decode().encode("utf-16"),
], ids=lambda one: str(one)[:30])  # fmt: skip
def test_what_is_no_message_is_refused_with_a_code(portal: Portal, raw: bytes) -> None:
    before = portal.counts(but=VISIT)
    answer = post(portal, raw)
    assert (answer.status_code, code(answer)) == (200, 40)
    assert portal.counts(but=VISIT) == before


def test_without_a_certificate_that_holds_nothing_is_stored(portal: Portal) -> None:
    other = certified(valid_from=NOW - DAY, valid_to=NOW + DAY)
    before = portal.counts(but=VISIT)
    assert [post(portal, by=by).status_code for by in (None, other)] == [401, 403]
    portal.clock.passes(days=2)
    assert post(portal).status_code == 403
    assert portal.counts(but=VISIT) == before


def test_a_body_beyond_the_limit_is_refused(portal: Portal) -> None:
    assert post(portal, RAW + b" " * (2 * 1024 * 1024)).status_code == 413


def test_what_cannot_be_stored_is_not_acknowledged(portal: Portal, owner_sessions: Sessions) -> None:
    with owner_sessions.begin() as session:
        session.execute(text("ALTER TABLE ledger_message RENAME TO away"))
    try:
        answer = post(portal)
    finally:
        with owner_sessions.begin() as session:
            session.execute(text("ALTER TABLE away RENAME TO ledger_message"))
    assert (answer.status_code, code(answer)) == (503, 50)
    assert code(post(portal)) == 20


def test_no_cpr_number_comes_into_the_log_or_the_answer(
    portal: Portal, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    raws = (
        RAW, RAW.replace(ACCOUNT.encode(), CPR.encode()), RAW.replace(b"Beskedtype", f"B{CPR}".encode()),
        sent.event(sent.payable_data(), responsible=CPR),
    )  # fmt: skip
    answers = "".join(post(portal, raw).text for raw in raws)
    seen = caplog.text + "".join(capfd.readouterr())
    assert CPR not in seen + answers
    assert CPR[:8] not in seen + answers
    assert "event_message_unreadable" in seen
