"""The mailbox takes what the portal's own mailer sends, once, and fails on demand."""

from collections.abc import Iterator
from datetime import UTC, datetime
from socket import socket

import httpx
import pytest

from app.notifications.channels.email import SmtpMailer
from app.notifications.port import Letter, Mail, MailError, MailOutcomeUnknown, MailRefused, MailUnavailable
from standins.frame import Served
from standins.mail import serving
from tests.demo import KIRSTEN


def mail(recipient: str = "navn@eksempel.dk", *, number: int = 1, text: str = "Beløb: 60,00 kr.\n") -> Mail:
    letter = Letter("da", "Kvittering: 60,00 kr.", text, f"<p>{text}</p>")
    at = datetime(2026, 5, 14, 9, 12, tzinfo=UTC)
    return Mail(f"<{number}@fjordby.example>", "a@fjordby.example", "Fjordby Kommune", recipient, at, letter)


@pytest.fixture
def mailer(served: Served, visitor: httpx.Client) -> Iterator[SmtpMailer]:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with serving(served.app, port) as taken:
        yield SmtpMailer(f"smtp://127.0.0.1:{taken}", timeout_seconds=5)


def test_what_was_sent_stands_on_the_page_and_in_the_state(mailer: SmtpMailer, visitor: httpx.Client) -> None:
    mailer.send(mail())
    (found,) = visitor.get("/control/mail/state").json()["mails"]
    assert (found["recipient"], found["subject"]) == ("navn@eksempel.dk", "Kvittering: 60,00 kr.")
    assert found["text"].strip() == "Beløb: 60,00 kr."
    assert found["language"] == "da"
    assert "Kvittering: 60,00 kr." in visitor.get("/mail/").text
    visitor.post("/control/reset")
    assert visitor.get("/control/mail/state").json() == {"mails": [], "repeated": 0}


def test_the_same_mail_again_is_one_mail(mailer: SmtpMailer, visitor: httpx.Client) -> None:
    for number in (1, 1, 2):
        mailer.send(mail(number=number))
    state = visitor.get("/control/mail/state").json()
    assert (len(state["mails"]), state["repeated"]) == (2, 1)


@pytest.mark.parametrize(
    ("recipient", "error"), [("afvist@eksempel.dk", MailRefused), ("optaget@eksempel.dk", MailUnavailable)]
)
def test_magic_addresses(mailer: SmtpMailer, recipient: str, error: type[MailError]) -> None:
    with pytest.raises(error):
        mailer.send(mail(recipient))


@pytest.mark.parametrize(
    ("kind", "error", "kept"),
    [("down", MailUnavailable, 0), ("error", MailUnavailable, 0), ("drop_reply", MailOutcomeUnknown, 1)],
)
def test_faults(mailer: SmtpMailer, visitor: httpx.Client, kind: str, error: type[MailError], kept: int) -> None:
    visitor.post("/control/mail/faults", json={"kind": kind, "times": 1})
    with pytest.raises(error):
        mailer.send(mail())
    assert len(visitor.get("/control/mail/state").json()["mails"]) == kept
    mailer.send(mail())
    assert len(visitor.get("/control/mail/state").json()["mails"]) == 1


def test_a_cpr_number_in_a_mail_is_told_on(mailer: SmtpMailer, served: Served, visitor: httpx.Client) -> None:
    before = len(visitor.get("/control/violations").json())
    mailer.send(mail(text=f"Cpr: {KIRSTEN}\n"))
    told = visitor.get("/control/violations").json()[before:]
    assert [one["what"] for one in told] == ["mail: a CPR number stood in a mail"]
