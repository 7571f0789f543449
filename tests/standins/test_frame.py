"""The process that serves the stand-ins: what it refuses, how it ends, and that connections stay open."""

import os
import signal
import socket
import subprocess
import sys
import time
import uuid

import httpx
import pytest
from stdnum.dk import cvr

from standins import people
from standins.frame import Served, find_cpr, find_cpr_in_parameter, masked


def run(**environment: str) -> subprocess.Popen[str]:
    # Mail has a port of its own, for the one that is 25 above any free port may be taken.
    with socket.create_server(("127.0.0.1", 0)) as free:
        mail = {"BDK_STANDINS_SMTP_PORT": str(free.getsockname()[1])}
    return subprocess.Popen(
        [sys.executable, "-m", "standins"],
        env={**os.environ, **mail, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_production_is_refused_in_one_line() -> None:
    process = run(BDK_ENV="production", BDK_STANDINS_PORT="0")
    out, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert out == ""
    assert err.count("\n") == 1
    assert "production" in err


def test_a_taken_port_is_named_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = run(BDK_STANDINS_PORT=port)
        _out, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert err.count("\n") == 1
    assert port in err


def test_a_port_that_is_no_number_is_refused() -> None:
    process = run(BDK_STANDINS_PORT="many")
    _out, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "BDK_STANDINS_PORT" in err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_even_with_a_connection_open(number: signal.Signals) -> None:
    process = run(BDK_STANDINS_PORT="0")
    assert process.stdout is not None
    url = process.stdout.readline().split()[-1]
    with httpx.Client(base_url=url) as client:
        assert client.get("/").status_code == 200
        began = time.monotonic()
        process.send_signal(number)
        _out, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert err == ""
    assert time.monotonic() - began < 5


def test_one_connection_carries_many_requests(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port)) as connection:
        for length in (0, 5, 100):
            body = b"x" * length
            connection.sendall(
                b"POST /control/mitid/faults HTTP/1.1\r\nHost: localhost\r\n"
                + f"Content-Length: {length}\r\n\r\n".encode()
                + body
            )
            assert connection.recv(65536).startswith(b"HTTP/1.1 400")


def test_a_chunked_body_is_read_whole(visitor: httpx.Client) -> None:
    answer = visitor.post("/control/citizens", content=iter([b'{"cou', b'nt": 1}']))
    assert answer.status_code == 201
    assert visitor.get("/control/people").status_code == 200


def test_a_body_too_long_to_be_read_is_refused(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port)) as connection:
        connection.sendall(b"POST /control/reset HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 400")
        assert connection.recv(65536) == b""


def test_the_front_page_says_who_can_log_in_and_what_is_here(visitor: httpx.Client) -> None:
    page = visitor.get("/")
    assert '<html lang="da">' in page.text
    for person in people.CITIZENS + people.STAFF:
        assert person.name in page.text
    for name in ("/mitid/", "/personale-login/", "/stripe/", "/mobilepay/"):
        assert f'href="{name}"' in page.text
        assert visitor.get(name).status_code == 200


def test_nothing_on_a_page_comes_from_elsewhere(visitor: httpx.Client) -> None:
    for path in ("/", "/mitid/", "/personale-login/", "/mobilepay/"):
        text = visitor.get(path).text
        assert "<script" not in text
        assert "src=" not in text


def test_cprs_are_found_where_they_stand_and_ids_are_left_alone() -> None:
    assert find_cpr("/patrons/7405842144") == "7405842144"
    assert find_cpr("x=630391-1327") == "630391-1327"
    assert find_cpr(f"a{people.AHMED.cpr}b") == people.AHMED.cpr
    assert find_cpr("61010112345") is None
    assert find_cpr("fee/95368577000") is None
    assert find_cpr("cs_test_a6101011234b") is None
    assert find_cpr(str(uuid.UUID("61010112-3461-4101-8123-610101123461"))) is None


def test_a_moment_is_no_cpr_whatever_the_date() -> None:
    # The first second of each day for twenty years; from 2027-01-26 on many of them have the shape of a CPR number.
    shaped = 0
    for moment in range(1_767_225_600, 2_398_377_600, 86_400):
        for name in ("created[gte]", "created%5Blt%5D", "arrival_date", "created"):
            assert find_cpr_in_parameter(name, str(moment)) is None
        shaped += find_cpr(str(moment)) is not None
    assert shaped > 100
    address = f"/v1/events?created[gte]={1_801_000_000}&limit=1"
    assert masked(address) == address


def test_a_cpr_is_found_also_where_a_moment_could_stand() -> None:
    cpr = people.AHMED.cpr
    assert find_cpr_in_parameter("created[gte]", cpr) == cpr
    assert find_cpr_in_parameter("created[gte]", "740584-2144") == "740584-2144"
    assert find_cpr_in_parameter("customer", "7405842144") == "7405842144"
    assert masked(f"/v1/events?created={cpr}") == "/v1/events?created=[cpr]"


def test_a_simulated_cpr_is_masked_in_what_is_kept() -> None:
    assert masked("/a?x=1&simulation=no-ui+cpr%3A7405842144") == "/a?x=1&simulation=no-ui+cpr:740584-****"
    assert masked("/a?simulation=no-ui%20cpr:740584-2144&y=2") == "/a?simulation=no-ui+cpr:740584-****&y=2"
    assert masked("/a?x=1") == "/a?x=1"


def test_everybody_is_fictional() -> None:
    cprs = [person.cpr for person in people.CITIZENS if person.cpr]
    assert len(set(cprs)) == len(cprs) == len(people.CITIZENS) - 1
    assert all(61 <= int(cpr[:2]) <= 91 for cpr in cprs)
    assert cvr.is_valid(people.FJORDBY_CVR)
    assert cvr.is_valid(people.SKOVLUND_CVR)
    usernames = [person.username for person in people.CITIZENS + people.STAFF]
    assert len(set(usernames)) == len(usernames)


def test_made_up_citizens_have_numbers_of_their_own() -> None:
    made_up = [people.made_up_citizen(number) for number in range(40_000)]
    cprs = {person.cpr for person in made_up}
    assert len(cprs) == len(made_up)
    assert cprs.isdisjoint(person.cpr for person in people.CITIZENS)
    assert all(len(cpr) == 10 for cpr in cprs)
