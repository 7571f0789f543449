"""The doors of operation: alive, ready or not and why, and figures for whoever has the token."""

from dataclasses import replace

import pytest

from app.factory import create_app
from app.foundation.db import engine_for, sessions_on
from app.outbox.models import OutboxRoad
from tests.conftest import new_database
from tests.web.portal import FINE, METRICS_TOKEN, Portal

pytestmark = pytest.mark.database
TOKEN = {"Authorization": f"Bearer {METRICS_TOKEN}"}


def test_the_process_says_that_it_lives_under_whatever_name(portal: Portal) -> None:
    answer = portal.browser(host="10.0.0.7:8080").get("/healthz")
    assert (answer.status_code, answer.mimetype, answer.text) == (200, "text/plain", "alive\n")


def test_a_missing_worker_is_a_warning_and_empties_no_house(portal: Portal) -> None:
    answer = portal.browser(host="10.0.0.7").get("/readyz")
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["database"] == answer.json["migrations"] == "ok"
    assert answer.json["workers"] == "warning: no worker is alive"


def test_an_undelivered_promise_is_a_warning(portal: Portal) -> None:
    (claim_id,) = portal.owes(FINE)
    portal.town.paid(portal.town.person(), claim_id)
    portal.clock.passes(minutes=10)
    answer = portal.browser().get("/readyz")
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["outbox"].startswith("warning: undelivered since 2026-03-02T12:01")
    assert answer.json["ledger"].startswith("warning: undelivered since 2026-03-02T12:01")
    assert answer.json["ledger"].endswith("in 0991: Venter på sin tur")


def test_a_silent_road_is_a_warning_with_its_reason(portal: Portal) -> None:
    client = portal.browser()
    said = client.get("/readyz").json
    assert said is not None
    assert said["roads"] == "ok"
    with portal.town.sessions.begin() as session:
        silence = {"silent_since": portal.clock(), "rests_until": portal.clock(), "reason": "LedgerUnavailable: away"}
        session.add(OutboxRoad(wire="ledger", municipality_code="0991", **silence))
    said = client.get("/readyz").json
    assert said is not None
    assert said["roads"] == "warning: ledger/0991 silent since 2026-03-02T12:00:00+00:00: LedgerUnavailable: away"
    assert "bdk_roads_silent 1.0" in client.get("/metrics", headers=TOKEN).text


def test_the_bound_of_the_promise_is_a_setting(portal: Portal) -> None:
    (claim_id,) = portal.owes(FINE)
    portal.town.paid(portal.town.person(), claim_id)
    portal.clock.passes(minutes=10)
    settings = portal.wires.settings.model_copy(update={"ledger_promise_seconds": 540})
    patient = create_app(wires=replace(portal.wires, settings=settings)).test_client()
    said = patient.get("/readyz").json
    assert said is not None
    assert said["ledger"] == "ok"
    assert "bdk_promise_broken 0.0" in patient.get("/metrics", headers=TOKEN).text


def test_a_database_that_is_away_is_not_ready_and_its_address_is_not_told(portal: Portal) -> None:
    away = engine_for("postgresql://bdk_app@127.0.0.1:9/nowhere")
    client = create_app(wires=replace(portal.wires, sessions=sessions_on(away))).test_client()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"database": "error: OperationalError"}
    assert client.get("/healthz").status_code == 200


def test_a_database_without_the_schema_is_not_ready(portal: Portal, worker_id: str) -> None:
    engine = engine_for(new_database(f"bdk_test_bare_{worker_id}").app_url)
    client = create_app(wires=replace(portal.wires, sessions=sessions_on(engine))).test_client()
    answer = client.get("/readyz")
    engine.dispose()
    assert answer.status_code == 503
    assert answer.json is not None
    assert any(line.startswith("error") for line in answer.json.values())


@pytest.mark.parametrize(
    "header", ["", "Bearer ", "Bearer wrong", f"Basic {METRICS_TOKEN}", f"Bearer {METRICS_TOKEN}x", "Bearer \xff"]
)
def test_figures_are_unknown_to_whoever_has_no_token(portal: Portal, header: str) -> None:
    answer = portal.browser().get("/metrics", headers={"Authorization": header} if header else {})
    assert (answer.status_code, answer.mimetype) == (404, "text/plain")
    assert "bdk_" not in answer.text


def test_without_a_token_in_the_settings_nobody_gets_figures(portal: Portal) -> None:
    silent = replace(portal.wires, settings=portal.wires.settings.model_copy(update={"metrics_token": None}))
    assert (
        create_app(wires=silent).test_client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
    )


def test_the_figures_say_what_is_on_its_way(portal: Portal) -> None:
    (claim_id,) = portal.owes(FINE)
    portal.town.paid(portal.town.person(), claim_id)
    portal.clock.passes(minutes=10)
    answer = portal.browser(host="10.0.0.7").get("/metrics", headers=TOKEN)
    assert answer.status_code == 200
    lines = answer.text.splitlines()
    for line in (
        "bdk_transit_ore 7500.0",
        "bdk_outbox_due 1.0",
        "bdk_outbox_oldest_seconds 540.0",
        "bdk_workers_alive 0.0",
        "bdk_undelivered_oldest_seconds 540.0",
        "bdk_promise_broken 1.0",
        "bdk_ledger_count 0.0",
        'bdk_ledger_seconds{quantile="0.95"} NaN',
    ):
        assert line in lines
