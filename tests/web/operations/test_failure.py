"""One row of the queue: its history, its owner, the ways to solve it; and two people at once."""

import re

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.foundation.db import transaction
from app.identity.models import AuditEntry
from app.ledger.models import LedgerPosting
from app.payments.models import Refund
from app.tasks.register import open_task
from tests.demo import KIRSTEN
from tests.web.operations import failing
from tests.web.operations.conftest import Desk
from tests.web.operations.failing import PATH, row, rows
from tests.web.portal import HERE, Browser

pytestmark = pytest.mark.database


def act(desk: Desk, who: Browser, what: str, **fields: str) -> TestResponse:
    """Act on the one row as its page shows it now."""
    one = row(desk)
    return who.send(f"{PATH}/{one.id}/{what}", **{"seen": one.seen, **fields})


def text(answer: TestResponse) -> str:
    return re.sub(r"\s+", " ", answer.text.replace("\xa0", " "))


def trail(desk: Desk) -> list[str]:
    with transaction(desk.portal.sessions) as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.at, AuditEntry.id)))


def posting_states(desk: Desk) -> list[str]:
    with transaction(desk.portal.sessions) as session:
        return list(session.scalars(select(LedgerPosting.state).order_by(LedgerPosting.answered_at, LedgerPosting.id)))


def test_a_row_tells_its_history(desk: Desk) -> None:
    failing.dead(desk)
    act(desk, desk.carsten, "tag")
    act(desk, desk.carsten, "proev-igen")
    shown = text(desk.dorte.get(f"{PATH}/{row(desk).id}"))
    for told in ("Beskeden blev lovet", "Opgaven opstod", "Taget af Carsten Bro", "Prøvet igen af Carsten Bro"):
        assert told in shown
    assert KIRSTEN[:6] not in shown
    assert trail(desk)[-2:] == ["task.take", "failure.retry"]


def test_who_takes_a_message_that_is_still_tried_gets_a_task(desk: Desk) -> None:
    failing.put_off(desk)
    before = row(desk)
    assert act(desk, desk.carsten, "tag").status_code == 303
    after = row(desk)
    assert (after.id, after.owner) == (before.id, "carsten")
    assert act(desk, desk.carsten, "giv-tilbage").status_code == 303
    assert row(desk).owner is None


def test_the_second_of_two_is_told_who_was_faster(desk: Desk) -> None:
    failing.put_off(desk)
    old = row(desk)
    assert desk.dorte.send(f"{PATH}/{old.id}/tag", seen=old.seen).status_code == 303
    late = desk.carsten.send(f"{PATH}/{old.id}/tag", seen=old.seen)
    assert late.status_code == 409
    assert "Dorte Falk var hurtigere (taget, i dag kl. 13.0" in text(late)
    assert row(desk).owner == "dorte"


def test_one_takes_over_after_an_owner_whom_one_has_seen(desk: Desk) -> None:
    failing.dead(desk)
    act(desk, desk.carsten, "tag")
    assert "Overtag efter Carsten Bro" in desk.dorte.get(f"{PATH}/{row(desk).id}").text
    assert act(desk, desk.dorte, "tag").status_code == 303
    assert row(desk).owner == "dorte"
    late = act(desk, desk.carsten, "giv-tilbage")
    assert late.status_code == 409


def test_a_second_click_on_take_changes_nothing(desk: Desk) -> None:
    failing.dead(desk)
    old = row(desk)
    answers = [desk.carsten.send(f"{PATH}/{old.id}/tag", seen=old.seen).status_code for _ in range(2)]
    assert answers == [303, 409]
    assert row(desk).owner == "carsten"


def test_money_is_not_posted_anew_twice(desk: Desk) -> None:
    failing.rejected(desk)
    old = row(desk)
    answers = [who.send(f"{PATH}/{old.id}/proev-igen", seen=old.seen).status_code for who in (desk.carsten, desk.dorte)]
    assert answers == [303, 409]
    assert len(desk.town.messages("ledger.post")) == 2
    failing.deliver(desk, failing.posting(desk))
    assert posting_states(desk) == ["replaced", "accepted"]
    assert (desk.town.balance("transit"), desk.town.balance("ledger")) == (0, -150000)


def test_what_was_typed_is_not_lost_when_a_colleague_was_faster(desk: Desk) -> None:
    failing.rejected(desk)
    old = row(desk)
    desk.dorte.send(f"{PATH}/{old.id}/tag", seen=old.seen)
    late = desk.carsten.send(f"{PATH}/{old.id}/loes", seen=old.seen, way="booked", note="Bogført på bilag 17")
    assert late.status_code == 409
    assert "Bogført på bilag 17</textarea>" in late.text
    assert posting_states(desk) == ["rejected"]


@pytest.mark.parametrize("note", ["", "  ", "x" * 1001, f"Borgeren {KIRSTEN} ringede"])
def test_a_solution_needs_a_note_without_a_number(desk: Desk, note: str) -> None:
    failing.rejected(desk)
    answer = act(desk, desk.carsten, "loes", way="booked", note=note)
    assert answer.status_code == 422
    assert "<title>Fejl:" in answer.text
    assert "Skriv en note uden cpr-nummer" in answer.text
    assert desk.town.balance("transit") == -150000


@pytest.mark.parametrize("way", ["note", "bank", "done", "", "nonsense"])
def test_money_in_transit_is_not_solved_by_words_alone(desk: Desk, way: str) -> None:
    failing.rejected(desk)
    assert act(desk, desk.carsten, "loes", way=way, note="Set").status_code == 422
    assert len(rows(desk)) == 1


def test_a_rejected_posting_is_booked_by_hand(desk: Desk) -> None:
    payment = failing.rejected(desk)
    shown = text(desk.carsten.get(f"{PATH}/{row(desk).id}"))
    assert "Beløbet er større end restbeløbet" in shown
    assert "Debitorsystemet siger, at der skyldes 500,00 kr." in shown
    assert act(desk, desk.carsten, "loes", way="booked", note="Bogført på bilag 17").status_code == 303
    assert rows(desk) == []
    assert (desk.town.balance("transit"), desk.town.balance("ledger")) == (0, -150000)
    assert posting_states(desk) == ["by_hand"]
    page = text(desk.carsten.get(f"/personale/opkraevning/betaling/{payment.id}"))
    assert "Bogført i debitorsystemet i hånden: 1.500,00 kr." in page
    assert trail(desk)[-2] == "failure.solve"


def test_a_dead_posting_is_booked_by_hand_and_its_lane_goes_on(desk: Desk) -> None:
    failing.dead(desk)
    assert act(desk, desk.carsten, "loes", way="booked", note="Bogført på bilag 18").status_code == 303
    assert failing.posting(desk).state == "done"
    assert (desk.town.balance("transit"), desk.town.balance("ledger")) == (0, -150000)
    assert desk.town.tasks() == []


def test_what_is_still_tried_is_not_solved_by_hand(desk: Desk) -> None:
    failing.put_off(desk)
    assert "Løs manuelt" not in desk.carsten.get(f"{PATH}/{row(desk).id}").text
    assert act(desk, desk.carsten, "loes", way="booked", note="Bogført").status_code == 422


def test_money_sent_by_the_bank_is_booked_by_two_above_the_limit(desk: Desk) -> None:
    payment = desk.paid_late()
    assert payment.captured_ore > HERE.refund_alone_up_to_ore
    answer = act(desk, desk.carsten, "loes", way="bank", note="Udbetalt til NemKonto")
    assert answer.status_code == 303
    assert desk.town.balance("overpaid") == -150000, "nothing is booked before a colleague has said yes"
    with transaction(desk.portal.sessions) as session:
        refund = session.scalars(select(Refund)).one()
    assert (refund.origin, refund.state) == ("bank", "asked")
    queue = "/personale/opkraevning/tilbagebetalinger"
    assert "NemKonto" in desk.dorte.get(queue).text
    assert desk.dorte.send(f"{queue}/{refund.id}/godkend").status_code == 303
    assert (desk.town.balance("overpaid"), desk.town.balance("bank")) == (0, -150000)
    assert desk.town.tasks() == []
    assert desk.town.payment(payment.token).state == "refunded"


def test_a_task_without_money_is_closed_with_a_note(desk: Desk) -> None:
    payment = desk.paid()
    with transaction(desk.portal.sessions) as session:
        open_task(
            session, key="x", kind="source_refused", subject_kind="payment", subject_id=payment.id,
            municipality_code=HERE.code, reason="Biblioteket afviser (paymentNotAllowedByClient)",
            next_step="Luk gebyret", facts={}, now=desk.portal.clock(),
        )  # fmt: skip
    assert "<code>paymentNotAllowedByClient</code>" in desk.carsten.get(f"{PATH}/{row(desk).id}").text
    one = row(desk)
    assert act(desk, desk.carsten, "proev-igen").status_code == 409, "it cannot be tried again"
    assert act(desk, desk.carsten, "loes", way="note", note="Lukket i Cicero").status_code == 303
    assert rows(desk) == []
    over = text(desk.dorte.get(f"{PATH}/{one.id}"))
    assert "Løst af Carsten Bro: Lukket i Cicero" in over
    again = desk.dorte.send(f"{PATH}/{one.id}/loes", seen=one.seen, way="note", note="Igen")
    assert again.status_code == 409


def test_another_municipalitys_row_is_unknown(desk: Desk) -> None:
    failing.dead(desk)
    one = row(desk)
    assert desk.neighbour.get(f"{PATH}/{one.id}").status_code == 404
    for what in ("tag", "giv-tilbage", "proev-igen", "loes"):
        sent = desk.neighbour.send(f"{PATH}/{one.id}/{what}", seen=one.seen, note="Min", way="booked")
        assert sent.status_code == 404, what
    assert row(desk).seen == one.seen
