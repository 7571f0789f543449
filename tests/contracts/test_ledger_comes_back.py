"""The stand-in ledger tells the portal's real doors what it does, until it is acknowledged, and each counts once."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from werkzeug.serving import make_server

from app.foundation.db import Sessions
from app.foundation.keys import client_certificate_pem
from app.ledger import came_back, inbox
from app.ledger.coming_back import AccountClosed, AccountReopened, ClaimsPayable, Kind, Movement
from app.ledger.models import LedgerMessage
from app.municipalities import register
from standins import people
from standins.frame import Served, serve_in_thread
from standins.ledger.doing import BUTTONS
from standins.world import Debt
from tests.demo import facts, vault
from tests.web.portal import Portal

pytestmark = pytest.mark.database
FJORDBY = facts(code="0993", cvr=people.FJORDBY_CVR, name="Fjordby ved stand-ins", hosts=["fjordby.example"])


@dataclass
class Both:
    """The portal behind real HTTP, and a ledger that tells it things."""

    portal: Portal
    served: Served

    @property
    def debt(self) -> Debt:
        """Kirsten's daycare."""
        owed = self.served.place.world.debts_of(people.KIRSTEN.cpr, people.FJORDBY_CVR)
        return next(debt for debt in owed if debt.claim_type == "daycare")

    def act(self, name: str, **asked: object) -> dict[str, Any]:
        """Make the ledger do something to the daycare's account."""
        body = {"account": str(self.debt.account_id), **asked}
        answer = httpx.post(f"{self.served.url}/control/ledger/act/{name}", json=body)
        answer.raise_for_status()
        done: dict[str, Any] = answer.json()
        return done

    def fault(self, **body: object) -> None:
        """Do something to what the ledger sends."""
        httpx.post(f"{self.served.url}/control/ledger/faults", json=body).raise_for_status()

    def state(self) -> dict[str, Any]:
        """The ledger's own account of itself."""
        state: dict[str, Any] = httpx.get(f"{self.served.url}/control/ledger/state").json()
        return state

    def stored(self) -> list[LedgerMessage]:
        """What lies in the portal's inbox."""
        with self.portal.sessions.begin() as session:
            rows = list(session.scalars(select(LedgerMessage).order_by(LedgerMessage.id)))
            session.expunge_all()
            return rows

    def movements(self) -> list[Movement]:
        """What the portal has been told of claims."""
        return [one for row in self.stored() if row.door == "ledger" for one in came_back.movements_in(raw(row))]

    def events(self) -> list[AccountClosed | AccountReopened | ClaimsPayable]:
        """What the portal has been told over Beskedfordeler."""
        rows = [row for row in self.stored() if row.door == "beskedfordeler"]
        return [came_back.event_in(raw(row), received_at=row.received_at) for row in rows]

    def all_told(self, count: int) -> None:
        """Wait until the ledger has had so many messages acknowledged, and has no other."""
        until(lambda: (self.state()["told"], self.state()["untold"]) == (count, 0))


def raw(row: LedgerMessage) -> bytes:
    assert row.sealed is not None
    return vault().sealer_for(inbox.PURPOSE).unseal(row.sealed).encode("latin-1")


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def both(sessions: Sessions, logging_restored: None, tmp_path: Path) -> Iterator[Both]:
    pem = client_certificate_pem(tmp_path / "standins-client.pem", now=datetime.now(UTC))
    named = {"ledger_client_certificates": pem, "beskedfordeler_client_certificates": pem}
    portal = Portal(sessions, changes=named)
    portal.clock.now = datetime.now(UTC)
    with sessions.begin() as session:
        register.load(session, facts=FJORDBY, now=portal.clock())
    server = make_server("127.0.0.1", 0, portal.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        with serve_in_thread(f"http://127.0.0.1:{server.server_port}", tmp_path) as served:
            yield Both(portal, served)
            served.place.faults.clear()
            httpx.post(f"{served.url}/control/reset").raise_for_status()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_payment_in_the_bank_is_told_as_a_coverage(both: Both) -> None:
    debt = both.debt
    done = both.act("pay_in_bank", amount_ore=10000)
    both.all_told(1)
    (movement,) = both.movements()
    assert (str(movement.id), movement.kind, movement.amount_ore) == (done["id"], Kind.COVERAGE, 10000)
    assert (movement.account, movement.ledger_claim_id) == (str(debt.account_id), str(debt.claim_id))
    assert movement.payment_id is not None
    assert both.debt.outstanding_ore == debt.principal_ore - 10000
    (row,) = both.stored()
    assert (row.municipality_code, row.account) == ("0993", str(debt.account_id))


def test_what_is_done_and_taken_back_is_told_in_every_kind(both: Both) -> None:
    left = both.debt.outstanding_ore
    for name in ("pay_in_bank", "return_in_bank", "write_off", "undo_write_off", "offset"):
        both.act(name)
    both.all_told(5)
    told = {one.kind: one for one in both.movements()}
    assert set(told) == set(Kind)
    assert told[Kind.WRITE_OFF_REDUCED].reduces == told[Kind.WRITE_OFF].id
    assert told[Kind.WRITE_OFF].reason == "Afskrevet af kommunen"
    assert {one.amount_ore for one in both.movements()} == {left}
    assert both.debt.outstanding_ore == 0
    assert httpx.post(f"{both.served.url}/control/ledger/act/write_off", json={
        "account": str(both.debt.account_id)}).status_code == 400  # fmt: skip


def test_accounts_and_claims_for_payment_are_told_over_beskedfordeler(both: Both) -> None:
    account = str(both.debt.account_id)
    both.act("close_account")
    both.all_told(1)
    both.act("reopen_account")
    both.act("state_payable")
    both.all_told(3)
    told = both.events()
    assert {type(one) for one in told} == {AccountClosed, AccountReopened, ClaimsPayable}
    payable = next(one for one in told if isinstance(one, ClaimsPayable))
    (claim,) = payable.claims
    assert (claim.account, claim.outstanding_ore) == (account, both.debt.outstanding_ore)
    assert people.KIRSTEN.cpr in {party.cpr for party in claim.liable}
    assert {row.account for row in both.stored()} == {account}


FAULTS = ({"kind": "down", "times": 2}, {"kind": "drop_reply", "times": 2}, {"kind": "duplicate"},
          {"kind": "slow", "seconds": 0.5, "times": 1},
          {"kind": "out_of_order", "seconds": 0.3, "times": 1})  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault["kind"]))
def test_whatever_happens_on_the_way_each_counts_once(both: Both, fault: dict[str, object]) -> None:
    for path in ("/hooks/ledger", "/hooks/beskedfordeler"):
        both.fault(**fault, path=path)
        both.act("pay_in_bank", amount_ore=100) if path == "/hooks/ledger" else both.act("close_account")
    both.all_told(2)
    time.sleep(0.3)
    assert (len(both.movements()), len(both.events())) == (1, 1)
    assert len(both.portal.town.messages()) == 2


def test_a_portal_that_refuses_is_told_again_until_it_takes_it(both: Both) -> None:
    """The certificate is not accepted yet: nothing is stored, and nothing is lost."""
    now = both.portal.clock.now
    both.portal.clock.now = now + timedelta(days=400)
    both.act("write_off", amount_ore=100)
    time.sleep(0.8)
    assert (both.stored(), both.state()["untold"]) == ([], 1)
    both.portal.clock.now = now
    both.all_told(1)
    assert [one.kind for one in both.movements()] == [Kind.WRITE_OFF]


def test_the_buttons_on_its_page_do_the_same(both: Both) -> None:
    page = httpx.get(f"{both.served.url}/ledger/").text
    for label in (label for act, label in BUTTONS.items() if act != "reopen_account"):
        assert label in page
    form = {"account": str(both.debt.account_id), "act": "close_account"}
    assert httpx.post(f"{both.served.url}/ledger/goer", data=form).status_code == 303
    assert "Genåbn konto" in httpx.get(f"{both.served.url}/ledger/").text
    both.all_told(1)
    assert isinstance(both.events()[0], AccountClosed)
    refused = [form | {"act": "nothing"}, form | {"account": "x"}, form | {"act": "undo_write_off"}]
    answers = [httpx.post(f"{both.served.url}/ledger/goer", data=one).status_code for one in refused]
    assert answers == [404, 400, 400]
