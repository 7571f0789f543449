"""The security checklist at the doors: headers, cookies, forms, redirects, proxies, errors, limits."""

import json
import re
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import pytest
import time_machine
from werkzeug.test import TestResponse

from app.foundation import log
from app.foundation.db import Sessions
from app.web.limits import LIMITS
from tests.demo import KIRSTEN, NOW
from tests.fakes.sources import FakeToldSource
from tests.identity.fake_op import CLIENT_ID, SECRET, FakeOp
from tests.web.plain import text_of
from tests.web.portal import DAYCARE, FINE, HOST, Browser, Portal

pytestmark = pytest.mark.database
HEADERS = {
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=()",
}
VISIT = ("login_session", "audit_entry", "rate_limit", "source_hearing")
TOLD_BY_THE_BROKEN = "very secret words 710170-1234"


def assert_guarded(answer: TestResponse, *, is_file: bool = False) -> None:
    """The headers stand there, nothing personal is stored by the browser, and no version is told."""
    for name, value in HEADERS.items():
        assert answer.headers[name].startswith(value), f"{name} of {answer.request.path}"
    assert (
        ("no-store" not in answer.headers["Cache-Control"])
        if is_file
        else answer.headers["Cache-Control"] == "no-store"
    )
    assert not {"Server", "X-Powered-By"} & set(answer.headers.keys())


def paths(portal: Portal, **values: str) -> list[str]:
    adapter = portal.app.url_map.bind(HOST)
    rules = [rule for rule in portal.app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    return [adapter.build(rule.endpoint, {name: values[name] for name in rule.arguments}) for rule in rules]


@pytest.mark.long
def test_every_page_bears_the_headers_whoever_asks(portal: Portal) -> None:
    claim_id, _ = portal.owes(FINE, DAYCARE)
    token = portal.town.paid(portal.town.person(), claim_id).token
    others = dict.fromkeys(("payment_id", "row_id", "question_id"), str(claim_id))
    every = paths(
        portal, claim_id=str(claim_id), token=token, filename="css/theme.css", digits="123456", year="2026",
        day="2026-05-13", **others,
    )  # fmt: skip
    for client in (portal.browser(), portal.citizen(), portal.employee()):
        for path in every:
            portal.forgets_knocks()
            answer = client.get(path)
            assert answer.status_code in {200, 303, 400, 403, 404, 503}, path
            assert_guarded(answer, is_file=path.startswith(("/static", "/theme")))
            assert answer.mimetype == "application/pdf" or "eyJ" not in answer.text


def test_every_error_page_bears_the_headers(portal: Portal) -> None:
    portal.library = Broken()
    kirsten = portal.citizen()
    answers = {
        400: kirsten.post("/betal"),
        404: kirsten.get("/intet"),
        405: kirsten.get("/betal"),
        413: kirsten.post("/betal", data={"x": "x" * 70000}),
        500: kirsten.get("/regninger"),
    }
    assert [answer.status_code for answer in answers.values()] == [400, 404, 405, 413, 500]
    for answer in answers.values():
        assert_guarded(answer)
        assert "<h1>" in answer.text


class Broken(FakeToldSource):
    """A source with a fault in it that nobody foresaw."""

    def ask(self, cpr: str, *, deadline_seconds: float) -> NoReturn:  # noqa: ARG002 - the port's arguments
        raise RuntimeError(TOLD_BY_THE_BROKEN)


def test_an_unforeseen_error_gives_a_number_and_no_detail(portal: Portal) -> None:
    portal.library = Broken()
    page = portal.citizen().get("/regninger")
    assert page.status_code == 500
    for secret in ("RuntimeError", "Traceback", TOLD_BY_THE_BROKEN, KIRSTEN):
        assert secret not in page.text
    number = re.search(r"[0-9A-F]{4}-[0-9A-F]{4}", text_of(page.text))
    assert number is not None
    assert "Har du lige betalt? Så betal ikke igen" in text_of(page.text)


def test_the_session_cookie_stays_on_this_host_and_out_of_scripts(
    sessions: Sessions, op: FakeOp, logging_restored: None
) -> None:
    portal = Portal(sessions, changes=_broker(op))
    answer = portal.browser().get("/login")
    assert answer.status_code == 303
    assert answer.location is not None
    assert answer.location.startswith(op.issuer)
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-bdk=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert "eyJ" not in cookie


def _broker(op: FakeOp) -> dict[str, Any]:
    return {
        "citizen_oidc_issuer": op.issuer,
        "citizen_oidc_client_id": CLIENT_ID,
        "citizen_oidc_client_secret": SECRET,
    }


def test_a_language_is_remembered_out_of_scripts_and_only_if_it_is_one(portal: Portal) -> None:
    (cookie,) = portal.browser(scheme="https").get("/?lang=en").headers.getlist("Set-Cookie")
    assert {"Secure", "HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))
    for unknown in ("xx", "<script>", "en\r\nSet-Cookie: a=b", "../en"):
        answer = portal.browser().get("/", query_string={"lang": unknown})
        assert (answer.status_code, answer.headers.getlist("Set-Cookie")) == (200, [])


EVIL = (
    "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "https:evil.example",
    "https://evil.example/", "http://evil.example", "%2f%2fevil.example", "/%2f%2fevil.example", "/%5cevil.example",
    "\t//evil.example", "/\t/evil.example", "/\n/evil.example", " //evil.example", "javascript:alert(1)",
    "/@evil.example:x@localhost//..//evil", "evil.example", "//localhost@evil.example", "/.//evil.example", "/login",
    "/log-af/videre", "/" + "x" * 3000, "/\0", "/\u2028/evil",
)  # fmt: skip


@pytest.mark.parametrize("after", EVIL)
def test_a_login_leads_to_no_other_house(portal: Portal, after: str) -> None:
    answer = portal.citizen().get("/login", query_string={"next": after})
    assert answer.status_code == 303
    assert answer.location is not None
    assert re.fullmatch(r"/(?![/\\])[!-~]*", answer.location)
    assert not answer.location.startswith(("/login", "/log-af"))


def test_a_login_leads_back_to_a_page_of_this_house(portal: Portal) -> None:
    for after in ("/betalinger", "/betal/kontrol?review=1", "/regninger/5?lang=en"):
        assert portal.citizen().get("/login", query_string={"next": after}).location == after


@dataclass(frozen=True)
class Referred:
    referrer: str | None
    status: int


@pytest.mark.parametrize(
    "sent",
    [
        Referred("https://localhost/regninger", 303),
        Referred("https://evil.example/regninger", 400),
        Referred("http://localhost/regninger", 400),
        Referred(None, 400),
    ],
    ids=str,
)
def test_a_form_over_https_behind_one_proxy_is_taken_from_our_own_pages_only(
    sessions: Sessions, logging_restored: None, sent: Referred
) -> None:
    portal = Portal(sessions, changes={"trusted_proxies": 1, "public_url": "https://localhost"})
    claim_id, _ = portal.owes(FINE, DAYCARE)
    kirsten = portal.citizen()
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": HOST, "X-Forwarded-For": "192.0.2.7"}
    if sent.referrer:
        forwarded["Referer"] = sent.referrer
    kirsten.address = "http://10.0.0.7:8000"
    cookie = kirsten.get_cookie("__Host-bdk", domain=HOST)
    assert cookie is not None
    kirsten.set_cookie(cookie.key, cookie.value, domain="10.0.0.7")
    page = kirsten.get("/hjaelp", headers=forwarded)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token is not None
    data = {"csrf_token": token[1], "claim": str(claim_id)}
    answer = kirsten.post("/betal/kontrol", headers=forwarded, data=data)
    assert answer.status_code == sent.status


def test_without_a_trusted_proxy_nobody_believes_what_is_forwarded(portal: Portal) -> None:
    forwarded = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
    page = portal.browser().get("/", headers=forwarded)
    assert page.status_code == 200
    assert "evil.example" not in page.text


def knock_until_refused(client: Browser, path: str, at_most: int) -> TestResponse:
    for number in range(at_most):
        headers = {"X-Forwarded-For": f"192.0.2.{number}"}
        assert client.get(path, headers=headers).status_code != 429
    return client.get(path, headers={"X-Forwarded-For": "192.0.2.250"})


@pytest.mark.parametrize("path", ["/login", "/personale/login", "/login/callback"])
def test_knocking_too_often_is_answered_with_when_to_come_again(portal: Portal, path: str) -> None:
    at_most = next(int(limit.at_most.partition("/")[0]) for limit in LIMITS if path in limit.paths)
    page = knock_until_refused(portal.browser(), path, at_most)
    assert (page.status_code, page.headers["Retry-After"]) == (429, "60")
    assert "Du har prøvet mange gange" in text_of(page.text)
    assert_guarded(page)
    portal.clock.passes(seconds=61)
    assert portal.browser().get(path).status_code != 429


def test_a_form_from_yesterday_changes_nothing(portal: Portal) -> None:
    claim_id, _ = portal.owes(FINE, DAYCARE)
    with time_machine.travel(NOW) as world:
        kirsten = portal.citizen()
        assert kirsten.csrf
        before = portal.counts(but=VISIT)
        world.shift(9 * 3600)
        page = kirsten.send("/betal/kontrol", claim=str(claim_id))
    assert page.status_code == 400
    assert "Siden har ligget åben for længe" in text_of(page.text)
    assert portal.counts(but=VISIT) == before


def test_anothers_token_opens_no_form(portal: Portal) -> None:
    claim_id, _ = portal.owes(FINE, DAYCARE)
    stolen = portal.citizen().csrf
    page = portal.citizen().post("/betal/kontrol", data={"csrf_token": stolen, "claim": str(claim_id)})
    assert page.status_code == 400


def test_words_of_other_systems_are_shown_as_words(portal: Portal) -> None:
    script = "<img src=x onerror=alert(1)>\"'{{7*7}}"
    evidence = FINE.evidence | {"reason": script, "materials": [FINE.evidence["materials"][0] | {"title": script}]}
    (claim_id,) = portal.owes(replace(FINE, evidence=evidence))
    kirsten = portal.citizen(name=script)
    for path in ("/regninger", f"/regninger/{claim_id}"):
        page = kirsten.get(path)
        assert page.status_code == 200
        assert "<img src=x" not in page.text
        assert "&lt;img src=x onerror" in page.text


def test_logging_off_ends_the_session_and_empties_the_browser(portal: Portal) -> None:
    kirsten = portal.citizen()
    cookie = kirsten.get_cookie("__Host-bdk", domain=HOST)
    page = kirsten.send("/log-af")
    assert page.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert_guarded(page)
    assert cookie is not None
    again = portal.browser()
    again.set_cookie(cookie.key, cookie.value, domain=HOST, secure=True)
    assert again.get("/regninger").status_code == 303


def test_logs_of_a_failed_visit_hold_no_number_and_no_cookie(capfd: pytest.CaptureFixture[str], portal: Portal) -> None:
    portal.library = Broken()
    kirsten = portal.citizen()
    cookie = kirsten.get_cookie("__Host-bdk", domain=HOST)
    log.set_up("INFO")  # to where this test can read it
    kirsten.get("/regninger")
    written = capfd.readouterr().err
    assert cookie is not None
    assert "unforeseen error" in written
    for secret in (KIRSTEN, "710170-1234", cookie.value):
        assert secret not in written
    for line in written.splitlines():
        json.loads(line)
