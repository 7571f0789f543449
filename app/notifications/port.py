"""What is said to people outside the pages, and what a channel promises."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Letter:
    """Words for a person: the same in plain text and in simple HTML, without links."""

    language: str
    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Mail:
    """A letter on its way. The same promise always makes the same mail, to the letter."""

    message_id: str
    """What a mail server knows a repetition by: `<...@...>`."""
    sender: str
    sender_name: str
    recipient: str
    written_at: datetime
    letter: Letter


class Mailer(Protocol):
    """A way to send mail."""

    def send(self, mail: Mail) -> None:
        """Hand a mail over to the mail server.

        :raises MailRefused: this recipient's mail is refused for good
        :raises MailUnavailable: the server was not reached or certainly took nothing; another time may do
        :raises MailOutcomeUnknown: the connection ended before the answer; the same mail may be sent again
        """


class MailError(Exception):
    """A mail was not known to be sent. No message of these errors names the recipient."""


class MailRefused(MailError):
    """Sending it again is senseless: the server will not deliver to this recipient."""


class MailUnavailable(MailError):
    """Nothing was taken."""


class MailOutcomeUnknown(MailError):
    """It may have been taken. Timed out is not refused."""
