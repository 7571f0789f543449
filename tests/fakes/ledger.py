"""A ledger in memory, for tests of whoever posts: it books a posting id once and can be told to fail."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from app.ledger.port import Accepted, LedgerError, Posting, Rejected


@dataclass
class FakeLedger:
    """Implements `Ledger`. `rejections` names the accounts that reject, and how."""

    rejections: dict[str, Rejected] = field(default_factory=dict)
    before: list[LedgerError] = field(default_factory=list)
    """Errors raised, one a call, before anything is booked: the message did not arrive."""
    after: list[LedgerError] = field(default_factory=list)
    """Errors raised, one a call, when the work is done: the answer got lost."""
    now: datetime = datetime(2026, 1, 1, 12, tzinfo=UTC)
    booked: dict[UUID, Posting] = field(default_factory=dict)
    calls: int = 0
    _answers: dict[UUID, tuple[Posting, Accepted | Rejected]] = field(default_factory=dict)

    def post(self, posting: Posting) -> Accepted | Rejected:
        """Book a posting once.

        :raises LedgerUnavailable, LedgerNonsense: as the test asked for
        """
        self.calls += 1
        if self.before:
            raise self.before.pop(0)
        answer = self._answer(posting)
        if self.after:
            raise self.after.pop(0)
        return answer

    def _answer(self, posting: Posting) -> Accepted | Rejected:
        known = self._answers.get(posting.posting_id)
        if known is not None:
            first, answer = known
            return answer if first == posting else Rejected("UUID_GENBRUGT", "received before with other content", None)
        answer = self.rejections.get(posting.account) or Accepted(self.now)
        self._answers[posting.posting_id] = (posting, answer)
        if isinstance(answer, Accepted):
            self.booked[posting.posting_id] = posting
        return answer

    def balance_ore(self, account: str) -> int:
        """What was booked on an account, in øre."""
        return sum(posting.amount_ore for posting in self.booked.values() if posting.account == account)
