"""The road carries bytes there and back, and says by name why it did not."""

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from app.foundation.clock import utc_now
from app.serviceplatformen.port import Nonsense, Refused, RoadError, Unavailable
from app.serviceplatformen.transport import ServiceplatformRoad, client_certificate, in_ascii
from tests.serviceplatformen.peers import Answer, peer, saying


@contextmanager
def road_to(base_url: str) -> Iterator[ServiceplatformRoad]:
    road = ServiceplatformRoad(base_url=base_url)
    try:
        yield road
    finally:
        road.close()


def carried(answer: Answer, *, deadline_seconds: float = 5.0) -> bytes:
    with peer(answer) as url, road_to(url) as road:
        return road.send(
            service="DebitorIndbetalingAfsend",
            action="SøgFordringTilIndbetaling",
            envelope="<æ/>".encode(),
            cvr="12345678",
            deadline_seconds=deadline_seconds,
        )


def test_an_envelope_goes_to_its_service_with_an_action_in_ascii() -> None:
    heard: list[tuple[str, str | None, str | None, bytes]] = []

    def answer(handler: BaseHTTPRequestHandler, sent: bytes) -> None:
        heard.append((handler.path, handler.headers["SOAPAction"], handler.headers["Content-Type"], sent))
        saying(200, b"<a/>")(handler, sent)

    assert carried(answer) == b"<a/>"
    assert heard == [
        (
            "/sp/service/OIR/DebitorIndbetalingAfsend/1",
            '"SoegFordringTilIndbetaling"',
            "text/xml; charset=utf-8",
            "<æ/>".encode(),
        )
    ]


def test_danish_letters_have_their_ascii() -> None:
    assert in_ascii("DækningÅbenØre") == "DaekningAabenOere"


def test_a_soap_fault_belongs_to_the_language_and_is_brought_back() -> None:
    assert carried(saying(500, b"<fault/>")) == b"<fault/>"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (saying(500, b"boom", "text/plain"), Unavailable),
        (saying(502, b"<html/>", "text/html"), Unavailable),
        (saying(503, b"<a/>"), Unavailable),
        (saying(429, b""), Unavailable),
        (saying(401, b"<a/>"), Refused),
        (saying(403, b""), Refused),
        (saying(404, b""), Refused),
        (saying(302, b""), Nonsense),
        (saying(200, b"<html>Velkommen</html>", "text/html"), Nonsense),
        (saying(200, b"{}", "application/json"), Nonsense),
        (saying(204, b""), Nonsense),
    ],
)
def test_what_is_no_answer_has_a_name(answer: Answer, error: type[RoadError]) -> None:
    with pytest.raises(error):
        carried(answer)


def test_nobody_there() -> None:
    with road_to("http://127.0.0.1:9") as road, pytest.raises(Unavailable, match="no connection"):
        road.send(service="S", action="A", envelope=b"<a/>", cvr="12345678", deadline_seconds=2)


def test_a_connection_that_ends_in_the_middle() -> None:
    def answer(handler: BaseHTTPRequestHandler, _sent: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/xml")
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"<a>")

    with pytest.raises(Unavailable):
        carried(answer)


def test_one_deadline_holds_for_the_whole_call_even_when_the_peer_drips() -> None:
    def answer(handler: BaseHTTPRequestHandler, _sent: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/xml")
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        for _ in range(10):
            time.sleep(0.1)
            try:
                handler.wfile.write(b"<")
                handler.wfile.flush()
            except OSError:
                return

    began = time.monotonic()
    with pytest.raises(Unavailable, match=r"no answer within 0\.3 s"):
        carried(answer, deadline_seconds=0.3)
    # The rest is the peer's own time to end.
    assert time.monotonic() - began < 1.5


def self_signed(folder: Path, name: str) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = utc_now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


@contextmanager
def peer_wanting_certificate(own: tuple[Path, Path], trusted: Path) -> Iterator[str]:
    """A TLS server that answers only whoever shows a certificate it trusts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            saying(200, b"<a/>")(self, self.rfile.read(int(self.headers["Content-Length"])))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name the standard library gave it
            """Say nothing."""

    class Quiet(HTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """A refused handshake is what the test is about."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*own)
    context.load_verify_locations(trusted)
    context.verify_mode = ssl.CERT_REQUIRED
    with Quiet(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield f"https://localhost:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_our_certificate_is_shown_and_theirs_verified(tmp_path: Path) -> None:
    theirs, ours = self_signed(tmp_path, "theirs"), self_signed(tmp_path, "ours")
    with peer_wanting_certificate(theirs, trusted=ours[0]) as url:
        tls = client_certificate(*ours)
        tls.load_verify_locations(theirs[0])
        trusting = ServiceplatformRoad(base_url=url, tls=tls)
        assert trusting.send(service="S", action="A", envelope=b"<a/>", cvr="12345678", deadline_seconds=5) == b"<a/>"
        trusting.close()
        suspicious = ServiceplatformRoad(base_url=url, tls=client_certificate(*ours))
        with pytest.raises(Unavailable):
            suspicious.send(service="S", action="A", envelope=b"<a/>", cvr="12345678", deadline_seconds=5)
        suspicious.close()
