"""Mail over a real socket: what arrives, and what every way of failing is called."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from app.notifications.channels.email import SmtpMailer
from app.notifications.port import Letter, Mail, MailOutcomeUnknown, MailRefused, MailUnavailable

LETTER = Letter("da", "Kvittering fra Ærøby Kommune: 60,00 kr.", "Beløb: 60,00 kr.\n", "<p>Beløb: 60,00 kr.</p>\n")
MAIL = Mail(
    "<0b4@aeroe.example>", "opkraevning@aeroe.example", "Ærøby Kommune, Opkrævning", "navn@eksempel.dk",
    datetime(2026, 5, 14, 9, 12, tzinfo=UTC), LETTER,
)  # fmt: skip


class Postmaster:
    """Keeps what arrives, and answers each step as it is told."""

    def __init__(self, **answers: str) -> None:
        self.answers = answers
        self.raw: list[bytes] = []

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.answers.get("rcpt", "250 OK")

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        assert isinstance(envelope.content, bytes)
        self.raw.append(envelope.content)
        return self.answers.get("data", "250 OK")


@contextmanager
def running(postmaster: Postmaster) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(postmaster, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{port}"
    finally:
        controller.stop()


@contextmanager
def saying(*lines: str, silent: bool = False) -> Iterator[str]:
    """A server that says one line after another, whatever it hears, and then hangs up (or says nothing more)."""
    done = threading.Event()
    with socket.create_server(("0.0.0.0", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, connection.makefile("rb") as heard:
                for line in lines:
                    connection.sendall(line.encode() + b"\r\n")
                    if line.startswith("354"):
                        while heard.readline().strip() != b".":
                            pass
                    else:
                        heard.readline()
                if silent:
                    done.wait(10)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"smtp://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            done.set()
            thread.join()


def test_a_mail_arrives_with_both_forms_and_the_headers_of_a_robot() -> None:
    postmaster = Postmaster()
    with running(postmaster) as url:
        SmtpMailer(url).send(MAIL)
    (raw,) = postmaster.raw
    assert raw.isascii()
    mail = message_from_bytes(raw, policy=default)
    assert mail["Subject"] == LETTER.subject
    assert mail["To"] == MAIL.recipient
    assert mail["From"].addresses[0].display_name == MAIL.sender_name
    assert mail["From"].addresses[0].addr_spec == MAIL.sender
    assert mail["Message-ID"] == MAIL.message_id
    assert mail["Date"].datetime == MAIL.written_at
    assert (mail["Auto-Submitted"], mail["Content-Language"]) == ("auto-generated", "da")
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain
    assert html
    assert str(plain.get_content()).replace("\r\n", "\n") == LETTER.text
    assert str(html.get_content()).replace("\r\n", "\n") == LETTER.html


def test_the_same_mail_sent_again_says_the_same() -> None:
    postmaster = Postmaster()
    with running(postmaster) as url:
        for _ in range(2):
            SmtpMailer(url).send(MAIL)
    first, second = (message_from_bytes(raw, policy=default) for raw in postmaster.raw)
    assert [(name, value) for name, value in first.items() if name != "Content-Type"] == [
        (name, value) for name, value in second.items() if name != "Content-Type"
    ]


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({"rcpt": "550 no such user"}, MailRefused),
        ({"rcpt": "450 mailbox is busy"}, MailUnavailable),
        ({"data": "552 mailbox is full"}, MailRefused),
        ({"data": "451 later"}, MailUnavailable),
    ],
)
def test_what_the_server_says_has_its_name(answers: dict[str, str], error: type[Exception]) -> None:
    with running(Postmaster(**answers)) as url, pytest.raises(error) as raised:
        SmtpMailer(url).send(MAIL)
    assert "navn" not in str(raised.value)
    assert "user" not in str(raised.value)


BEGINNING = ("220 hello", "250 hello", "250 sender ok", "250 recipient ok")


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ((), MailUnavailable),
        (("554 go away",), MailUnavailable),
        (BEGINNING[:1], MailUnavailable),
        ((*BEGINNING[:2], "550 sender refused"), MailUnavailable),
        (BEGINNING[:3], MailUnavailable),
        ((*BEGINNING, "354 go on"), MailOutcomeUnknown),
        ((*BEGINNING, "nonsense"), MailUnavailable),
        ((*BEGINNING, "354 go on", "nonsense"), MailOutcomeUnknown),
    ],
)
def test_a_connection_that_ends_has_the_name_of_the_step(lines: tuple[str, ...], error: type[Exception]) -> None:
    with saying(*lines) as url, pytest.raises(error):
        SmtpMailer(url, timeout_seconds=2).send(MAIL)


@pytest.mark.parametrize(
    ("lines", "error"), [(BEGINNING[:2], MailUnavailable), ((*BEGINNING, "354 go on"), MailOutcomeUnknown)]
)
def test_silence_ends_in_time(lines: tuple[str, ...], error: type[Exception]) -> None:
    with saying(*lines, silent=True) as url, pytest.raises(error):
        SmtpMailer(url, timeout_seconds=0.3).send(MAIL)


def test_nobody_there_is_unavailable() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"smtp://127.0.0.1:{probe.getsockname()[1]}"
        with pytest.raises(MailUnavailable):
            SmtpMailer(url).send(MAIL)


def test_away_from_this_machine_nothing_is_said_without_tls() -> None:
    """`127.0.0.2` is not one of the names of this machine that go without."""
    with saying("220 hello", "250 no tls here") as url, pytest.raises(MailUnavailable) as raised:
        SmtpMailer(url.replace("127.0.0.1", "127.0.0.2"), timeout_seconds=2).send(MAIL)
    assert "SMTPNotSupportedError" in str(raised.value)


def test_a_password_is_not_given_to_a_server_that_asks_for_none() -> None:
    with saying("220 hello", "250 no logins here") as url, pytest.raises(MailUnavailable) as raised:
        SmtpMailer(url.replace("//", "//user:p%40ss@"), timeout_seconds=2).send(MAIL)
    assert "p@ss" not in str(raised.value)


def test_tls_from_the_first_byte_refuses_a_plain_server() -> None:
    with running(Postmaster()) as url, pytest.raises(MailUnavailable):
        SmtpMailer(url.replace("smtp://", "smtps://"), timeout_seconds=2).send(MAIL)
