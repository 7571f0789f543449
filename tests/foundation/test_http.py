"""Clients verify TLS, follow no redirect, and never wait longer than they may, whatever the peer does."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from app.foundation.clock import utc_now
from app.foundation.http import AnswerTooLong, new_client, seconds_left, within

Peer = Callable[[socket.socket], None]


@contextmanager
def listening(peer: Peer, *, hears_first: bool = True) -> Iterator[str]:
    """A server on a free port that treats each connection, once its first bytes have come, as `peer` does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        stop = threading.Event()

        def treat(connection: socket.socket) -> None:
            with connection:
                connection.settimeout(5)
                try:
                    if hears_first:
                        connection.recv(65536)
                    peer(connection)
                except OSError:
                    return

        def accept() -> None:
            while not stop.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                except OSError:
                    return
                threading.Thread(target=treat, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            stop.set()
            thread.join()


def says(text: str) -> Peer:
    return lambda connection: connection.sendall(text.encode())


def drips(first: bytes, drop: bytes) -> Peer:
    def peer(connection: socket.socket) -> None:
        connection.sendall(first)
        for _ in range(100):
            time.sleep(0.05)
            connection.sendall(drop)

    return peer


OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


def test_an_ordinary_answer_comes_back() -> None:
    with listening(says(OK)) as url, new_client(url) as client, within(5):
        assert client.get("/").text == "ok"


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    moved = (
        "HTTP/1.1 302 Found\r\nLocation: http://elsewhere.invalid/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
    with listening(says(moved)) as url, new_client(url) as client:
        assert client.get("/").status_code == 302


@pytest.mark.parametrize(
    "peer",
    [
        pytest.param(lambda _: time.sleep(5), id="silent"),
        pytest.param(drips(b"HTTP/1.1 200 OK\r\n", b"X-More: 1\r\n"), id="a header now and then"),
        pytest.param(drips(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"x"), id="a byte now and then"),
    ],
)
def test_the_deadline_cuts_off_every_kind_of_slow_peer(peer: Peer) -> None:
    with listening(peer) as url, new_client(url, timeout_seconds=30) as client:
        before = time.monotonic()
        with pytest.raises(httpx.TimeoutException), within(0.3):
            client.get("/")
        assert time.monotonic() - before < 2


def test_one_deadline_covers_several_calls() -> None:
    heard: list[float] = []

    def late(connection: socket.socket) -> None:
        heard.append(time.monotonic())
        time.sleep(0.3)
        connection.sendall(OK.encode())

    def ask_often(client: httpx.Client) -> None:
        for _ in range(10):
            client.get("/")

    with listening(late) as url, new_client(url) as client, pytest.raises(httpx.TimeoutException), within(0.75):
        ask_often(client)
    assert 2 <= len(heard) <= 3


def test_an_inner_deadline_cannot_lengthen_the_outer() -> None:
    with listening(lambda _: time.sleep(5)) as url, new_client(url) as client:
        before = time.monotonic()
        with within(0.2), pytest.raises(httpx.TimeoutException), within(30):
            client.get("/")
        assert time.monotonic() - before < 2


def test_a_deadline_already_passed_says_nothing_at_all() -> None:
    heard: list[bool] = []
    with (
        listening(lambda _: heard.append(True)) as url,
        new_client(url) as client,
        pytest.raises(httpx.TimeoutException),
        within(0),
    ):
        client.get("/")
    assert not heard


def test_what_is_left_is_known_inside_the_block_and_nothing_is_known_outside() -> None:
    assert seconds_left() is None
    with within(60):
        left = seconds_left()
        assert left is not None
        assert 55 < left <= 60
    assert seconds_left() is None


def test_after_the_block_calls_have_their_own_time_again() -> None:
    with listening(says(OK)) as url, new_client(url) as client:
        with within(0), pytest.raises(httpx.TimeoutException):
            client.get("/")
        assert client.get("/").text == "ok"


def test_the_wait_for_a_free_connection_ends_at_the_deadline() -> None:
    with listening(lambda _: time.sleep(1)) as url, new_client(url, connections=1) as client:

        def hold() -> None:
            with pytest.raises(httpx.HTTPError), within(1):
                client.get("/")

        holder = threading.Thread(target=hold)
        holder.start()
        time.sleep(0.1)
        before = time.monotonic()
        with pytest.raises(httpx.TimeoutException), within(0.2):
            client.get("/")
        assert time.monotonic() - before < 0.9
        holder.join()


def test_an_endless_answer_is_cut_off() -> None:
    with listening(drips(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 5000)) as url:
        with new_client(url, max_answer_bytes=20_000) as client, pytest.raises(AnswerTooLong):
            client.get("/")
        assert issubclass(AnswerTooLong, httpx.HTTPError)


def certificate_for_localhost(folder: Path) -> Path:
    """A certificate that no authority has signed, with its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = utc_now()
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "localhost.pem"
    pem.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + made.public_bytes(Encoding.PEM)
    )
    return pem


def test_tls_is_verified_and_the_authorities_may_be_given(tmp_path: Path) -> None:
    pem = certificate_for_localhost(tmp_path)
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(pem)

    def over_tls(connection: socket.socket) -> None:
        with served.wrap_socket(connection, server_side=True) as wrapped:
            wrapped.recv(65536)
            wrapped.sendall(OK.encode())

    with listening(over_tls, hears_first=False) as url:
        address = url.replace("http://127.0.0.1", "https://localhost")
        with new_client(address) as client, pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            client.get("/")
        trusting = ssl.create_default_context(cafile=pem)
        with new_client(address, tls=trusting) as client, within(5):
            assert client.get("/").text == "ok"


def test_the_environment_does_not_choose_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with listening(says(OK)) as url, new_client(url) as client:
        assert client.get("/").text == "ok"
