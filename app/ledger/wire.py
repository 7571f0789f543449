"""Posts payments to a municipality's debtor ledger, and takes them back, with SF1590_B_03 over Serviceplatformen."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from uuid import UUID, uuid5

from app.foundation.clock import Clock, danish_day, utc_now
from app.ledger.port import Accepted, LedgerNonsense, LedgerUnavailable, Posting, Rejected, Reversal, Share
from app.serviceplatformen.port import Nonsense, Refused, Road, Unavailable
from app.sf1590 import exchange
from app.sf1590.envelope import OurFault, Remark, TheirFault
from app.sf1590.exchange import Desk, Send
from app.sf1590.guard import BadMessage
from app.sf1590.payment import COVERABLE, Cover, Payment, PaymentAccepted
from app.sf1590.reversal import Order, ReducedCover, Reduction, ReversalAccepted

DEADLINE_SECONDS: Final = 10.0


class WireLedger:
    """Implements `Ledger`. One a municipality; the road is shared and thread safe."""

    def __init__(
        self, *, road: Road, desk: Desk, deadline_seconds: float = DEADLINE_SECONDS, clock: Clock = utc_now
    ) -> None:
        self._road = road
        self._desk = desk
        self._deadline_seconds = deadline_seconds
        self._clock = clock

    def post(self, posting: Posting) -> Accepted | Rejected:
        """Post a payment (see `Ledger.post`).

        :raises LedgerUnavailable, LedgerNonsense: as the port says
        """
        with _as_port():
            answer, said = exchange.pay(
                self._send_to(exchange.SERVICE), desk=self._desk, sent=_payment(posting), now=self._clock()
            )
        if isinstance(answer, PaymentAccepted):
            return _accepted(answer, said)
        return Rejected(answer.reason.code, answer.reason.words, answer.arrears_ore)

    def reverse(self, reversal: Reversal) -> Accepted | Rejected:
        """Take back a payment, or a part (see `Ledger.reverse`).

        :raises LedgerUnavailable, LedgerNonsense: as the port says
        """
        with _as_port():
            if reversal.is_whole:
                send = self._send_to(exchange.REVERSING_SERVICE)
                answer, said = exchange.take_back(send, desk=self._desk, sent=_order(reversal), now=self._clock())
            else:
                send = self._send_to(exchange.SERVICE)
                answer, said = exchange.reduce(send, desk=self._desk, sent=_reduction(reversal), now=self._clock())
        if isinstance(answer, ReversalAccepted):
            return _accepted(answer, said)
        return Rejected(answer.reason.code, answer.reason.words, None)

    def _send_to(self, service: str) -> Send:
        def send(action: str, envelope: bytes) -> bytes:
            return self._road.send(
                service=service, action=action, envelope=envelope, deadline_seconds=self._deadline_seconds
            )

        return send


@contextmanager
def _as_port() -> Iterator[None]:
    try:
        yield
    except (Unavailable, TheirFault) as error:
        raise LedgerUnavailable(str(error)) from error
    except (Nonsense, BadMessage) as error:
        raise LedgerNonsense(str(error)) from error
    except (Refused, OurFault) as error:
        # No answer about the payment, and time alone will not bring one: the same is sent again once people looked.
        raise LedgerNonsense(f"we are refused: {error}") from error


def _accepted(answer: PaymentAccepted | ReversalAccepted, said: tuple[Remark, ...]) -> Accepted:
    words = tuple(reason.words for reason in answer.remarks) + tuple(remark.words for remark in said)
    return Accepted(answer.handled_at, words)


def _payment(posting: Posting) -> Payment:
    return Payment(
        payment_id=posting.posting_id,
        account=_uuid(posting.account),
        payer_cpr=posting.payer_cpr,
        amount_ore=posting.amount_ore,
        paid_at=posting.paid_at,
        value_on=posting.value_on,
        text_lines=posting.text_lines,
        covers=tuple(_cover(posting.posting_id, share) for share in posting.shares if share.ledger_claim_id),
    )


def _cover(posting_id: UUID, share: Share) -> Cover:
    of, of_id = _covered(share)
    return Cover(_cover_id(posting_id, share), of, of_id, share.amount_ore)


def _cover_id(posting_id: UUID, share: Share) -> UUID:
    # Derived, so that it is the same over every retry, and known again when the payment is taken back.
    return uuid5(posting_id, share.ledger_claim_id or "")


def _order(reversal: Reversal) -> Order:
    return Order(
        order_id=reversal.reversal_id,
        payment_id=reversal.posting_id,
        account=_uuid(reversal.account),
        amount_ore=reversal.amount_ore,
        made_at=reversal.made_at,
        text=reversal.text,
    )


def _reduction(reversal: Reversal) -> Reduction:
    return Reduction(
        reduction_id=reversal.reversal_id,
        payment_id=reversal.posting_id,
        account=_uuid(reversal.account),
        amount_ore=reversal.amount_ore,
        made_at=reversal.made_at,
        value_on=danish_day(reversal.made_at),
        text=reversal.text,
        covers=tuple(
            ReducedCover(
                uuid5(reversal.reversal_id, share.ledger_claim_id),
                _covered(share)[0],
                _cover_id(reversal.posting_id, share),
                share.amount_ore,
            )
            for share in reversal.shares
            if share.ledger_claim_id
        ),
    )


def _covered(share: Share) -> tuple[str, UUID]:
    # A claim by its bare id, or what belongs to one as `Rykkergebyr:<id>`.
    of, colon, of_id = (share.ledger_claim_id or "").rpartition(":")
    return _coverable(of) if colon else COVERABLE[0], _uuid(of_id)


def _coverable(word: str) -> str:
    if word not in COVERABLE:
        raise BadMessage("a share names something that cannot be covered")
    return word


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadMessage("an account or a claim is no UUID") from None
