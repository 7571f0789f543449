"""Betal din kommune: the map.

Doors: `web` (HTTP, cut by who comes in), `worker` (the outbox), `listening` (a queue of the ledger's messages), `cli`
(operators). Rooms, from the top storey down: `ledger` and `notifications`; `sources`; `payments`; `questions`;
`claims`; `identity` and `journal`; `tasks`; `municipalities`; `outbox`, `sf1590` and `serviceplatformen`; and the
ground, `foundation`. Arrows point down; what must happen later and upwards is a row in
the outbox. `docs/architecture.md` has the picture.
"""

from flask import Flask


def create_app() -> Flask:
    """The portal, as a WSGI server or `flask --app app` wants it."""
    from app.factory import create_app as build

    return build()
