"""A mailbox: every mail that the portal sends ends here, on a page, and nowhere else.

The mail server speaks SMTP on 127.0.0.1, by default 25 above the port of the other stand-ins (BDK_STANDINS_SMTP_PORT).

Magic values: mail to `afvist@...` is refused for good (550), mail to `optaget@...` for now (450). The faults `down`
(the connection ends at once), `slow`, `error` (451 for every mail) and `drop_reply` (the mail is taken, and the
connection ends without an answer) work here as elsewhere.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import flask
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from standins.frame import Place, Standin, find_cpr
from standins.pages import template

HOST = "127.0.0.1"
KEPT = 500
REFUSED, BUSY = "afvist@", "optaget@"

ABOUT = """Portalens mails ender her. En mail til afvist@... bliver afvist for altid, en mail til optaget@... lige nu.
Fejl: down, slow, error og drop_reply (mailen er modtaget, men svaret går tabt)."""

PAGE = template("""
{% for mail in mails %}
<h2>{{ mail.subject }}</h2>
<table><tbody>
<tr><th scope="row">Til</th><td>{{ mail.recipient }}</td></tr>
<tr><th scope="row">Fra</th><td>{{ mail.sender }}</td></tr>
<tr><th scope="row">Modtaget (UTC)</th><td>{{ mail.at[:19] }}</td></tr>
<tr><th scope="row">Message-ID</th><td>{{ mail.message_id }}</td></tr>
</tbody></table>
<pre>{{ mail.text }}</pre>
{% else %}<p>Ingen mails endnu.</p>{% endfor %}
""")


@dataclass(frozen=True)
class Received:
    """A mail as it arrived."""

    at: str
    recipient: str
    sender: str
    subject: str
    message_id: str
    language: str
    text: str
    html: str


class Mailbox:
    """What has arrived, newest last; the same Message-ID twice is one mail, as mail servers see it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mails: deque[Received] = deque(maxlen=KEPT)
        self.repeated = 0

    def put(self, mail: Received) -> None:
        """Keep a mail, once."""
        with self._lock:
            if any(known.message_id == mail.message_id for known in self._mails):
                self.repeated += 1
            else:
                self._mails.append(mail)

    def all(self) -> list[Received]:
        """Every mail, oldest first."""
        with self._lock:
            return list(self._mails)

    def empty(self) -> None:
        """Forget everything."""
        with self._lock:
            self._mails.clear()
            self.repeated = 0


def standin(_place: Place) -> Standin:
    """The mailbox's page and state; `serving` opens its door for mail."""
    box = Mailbox()
    blueprint = flask.Blueprint("mail", __name__)
    blueprint.record_once(lambda setup: setup.app.extensions.update(mailbox=box))

    @blueprint.get("/")
    def page() -> str:
        return PAGE.render(title="Postkassen", mails=box.all()[::-1])

    return Standin(
        name="mail",
        title="Postkassen",
        about=ABOUT,
        blueprint=blueprint,
        reset=box.empty,
        state=lambda: {"mails": [asdict(mail) for mail in box.all()], "repeated": box.repeated},
    )


@contextmanager
def serving(app: flask.Flask, port: int) -> Iterator[int]:
    """Take mail for the mailbox of these stand-ins; gives the port.

    :raises OSError: the port is taken
    """
    postman = _Postman(app.extensions["mailbox"], app.extensions["place"])
    controller = Controller(postman, hostname=HOST, port=port, ready_timeout=20)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


class _Postman:
    """Answers each step of an SMTP conversation, with the faults in force."""

    def __init__(self, box: Mailbox, place: Place) -> None:
        self._box = box
        self._place = place

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        if self._place.faults.take("mail", "down"):
            _cut(server)
        slow = self._place.faults.take("mail", "slow")
        if slow:
            await asyncio.sleep(slow.seconds)
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802 - as above
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address.startswith(REFUSED):
            return "550 5.1.1 no such mailbox"
        if address.startswith(BUSY):
            return "450 4.2.1 mailbox is busy"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        if self._place.faults.take("mail", "error"):
            return "451 4.3.0 fault: error"
        assert isinstance(envelope.content, bytes)
        for recipient in envelope.rcpt_tos:
            mail = _read(envelope.content, recipient)
            # Its own id and the time are ours and the portal's: a random number may look like anything.
            if find_cpr(f"{recipient}\n{mail.sender}\n{mail.subject}\n{mail.text}\n{mail.html}"):
                self._place.violations("mail: a CPR number stood in a mail")
            self._box.put(mail)
        if self._place.faults.take("mail", "drop_reply"):
            _cut(server)
        return "250 2.0.0 OK"


def _cut(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.WriteTransport)
    server.transport.abort()


def _read(raw: bytes, recipient: str) -> Received:
    mail = message_from_bytes(raw, policy=default)
    return Received(
        at=datetime.now(UTC).isoformat(),
        recipient=recipient,
        sender=str(mail["From"]),
        subject=str(mail["Subject"]),
        message_id=str(mail["Message-ID"]),
        language=str(mail["Content-Language"]),
        text=_part(mail, "plain"),
        html=_part(mail, "html"),
    )


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    return str(part.get_content()) if part else ""
