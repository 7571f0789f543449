"""A ledger in memory, for tests of whoever posts, takes back, registers or asks: it books an id once and can fail."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import TypeVar
from uuid import UUID

from app.foundation.clock import danish_day
from app.ledger.port import (
    Accepted,
    AccountSummary,
    AccountView,
    BookedPayment,
    LedgerClaim,
    LedgerError,
    Posting,
    Registration,
    Rejected,
    Reversal,
)

S = TypeVar("S", Posting, Reversal, Registration)


@dataclass(frozen=True)
class Kept:
    """A claim on an account, with those who are liable for it."""

    account: str
    cprs: tuple[str, ...]
    claim: LedgerClaim


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
    registered: dict[str, Registration] = field(default_factory=dict)
    """By the claim's id in the ledger."""
    kept: list[Kept] = field(default_factory=list)
    """The claims on the accounts, as they were before any payment; registering adds one."""
    twice: list[tuple[str, BookedPayment]] = field(default_factory=list)
    """By account: what it has booked once more than it was sent."""
    claim_types: frozenset[UUID] | None = None
    """The sortiments that may be registered; None: any."""
    calls: int = 0
    _answers: dict[UUID, tuple[Posting | Reversal | Registration, Accepted | Rejected]] = field(default_factory=dict)

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

    def register(self, registration: Registration) -> Accepted | Rejected:
        """Open the account and the claim once.

        :raises LedgerUnavailable, LedgerNonsense: as the test asked for
        """
        key = UUID(registration.ledger_claim_id)
        said = self._heard(key, registration, self._registered)
        if registration.ledger_claim_id not in self.registered:
            del self._answers[key]  # nothing was registered: the same may be sent again when people have put it right
        return said

    def accounts_of(self, cpr: str) -> tuple[AccountSummary, ...]:
        """The accounts of whoever is liable.

        :raises LedgerUnavailable, LedgerNonsense: as the test asked for
        """
        self._asked()
        accounts = dict.fromkeys(one.account for one in self.kept if cpr in one.cprs)
        return tuple(self._summary(account) for account in accounts)

    def account(self, account: str, *, since: date | None = None, until: date | None = None) -> AccountView | None:
        """One account, with the payments booked in the period.

        :raises LedgerUnavailable, LedgerNonsense: as the test asked for
        """
        self._asked()
        payments = [self._payment(one) for one in self.booked.values() if one.account == account]
        payments += [one for on, one in self.twice if on == account]
        claims = self._claims(account)
        if not claims and not payments:
            return None
        inside = [
            one
            for one in payments
            if (since is None or danish_day(one.booked_at) >= since)
            and (until is None or danish_day(one.booked_at) <= until)
        ]
        return AccountView(account, claims, tuple(inside))

    def ping(self) -> datetime:
        """Say that the ledger is there.

        :raises LedgerUnavailable, LedgerNonsense: as the test asked for
        """
        self._asked()
        return self.now

    def _asked(self) -> None:
        self.calls += 1
        if self.before:
            raise self.before.pop(0)

    def _heard(self, key: UUID, sent: S, answer: Callable[[S], Accepted | Rejected]) -> Accepted | Rejected:
        self._asked()
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

    def _registered(self, sent: Registration) -> Accepted | Rejected:
        if self.claim_types is not None and sent.claim_type not in self.claim_types:
            return Rejected("SORTIMENT_UKENDT", "no such claim type", None)
        refused = self.rejections.get(sent.account)
        if refused is not None:
            return refused
        self.registered[sent.ledger_claim_id] = sent
        claim = LedgerClaim(
            sent.ledger_claim_id,
            str(sent.origin_system),
            sent.origin_ref,
            str(sent.claim_type),
            sent.principal_ore,
            sent.principal_ore,
            sent.due_on,
            is_at_agency=False,
            text_lines=sent.text_lines,
        )
        self.kept.append(Kept(sent.account, (sent.debtor_cpr,), claim))
        return Accepted(self.now)

    def _claims(self, account: str) -> tuple[LedgerClaim, ...]:
        return tuple(
            replace(one.claim, outstanding_ore=one.claim.outstanding_ore - self._covered_ore(one.claim.ledger_claim_id))
            for one in self.kept
            if one.account == account
        )

    def _covered_ore(self, ledger_claim_id: str) -> int:
        moved = [(posting.shares, 1) for posting in self.booked.values()]
        moved += [(reversal.shares, -1) for reversal in self.taken_back.values()]
        return sum(
            sign * share.amount_ore
            for shares, sign in moved
            for share in shares
            if share.ledger_claim_id == ledger_claim_id
        )

    def _summary(self, account: str) -> AccountSummary:
        owed = [claim for claim in self._claims(account) if claim.outstanding_ore > 0]
        return AccountSummary(
            account,
            sum(claim.outstanding_ore for claim in owed),
            any(claim.is_at_agency for claim in owed),
            min((claim.due_on for claim in owed if claim.due_on), default=None),
        )

    def _payment(self, posting: Posting) -> BookedPayment:
        reduced_ore = self._reversed_ore(posting.posting_id)
        return BookedPayment(posting.posting_id, posting.paid_at, posting.value_on, posting.amount_ore, reduced_ore)

    def _reversed_ore(self, posting_id: UUID) -> int:
        return sum(one.amount_ore for one in self.taken_back.values() if one.posting_id == posting_id)

    def balance_ore(self, account: str) -> int:
        """What was booked on an account and not taken back, in øre."""
        return sum(
            posting.amount_ore - self._reversed_ore(posting.posting_id)
            for posting in self.booked.values()
            if posting.account == account
        )
