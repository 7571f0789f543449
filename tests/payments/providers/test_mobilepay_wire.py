"""What the wire to MobilePay sends, how it keeps its token, and what it makes of every answer."""

import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from app.payments.port import NoSuchPayment, OutcomeUnknown, ProviderRefused, ProviderUnavailable
from app.payments.providers.mobilepay_wire import Bearer, Keys, Timeouts, Wire
from tests.fakes.peer import Peer, peer_answering

KEYS = Keys("client", "very-secret", "subscription", "123456")
QUICK = Timeouts(connect_seconds=1, total_seconds=2)
TOKEN = {"access_token": "one", "expires_in": "3600", "token_type": "Bearer"}


@pytest.fixture
def peer() -> Iterator[Peer]:
    with peer_answering() as made:
        yield made


class Watch:
    """A clock of seconds that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def wire_to(peer: Peer, clock: Watch | None = None) -> Wire:
    return Wire(KEYS, base_url=f"{peer.url}/", timeouts=QUICK, clock=clock or Watch())


def problem(code: str | None = None) -> dict[str, Any]:
    details = [{"name": "ErrorCode", "reason": code}] if code else []
    return {"title": "no", "detail": "very-secret prose", "extraDetails": details, "traceId": "00-trace-01"}


def test_every_header_that_the_vendor_asks_for(peer: Peer) -> None:
    peer.answers(TOKEN)
    peer.answers({"fine": True}, times=2)
    wire = wire_to(peer)
    assert wire.call("POST", "/epayment/v1/payments", body={"a": 1}, key="checkout-1") == {"fine": True}
    wire.call("GET", "/epayment/v1/payments/x")
    assert peer.paths == ["/accesstoken/get", "/epayment/v1/payments", "/epayment/v1/payments/x"]
    token, posted, got = peer.headers
    assert (token["client_id"], token["client_secret"], peer.bodies[0]) == ("client", "very-secret", b"")
    assert posted["authorization"] == got["authorization"] == "Bearer one"
    assert (posted["idempotency-key"], "idempotency-key" in got) == ("checkout-1", False)
    assert (posted["content-type"], json.loads(peer.bodies[1])) == ("application/json", {"a": 1})
    for headers in peer.headers:
        assert headers["ocp-apim-subscription-key"] == "subscription"
        assert headers["merchant-serial-number"] == "123456"
        ours = {name: value for name, value in headers.items() if name.startswith("vipps-system-")}
        assert len(ours) == 4
        assert all(0 < len(value) <= 30 for value in ours.values())
    assert "client_secret" not in posted


def test_a_token_is_kept_and_renewed_before_it_ends(peer: Peer) -> None:
    clock = Watch()
    wire = wire_to(peer, clock)
    for token in ("one", "two"):
        peer.answers({"access_token": token, "expires_in": 3600})
        peer.answers({}, times=2)
        wire.call("GET", "/first")
        clock.seconds += 3539
        wire.call("GET", "/last")
        clock.seconds += 1
    assert peer.paths == ["/accesstoken/get", "/first", "/last"] * 2
    assert [headers.get("authorization") for headers in peer.headers[1:3]] == ["Bearer one"] * 2
    assert [headers.get("authorization") for headers in peer.headers[4:]] == ["Bearer two"] * 2


def test_a_token_that_no_longer_counts_is_renewed_once(peer: Peer) -> None:
    peer.answers(TOKEN)
    peer.answers(problem(), status=401)
    peer.answers({**TOKEN, "access_token": "two"})
    peer.answers({"fine": True})
    assert wire_to(peer).call("POST", "/x", body={"a": 1}, key="k") == {"fine": True}
    assert [headers.get("authorization") for headers in peer.headers] == [None, "Bearer one", None, "Bearer two"]
    assert peer.bodies[1] == peer.bodies[3]
    assert peer.headers[1]["idempotency-key"] == peer.headers[3]["idempotency-key"] == "k"


def test_keys_that_are_refused_twice_are_an_operators_matter(peer: Peer) -> None:
    for _twice in range(2):
        peer.answers(TOKEN)
        peer.answers(problem(), status=401)
    with pytest.raises(ProviderUnavailable):
        wire_to(peer).call("GET", "/x")
    assert len(peer.paths) == 4


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 302])
def test_without_a_token_nothing_was_done(peer: Peer, status: int) -> None:
    peer.answers(problem(), status=status)
    with pytest.raises(ProviderUnavailable):
        wire_to(peer).call("POST", "/x", body={}, key="k")
    assert peer.paths == ["/accesstoken/get"]


@pytest.mark.parametrize("said", [b"", b"nonsense", {"access_token": "x"}, {"expires_in": 3}, []])
def test_a_token_that_cannot_be_read_is_none(peer: Peer, said: object) -> None:
    peer.answers(said)
    with pytest.raises(ProviderUnavailable):
        wire_to(peer).call("GET", "/x")


ANSWERS: list[tuple[int, str | None, type[Exception]]] = [
    (400, "6160", ProviderUnavailable),
    (400, "6250", ProviderUnavailable),
    (400, "6260", ProviderUnavailable),
    (400, "5060", ProviderUnavailable),
    (423, None, ProviderUnavailable),
    (429, None, ProviderUnavailable),
    (403, None, ProviderUnavailable),
    (400, "6280", OutcomeUnknown),
    (500, "3010", OutcomeUnknown),
    (500, None, OutcomeUnknown),
    (503, None, OutcomeUnknown),
    (408, None, OutcomeUnknown),
    (302, None, OutcomeUnknown),
    (404, "5090", NoSuchPayment),
    (404, None, NoSuchPayment),
    *[
        (status, code, ProviderRefused)
        for status, code in [
            (409, "4010"), (409, "4020"), (409, "4150"), (400, "4040"), (400, "5040"), (400, "6040"), (400, "6060"),
            (400, "6080"), (400, "6090"), (400, "6100"), (400, "6140"), (400, "6150"), (400, "6170"), (400, "6180"),
            (400, "6220"), (400, "7010"),
        ]
    ],
]  # fmt: skip


@pytest.mark.parametrize(("status", "code", "expected"), ANSWERS)
def test_errors_are_told_by_code_and_status(
    peer: Peer, status: int, code: str | None, expected: type[Exception]
) -> None:
    peer.answers(TOKEN)
    peer.answers(problem(code), status=status)
    with pytest.raises(expected) as told:
        wire_to(peer).call("POST", "/x", body={}, key="k")
    assert type(told.value) is expected
    assert "00-trace-01" in str(told.value)
    assert "very-secret" not in str(told.value)
    if isinstance(told.value, ProviderRefused):
        assert told.value.code == code


def test_a_request_of_the_wrong_form_is_refused_without_a_number(peer: Peer) -> None:
    peer.answers(TOKEN)
    peer.answers({**problem(), "extraDetails": [{"name": "amount.value", "reason": "too small"}]}, status=400)
    with pytest.raises(ProviderRefused) as refused:
        wire_to(peer).call("POST", "/x", body={}, key="k")
    assert refused.value.code == "invalid"


@pytest.mark.parametrize("status", [400, 404, 409, 502])
def test_words_that_are_not_the_vendors_leave_the_outcome_unknown(peer: Peer, status: int) -> None:
    peer.answers(TOKEN)
    peer.answers(b"<html>a gateway's page</html>", status=status)
    with pytest.raises(OutcomeUnknown):
        wire_to(peer).call("POST", "/x", body={}, key="k")


def test_a_success_that_cannot_be_read_leaves_the_outcome_unknown(peer: Peer) -> None:
    peer.answers(TOKEN)
    peer.answers(b"{", status=200)
    with pytest.raises(OutcomeUnknown):
        wire_to(peer).call("POST", "/x", body={}, key="k")


def test_silence_after_the_token_is_unknown_and_no_connection_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        brief = Timeouts(connect_seconds=0.5, total_seconds=0.5)
        with pytest.raises(ProviderUnavailable, match="no access token"):
            Wire(KEYS, base_url=url, timeouts=brief).call("GET", "/x")
    with pytest.raises(ProviderUnavailable):
        Wire(KEYS, base_url="http://127.0.0.1:9", timeouts=QUICK).call("GET", "/x")


def test_many_threads_ask_for_one_token() -> None:
    asked: list[int] = []
    at_once = threading.Barrier(8)

    def ask() -> tuple[str, float]:
        asked.append(1)
        return f"token-{len(asked)}", 3600.0

    bearer, got = Bearer(ask), list[str]()

    def get() -> None:
        at_once.wait()
        got.append(bearer.get())

    threads = [threading.Thread(target=get) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == ["token-1"] * 8
    bearer.forget("another")
    assert bearer.get() == "token-1"
    bearer.forget("token-1")
    assert bearer.get() == "token-2"


def test_no_secret_is_shown() -> None:
    assert "very-secret" not in repr(KEYS)
    assert "subscription" not in repr(KEYS).replace("subscription_key", "")
