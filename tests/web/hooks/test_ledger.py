"""The ledger's door: whoever holds an accepted certificate is heard, stored first and answered afterwards."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from app.foundation.db import Sessions
from app.ledger.models import LedgerMessage
from app.sf1590 import coverage
from app.sf1590.envelope import OurFault, TheirFault, unwrap
from app.sf1590.guard import validate
from tests.demo import NOW
from tests.foundation.certified import Certified, certified
from tests.sf1590 import sent
from tests.sf1590.answers import ACCOUNT, CPR, TRANSACTION
from tests.web.portal import HERE, Portal

pytestmark = pytest.mark.database
HOOK = "/hooks/ledger"
VISIT = ("rate_limit",)
DAY = timedelta(days=1)
OWN = certified(valid_from=NOW - DAY, valid_to=NOW + DAY)
OTHER = certified(valid_from=NOW - DAY, valid_to=NOW + DAY)
TOP = sent.heading(cvr=HERE.cvr)
RAW = sent.told(sent.coverage(), top=TOP)


@pytest.fixture
def portal(sessions: Sessions, logging_restored: None) -> Portal:
    return Portal(sessions, changes={"ledger_client_certificates": OWN.pem})


def post(portal: Portal, raw: bytes = RAW, *, by: Certified | None = OWN, headers: dict[str, str] | None = None) -> Any:
    named = {"Client-Cert": by.header} if by else {}
    more = {"Content-Type": "text/xml; charset=utf-8", **(headers or {})}
    return portal.browser().post(HOOK, data=raw, headers={**named, **more})


def stored(portal: Portal) -> list[LedgerMessage]:
    with portal.sessions.begin() as session:
        rows = list(session.scalars(select(LedgerMessage).order_by(LedgerMessage.received_at)))
        session.expunge_all()
        return rows


def test_what_is_told_is_stored_sealed_and_accepted(portal: Portal) -> None:
    answer = post(portal)
    assert (answer.status_code, answer.mimetype) == (200, "text/xml")
    told = unwrap(answer.data)
    validate(told, coverage.SCHEMA)
    assert b"DebitorkontoIdentifikation>" + ACCOUNT.encode() in answer.data
    assert b"AccepteretUdenBem" in answer.data
    assert TRANSACTION.encode() in answer.data
    (row,) = stored(portal)
    assert (row.municipality_code, row.door, row.kind, row.account, row.state) == (
        HERE.code, "ledger", coverage.ACTION, ACCOUNT, "waiting",
    )  # fmt: skip
    assert sent.PAYMENT.encode() not in (row.sealed or b"")
    (message,) = portal.town.messages()
    assert (message.kind, message.subject_id, message.lane) == ("ledger.came_back", row.id, f"back/{ACCOUNT}")
    assert message.payload == {}


def test_the_same_told_again_under_another_transaction_is_one(portal: Portal) -> None:
    again = sent.told(sent.coverage(), top=sent.heading(cvr=HERE.cvr, transaction_id="another"))
    assert [post(portal, raw).status_code for raw in (RAW, RAW, again)] == [200, 200, 200]
    assert len(stored(portal)) == len(portal.town.messages()) == 1


def test_a_municipality_that_is_not_here_is_rejected_and_nothing_is_stored(portal: Portal) -> None:
    before = portal.counts(but=VISIT)
    answer = post(portal, sent.told(sent.coverage(), top=sent.heading(cvr="12345678")))
    assert answer.status_code == 200
    validate(unwrap(answer.data), coverage.SCHEMA)
    assert "MYNDIGHED_UKENDT" in answer.text
    assert portal.counts(but=VISIT) == before


def test_a_ping_is_answered_and_nothing_is_stored(portal: Portal) -> None:
    before = portal.counts(but=VISIT)
    answer = post(portal, sent.call("Ping", "", top=TOP), headers={"SOAPAction": '"Ping"'})
    assert (answer.status_code, unwrap(answer.data).tag.rpartition("}")[2]) == (200, "Ping_O")
    assert portal.counts(but=VISIT) == before


REFUSED: tuple[tuple[Certified | None, int, int], ...] = (
    (None, 0, 401), (OTHER, 0, 403), (OWN, 2, 403), (OWN, -2, 403),
)  # fmt: skip


@pytest.mark.parametrize(("by", "days", "status"), REFUSED, ids=["none", "another", "too late", "too early"])
def test_without_a_certificate_that_holds_nothing_is_stored(
    portal: Portal, by: Certified | None, days: int, status: int
) -> None:
    portal.clock.passes(days=days)
    before = portal.counts(but=VISIT)
    assert post(portal, by=by).status_code == status
    assert portal.counts(but=VISIT) == before


@pytest.mark.parametrize("header", ["", ":AAAA:", "x" * 50000, ":" + "é" * 9 + ":"], ids=lambda one: one[:9])
def test_a_header_of_nonsense_is_no_certificate(portal: Portal, header: str) -> None:
    answer = portal.browser().post(HOOK, data=RAW, headers={"Client-Cert": header}, content_type="text/xml")
    assert answer.status_code == 401


def test_where_no_certificate_is_named_nobody_may_call(sessions: Sessions, logging_restored: None) -> None:
    assert post(Portal(sessions)).status_code == 403


XXE = b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>" + RAW
BOMB = b"<!DOCTYPE a [<!ENTITY b 'x'><!ENTITY c '&b;&b;&b;'>]><a>&c;</a>"


@pytest.mark.parametrize(("raw", "headers"), [
    (b"", {}), (b"\x00", {}), (XXE, {}), (BOMB, {}), (RAW[:-9], {}), (RAW.decode().encode("utf-16"), {}),
    (sent.told(top=TOP), {}), (sent.call("Ping", "", top=""), {}), (sent.call("AfslutHæftelse", "", top=TOP), {}),
    (RAW, {"Content-Type": "application/soap+xml"}), (RAW, {"SOAPAction": '"Ping"'}),
    (RAW, {"SOAPAction": "urn:x/SoegFordring"}),
], ids=lambda one: str(one)[:40])  # fmt: skip
def test_what_cannot_be_read_is_the_callers_fault(portal: Portal, raw: bytes, headers: dict[str, str]) -> None:
    before = portal.counts(but=VISIT)
    answer = post(portal, raw, headers=headers)
    assert (answer.status_code, answer.mimetype) == (500, "text/xml")
    with pytest.raises(OurFault):
        unwrap(answer.data)
    assert portal.counts(but=VISIT) == before


@pytest.mark.parametrize("action", ['"OpretDaekningAfskrivning"', "http://kombit.dk/x/OpretDaekningAfskrivning", '""'])
def test_an_action_that_names_the_operation_is_heard(portal: Portal, action: str) -> None:
    assert post(portal, headers={"SOAPAction": action}).status_code == 200


def test_a_body_beyond_the_limit_is_refused(portal: Portal) -> None:
    assert post(portal, RAW + b" " * (2 * 1024 * 1024)).status_code == 413
    assert stored(portal) == []


def test_a_fault_of_ours_asks_for_the_same_again(portal: Portal, owner_sessions: Sessions) -> None:
    """The inbox is gone for a moment: nothing is acknowledged, and the same call is taken in afterwards."""
    with owner_sessions.begin() as session:
        session.execute(text("ALTER TABLE ledger_message RENAME TO away"))
    try:
        answer = post(portal)
    finally:
        with owner_sessions.begin() as session:
            session.execute(text("ALTER TABLE away RENAME TO ledger_message"))
    assert answer.status_code == 500
    with pytest.raises(TheirFault):
        unwrap(answer.data)
    assert post(portal).status_code == 200
    assert len(stored(portal)) == 1


def test_no_cpr_number_comes_into_the_log(
    portal: Portal, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    told = (
        sent.told(sent.write_off(reason=f"Dødsbo {CPR}"), top=TOP),
        RAW.replace(sent.OBJECT.encode(), CPR.encode()), RAW.replace(b"Indbetaling", f"I{CPR}".encode()),
        sent.told(sent.coverage(), top=sent.heading(cvr=CPR[:8])),
    )  # fmt: skip
    for raw in told:
        post(portal, raw)
    seen = caplog.text + "".join(capfd.readouterr())
    assert not re.search(rf"{CPR}|{CPR[:6]}-?{CPR[6:]}", seen)
    assert "ledger_message_unreadable" in seen
