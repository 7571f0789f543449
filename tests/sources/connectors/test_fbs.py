"""The connector to FBS: logins, statuses, and that no answer is half believed."""

import threading
from collections.abc import Iterator

import httpx
import pytest

from app.sources.connectors.fbs import FbsSource
from app.sources.port import SourceNonsense, SourceRefused, SourceUnavailable, Told
from standins import fbs, people
from standins.frame import Served, serve_in_thread
from tests.fakes.peer import Peer, peer_answering

PLENTY = 10.0
LOGIN = {"sessionKey": "key-1"}
PATRON = {"authenticateStatus": "VALID", "patron": {"patronId": 7}}


@pytest.fixture
def peer() -> Iterator[Peer]:
    with peer_answering() as made:
        yield made


@pytest.fixture
def source(peer: Peer) -> Iterator[FbsSource]:
    made = FbsSource(f"{peer.url}/rest", agency="DK-1", username="u", password="p")
    yield made
    made.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve_in_thread(key_folder=tmp_path_factory.mktemp("keys")) as running:
        yield running


def real(served: Served, *, password: str = fbs.PASSWORD, agency: str = people.FJORDBY_AGENCY) -> FbsSource:
    return FbsSource(f"{served.url}/fbs/rest", agency=agency, username="betaldinkommune", password=password)


def logins(served: Served) -> int:
    asked = httpx.get(f"{served.url}/control/fbs/requests").json()
    return sum(one["path"].endswith("/login") for one in asked)


def test_one_login_serves_many_calls_and_is_renewed_when_it_has_expired(served: Served) -> None:
    httpx.post(f"{served.url}/control/reset").raise_for_status()
    source = real(served)
    for _ in range(3):
        source.ask(people.AHMED.cpr, deadline_seconds=PLENTY)
    assert logins(served) == 1
    assert httpx.post(f"{served.url}/fbs/test/expire-sessions").json() == {"expired": 1}
    assert len(source.ask(people.AHMED.cpr, deadline_seconds=PLENTY).claims) == 1
    assert logins(served) == 2
    source.close()


def test_of_many_threads_that_find_the_login_expired_one_logs_in(served: Served) -> None:
    httpx.post(f"{served.url}/control/reset").raise_for_status()
    source = real(served)
    source.ask(people.AHMED.cpr, deadline_seconds=PLENTY)
    httpx.post(f"{served.url}/fbs/test/expire-sessions")
    heard: list[int] = []
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait()
        heard.append(len(source.ask(people.AHMED.cpr, deadline_seconds=PLENTY).claims))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == [1] * 8
    assert logins(served) == 2
    source.close()


@pytest.mark.parametrize(("password", "agency"), [("wrong", people.FJORDBY_AGENCY), ("standin", "DK-000000")])
def test_credentials_or_an_agency_not_accepted_are_refused(served: Served, password: str, agency: str) -> None:
    source = real(served, password=password, agency=agency)
    with pytest.raises(SourceRefused, match="403"):
        source.ask(people.AHMED.cpr, deadline_seconds=PLENTY)
    source.close()


def test_a_login_that_is_refused_again_at_once_is_not_renewed_forever(peer: Peer, source: FbsSource) -> None:
    peer.answers(LOGIN)
    peer.answers({}, status=401)
    peer.answers({"sessionKey": "key-2"})
    peer.answers({}, status=401)
    with pytest.raises(SourceRefused, match="401"):
        source.ask("6101801234", deadline_seconds=PLENTY)
    assert peer.sessions == [None, "key-1", None, "key-2"]


def test_the_wire_is_what_fbs_expects(peer: Peer, source: FbsSource) -> None:
    peer.answers(LOGIN)
    peer.answers(PATRON)
    peer.answers([])
    source.ask("6101801234", deadline_seconds=PLENTY)
    assert peer.paths == [
        "/rest/external/v1/DK-1/authentication/login",
        "/rest/external/DK-1/patrons/preauthenticated/v10",
        "/rest/external/DK-1/patron/7/fees/v2?includepaid=false&includenonpayable=true",
    ]
    assert peer.bodies[1] == b"6101801234"
    assert peer.sessions == [None, "key-1", "key-1"]
    peer.answers([{"orderId": "BK-1", "feeId": 5, "paymentStatus": "paymentRegistered", "confirmationId": "c"}])
    peer.answers([])
    source.tell_paid(patron_id=7, order_id="BK-1", origin_refs=("5",))
    source.shows_paid(patron_id=7, origin_refs=("5",))
    assert peer.paths[3:] == [
        "/rest/external/DK-1/patron/7/payment/v2",
        "/rest/external/DK-1/patron/7/fees/v2?includepaid=true&includenonpayable=true",
    ]
    assert peer.bodies[3] == b'{"orderId":"BK-1","feeIds":[5]}'


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (500, SourceUnavailable),
        (503, SourceUnavailable),
        (429, SourceUnavailable),
        (400, SourceRefused),
        (403, SourceRefused),
        (404, SourceRefused),
        (302, SourceNonsense),
        (204, SourceNonsense),
    ],
)
def test_every_status_becomes_an_error_of_the_port(
    peer: Peer, source: FbsSource, status: int, error: type[Exception]
) -> None:
    peer.answers(LOGIN)
    peer.answers({}, status=status)
    with pytest.raises(error, match=str(status)) as raised:
        source.ask("6101801234", deadline_seconds=PLENTY)
    assert "6101801234" not in str(raised.value)


def test_nobody_listening_is_unavailable() -> None:
    source = FbsSource("http://127.0.0.1:9/rest", agency="DK-1", username="u", password="p")
    with pytest.raises(SourceUnavailable):
        source.ask("6101801234", deadline_seconds=PLENTY)
    source.close()


def test_a_fee_left_out_of_the_answer_is_not_registered(peer: Peer, source: FbsSource) -> None:
    peer.answers(LOGIN)
    peer.answers([{"orderId": "BK-1", "feeId": 5, "paymentStatus": "somethingNew"}])
    told = source.tell_paid(patron_id=7, order_id="BK-1", origin_refs=("5", "6"))
    assert told["5"].outcome is told["6"].outcome is Told.NOT_REGISTERED
    assert told["5"].said == "somethingNew"
    assert told["6"].said


def test_a_ref_that_names_no_fee_is_refused_before_anything_is_said(peer: Peer, source: FbsSource) -> None:
    with pytest.raises(SourceRefused):
        source.tell_paid(patron_id=7, order_id="BK-1", origin_refs=("5", "abc"))
    assert peer.paths == []


def test_a_fee_with_nothing_left_is_not_owed_and_shows_as_paid(peer: Peer, source: FbsSource) -> None:
    fee = {
        "feeId": 5,
        "type": "fee",
        "reasonMessage": "Gebyr",
        "amount": 0,
        "creationDate": "2026-01-02",
        "payableByClient": True,
        "materials": [],
    }
    peer.answers(LOGIN)
    peer.answers(PATRON)
    peer.answers([fee, {**fee, "feeId": 6, "amount": 60.0}])
    assert [claim.origin_ref for claim in source.ask("6101801234", deadline_seconds=PLENTY).claims] == ["6"]
    peer.answers([fee, {**fee, "feeId": 6, "amount": 60.0}, {**fee, "feeId": 7, "amount": 1, "paidDate": "2026-02-03"}])
    shown = source.shows_paid(patron_id=7, origin_refs=("5", "6", "7", "8"))
    assert shown == {"5": True, "6": False, "7": True, "8": True}
