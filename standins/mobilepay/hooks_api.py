"""The routes of the Webhooks API."""

import flask

from standins.mobilepay import bodies
from standins.mobilepay.refusals import malformed
from standins.mobilepay.webhooks import Webhooks
from standins.mobilepay.wire import Desk, answer, authorise, json_body

WEBHOOKS = "/webhooks/v1/webhooks"


def add_hooks_api(blueprint: flask.Blueprint, desk: Desk, webhooks: Webhooks) -> None:
    """Register, list, delete."""

    @blueprint.post(WEBHOOKS)
    def register() -> flask.Response:
        authorise(desk)
        asked = bodies.read(bodies.Registration, json_body(desk))
        if not asked.url.startswith(("https://", "http://")) or not bodies.is_address(asked.url):
            raise malformed("url", "The address must use https:// (http:// on this machine only).")
        return answer(webhooks.register(asked.url, asked.events), 201)

    @blueprint.get(WEBHOOKS)
    def listed() -> flask.Response:
        authorise(desk)
        return answer({"webhooks": webhooks.listed()})

    @blueprint.delete(f"{WEBHOOKS}/<webhook_id>")
    def delete(webhook_id: str) -> flask.Response:
        authorise(desk)
        webhooks.delete(webhook_id)
        return flask.Response(status=204)
