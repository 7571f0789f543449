"""Bad input at every door (issue 2, item 21): one table over all routes. Each answer is clear, and nothing is changed.

No door of the web takes XML yet: a body of XML with entities is one more body that is not a form. The parser's own
refusal of entities is tested with `sf1590`, and the address table of logins with `web/signin`.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.demo import AHMED, fine
from tests.web.portal import DAYCARE, FINE, Browser, Portal

pytestmark = [pytest.mark.database, pytest.mark.long]
# Who brings no certificate is turned away here, whatever else is wrong.
CERTIFIED = ("/hooks/ledger", "/hooks/beskedfordeler")
HOOKS = ("/hooks/stripe", "/hooks/mobilepay", "/hooks/oidc/backchannel-logout", *CERTIFIED)
MACHINES = ("/hooks/", "/healthz", "/readyz", "/metrics")
# What a mere visit may write.
VISIT = ("login_session", "audit_entry", "rate_limit", "seen_logout_token", "pay_code", "payment_slip")
XML = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'
BIG = b"claim=" + b"x" * 10_000_000
GET, POST = "GET", "POST"


@dataclass
class Door:
    """One method of one route, with an address that would do something if the rest of the request were right."""

    rule: Rule
    method: str
    path: str

    @property
    def is_hook(self) -> bool:
        return self.rule.rule in HOOKS


@dataclass
class Scene:
    """Somebody is logged in at every kind of door, and there is something to spoil."""

    portal: Portal
    who: dict[str, Browser] = field(default_factory=dict)
    mine: str = ""
    others: str = ""
    token: str = ""

    def __post_init__(self) -> None:
        portal = self.portal
        first, _ = portal.owes(FINE, DAYCARE)
        (others,) = portal.owes(fine("a1"), cpr=AHMED)
        self.mine, self.others = str(first), str(others)
        self.token = portal.town.opened(portal.town.person(), first).token
        self.who = {"nobody": portal.browser(), "citizen": portal.citizen(), "staff": portal.employee()}
        self.who["citizen"].get("/regninger")

    def doors(self) -> Iterator[Door]:
        values = {"claim_id": self.mine, "token": self.token, "filename": "css/theme.css", "digits": "123456"}
        values |= {"year": "2026", "day": "2026-05-13"}
        values |= dict.fromkeys(("payment_id", "refund_id", "row_id", "question_id"), str(uuid4()))
        adapter = self.portal.app.url_map.bind("localhost")
        for rule in self.portal.app.url_map.iter_rules():
            path = adapter.build(rule.endpoint, {name: values[name] for name in rule.arguments}, append_unknown=False)
            for method in sorted((rule.methods or set()) & {GET, POST}):
                yield Door(rule, method, path)

    def spoil(self, door: Door, who: str, send: Callable[[Browser], TestResponse], allowed: set[int]) -> None:
        """Send a bad request: an answer of ours comes, one of those allowed, and no row is made or lost."""
        self.portal.forgets_knocks()
        before = self.portal.counts(but=VISIT)
        answer = send(self.who[who])
        what = f"{door.method} {door.path} as {who}: {answer.status}"
        assert answer.status_code in (allowed | {401} if door.rule.rule in CERTIFIED else allowed), what
        assert_ours(answer, door.path, what)
        assert self.portal.counts(but=VISIT) == before, what


def assert_ours(answer: TestResponse, path: str, what: str) -> None:
    """The answer bears our headers, and an error says in plain words what is wrong."""
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'"), what
    assert answer.headers["X-Content-Type-Options"] == "nosniff", what
    assert b"Traceback" not in answer.data, what
    if answer.status_code < 400:
        return
    assert answer.headers["Cache-Control"] == "no-store", what
    if path.startswith(MACHINES):
        assert answer.mimetype in {"text/plain", "text/html"}, what
        return
    assert '<html lang="da"' in answer.text, what
    assert "<h1>" in answer.text, what


@pytest.fixture
def scene(portal: Portal) -> Scene:
    return Scene(portal)


@dataclass(frozen=True)
class Spoilt:
    """A way of spoiling a request: at which doors, by whom, how, and which answers are clear."""

    name: str
    allowed: frozenset[int]
    how: Callable[[Scene, Door, Browser], dict[str, Any]]
    at: Callable[[Door], bool] = lambda _door: True
    by: tuple[str, ...] = ("nobody", "citizen", "staff")


def _form(**fields: Any) -> Callable[[Scene, Door, Browser], dict[str, Any]]:
    """Fields beside a right token, so that the view itself must see what is wrong."""
    return lambda _scene, _door, client: {"data": {"csrf_token": client.csrf, **fields}}


def _query(text: str) -> Callable[[Scene, Door, Browser], dict[str, Any]]:
    return lambda _scene, _door, _client: {"query_string": text}


def is_post(door: Door) -> bool:
    return door.method == POST


def is_form(door: Door) -> bool:
    """A form of a page that takes fields; logging off and giving up take none, so nothing in them can be wrong."""
    return is_post(door) and not door.is_hook and not door.path.endswith(("/log-af", "/afbryd"))


def is_get(door: Door) -> bool:
    return door.method == GET


LOGGED_IN = ("citizen", "staff")
REFUSED = frozenset({400, 401, 403, 404, 422})
# A spoilt query does not hinder a page that does not read it; a broker that cannot be had is 503.
ANY_PAGE = frozenset({200, 303, 400, 401, 403, 404, 503})
TABLE = (
    Spoilt("no token", frozenset({400}), lambda *_: {"data": {"claim": "x"}}, is_post),
    Spoilt("a made-up token", frozenset({400}), lambda *_: {"data": {"csrf_token": "a.b.c"}}, is_post),
    Spoilt("not a form", frozenset({400}), lambda *_: {"json": {"claim": ["x"]}}, is_post),
    Spoilt("xml with entities", frozenset({400}), lambda *_: {"data": XML, "content_type": "text/xml"}, is_post),
    Spoilt("ten megabytes", frozenset({413}), lambda *_: {
        "data": BIG, "content_type": "application/x-www-form-urlencoded",
    }, is_post),
    Spoilt("ten megabytes as a file", frozenset({413, 400}), lambda *_: {
        "data": BIG, "content_type": "multipart/form-data; boundary=x",
    }, is_post),
    Spoilt("bytes that are no text", frozenset({400}), lambda *_: {
        "data": b"claim=%ff%fe&review=\xff&csrf_token=%00", "content_type": "application/x-www-form-urlencoded",
    }, is_post),
    Spoilt("nothing chosen", REFUSED, _form(), is_form, LOGGED_IN),
    Spoilt("ids that are none", REFUSED, _form(
        claim="not-a-uuid", review="not-a-uuid", method="card", cpr="ABCDEF-1234", reason="here",
        code="not-a-code", amount="not-an-amount",
    ), is_form, LOGGED_IN),
    Spoilt("ids with a null", REFUSED, _form(
        claim="\0", review="\0", method="\0", remove="\0", cpr="120372\0", reason="\0",
        code="\0" * 12, amount="1\0",
    ), is_form, LOGGED_IN),
    Spoilt("ids without end", REFUSED, _form(
        claim="1" * 9000, review="1" * 9000, method="card", cpr="1" * 9000, reason="1" * 9000,
        code="1" * 9000, amount="1" * 9000,
    ), is_form, LOGGED_IN),
    Spoilt("too many ids", frozenset({400, 401, 403, 404, 413, 422}), _form(
        claim=[str(uuid4()) for _ in range(600)], review="x", method="card"
    ), is_form, LOGGED_IN),
    Spoilt("an unknown method of paying", REFUSED, _form(
        review=str(uuid4()), method="bitcoin", cpr="x", claim="x"
    ), is_form, LOGGED_IN),
    Spoilt("an unknown language", ANY_PAGE, _query("lang=xx"), is_get),
    Spoilt("a language that is a script", ANY_PAGE, _query("lang=%3Cscript%3Ealert(1)%3C/script%3E"), is_get),
    Spoilt("a null in the query", ANY_PAGE, _query("lang=%00&review=%00&state=%00&next=%00&v=%00"), is_get),
    Spoilt("a query that is no text", ANY_PAGE, _query("lang=%ff&review=%ff&state=%ff&next=%ff&%ff=%fe"), is_get),
    Spoilt("a broker's word out of nothing", ANY_PAGE, _query(
        "error=x&error_description=%3Cscript%3Ealert(1)%3C/script%3E&state=x&code=y&iss=z"
    ), is_get),
    Spoilt("an unknown host", frozenset({404}), lambda *_: {"base_url": "http://evil.example"},
           lambda door: not door.path.startswith((*MACHINES, "/static", "/theme")) and not is_post(door)),
    Spoilt("a host that is none", frozenset({400, 404}), lambda *_: {"headers": {"Host": "a b<script>"}},
           lambda door: not door.path.startswith((*MACHINES, "/static", "/theme")) and not is_post(door)),
)  # fmt: skip


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_bad_input_gets_a_clear_answer_and_changes_nothing(scene: Scene, row: Spoilt) -> None:
    doors = [door for door in scene.doors() if row.at(door)]
    assert doors
    for door in doors:
        for who in row.by:
            asked = row.how(scene, door, scene.who[who])

            def send(client: Browser, door: Door = door, asked: dict[str, Any] = asked) -> TestResponse:
                answer = client.open(door.path, method=door.method, **asked)
                assert b"<script>alert" not in answer.data
                return answer

            scene.spoil(door, who, send, set(row.allowed))


def test_a_wrong_method_is_named_at_every_door(scene: Scene) -> None:
    for door in scene.doors():
        for method in ("PUT", "DELETE", "PATCH", "TRACE"):
            asked = method

            def send(client: Browser, door: Door = door, asked: str = asked) -> TestResponse:
                answer = client.open(door.path, method=asked)
                assert door.method in answer.headers["Allow"]
                return answer

            scene.spoil(door, "citizen", send, {405})


@pytest.mark.parametrize("end", ["%00", "%ff", "x" * 5000, "..%2f..%2fetc%2fpasswd", "%3Cscript%3E", "-" * 43])
def test_an_address_that_leads_nowhere_is_not_found(scene: Scene, end: str) -> None:
    for path in ("/betal/", "/kvittering/", "/regninger/", "/static/", "/theme/", "/"):
        door = Door(next(scene.portal.app.url_map.iter_rules()), GET, path + end)
        for who in ("nobody", "citizen"):
            scene.spoil(door, who, lambda client, door=door: client.get(door.path), {404})  # type: ignore[misc]


@pytest.mark.parametrize("end", ["%00", "%ff", "x" * 5000, "-" * 43])
def test_a_guessed_token_stops_nothing(scene: Scene, end: str) -> None:
    door = Door(next(scene.portal.app.url_map.iter_rules()), POST, f"/betal/{end}/afbryd")
    scene.spoil(door, "citizen", lambda client: client.send(door.path), {404})
    assert scene.portal.town.payment(scene.token).state == "awaiting"


def test_a_big_body_is_refused_before_it_is_read(scene: Scene) -> None:
    begun = time.monotonic()
    answer = scene.who["citizen"].post("/betal", data=BIG, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 413
    assert time.monotonic() - begun < 1


ERRORS = (
    ("/intet", GET, 404, "Vi kan ikke finde siden", "We cannot find the page"),
    ("/betal", GET, 405, "Siden kan ikke åbnes på den måde", "The page cannot be opened that way"),
    ("/betal", POST, 400, "Siden har ligget åben for længe", "The page was open too long"),
)


@pytest.mark.parametrize(("path", "method", "status", "danish", "english"), ERRORS)
def test_what_is_wrong_is_said_in_the_language_of_the_page(
    portal: Portal, path: str, method: str, status: int, danish: str, english: str
) -> None:
    client = portal.browser()
    for language, words in (("da", danish), ("xx", danish), ("en", english)):
        page = client.open(path, method=method, query_string={"lang": language})
        assert page.status_code == status
        assert f'<html lang="{"en" if language == "en" else "da"}"' in page.text
        assert words in page.text
