"""A ledger with a process of its own is killed, and finds its books, its debts and what it had to tell again."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.config import ROOT
from standins import people
from standins.frame import Served, serve_in_thread
from standins.ledger.books import COLLECTING_ACCOUNTS
from tests.standins.test_ledger import call, envelope, payment

COLLECTING = next(iter(COLLECTING_ACCOUNTS))
PATIENCE_SECONDS = 30.0


@pytest.fixture(scope="module")
def neighbours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve_in_thread(key_folder=tmp_path_factory.mktemp("keys")) as running:
        yield running


@dataclass
class Lives:
    """One ledger after another on the same journal and the same port."""

    journal: Path
    library_url: str
    port: int
    process: subprocess.Popen[bytes] | None = None
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=10)

    def begin(self) -> None:
        own = ["--only", "ledger", "--journal", str(self.journal), "--library", self.library_url]
        environment = {**os.environ, "BDK_STANDINS_PORT": str(self.port), "BDK_ENV": "test"}
        self.process = subprocess.Popen([sys.executable, "-m", "standins", *own], cwd=ROOT, env=environment)
        wait_until(self.is_there)

    def is_there(self) -> bool:
        try:
            return self.client.get("/control/ledger/state").status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def again(self) -> None:
        self.kill()
        self.begin()

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get("/control/ledger/state").json()
        return found

    def post(self, account: object, amount: str, payment_id: object) -> httpx.Response:
        return call(self.client, envelope("ForetagIndbetaling", payment(account, amount, payment_id=payment_id)))


def wait_until(is_true: Any) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def ledger(tmp_path: Path, neighbours: Served) -> Iterator[Lives]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    lives = Lives(tmp_path / "ledger" / "journal", neighbours.url, port)
    lives.begin()
    yield lives
    lives.kill()
    lives.client.close()


def answered_at(answer: httpx.Response) -> str:
    found = re.search(r"<ns2:BehandlingDatoTid>([^<]+)<", answer.text)
    assert found is not None, answer.text
    return found[1]


def test_what_was_answered_is_known_after_a_kill_and_answered_the_same_again(ledger: Lives) -> None:
    payment_id = uuid.uuid4()
    first = ledger.post(COLLECTING, "60.00", payment_id)
    for _life in range(2):  # carried out again from the list of calls; then read from the memory that was kept
        ledger.again()
        assert ledger.state()["uuids"] == [str(payment_id)]
        assert ledger.state()["accounts"] == {str(COLLECTING): 6000}
    again = ledger.post(COLLECTING, "60.00", payment_id)
    assert answered_at(again) == answered_at(first)
    assert ledger.state()["total_ore"] == 6000
    assert ledger.state()["repeats"] == 1


def test_a_call_that_was_written_down_but_never_answered_is_carried_out(ledger: Lives) -> None:
    ledger.client.post("/control/ledger/faults", json={"kind": "drop_reply", "times": 1, "path": "/service/"})
    payment_id = uuid.uuid4()
    with pytest.raises(httpx.TransportError):
        ledger.post(COLLECTING, "1.00", payment_id)
    ledger.again()
    assert ledger.state()["uuids"] == [str(payment_id)]
    assert ledger.client.get("/control/faults").json() == {"ledger drop_reply": 1}


def test_a_half_written_last_line_is_as_if_the_call_had_never_come(ledger: Lives) -> None:
    whole = uuid.uuid4()
    ledger.post(COLLECTING, "1.00", whole)
    ledger.kill()
    (calls,) = ledger.journal.parent.glob("journal.*")
    (line,) = calls.read_bytes().splitlines(keepends=True)
    torn = json.dumps(json.loads(line) | {"body": json.loads(line)["body"].replace(str(whole), str(uuid.uuid4()))})
    calls.write_bytes(line + torn.encode())
    ledger.begin()
    assert ledger.state()["uuids"] == [str(whole)]
    ledger.post(COLLECTING, "2.00", uuid.uuid4())
    ledger.again()
    assert ledger.state()["total_ore"] == 300


def test_a_call_that_arrives_twice_is_booked_once(ledger: Lives) -> None:
    ledger.client.post("/control/ledger/faults", json={"kind": "duplicate", "times": 1, "path": "/service/"})
    answer = ledger.post(COLLECTING, "1.00", uuid.uuid4())
    assert "AccepteretUdenBemærkninger" in answer.text
    assert (ledger.state()["postings"], ledger.state()["repeats"]) == (1, 1)


def test_debts_are_handed_over_once_and_covered_once_and_the_library_is_told(ledger: Lives, neighbours: Served) -> None:
    with httpx.Client(base_url=neighbours.url) as outside:
        outside.post("/control/reset").raise_for_status()
        (row,) = outside.post("/control/citizens", json={"count": 1, "with_replacement": True}).json()
        debts = outside.post("/control/ledger/act/owed_by", json={"cprs": [row["cpr"]]}).json()["debts"]
        assert [debt["claim_type"] for debt in debts] == ["daycare", "library-replacement"]
        for expected in (2, 0):
            said = ledger.client.post("/control/ledger/act/take_over", json={"debts": debts}).json()
            assert said == {"taken_over": expected}
        replacement = debts[1]
        ledger.again()
        payment_id = uuid.uuid4()
        ledger.post(replacement["account_id"], "275.00", payment_id)
        ledger.again()  # before a second has passed: it is told by the next life

        def fee() -> dict[str, Any]:
            found: dict[str, Any] = outside.get("/control/fbs/state").json()["fees"][replacement["origin_ref"]]
            return found

        wait_until(lambda: fee()["paid_on"] is not None)
        assert fee()["order_id"] is None
        wait_until(lambda: ledger.state()["library_untold"] == 0)
        ledger.again()
        assert ledger.state()["library_untold"] == 0
        assert ledger.state()["library_told"] == 1


def test_a_reset_leaves_nothing_also_for_the_next_life(ledger: Lives) -> None:
    ledger.post(COLLECTING, "1.00", uuid.uuid4())
    ledger.client.post("/control/reset").raise_for_status()
    ledger.again()
    assert ledger.state()["postings"] == 0
    assert people.KIRSTEN.cpr  # nobody of the demonstration owes anything here
    owed = ledger.client.post("/control/ledger/act/owed_by", json={"cprs": [people.KIRSTEN.cpr]}).json()
    assert owed == {"debts": []}
