"""Register: a claim that its source still holds gets an account in the debtor ledger, before its payment is posted."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.claims import derived
from app.claims import register as claims
from app.claims.models import Claim, ClaimLiability
from app.claims.sighting import FoundClaim, Holder, Role
from app.claims.sightings import Sighted
from app.foundation.clock import Clock, danish_day
from app.foundation.db import Sessions
from app.identity.models import Person
from app.ledger.models import LedgerRegistration
from app.ledger.port import Accepted, Ledger, Registration, Rejected
from app.municipalities.facts import Facts
from app.outbox.port import Finish, GiveUp, Message, nothing

LEDGER = "ledger"


@dataclass(frozen=True)
class Prepared:
    """What is said of a claim, and whose it is."""

    said: LedgerRegistration
    cpr_sealed: bytes

    def registration(self, *, debtor_cpr: str) -> Registration:
        """What goes over the wire. The same claim always makes the same registration."""
        said = self.said
        return Registration(
            account=said.account,
            ledger_claim_id=said.ledger_claim_id,
            claim_type=said.sortiment,
            origin_system=said.origin_system,
            origin_ref=said.origin_ref,
            debtor_cpr=debtor_cpr,
            principal_ore=said.amount_ore,
            founded_on=said.founded_on,
            due_on=said.due_on,
            text_lines=tuple(said.text_lines),
            registered_at=said.asked_at,
        )


class CannotBeRegistered(Exception):
    """The municipality's file no longer says how, or nobody is known who owes the claim."""


def prepare(session: Session, *, message: Message, facts: Facts, now: datetime) -> Prepared | None:
    """Read what is to be said of a claim, as it was stored the first time; None when the ledger has it already.

    :raises CannotBeRegistered: it cannot be said
    """
    claim_id = UUID(message.payload["claim_id"])
    claim = claims.lock(session, claim_ids=[claim_id])[claim_id]
    said = session.get(LedgerRegistration, claim_id)
    if said is None:
        said = _to_say(session, claim, facts, now)
        session.add(said)
        session.flush()
    if said.state == "accepted":
        return None
    return Prepared(said, session.get_one(Person, said.person_id).cpr_sealed)


def deliver(
    sessions: Sessions, *, ledger: Ledger, unseal: Callable[[bytes], str], facts: Facts, message: Message, clock: Clock
) -> Finish:
    """Register one claim (speaks over a wire: takes the session factory).

    :raises LedgerError: not heard: the same is registered again, under the same UUIDs
    :raises GiveUp: the ledger says no, or it cannot be said: a person decides, and the payment waits behind it
    """
    try:
        with sessions.begin() as session:
            prepared = prepare(session, message=message, facts=facts, now=clock())
    except CannotBeRegistered as error:
        raise GiveUp(str(error)) from error
    if prepared is None:
        return nothing
    claim_id = prepared.said.claim_id
    answer = ledger.register(prepared.registration(debtor_cpr=unseal(prepared.cpr_sealed)))
    heard_at = clock()
    if isinstance(answer, Rejected):
        with sessions.begin() as session:
            _keep(session, claim_id, answer, heard_at)
        raise GiveUp(f"debitorsystemet vil ikke registrere kravet: {answer.reason} ({answer.code})")

    def finish(session: Session) -> None:
        said = _keep(session, claim_id, answer, heard_at)
        _hold(session, said, heard_at)

    return finish


def _to_say(session: Session, claim: Claim, facts: Facts, now: datetime) -> LedgerRegistration:
    claim_type, origin_system = facts.claim_type(claim.claim_type), facts.origin_system(claim.origin_system)
    liable = session.scalar(
        select(ClaimLiability.person_id)
        .where(ClaimLiability.claim_id == claim.id)
        .order_by(ClaimLiability.role != Role.LIABLE.value, ClaimLiability.person_id)
        .limit(1)
    )
    if not claim_type.sortiment or origin_system is None:
        raise CannotBeRegistered("kommunens fil siger ikke længere, hvordan kravet registreres i debitorsystemet")
    if liable is None:
        raise CannotBeRegistered("ingen hæfter længere for kravet")
    day = danish_day(now)
    return LedgerRegistration(
        claim_id=claim.id,
        municipality_code=claim.municipality_code,
        person_id=liable,
        account=derived.account_of(claim.id),
        ledger_claim_id=derived.ledger_claim_id_of(claim.id),
        sortiment=claim_type.sortiment[0],
        origin_system=origin_system,
        origin_ref=claim.origin_ref,
        amount_ore=claim.outstanding_ore,
        founded_on=claim.founded_on or claim.due_on or day,
        due_on=claim.due_on or day,
        text_lines=[
            claim_type.label.da,
            f"Registreret fra Betal din kommune, {claim.origin_system} {claim.origin_ref}",
        ],
        asked_at=now,
        state="asked",
    )


def _keep(session: Session, claim_id: UUID, answer: Accepted | Rejected, heard_at: datetime) -> LedgerRegistration:
    said = session.get_one(LedgerRegistration, claim_id, with_for_update=True)
    rejected = answer if isinstance(answer, Rejected) else None
    said.state, said.answered_at = "rejected" if rejected else "accepted", heard_at
    said.reason_code = rejected.code if rejected else None
    said.reason = rejected.reason if rejected else "; ".join(getattr(answer, "remarks", ())) or None
    return said


def _hold(session: Session, said: LedgerRegistration, heard_at: datetime) -> None:
    """Let the register see the claim where it is now, as the ledger's own list will show it. A closed one stays so."""
    claim = claims.lock(session, claim_ids=[said.claim_id])[said.claim_id]
    if claim.closed_at is not None:
        return
    role = session.get_one(ClaimLiability, (claim.id, said.person_id)).role
    found = FoundClaim(
        origin_system=claim.origin_system,
        origin_ref=claim.origin_ref,
        holder=Holder.LEDGER,
        claim_type=claim.claim_type,
        outstanding_ore=said.amount_ore,
        role=Role(role),
        principal_ore=said.amount_ore,
        shared=claim.shared,
        debtor_account=said.account,
        ledger_claim_id=said.ledger_claim_id,
        founded_on=said.founded_on,
        due_on=said.due_on,
        evidence={"text_lines": list(said.text_lines)},
    )
    key = frozenset({(claim.origin_system, claim.origin_ref)})
    # Asked when the answer was heard: a list that was asked for before does not have the claim, and must not take it.
    sighted = Sighted(said.municipality_code, said.person_id, LEDGER, (found,), heard_at, key)
    claims.observe(session, sighted=sighted, now=heard_at)
