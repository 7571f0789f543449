"""The library's own screen: which fees borrowers have, as staff at the desk would see them in Cicero."""

import flask

from standins.pages import template
from standins.world import World

SHOWN_PATRONS = 50
SHOWN_FEES = 20

PAGE = template("""
<form method="get"><label for="navn">Låner</label>
<input id="navn" name="navn" value="{{ name }}"> <button>Find</button></form>
{% for patron, fees, more in rows %}
<h2>{{ patron.name }} <small>(låner {{ patron.patron_id }}, {{ patron.agency }})</small></h2>
<p>Kort:
{% if patron.block_reasons %}spærret ({{ patron.block_reasons|join(", ") }}){% else %}ikke spærret{% endif %}</p>
{% if fees %}
<table><thead><tr><th scope="col">Nr.</th><th scope="col">Årsag</th><th scope="col">Materiale</th>
<th scope="col">Beløb</th><th scope="col">Oprettet</th><th scope="col">Betales</th>
<th scope="col">Betalt</th></tr></thead>
<tbody>{% for fee in fees %}<tr><td>{{ fee.fee_id }}</td><td>{{ fee.reason_message }}</td>
<td>{% for one in fee.materials %}{{ titles.get(one.record_id, one.record_id) }} {% endfor %}</td>
<td>{{ fee.amount_ore|kr }}</td><td>{{ fee.created_on }}</td>
<td>{{ "her" if fee.payable_by_client else "hos kommunen" }}</td><td>{{ fee.paid_on or "nej" }}</td></tr>
{% endfor %}</tbody></table>
{% if more %}<p>og {{ more }} til</p>{% endif %}
{% else %}<p>Ingen mellemværender.</p>{% endif %}
{% else %}<p>Ingen lånere med det navn.</p>
{% endfor %}
""")


def add_page(blueprint: flask.Blueprint, world: World) -> None:
    """Add the page at the stand-in's root; `?navn=` finds borrowers by part of their name."""

    @blueprint.get("/")
    def page() -> str:
        name = flask.request.args.get("navn", "").strip()
        with world.lock:
            patrons = [patron for patron in world.patrons.values() if name.lower() in patron.name.lower()]
            rows = []
            for patron in patrons[:SHOWN_PATRONS]:
                fees = world.fees_of(patron.agency, patron.patron_id)
                rows.append((patron, fees[:SHOWN_FEES], max(len(fees) - SHOWN_FEES, 0)))
            titles = {one.record_id: one.title for one in world.titles.values()}
            return PAGE.render(title="Cicero: mellemværender", rows=rows, titles=titles, name=name)
