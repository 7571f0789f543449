"""How money is spread over claims and accounts. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.claims.derived import account_of


@dataclass(frozen=True)
class Share:
    """Part of a payment: how much for which claim, and the account it is posted to."""

    claim_id: UUID
    amount_ore: int
    account: str
    way: str

    @property
    def is_registered_first(self) -> bool:
        """The account is the one that is opened in the ledger for this claim, before anything is posted to it."""
        return self.account == account_of(self.claim_id)


@dataclass(frozen=True)
class Split:
    """What captured money becomes: shares that claims still want, and the rest, which must go back."""

    wanted: tuple[Share, ...]
    overpaid: tuple[Share, ...]
    unexplained_ore: int
    """Captured beyond (or without) the payment's lines: goes back too."""

    @property
    def wanted_ore(self) -> int:
        """How much is on its way to the ledger."""
        return sum(share.amount_ore for share in self.wanted)

    @property
    def overpaid_ore(self) -> int:
        """How much waits for refund."""
        return sum(share.amount_ore for share in self.overpaid) + self.unexplained_ore


def split(shares: Sequence[Share], *, captured_ore: int, is_late: bool, still_wanted: frozenset[UUID]) -> Split:
    """Spread captured money.

    Late money, and money of another amount than was asked for, goes back whole (domain.md, I6).
    """
    asked_ore = sum(share.amount_ore for share in shares)
    if is_late or captured_ore != asked_ore:
        return Split((), (), captured_ore)
    wanted = tuple(share for share in shares if share.claim_id in still_wanted)
    unwanted = tuple(share for share in shares if share.claim_id not in still_wanted)
    return Split(wanted, unwanted, 0)


def by_account(shares: Sequence[Share]) -> dict[str, tuple[Share, ...]]:
    """The shares that make one posting each: one debtor account, one message to the ledger."""
    accounts = dict.fromkeys(share.account for share in shares)
    return {account: tuple(share for share in shares if share.account == account) for account in accounts}
