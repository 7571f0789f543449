"""The libraries' catalogue: `GET /catalogue/titles?id=…&id=…` gives title, author and kind by FAUST number.

Magic values: every number that is not in the table on its page is unknown, and simply left out of the answer.
"""

import flask

from standins.frame import Place, Standin
from standins.pages import template

MAX_IDS = 500

ABOUT = """GET /catalogue/titles?id=99910017&id=99910025 -> {"titles": [{"id", "title", "author", "kind"}]}
Et nummer, kataloget ikke kender, er ikke med i svaret."""

PAGE = template("""
<table><thead><tr><th scope="col">Faust</th><th scope="col">Titel</th><th scope="col">Forfatter</th>
<th scope="col">Slags</th></tr></thead>
<tbody>{% for one in titles %}<tr><td>{{ one.record_id }}</td><td>{{ one.title }}</td><td>{{ one.author }}</td>
<td>{{ one.kind }}</td></tr>
{% endfor %}</tbody></table>
""")


def standin(place: Place) -> Standin:
    """The catalogue, with the titles of the shared world."""
    blueprint = flask.Blueprint("catalogue", __name__)

    @blueprint.get("/titles")
    def titles() -> tuple[flask.Response, int]:
        wanted = flask.request.args.getlist("id")
        if not 0 < len(wanted) <= MAX_IDS:
            return flask.jsonify({"error": f"give 1 to {MAX_IDS} parameters named id"}), 400
        found = [place.world.titles[one] for one in dict.fromkeys(wanted) if one in place.world.titles]
        rows = [{"id": one.record_id, "title": one.title, "author": one.author, "kind": one.kind} for one in found]
        return flask.jsonify({"titles": rows}), 200

    @blueprint.get("/")
    def page() -> str:
        with place.world.lock:
            return PAGE.render(title="Bibliotekernes katalog", titles=list(place.world.titles.values()))

    return Standin(
        name="catalogue",
        title="Bibliotekernes katalog",
        about=ABOUT,
        blueprint=blueprint,
        reset=lambda: None,
        state=lambda: {"titles": sorted(place.world.titles)},
    )
