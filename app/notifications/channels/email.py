"""E-mail over SMTP: one connection a mail, TLS wherever the mail leaves this machine, every wait bounded."""

import smtplib
import ssl
from contextlib import closing, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import SplitResult, unquote, urlsplit

from app.notifications.port import Mail, MailOutcomeUnknown, MailRefused, MailUnavailable

TIMEOUT_SECONDS = 15.0
_THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}
_OK, _NOT_NOW, _FOR_GOOD = range(200, 300), range(400, 500), range(500, 600)
_SUBMISSION, _OVER_TLS = 587, 465
# Everything in seven bits: no server on the way has to be asked what it can carry.
_POLICY = SMTP.clone(cte_type="7bit")


class SmtpMailer:
    """A mail server at `smtp://user:password@host:587` (STARTTLS) or `smtps://...:465` (TLS from the first byte)."""

    def __init__(
        self, url: str, *, timeout_seconds: float = TIMEOUT_SECONDS, tls: ssl.SSLContext | None = None
    ) -> None:
        self._server: SplitResult = urlsplit(url)
        self._timeout_seconds = timeout_seconds
        self._tls = tls or ssl.create_default_context()

    def send(self, mail: Mail) -> None:
        """Hand a mail over to the server.

        :raises MailRefused, MailUnavailable, MailOutcomeUnknown: as the port says
        """
        raw = _written(mail).as_bytes(policy=_POLICY)
        try:
            smtp = self._connected(mail.sender.rpartition("@")[2])
        except (OSError, smtplib.SMTPException) as error:
            raise MailUnavailable(f"the mail server was not reached: {_named(error)}") from error
        with closing(smtp):
            self._introduce(smtp)
            self._address(smtp, mail)
            _hand_over(smtp, raw)
            with suppress(OSError, smtplib.SMTPException):
                smtp.quit()

    def _connected(self, our_name: str) -> smtplib.SMTP:
        host, port, wait = self._server.hostname or "", self._server.port, self._timeout_seconds
        if self._server.scheme == "smtps":
            return smtplib.SMTP_SSL(host, port or _OVER_TLS, local_hostname=our_name, timeout=wait, context=self._tls)
        return smtplib.SMTP(host, port or _SUBMISSION, local_hostname=our_name, timeout=wait)

    def _introduce(self, smtp: smtplib.SMTP) -> None:
        """Say who we are; over STARTTLS unless the server is on this machine.

        :raises MailUnavailable: the server would not, or knows no TLS
        """
        try:
            smtp.ehlo_or_helo_if_needed()
            if self._server.scheme == "smtp" and (
                smtp.has_extn("starttls") or self._server.hostname not in _THIS_MACHINE
            ):
                smtp.starttls(context=self._tls)
                smtp.ehlo()
            if self._server.username:
                smtp.login(unquote(self._server.username), unquote(self._server.password or ""))
        except (OSError, smtplib.SMTPException) as error:
            raise MailUnavailable(f"the mail server did not let us in: {_named(error)}") from error

    def _address(self, smtp: smtplib.SMTP, mail: Mail) -> None:
        try:
            sender_code, _ = smtp.mail(mail.sender)
            code, _ = smtp.rcpt(mail.recipient) if sender_code in _OK else (0, b"")
        except (OSError, smtplib.SMTPException) as error:
            raise MailUnavailable(f"the mail server went away: {_named(error)}") from error
        if sender_code not in _OK:
            raise MailUnavailable(f"the mail server refused our own address: {sender_code}")
        if code in _FOR_GOOD:
            raise MailRefused(f"the mail server refused the recipient: {code}")
        if code not in _OK:
            raise MailUnavailable(f"the mail server could not take mail for the recipient now: {code}")


def _hand_over(smtp: smtplib.SMTP, raw: bytes) -> None:
    try:
        code, _ = smtp.data(raw)
    except smtplib.SMTPDataError as error:  # said before the mail itself was
        code = error.smtp_code if error.smtp_code in _FOR_GOOD else _NOT_NOW.start
    except (OSError, smtplib.SMTPException) as error:
        raise MailOutcomeUnknown(f"the mail server did not answer: {_named(error)}") from error
    if code in _FOR_GOOD:
        raise MailRefused(f"the mail server refused the mail: {code}")
    if code in _NOT_NOW:
        raise MailUnavailable(f"the mail server could not take the mail now: {code}")
    if code not in _OK:
        raise MailOutcomeUnknown(f"the mail server's answer makes no sense: {code}")


def _written(mail: Mail) -> EmailMessage:
    written = EmailMessage(policy=_POLICY)
    local, _, domain = mail.sender.rpartition("@")
    written["From"] = Address(mail.sender_name, local, domain)
    written["To"] = mail.recipient
    written["Subject"] = mail.letter.subject
    written["Date"] = mail.written_at
    written["Message-ID"] = mail.message_id
    # RFC 3834: no robot answers a letter that a robot wrote.
    written["Auto-Submitted"] = "auto-generated"
    written.set_content(mail.letter.text)
    written.add_alternative(mail.letter.html, subtype="html")
    written["Content-Language"] = mail.letter.language  # last: the parts would take it for their own
    return written


def _named(error: Exception) -> str:
    """An error without its words, which may repeat an address."""
    code = getattr(error, "smtp_code", None)
    return f"{type(error).__name__} {code}" if code else type(error).__name__
