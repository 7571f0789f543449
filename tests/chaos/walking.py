"""One citizen with a browser on the portal's own pages, who tries again when something is dead."""

import re
from collections.abc import Callable
from typing import Any

import httpx

from bench.overview import log_in
from tests.chaos.town import Town

BILLS = 3
"""A late fee that the library holds, and a daycare claim and a replacement that the ledger holds: three accounts."""
_SESSION = re.compile(r"/stripe/pay/(cs_[A-Za-z0-9_]+)")


class NotThereYet(httpx.HTTPError):
    """A page of the portal is not what the citizen waits for: they look again."""


def walk(town: Town, *, cpr: str, name: str, until_done: Callable[[Callable[[], Any]], Any]) -> str:
    """From the overview to the provider's page with a browser, over and over until it succeeds; its reference.

    The broker has vouched for the citizen already: logging in has no money in it.
    """
    _person, headers = until_done(lambda: log_in(town, cpr, name))
    with httpx.Client(base_url=town.environment["BDK_PUBLIC_URL"], headers=headers, timeout=15) as browser:
        return str(until_done(lambda: _walk_once(browser)))


def _walk_once(browser: httpx.Client) -> str:
    page = browser.get("/regninger").raise_for_status().text
    going_on = _going_on(browser, page)
    if going_on:
        return going_on
    claims = _values(page, "claim")
    if len(claims) != BILLS:
        raise NotThereYet(f"{len(claims)} bills can be chosen")
    fields = {"csrf_token": _values(page, "csrf_token")[0], "claim": claims}
    chosen = browser.post("/betal/kontrol", data=fields)
    if chosen.status_code != 303:
        raise NotThereYet(f"choosing answers {chosen.status_code}")
    check = browser.get(chosen.headers["location"]).raise_for_status().text
    review = {"review": _values(check, "review")[0], "csrf_token": _values(check, "csrf_token")[0], "method": "card"}
    answer = browser.post("/betal", data=review)
    found = _SESSION.search(answer.text)
    if found is None:
        raise NotThereYet(f"paying answers {answer.status_code}")
    return found[1]


def _going_on(browser: httpx.Client, overview: str) -> str | None:
    """The payment that was opened although nobody was told of it: the overview offers to go on with it."""
    tokens = re.findall(r'href="/betal/([A-Za-z0-9_-]{16,})"', overview)
    for token in tokens[:1]:
        found = _SESSION.search(browser.get(f"/betal/{token}").raise_for_status().text)
        if found is None:
            raise NotThereYet("nobody knows yet whether the provider has opened it")
        return found[1]
    return None


def _values(page: str, name: str) -> list[str]:
    return re.findall(rf'name="{name}" value="([^"]+)"', page)
