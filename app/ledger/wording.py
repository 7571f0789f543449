"""Puts what the portal asks of the ledger into the words of SF1590; every id in them is the same over every retry."""

from uuid import UUID, uuid5

from app.foundation.clock import danish_day
from app.ledger.port import Posting, Registration, Reversal, Share
from app.sf1590 import registration as registration_words
from app.sf1590.guard import BadMessage
from app.sf1590.payment import COVERABLE, Cover, Payment
from app.sf1590.reversal import Order, ReducedCover, Reduction


def payment_of(posting: Posting) -> Payment:
    """The Indbetaling and its covers.

    :raises BadMessage: an account or a claim is no UUID
    """
    return Payment(
        payment_id=posting.posting_id,
        account=uuid_of(posting.account),
        payer_cpr=posting.payer_cpr,
        amount_ore=posting.amount_ore,
        paid_at=posting.paid_at,
        value_on=posting.value_on,
        text_lines=posting.text_lines,
        covers=tuple(_cover(posting.posting_id, share) for share in posting.shares if share.ledger_claim_id),
    )


def registration_of(registration: Registration) -> registration_words.Registration:
    """The account, with the claim, who owes it, and where it arose.

    :raises BadMessage: an account or a claim is no UUID
    """
    account, claim_id = uuid_of(registration.account), uuid_of(registration.ledger_claim_id)
    claim = registration_words.Claim(
        claim_id=claim_id,
        registered_at=registration.registered_at,
        type_id=registration.claim_type,
        principal_ore=registration.principal_ore,
        founded_on=registration.founded_on,
        due_on=registration.due_on,
        last_timely_on=registration.due_on,
        origin_ref=registration.origin_ref,
        text_lines=registration.text_lines,
    )
    liable = registration_words.Liable(
        # Derived, so that it is the same over every retry.
        uuid5(claim_id, "hæftelse"),
        registration.registered_at,
        registration.founded_on,
        registration.debtor_cpr,
    )
    return registration_words.Registration(
        account, registration.registered_at, registration.origin_system, (claim,), (liable,)
    )


def _cover(posting_id: UUID, share: Share) -> Cover:
    of, of_id = _covered(share)
    return Cover(_cover_id(posting_id, share), of, of_id, share.amount_ore)


def _cover_id(posting_id: UUID, share: Share) -> UUID:
    # Derived, so that it is the same over every retry, and known again when the payment is taken back.
    return uuid5(posting_id, share.ledger_claim_id or "")


def order_of(reversal: Reversal) -> Order:
    """The order to take all of a payment back.

    :raises BadMessage: the account is no UUID
    """
    return Order(
        order_id=reversal.reversal_id,
        payment_id=reversal.posting_id,
        account=uuid_of(reversal.account),
        amount_ore=reversal.amount_ore,
        made_at=reversal.made_at,
        text=reversal.text,
    )


def reduction_of(reversal: Reversal) -> Reduction:
    """The part of a payment that is taken back, from which covers.

    :raises BadMessage: an account or a claim is no UUID
    """
    return Reduction(
        reduction_id=reversal.reversal_id,
        payment_id=reversal.posting_id,
        account=uuid_of(reversal.account),
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
    return _coverable(of) if colon else COVERABLE[0], uuid_of(of_id)


def _coverable(word: str) -> str:
    if word not in COVERABLE:
        raise BadMessage("a share names something that cannot be covered")
    return word


def uuid_of(text: str) -> UUID:
    """The UUID that an account or a claim is called by.

    :raises BadMessage: it is none
    """
    try:
        return UUID(text)
    except ValueError:
        raise BadMessage("an account or a claim is no UUID") from None
