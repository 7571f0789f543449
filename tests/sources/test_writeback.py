"""Write-back: the library is told of what was paid, its answers are kept, and it is asked until it shows it paid."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.claims.models import ClaimSighting
from app.claims.sighting import FoundClaim, Holder
from app.ledger.port import LedgerUnavailable
from app.outbox.port import Later, Message
from app.payments.models import Payment
from app.sources import writeback
from app.sources.models import WriteBack
from app.sources.port import Telling
from app.sources.queries import told_of
from tests.delivering import Portal
from tests.demo import ACCOUNT, COLLECTING, KIRSTEN, NOW, Onlooker, Town, daycare, fine
from tests.fakes.sources import FakeToldSource

pytestmark = pytest.mark.database


def rows(town: Town) -> Sequence[WriteBack]:
    with town.sessions() as session:
        return session.scalars(select(WriteBack).order_by(WriteBack.id)).all()


def paid_fines(portal: Portal, *refs: str) -> Payment:
    """Fines that the library holds, paid here."""
    town, person = portal.town, portal.town.person()
    found = tuple(fine(ref) for ref in refs)
    portal.library.claims[KIRSTEN] = found
    return town.paid(person, *town.shows(person, *found))


def in_ledger(ref: str = "f1") -> FoundClaim:
    """A library claim as the ledger lists it."""
    return FoundClaim("fbs", ref, Holder.LEDGER, "library-fee", 7500, debtor_account=ACCOUNT, ledger_claim_id="L")


def paid_in_ledger(portal: Portal, ref: str = "f1") -> Payment:
    """A library claim that has gone to the ledger, paid here."""
    town, person = portal.town, portal.town.person()
    portal.library.claims[KIRSTEN] = (fine(ref, holder=Holder.LEDGER),)
    town.shows(person, *portal.library.claims[KIRSTEN], source="fbs")
    return town.paid(person, *town.shows(person, in_ledger(ref), source="ledger"))


def test_the_library_is_told_and_then_shows_the_claim_paid(town: Town, portal: Portal) -> None:
    payment = paid_fines(portal, "f1", "f2")
    portal.deliver_all()
    assert [(row.state, row.way, row.said) for row in rows(town)] == [("known", "tell", "paymentRegistered")] * 2
    (order_id,) = {row.order_id for row in rows(town)}
    assert order_id == f"{payment.receipt_number}-{portal.message('ledger.post').id.hex[-6:]}"
    assert portal.library.orders == {"f1": order_id, "f2": order_id}
    for ref in ("f1", "f2"):
        claim = town.claim(ref)
        assert (claim.closed_reason, claim.covered_ore) == ("paid", 0)
    assert not town.tasks()
    with town.sessions() as session:
        told = told_of(session, payment_ids=[payment.id])[payment.id]
    assert {(one.state, one.way) for one in told} == {("known", "tell")}


def test_nobody_is_told_before_the_ledger_has_accepted(town: Town, portal: Portal) -> None:
    paid_fines(portal, "f1")
    portal.ledger.before += [LedgerUnavailable("down")] * 50
    portal.deliver_until(lambda: len(portal.ledger.sent) > 1)
    assert not rows(town)
    assert not portal.library.orders


def test_a_lost_answer_is_followed_by_the_same_order(town: Town, portal: Portal) -> None:
    paid_fines(portal, "f1")
    portal.library.switches.drop_replies = 2
    portal.deliver_all()
    (row,) = rows(town)
    assert (row.state, row.said) == ("known", "paymentRegistered"), "another order would have been told so"
    assert portal.message("source.tell").attempts == 3
    assert not town.tasks()


def test_a_claim_that_the_library_has_by_another_order_is_told_to_a_person(town: Town, portal: Portal) -> None:
    payment = paid_fines(portal, "f1")
    portal.library.orders["f1"] = "somebody-elses"
    portal.library.claims[KIRSTEN] = ()
    portal.deliver_all()
    (row,) = rows(town)
    assert (row.state, row.said) == ("known", "paymentRegisteredByDifferentOrderId")
    (task,) = town.tasks()
    assert (task.kind, task.subject_id, task.facts["order_id"]) == ("source_refused", payment.id, row.order_id)


def test_a_claim_that_the_library_will_not_close_is_told_to_a_person(town: Town, portal: Portal) -> None:
    paid_fines(portal, "f1", "f2")
    portal.library.not_allowed.add("f1")
    portal.deliver_all()
    states = {town.claim(ref).id: ref for ref in ("f1", "f2")}
    assert {states[row.claim_id]: row.state for row in rows(town)} == {"f1": "refused", "f2": "known"}
    (task,) = town.tasks()
    assert task.facts["said"] == "paymentNotAllowedByClient"
    assert (town.claim("f1").closed_at, town.claim("f1").covered_ore) == (None, 7500), "it is still paid here"
    assert town.balance("ledger") == -15000


def test_a_claim_that_the_library_does_not_know_is_told_to_a_person(town: Town, portal: Portal) -> None:
    paid_fines(portal, "f1")
    portal.library.claims[KIRSTEN] = ()
    portal.deliver_all()
    assert [(row.state, row.said) for row in rows(town)] == [("refused", "feeNotFound")]
    assert [task.kind for task in town.tasks()] == ["source_refused"]
    assert not town.messages("source.observe")


def test_a_claim_held_by_the_ledger_is_observed_until_the_library_shows_it_paid(town: Town, portal: Portal) -> None:
    paid_in_ledger(portal)
    with portal.working():
        portal.wait_until(lambda: any(message.attempts > 2 for message in town.messages("source.observe")))
        assert not town.messages("source.tell"), "the library would refuse us: the ledger tells it"
        assert [(row.state, row.way) for row in rows(town)] == [("waiting", "observe")]
        assert town.claim("f1").closed_at is None
        portal.library.paid_elsewhere("f1")
        portal.wait_until(lambda: portal.message("source.observe").state == "done")
    assert [row.state for row in rows(town)] == ["known"]
    assert town.claim("f1").closed_reason == "paid"
    assert not town.tasks()


def test_what_is_known_of_an_order_is_kept_while_the_rest_is_waited_for(town: Town, portal: Portal) -> None:
    person = town.person()
    portal.library.claims[KIRSTEN] = (fine("f1", holder=Holder.LEDGER), fine("f2", holder=Holder.LEDGER))
    town.shows(person, *portal.library.claims[KIRSTEN], source="fbs")
    town.paid(person, *town.shows(person, in_ledger("f1"), in_ledger("f2"), source="ledger"))
    portal.library.paid_elsewhere("f1")
    with portal.working():
        portal.wait_until(lambda: town.claim("f1").closed_at is not None)
        assert town.claim("f2").closed_at is None
        portal.library.paid_elsewhere("f2")
        portal.wait_until(lambda: portal.message("source.observe").state == "done")
    assert town.claim("f2").closed_reason == "paid"


def test_a_claim_of_another_system_is_nobodys_to_tell(town: Town, portal: Portal) -> None:
    person = town.person()
    town.paid(person, *town.shows(person, daycare()))
    portal.deliver_all()
    assert not rows(town)
    assert [message.kind for message in town.messages()] == ["ledger.post"]


def test_an_account_that_the_library_does_not_name_is_waited_for(town: Town, portal: Portal) -> None:
    paid_fines(portal, "f1")
    with town.sessions.begin() as session:
        for sighting in session.scalars(select(ClaimSighting)):
            sighting.seen = sighting.seen | {"evidence": {"kind": "fee"}}
    portal.deliver_until(lambda: any(message.last_error for message in town.messages("source.tell")))
    assert "whose account" in (portal.message("source.tell").last_error or "")
    assert not portal.library.orders


def message_of(kind: str, *, order_id: str, payment_id: UUID) -> Message:
    return Message(payment_id, kind, payment_id, "0998", "lane", {"order_id": order_id}, 1, 1, NOW, NOW)


def test_an_order_of_which_all_is_known_is_done(town: Town, portal: Portal) -> None:
    payment = paid_fines(portal, "f1")
    portal.deliver_all()
    (row,) = rows(town)
    for act in (writeback.tell, writeback.observe):
        again = message_of("again", order_id=row.order_id, payment_id=payment.id)
        finish = act(town.sessions, source=portal.library, message=again, clock=portal.clock)
        with town.sessions.begin() as session:
            finish(session)
    assert [one.known_at for one in rows(town)] == [row.known_at]


@pytest.mark.parametrize(("waited_seconds", "next_seconds"), [(0, 1), (4, 2), (60, 30), (86_400, 600)])
def test_the_next_look_depends_on_how_long_it_has_waited_and_not_on_who_died_meanwhile(
    town: Town, portal: Portal, waited_seconds: int, next_seconds: int
) -> None:
    """One that six killed workers had held would otherwise be looked at ten minutes later."""
    payment = paid_in_ledger(portal)
    portal.deliver_until(lambda: bool(town.messages("source.observe")))
    (row,) = rows(town)
    message = replace(message_of("again", order_id=row.order_id, payment_id=payment.id), attempts=9)
    with pytest.raises(Later) as put_off:
        writeback.observe(
            town.sessions, source=portal.library, message=message, clock=lambda: NOW + timedelta(seconds=waited_seconds)
        )
    assert put_off.value.after == timedelta(seconds=next_seconds)


def test_the_library_is_spoken_to_with_no_transaction_open(town: Town, portal: Portal) -> None:
    onlooker = Onlooker(portal.database_url)

    class Watching(FakeToldSource):
        def tell_paid(self, *, patron_id: int, order_id: str, origin_refs: tuple[str, ...]) -> dict[str, Telling]:
            onlooker.look()
            return super().tell_paid(patron_id=patron_id, order_id=order_id, origin_refs=origin_refs)

        def shows_paid(self, *, patron_id: int, origin_refs: tuple[str, ...]) -> dict[str, bool]:
            onlooker.look()
            return super().shows_paid(patron_id=patron_id, origin_refs=origin_refs)

    paid_fines(portal, "f1")
    portal.library = Watching(claims=portal.library.claims)
    portal.deliver_all()
    assert onlooker.looks == 2


def test_one_order_for_each_posting(town: Town) -> None:
    person = town.person()
    claims = town.shows(person, fine("f1"), fine("f2"))
    payment = town.paid(person, *claims)
    assert payment.receipt_number is not None
    for number, claim in enumerate(claims):
        with town.sessions.begin() as session:
            paid = [writeback.Paid(claim, "tell")]
            posted = writeback.Posted(UUID(int=number + 1), payment.id, "0998", payment.receipt_number, paid)
            writeback.promise(session, postings=[posted], now=NOW + timedelta(minutes=2))
    assert len({row.order_id for row in rows(town)}) == 2
    assert len({message.lane for message in town.messages("source.tell")}) == 2
    assert [message.payload["account"] for message in town.messages("ledger.post")] == [COLLECTING]
