"""A mail server in memory, for the port."""

from dataclasses import dataclass, field

from app.notifications.port import Mail, MailOutcomeUnknown, MailRefused, MailUnavailable


@dataclass
class FakeMailer:
    """Keeps what it takes; `afvist@...` is refused for good."""

    sent: list[Mail] = field(default_factory=list)
    is_down: bool = False
    drop_replies: int = 0

    def send(self, mail: Mail) -> None:
        if self.is_down:
            raise MailUnavailable("down")
        if mail.recipient.startswith("afvist@"):
            raise MailRefused("the mail server refused the recipient: 550")
        self.sent.append(mail)
        if self.drop_replies:
            self.drop_replies -= 1
            raise MailOutcomeUnknown("no answer")
