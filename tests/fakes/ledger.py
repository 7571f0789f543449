"""A ledger in memory, for tests of whoever posts or takes back: it books an id once and can be told to fail."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from app.ledger.port import Accepted, LedgerError, Posting, Rejected, Reversal

S = TypeVar("S", Posting, Reversal)


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
    taken_back: dict[UUID, Reversal] = field(default_factory=dict)
    refusals: dict[UUID, Rejected] = field(default_factory=dict)
    """The postings of which nothing may be taken back, and how that is said."""
    calls: int = 0
    _answers: dict[UUID, tuple[Posting | Reversal, Accepted | Rejected]] = field(default_factory=dict)

    def post(self, posting: Posting) -> Accepted | Rejected:
        """Book a posting once.

        :raises LedgerUnavailable, LedgerNonsense: as the test asked for
        """
        return self._heard(posting.posting_id, posting, self._booked)

    def reverse(self, reversal: Reversal) -> Accepted | Rejected:
        """Take a booked posting back, whole or in part, once.

        :raises LedgerUnavailable, LedgerNonsense: as the test asked for
        """
        return self._heard(reversal.reversal_id, reversal, self._taken_back)

    def _heard(self, key: UUID, sent: S, answer: Callable[[S], Accepted | Rejected]) -> Accepted | Rejected:
        self.calls += 1
        if self.before:
            raise self.before.pop(0)
        first, said = self._answers.get(key, (None, None))
        if said is None:
            said = answer(sent)
            self._answers[key] = (sent, said)
        elif first != sent:
            said = Rejected("UUID_GENBRUGT", "received before with other content", None)
        if self.after:
            raise self.after.pop(0)
        return said

    def _booked(self, posting: Posting) -> Accepted | Rejected:
        refused = self.rejections.get(posting.account)
        if refused is None:
            self.booked[posting.posting_id] = posting
        return refused or Accepted(self.now)

    def _taken_back(self, reversal: Reversal) -> Accepted | Rejected:
        posting = self.booked.get(reversal.posting_id)
        if posting is None or posting.account != reversal.account:
            return Rejected("INDBETALING_UKENDT", "no such payment", None)
        if reversal.is_whole and reversal.amount_ore != posting.amount_ore:
            return Rejected("BELOEB_AFVIGER", "the payment is of another amount", None)
        if reversal.amount_ore > posting.amount_ore - self._reversed_ore(posting.posting_id):
            return Rejected("NEDREGULERING_FOR_STOR", "less is left of the payment", None)
        refused = self.refusals.get(reversal.posting_id)
        if refused is None:
            self.taken_back[reversal.reversal_id] = reversal
        return refused or Accepted(self.now)

    def _reversed_ore(self, posting_id: UUID) -> int:
        return sum(one.amount_ore for one in self.taken_back.values() if one.posting_id == posting_id)

    def balance_ore(self, account: str) -> int:
        """What was booked on an account and not taken back, in øre."""
        return sum(
            posting.amount_ore - self._reversed_ore(posting.posting_id)
            for posting in self.booked.values()
            if posting.account == account
        )
