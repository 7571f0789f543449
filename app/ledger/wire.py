"""Speaks to a municipality's debtor ledger with SF1590 over Serviceplatformen: pay, take back, register, ask."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial
from typing import Final, TypeVar

from app.foundation.clock import Clock, utc_now
from app.ledger.port import (
    Accepted,
    AccountSummary,
    AccountView,
    LedgerNonsense,
    LedgerRefuses,
    LedgerUnavailable,
    Posting,
    Registration,
    Rejected,
    Reversal,
)
from app.ledger.reading import summary_of, view_of
from app.ledger.wording import order_of, payment_of, reduction_of, registration_of, uuid_of
from app.serviceplatformen.port import Nonsense, Refused, Road, Unavailable
from app.sf1590 import exchange, outcome
from app.sf1590.envelope import OurFault, Remark, TheirFault
from app.sf1590.exchange import Desk, Exchange, Send
from app.sf1590.guard import BadMessage
from app.sf1590.inquiry import Wanted
from app.sf1590.payment import PaymentAccepted

DEADLINE_SECONDS: Final = 10.0
S = TypeVar("S")
A = TypeVar("A")


class WireLedger:
    """Implements `Ledger`. One a municipality; the road is shared and thread safe."""

    def __init__(
        self, *, road: Road, desk: Desk, deadline_seconds: float = DEADLINE_SECONDS, clock: Clock = utc_now
    ) -> None:
        self._send: Send = partial(road.send, cvr=desk.authority_cvr, deadline_seconds=deadline_seconds)
        self._desk = desk
        self._clock = clock

    def post(self, posting: Posting) -> Accepted | Rejected:
        """Post a payment (see `Ledger.post`).

        :raises LedgerUnavailable, LedgerNonsense: as the port says
        """
        with _as_port():
            answer, said = self._say(exchange.PAY, payment_of(posting))
        if isinstance(answer, PaymentAccepted):
            return _accepted(answer, said)
        return Rejected(answer.reason.code, answer.reason.words, answer.arrears_ore)

    def reverse(self, reversal: Reversal) -> Accepted | Rejected:
        """Take back a payment, or a part (see `Ledger.reverse`).

        :raises LedgerUnavailable, LedgerNonsense: as the port says
        """
        with _as_port():
            if reversal.is_whole:
                answer, said = self._say(exchange.TAKE_BACK, order_of(reversal))
            else:
                answer, said = self._say(exchange.REDUCE, reduction_of(reversal))
        return _judged(answer, said)

    def register(self, registration: Registration) -> Accepted | Rejected:
        """Give a claim its account (see `Ledger.register`).

        :raises LedgerUnavailable, LedgerNonsense: as the port says
        """
        with _as_port():
            answer, said = self._say(exchange.REGISTER, registration_of(registration))
        return _judged(answer, said)

    def accounts_of(self, cpr: str) -> tuple[AccountSummary, ...]:
        """A person's accounts (see `Ledger.accounts_of`).

        :raises LedgerUnavailable, LedgerNonsense: as the port says
        """
        with _as_port():
            answer, _said = self._say(exchange.ACCOUNTS, cpr)
        if isinstance(answer, outcome.Rejected):
            raise _refused(answer)
        return tuple(summary_of(one) for one in answer)

    def account(self, account: str, *, since: date | None = None, until: date | None = None) -> AccountView | None:
        """One account (see `Ledger.account`).

        :raises LedgerUnavailable, LedgerNonsense: as the port says
        """
        with _as_port():
            answer, _said = self._say(exchange.ACCOUNT, Wanted(uuid_of(account), since, until))
        if isinstance(answer, outcome.Rejected):
            raise _refused(answer)
        return None if answer is None else view_of(answer)

    def ping(self) -> datetime:
        """Whether payments would arrive (see `Ledger.ping`).

        :raises LedgerUnavailable, LedgerNonsense: as the port says
        """
        with _as_port():
            at, _said = self._say(exchange.PING, None)
        return at

    def _say(self, what: Exchange[S, A], sent: S) -> tuple[A, tuple[Remark, ...]]:
        return exchange.carry_out(what, sent, send=self._send, desk=self._desk, now=self._clock())


@contextmanager
def _as_port() -> Iterator[None]:
    try:
        yield
    except (Unavailable, TheirFault) as error:
        raise LedgerUnavailable(str(error)) from error
    except (Nonsense, BadMessage) as error:
        raise LedgerNonsense(str(error)) from error
    except Refused as error:
        raise LedgerRefuses(str(error)) from error
    except OurFault as error:
        # No answer about the payment, and time alone will not bring one: the same is sent again once people looked.
        raise LedgerNonsense(f"we are refused: {error}") from error


def _judged(answer: outcome.Accepted | outcome.Rejected, said: tuple[Remark, ...]) -> Accepted | Rejected:
    if isinstance(answer, outcome.Accepted):
        return _accepted(answer, said)
    return Rejected(answer.reason.code, answer.reason.words, None)


def _refused(answer: outcome.Rejected) -> LedgerNonsense:
    # It heard the question and will not answer: people look, whoever asked goes without.
    return LedgerNonsense(f"the ledger will not say: {answer.reason.code} {answer.reason.words}")


def _accepted(answer: PaymentAccepted | outcome.Accepted, said: tuple[Remark, ...]) -> Accepted:
    words = tuple(reason.words for reason in answer.remarks) + tuple(remark.words for remark in said)
    return Accepted(answer.handled_at, words)
