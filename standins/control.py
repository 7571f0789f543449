"""The control interface for tests and demonstrations, and the front page that says what is here."""

from collections.abc import Mapping

import flask
from werkzeug.exceptions import BadRequest, HTTPException, NotFound

from standins.faults import BadFault, read_fault
from standins.frame import BadAct, Place, Standin
from standins.gate import Gate
from standins.pages import template
from standins.people import CITIZENS, STAFF, as_row

MAX_NEW_CITIZENS = 20_000
SHOWN_REQUESTS = 15

FRONT = template("""
<p>Her bor de systemer, som Betal din kommune taler med. Portalen selv:
<a href="{{ portal_url }}">{{ portal_url }}</a></p>
<h2>Hvem kan logge ind</h2>
<table><thead><tr><th scope="col">Navn</th><th scope="col">Bruger-id</th><th scope="col">Viser</th></tr></thead>
<tbody>{% for person in people %}<tr><td>{{ person.name }}</td><td>{{ person.username }}</td>
<td>{{ person.note }}</td></tr>
{% endfor %}</tbody></table>
{% for standin in standins %}
<h2 id="{{ standin.name }}">{{ standin.title }}</h2>
<p><a href="/{{ standin.name }}/">/{{ standin.name }}/</a></p>
<pre>{{ standin.about }}</pre>
<h3>Seneste kald: {{ standin.title }}</h3>
{% if requests[standin.name] %}
<table><thead><tr><th scope="col">Tid (UTC)</th><th scope="col">Kald</th><th scope="col">Svar</th></tr></thead>
<tbody>{% for entry in requests[standin.name] %}<tr><td>{{ entry.at[11:19] }}</td>
<td>{{ entry.method }} {{ entry.path }}</td><td>{{ entry.status }}</td></tr>{% endfor %}</tbody></table>
{% else %}<p>Ingen endnu.</p>{% endif %}
{% endfor %}
""")


def control_blueprint(place: Place, standins: Mapping[str, Standin], gate: Gate) -> flask.Blueprint:
    """The front page and everything under `/control`."""
    blueprint = flask.Blueprint("control", __name__)
    _add_world_routes(blueprint, place, standins, gate)
    _add_standin_routes(blueprint, place, standins, gate)

    @blueprint.errorhandler(HTTPException)
    def explain(error: HTTPException) -> tuple[dict[str, str | None], int]:
        return {"error": error.description}, error.code or 500

    @blueprint.get("/")
    def front() -> str:
        return FRONT.render(
            title="Omverdenen",
            portal_url=place.portal_url,
            people=CITIZENS + STAFF,
            standins=standins.values(),
            requests={name: gate.requests(name)[: -SHOWN_REQUESTS - 1 : -1] for name in standins},
        )

    return blueprint


def _add_world_routes(blueprint: flask.Blueprint, place: Place, standins: Mapping[str, Standin], gate: Gate) -> None:
    @blueprint.get("/control/people")
    def people() -> flask.Response:
        return flask.jsonify([as_row(person) for person in place.world.people()])

    @blueprint.post("/control/citizens")
    def citizens() -> tuple[flask.Response, int]:
        body = _json_body()
        count = body.get("count") if isinstance(body, dict) else None
        handed_over = body.get("with_replacement") is True if isinstance(body, dict) else False
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MAX_NEW_CITIZENS:
            raise BadRequest(f"count must be a whole number from 1 to {MAX_NEW_CITIZENS}")
        added = place.world.add_citizens(count, with_replacement=handed_over)
        return flask.jsonify([as_row(person) for person in added]), 201

    @blueprint.post("/control/reset")
    def reset() -> flask.Response:
        place.world.reset()
        place.faults.clear()
        for standin in standins.values():
            standin.reset()
        gate.forget_requests()
        return flask.jsonify({"reset": list(standins)})

    @blueprint.get("/control/faults")
    def faults_taken() -> flask.Response:
        return flask.jsonify(place.faults.taken)

    @blueprint.get("/control/violations")
    def violations() -> flask.Response:
        return flask.jsonify(gate.violations())


def _add_standin_routes(blueprint: flask.Blueprint, place: Place, standins: Mapping[str, Standin], gate: Gate) -> None:
    def known(name: str) -> Standin:
        if name not in standins:
            raise NotFound(f"no stand-in is called {name}; there are {', '.join(standins)}")
        return standins[name]

    @blueprint.get("/control/<name>/requests")
    def requests(name: str) -> flask.Response:
        return flask.jsonify(gate.requests(known(name).name))

    @blueprint.get("/control/<name>/state")
    def state(name: str) -> flask.Response:
        return flask.jsonify(known(name).state())

    @blueprint.get("/control/<name>/faults")
    def faults(name: str) -> flask.Response:
        return flask.jsonify(place.faults.in_force(known(name).name))

    @blueprint.post("/control/<name>/faults")
    def set_fault(name: str) -> tuple[flask.Response, int]:
        try:
            fault = read_fault(_json_body())
        except BadFault as bad:
            raise BadRequest(str(bad)) from bad
        place.faults.set(known(name).name, fault)
        return flask.jsonify(fault), 201

    @blueprint.post("/control/<name>/act/<act>")
    def act(name: str, act: str) -> flask.Response:
        return flask.jsonify(_carry_out(known(name), act))

    @blueprint.delete("/control/<name>/faults")
    def clear_faults(name: str) -> tuple[str, int]:
        place.faults.clear(known(name).name)
        return "", 204


def _carry_out(standin: Standin, act: str) -> object:
    if act not in standin.acts:
        raise NotFound(f"{standin.name} has no act {act}; there are {', '.join(standin.acts) or 'none'}")
    asked = _json_body()
    if not isinstance(asked, dict):
        raise BadRequest("the body must be a JSON object")
    try:
        return standin.acts[act](asked)
    except BadAct as bad:
        raise BadRequest(str(bad)) from bad


def _json_body() -> object:
    body: object = flask.request.get_json(force=True, silent=True)
    if body is None:
        raise BadRequest("the body must be JSON")
    return body
