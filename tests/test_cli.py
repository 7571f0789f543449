"""The operator's commands: each prints what it did, and a failure is one line and exit status 1."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import yaml
from click.testing import Result
from flask.testing import FlaskCliRunner

from app.factory import create_app
from app.foundation.clock import danish_day
from app.foundation.db import Sessions
from app.ledger.port import LedgerUnavailable, Rejected
from app.outbox.models import DEAD, OutboxMessage, OutboxRoad
from app.payments.providers.mobilepay import MobilePayProvider
from app.payments.providers.mobilepay_wire import Keys
from app.serviceplatformen.tokens import TokenOffice
from app.serviceplatformen.transport import Tickets
from standins.frame import Served, serve_in_thread
from tests.conftest import Database
from tests.delivering import Portal, portal_of
from tests.demo import ACCOUNT, CODE, COLLECTING, FACTS, NOW, Town, daycare
from tests.foundation.certified import certified
from tests.serviceplatformen.peers import peer, saying

pytestmark = pytest.mark.database


@pytest.fixture
def town(sessions: Sessions) -> Town:
    return Town(sessions)


@pytest.fixture
def portal(town: Town, database: Database) -> Portal:
    return portal_of(town, database.app_url)


@pytest.fixture
def runner(portal: Portal) -> FlaskCliRunner:
    return create_app(wires=portal.wires()).test_cli_runner()


def said(result: Result, *, status: int = 0) -> str:
    assert result.exit_code == status, result.output
    assert "Traceback" not in result.output
    return result.output


def file_of(tmp_path: Path, **changes: object) -> str:
    content = FACTS.model_dump(mode="json") | {"code": "0996", "cvr": "99000023", "hosts": ["ny.example"]} | changes
    path = tmp_path / "municipality.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return str(path)


def buried(town: Town) -> OutboxMessage:
    """A message that has died."""
    person = town.person()
    town.paid(person, *town.shows(person, daycare()))
    (message,) = town.messages()
    with town.sessions.begin() as session:
        row = session.get_one(OutboxMessage, message.id)
        row.state, row.last_error = DEAD, "no route to the ledger"
    return message


def test_a_municipality_is_put_in_force(runner: FlaskCliRunner, portal: Portal, tmp_path: Path) -> None:
    told = said(runner.invoke(args=["municipality", "load", file_of(tmp_path, name="Nyby Kommune")]))
    assert told == "Nyby Kommune (0996) is in force, at ny.example\n"
    assert portal.wires().facts("0996").name == "Nyby Kommune"


@pytest.mark.parametrize(
    ("changes", "word"),
    [({"areas": {}}, "areas"), ({"hosts": FACTS.hosts}, "hosts"), ({"colour": "red"}, "colour")],
)
def test_a_bad_file_changes_nothing_and_says_why(
    runner: FlaskCliRunner, portal: Portal, tmp_path: Path, changes: dict[str, object], word: str
) -> None:
    told = said(runner.invoke(args=["municipality", "load", file_of(tmp_path, **changes)]), status=1)
    assert "was not loaded" in told
    assert word in told
    assert set(portal.wires().municipalities.every(now=portal.clock())) == {CODE}


def test_a_file_that_cannot_be_read_is_one_line(runner: FlaskCliRunner, tmp_path: Path) -> None:
    assert "none.yaml" in said(runner.invoke(args=["municipality", "load", str(tmp_path / "none.yaml")]), status=1)
    (tmp_path / "latin.yaml").write_bytes("navn: Nørreby".encode("latin-1"))
    assert "latin.yaml" in said(runner.invoke(args=["municipality", "load", str(tmp_path / "latin.yaml")]), status=1)


def test_dead_messages_are_listed_and_revived(runner: FlaskCliRunner, town: Town) -> None:
    assert said(runner.invoke(args=["outbox", "list"])) == "0 dead\n"
    message = buried(town)
    told = said(runner.invoke(args=["outbox", "list"]))
    assert str(message.id) in told
    assert "no route to the ledger" in told
    assert "1 dead" in told
    assert "tried again" in said(runner.invoke(args=["outbox", "revive", str(message.id)]))
    assert "1 due" in said(runner.invoke(args=["outbox", "list", "--state", "due"]))
    assert "not a dead message" in said(runner.invoke(args=["outbox", "revive", str(message.id)]), status=1)
    assert "not a dead message" in said(runner.invoke(args=["outbox", "revive", str(uuid4())]), status=1)


def test_silent_roads_are_listed_with_what_waits_for_them(runner: FlaskCliRunner, town: Town) -> None:
    assert said(runner.invoke(args=["outbox", "roads"])) == "0 silent\n"
    person = town.person()
    town.paid(person, *town.shows(person, daycare()))
    silence = {"silent_since": NOW, "rests_until": NOW, "rests": 3, "reason": "LedgerUnavailable: away"}
    with town.sessions.begin() as session:
        session.add(OutboxRoad(wire="ledger", municipality_code=CODE, **silence))
    told = said(runner.invoke(args=["outbox", "roads"]))
    assert f"ledger/{CODE}  silent since 2026-03-02 12:00:00" in told
    assert "probed 3 times, again at 12:00:00  1 wait  LedgerUnavailable: away" in told
    assert told.endswith("1 silent\n")


def test_every_ledger_is_asked_whether_payments_would_arrive(portal: Portal) -> None:
    told = said(create_app(wires=portal.wires()).test_cli_runner().invoke(args=["ledger", "ping"]))
    assert "no certificate" in told
    assert f"{FACTS.name} ({CODE}), route {FACTS.ledger.receiver_cvr}/-, no token wanted: answers, at 2026-" in told
    portal.ledger.before.append(LedgerUnavailable("no connection"))
    told = said(create_app(wires=portal.wires()).test_cli_runner().invoke(args=["ledger", "ping"]), status=1)
    assert "does not answer: no connection" in told
    assert "1 do not answer" in told


def test_a_ping_says_how_certificate_and_token_stand(portal: Portal, tmp_path: Path) -> None:
    ours = certified(valid_from=datetime(2026, 1, 1, tzinfo=UTC), valid_to=datetime(2031, 5, 6, tzinfo=UTC))
    (tmp_path / "our.pem").write_text(ours.pem)
    certificate = {"ledger_client_certificate": tmp_path / "our.pem"}
    settings = portal.wires().settings.model_copy(update=certificate)
    token = {"access_token": "t", "token_type": "Holder-of-key", "expires_in": 3600}
    body = json.dumps({"RequestedSecurityToken": {"Assertion": "a"}, **token}).encode()
    with peer(saying(200, body, "application/json")) as url:
        office = TokenOffice(issue_url=url, access_url=url)
        tickets = Tickets(office, "http://entityid.kombit.dk/service/{service}/1", {})
        runner = create_app(wires=replace(portal.wires(), settings=settings, tickets=tickets)).test_cli_runner()
        assert ", no token: answers" in said(runner.invoke(args=["ledger", "ping"]))
        tickets.of("DebitorIndbetalingAfsend", cvr=FACTS.cvr)
        told = said(runner.invoke(args=["ledger", "ping"]))
        office.close()
    assert "our certificate ends at 2031-05-06" in told
    assert re.search(r"token for 3[56]\d\d s more: answers", told)


def test_open_tasks_are_listed_by_municipality(runner: FlaskCliRunner, town: Town, portal: Portal) -> None:
    person = town.person()
    town.paid(person, *town.shows(person, daycare()))
    portal.ledger.rejections[ACCOUNT] = Rejected("X", "unknown account", None)
    portal.deliver_all()
    told = said(runner.invoke(args=["tasks", "list"]))
    assert "posting_rejected" in told
    assert "unknown account" in told
    assert "1 open" in told
    assert said(runner.invoke(args=["tasks", "list", "--municipality", "0997"])) == "0 open\n"


def test_the_schema_is_brought_up_to_date_by_its_owner(portal: Portal, database: Database) -> None:
    wires = portal.wires()
    own = wires.settings.model_copy(update={"migration_database_url": database.owner_url})
    runner = create_app(wires=replace(wires, settings=own)).test_cli_runner()
    assert "the database is at 0" in said(runner.invoke(args=["db", "upgrade"]))


def test_without_a_database_the_commands_say_what_to_do(portal: Portal) -> None:
    wires = portal.wires()
    none = wires.settings.model_copy(update={"database_url": None})
    runner = create_app(wires=replace(wires, settings=none)).test_cli_runner()
    for command in (["db", "upgrade"], ["worker"]):
        assert "BDK_DATABASE_URL is unset" in said(runner.invoke(args=command), status=1)


SALES_UNIT = Keys("standin-client", "standin-secret", "standin-subscription", "123456")


@pytest.fixture
def standins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve_in_thread("http://localhost:9", tmp_path_factory.mktemp("keys")) as running:
        yield running


def with_mobilepay(portal: Portal, base_url: str) -> FlaskCliRunner:
    url = "https://betal.example/hooks/mobilepay"
    merchant = MobilePayProvider(SALES_UNIT, base_url=base_url, notice_url=url)
    wires = replace(portal.wires(), provider_named=lambda _facts, _name: merchant)
    return create_app(wires=wires).test_cli_runner()


def secret_in(output: str) -> str:
    return output.partition("its secret, shown this once: ")[2].split()[0]


def test_the_webhook_is_registered_once_and_renewed_when_told(portal: Portal, standins: Served) -> None:
    runner = with_mobilepay(portal, f"{standins.url}/mobilepay")
    first = said(runner.invoke(args=["mobilepay", "register"]))
    assert "Prøveby Kommune: https://betal.example/hooks/mobilepay is registered as" in first
    assert "BDK_MOBILEPAY_WEBHOOK_SECRETS" in first
    again = said(runner.invoke(args=["mobilepay", "register"]))
    assert "registered already" in again
    assert "secret, shown" not in again
    renewed = said(runner.invoke(args=["mobilepay", "register", "--renew"]))
    assert secret_in(renewed) != secret_in(first)
    assert "registered already" in said(runner.invoke(args=["mobilepay", "register"]))
    state = httpx.get(f"{standins.url}/control/mobilepay/state").json()
    assert [one["url"] for one in state["webhooks"]].count("https://betal.example/hooks/mobilepay") == 1


def test_without_mobilepay_there_is_nothing_to_register(runner: FlaskCliRunner, portal: Portal) -> None:
    assert "no municipality has MobilePay" in said(runner.invoke(args=["mobilepay", "register"]), status=1)
    away = with_mobilepay(portal, "http://127.0.0.1:9")
    assert "MobilePay said no" in said(away.invoke(args=["mobilepay", "register"]), status=1)


def test_a_day_is_reconciled_on_demand(runner: FlaskCliRunner, portal: Portal, town: Town) -> None:
    person = town.person()
    town.paid(person, *town.shows(person, daycare()))
    day = danish_day(NOW).isoformat()
    output = said(runner.invoke(args=["reconcile", "run", "--day", day, "--municipality", CODE]))
    assert output.startswith(f"{CODE} {day}: ")
    assert "0 parked" in output
    town.provider.is_down = True
    assert "stripe not read" in said(runner.invoke(args=["reconcile", "run", "--day", day]), status=1)
    assert "was not reconciled" in said(runner.invoke(args=["reconcile", "run", "--municipality", "0000"]), status=1)


def test_a_statement_in_a_file_is_taken_in(runner: FlaskCliRunner, tmp_path: Path) -> None:
    path = tmp_path / "udtog.csv"
    path.write_text(f"posteringsid;konto;beløb;bogført\n{uuid4()};{COLLECTING};60,00;2026-03-02\nx;y;z;w\n")
    args = ["reconcile", "ledger-file", str(path), "--municipality", CODE]
    output = said(runner.invoke(args=args))
    assert "udtog.csv: 1 rows of 1 days, 1 parked" in output
    assert "2026-03-02: 1 differences" in output
    path.write_text("andet\n")
    assert "no row that can be read" in said(runner.invoke(args=args), status=1)
    assert "nothing was done" in said(runner.invoke(args=[*args[:-1], "0000"]), status=1)
