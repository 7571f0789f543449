"""Acts: one door through which a test or a demonstration makes a stand-in do something."""

from collections.abc import Mapping
from pathlib import Path

import flask
import pytest
from flask.testing import FlaskClient

from standins.control import control_blueprint
from standins.faults import Faults
from standins.frame import BadAct, Place, Standin
from standins.gate import Gate
from standins.world import World


def double(asked: Mapping[str, object]) -> object:
    number = asked.get("number")
    if not isinstance(number, int):
        raise BadAct("number must be a whole number")
    return {"twice": 2 * number}


@pytest.fixture
def caller(tmp_path: Path) -> FlaskClient:
    faults = Faults()
    gate = Gate(faults)
    place = Place("http://here", "http://portal", World(), faults, gate.record_violation, tmp_path)
    blueprint = flask.Blueprint("toy", __name__)
    toy = Standin("toy", "Toy", "plays", blueprint, lambda: None, lambda: None, {"double": double})
    app = flask.Flask(__name__)
    app.register_blueprint(control_blueprint(place, {"toy": toy}, gate))
    return app.test_client()


def test_an_act_is_given_json_and_answers_json(caller: FlaskClient) -> None:
    answer = caller.post("/control/toy/act/double", json={"number": 21})
    assert (answer.status_code, answer.get_json()) == (200, {"twice": 42})


@pytest.mark.parametrize("body", ['{"number": "x"}', "[]", "no"])
def test_what_makes_no_sense_is_a_bad_request_that_says_so(caller: FlaskClient, body: str) -> None:
    answer = caller.post("/control/toy/act/double", data=body)
    assert answer.status_code == 400
    assert answer.get_json()["error"]


def test_an_unknown_act_is_answered_with_those_that_are_known(caller: FlaskClient) -> None:
    answer = caller.post("/control/toy/act/halve", json={})
    assert answer.status_code == 404
    assert "double" in answer.get_json()["error"]
