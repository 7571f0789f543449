"""Tokens are had once, renewed in time and by one, renewed when refused, and never told to anybody."""

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from app.foundation.clock import utc_now
from app.foundation.http import within
from app.serviceplatformen.port import Nonsense, Refused, RoadError, Unavailable
from app.serviceplatformen.tokens import SecurityToken, TokenOffice
from tests.foundation.certified import certified
from tests.serviceplatformen.peers import peer, saying

ENTITY, CVR, SECRET = "http://entityid.kombit.dk/service/s/1", "99000007", "saml-that-nobody-may-see"


@dataclass
class Services:
    """Both services at one address, and what they were asked."""

    life: float = 3600
    slow_seconds: float = 0
    status: int = 200
    issued: list[dict[str, object]] = field(default_factory=list)
    given: int = 0

    def answer(self, handler: BaseHTTPRequestHandler, sent: bytes) -> None:
        time.sleep(self.slow_seconds)
        if handler.path.endswith("/issue"):
            self.issued.append(json.loads(sent))
            said: dict[str, object] = {"RequestedSecurityToken": {"Assertion": SECRET}}
        else:
            assert parse_qs(sent.decode()) == {"saml-token": [SECRET]}
            self.given += 1
            said = {"access_token": f"token-{self.given}", "token_type": "Holder-of-key", "expires_in": self.life}
        saying(self.status, json.dumps(said).encode(), "application/json")(handler, sent)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def office_at(services: Services, clock: Callable[[], float], certificate: Path | None = None) -> Iterator[TokenOffice]:
    with peer(services.answer) as url:
        office = TokenOffice(issue_url=f"{url}issue", access_url=f"{url}token", certificate=certificate, clock=clock)
        try:
            yield office
        finally:
            office.close()


def test_a_token_is_had_once_for_each_service_and_municipality_and_renewed_in_time(tmp_path: Path) -> None:
    ours = certified(valid_from=utc_now(), valid_to=utc_now() + timedelta(days=1))
    (tmp_path / "our.pem").write_text(ours.pem)
    services, clock = Services(), Clock()
    with office_at(services, clock, tmp_path / "our.pem") as office:
        assert office.seconds_left_of(entity_id=ENTITY, cvr=CVR) is None
        assert [office.header(entity_id=ENTITY, cvr=CVR) for _ in range(3)] == ["Holder-of-key token-1"] * 3
        assert office.header(entity_id=ENTITY, cvr="99000015") == "Holder-of-key token-2"
        assert office.header(entity_id="other", cvr=CVR) == "Holder-of-key token-3"
        clock.now = 3539
        assert office.header(entity_id=ENTITY, cvr=CVR) == "Holder-of-key token-1"
        assert office.seconds_left_of(entity_id=ENTITY, cvr=CVR) == 61
        clock.now = 3541
        assert office.header(entity_id=ENTITY, cvr=CVR) == "Holder-of-key token-4"
    asked = services.issued[0]
    assert asked["AnvenderKontekst"] == {"Cvr": CVR}
    assert asked["AppliesTo"] == {"EndpointReference": {"Address": ENTITY}}
    assert base64.b64decode(str(asked["UseKey"])) == ours.der


def test_one_renews_while_the_others_wait_for_it() -> None:
    services, clock = Services(slow_seconds=0.2), Clock()
    start = threading.Barrier(8)

    def have(_number: int) -> str:
        start.wait()
        return office.header(entity_id=ENTITY, cvr=CVR)

    with office_at(services, clock) as office, ThreadPoolExecutor(8) as pool:
        assert set(pool.map(have, range(8))) == {"Holder-of-key token-1"}
    assert len(services.issued) == services.given == 1


def test_whoever_waits_longer_than_its_deadline_says_so() -> None:
    services, clock = Services(slow_seconds=0.5), Clock()
    with office_at(services, clock) as office, ThreadPoolExecutor(1) as pool:
        first = pool.submit(office.header, entity_id=ENTITY, cvr=CVR)
        time.sleep(0.1)
        with within(0.1), pytest.raises(Unavailable, match="in time"):
            office.header(entity_id=ENTITY, cvr=CVR)
        assert first.result() == "Holder-of-key token-1"


def test_a_token_that_was_refused_is_not_given_again_and_renewed_by_the_first_who_says_so() -> None:
    with office_at(Services(), Clock()) as office:
        old = office.header(entity_id=ENTITY, cvr=CVR)
        new = [office.header(entity_id=ENTITY, cvr=CVR, refused=old) for _ in range(3)]
        assert new == ["Holder-of-key token-2"] * 3


def test_a_token_that_is_still_valid_bridges_a_service_that_is_away_and_one_that_has_ended_does_not() -> None:
    services, clock = Services(life=100), Clock()
    with office_at(services, clock) as office:
        office.header(entity_id=ENTITY, cvr=CVR)
        services.status = 503
        clock.now = 95
        assert office.header(entity_id=ENTITY, cvr=CVR) == "Holder-of-key token-1"
        with pytest.raises(Unavailable):
            office.header(entity_id=ENTITY, cvr=CVR, refused="Holder-of-key token-1")
        clock.now = 100
        with pytest.raises(Unavailable):
            office.header(entity_id=ENTITY, cvr=CVR)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (503, b"", Unavailable),
        (429, b"", Unavailable),
        (403, b"", Refused),
        (302, b"", Refused),
        (200, b"<html>", Nonsense),
        (200, b"[]", Nonsense),
        (200, b'{"RequestedSecurityToken": {"Assertion": ""}}', Nonsense),
    ],
)
def test_what_goes_wrong_is_one_of_the_roads_errors_and_repeats_nothing(
    status: int, body: bytes, error: type[RoadError]
) -> None:
    with peer(saying(status, body, "application/json")) as url:
        office = TokenOffice(issue_url=url, access_url=url)
        with pytest.raises(error) as raised:
            office.header(entity_id=ENTITY, cvr=CVR)
        office.close()
    assert SECRET not in str(raised.value)


def test_nobody_there_is_unavailable() -> None:
    office = TokenOffice(issue_url="http://127.0.0.1:9/", access_url="http://127.0.0.1:9/")
    with pytest.raises(Unavailable):
        office.header(entity_id=ENTITY, cvr=CVR)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"access_token": "a", "token_type": "Holder-of-key"},
        {"access_token": "a", "token_type": "Holder-of-key", "expires_in": 0},
        {"access_token": "a\r\nx: y", "token_type": "Holder-of-key", "expires_in": 9},
        {"access_token": 7, "token_type": "Holder-of-key", "expires_in": 9},
    ],
)
def test_a_token_that_cannot_be_used_is_nonsense(said: dict[str, object]) -> None:
    def answer(handler: BaseHTTPRequestHandler, sent: bytes) -> None:
        body = said if sent.startswith(b"saml-token=") else {"RequestedSecurityToken": {"Assertion": "<a/>"}}
        saying(200, json.dumps(body).encode(), "application/json")(handler, sent)

    with peer(answer) as url:
        office = TokenOffice(issue_url=url, access_url=url)
        with pytest.raises(Nonsense):
            office.header(entity_id=ENTITY, cvr=CVR)
        assert base64.b64decode(office.assertion(entity_id=ENTITY, cvr=CVR)) == b"<a/>"
        office.close()


def test_a_security_token_is_kept_until_it_is_refused() -> None:
    said: dict[str, object] = {}

    def answer(handler: BaseHTTPRequestHandler, sent: bytes) -> None:
        saying(200, json.dumps(said).encode(), "application/json")(handler, sent)

    with peer(answer) as url:
        office = TokenOffice(issue_url=url, access_url=url)
        token = SecurityToken(office, entity_id=ENTITY, cvr=CVR)
        with pytest.raises(Nonsense):
            token(renew=False)
        said["RequestedSecurityToken"] = {"Assertion": "<first/>"}
        assert token(renew=False) == b"<first/>"
        said["RequestedSecurityToken"] = {"Assertion": base64.b64encode(b"<second/>").decode()}
        assert token(renew=False) == b"<first/>"
        assert [token(renew=True), token(renew=False)] == [b"<second/>"] * 2
        said["RequestedSecurityToken"] = {"Assertion": "abcde"}
        with pytest.raises(Nonsense, match="no base64"):
            token(renew=True)
        office.close()
