"""Posts payments to a municipality's debtor ledger with SF1590_B_03 over Serviceplatformen."""

from typing import Final
from uuid import UUID, uuid5

from app.foundation.clock import Clock, utc_now
from app.ledger.port import Accepted, LedgerNonsense, LedgerUnavailable, Posting, Rejected, Share
from app.serviceplatformen.port import Nonsense, Refused, Road, Unavailable
from app.sf1590 import exchange
from app.sf1590.envelope import OurFault, TheirFault
from app.sf1590.exchange import Desk
from app.sf1590.guard import BadMessage
from app.sf1590.payment import COVERABLE, Cover, Payment, PaymentAccepted

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
        try:
            answer, said = exchange.pay(self._send, desk=self._desk, sent=_payment(posting), now=self._clock())
        except (Unavailable, TheirFault) as error:
            raise LedgerUnavailable(str(error)) from error
        except (Nonsense, BadMessage) as error:
            raise LedgerNonsense(str(error)) from error
        except (Refused, OurFault) as error:
            # No answer about the payment, and time alone will not bring one: the same is sent again once people looked.
            raise LedgerNonsense(f"we are refused: {error}") from error
        if isinstance(answer, PaymentAccepted):
            words = tuple(reason.words for reason in answer.remarks) + tuple(remark.words for remark in said)
            return Accepted(answer.handled_at, words)
        return Rejected(answer.reason.code, answer.reason.words, answer.arrears_ore)

    def _send(self, action: str, envelope: bytes) -> bytes:
        return self._road.send(
            service=exchange.SERVICE, action=action, envelope=envelope, deadline_seconds=self._deadline_seconds
        )


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
    # The id is derived, so that it too is the same over every retry.
    claim = share.ledger_claim_id or ""
    of, colon, of_id = claim.rpartition(":")
    return Cover(uuid5(posting_id, claim), _coverable(of) if colon else COVERABLE[0], _uuid(of_id), share.amount_ore)


def _coverable(word: str) -> str:
    if word not in COVERABLE:
        raise BadMessage("a share names something that cannot be covered")
    return word


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadMessage("an account or a claim is no UUID") from None
