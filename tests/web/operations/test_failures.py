"""The failure queue: what stands in it and why, sorted, filtered, page by page; and many tried again at once."""

import re
from datetime import timedelta
from html import unescape
from uuid import UUID

import pytest

from app.foundation.db import transaction
from app.ledger.port import LedgerError
from app.notifications.port import MailError
from app.outbox.models import OutboxMessage
from app.payments.port import ProviderError
from app.sources.port import SourceError
from app.tasks.healed import close_delivered
from app.tasks.register import close_task, open_task
from app.web.operations.reasons import REASONS
from tests.web.operations import failing
from tests.web.operations.conftest import Desk
from tests.web.operations.failing import PATH, rows, seen
from tests.web.portal import NEIGHBOUR

pytestmark = pytest.mark.database


def tidy(html: str) -> str:
    return re.sub(r"\s+", " ", html.replace("\xa0", " "))


def many(desk: Desk, count: int, *, code: str | None = None) -> None:
    with transaction(desk.portal.sessions) as session:
        for number in range(count):
            open_task(
                session, key=f"t{code}{number}", kind="source_refused" if number % 2 else "payout_difference",
                subject_kind="none", subject_id=UUID(int=number), municipality_code=code or desk.town.facts.code,
                reason=f"Grund {number}", next_step="Se på det", facts={"amount_ore": 100 * number},
                now=desk.portal.clock() + timedelta(seconds=number),
            )  # fmt: skip


def test_an_empty_queue_says_when_it_was_looked_at(desk: Desk) -> None:
    assert "Køen er tom. Sidst tjekket kl. 13.00." in tidy(desk.carsten.get(PATH).text)


def test_a_message_that_is_put_off_is_a_row_in_plain_danish(desk: Desk) -> None:
    failing.put_off(desk)
    shown = tidy(desk.carsten.get(PATH).text)
    assert "Debitorsystemet svarer ikke <code>LedgerUnavailable</code>" in shown
    assert "1.500,00 kr." in shown
    assert "daycare" in shown, "the kind of bill"
    assert 'data-title="Forsøg">3<' in shown
    assert "i dag kl. 13.0" in shown, "the next try"


def test_what_failed_once_a_moment_ago_is_no_failure_yet(desk: Desk) -> None:
    failing.put_off(desk, times=1)
    assert rows(desk) == []
    desk.portal.clock.passes(minutes=2)
    assert len(rows(desk)) == 1


def test_a_dead_message_and_its_task_are_one_row(desk: Desk) -> None:
    message = failing.dead(desk)
    row = failing.row(desk)
    assert (row.message_id, row.message_state, row.amount_ore) == (message.id, "dead", 150000)
    assert row.task_id is not None
    shown = tidy(desk.carsten.get(PATH).text)
    assert "Opgivet" in shown
    assert "older than" not in shown


def test_a_dead_message_whose_task_was_closed_is_still_there(desk: Desk) -> None:
    failing.dead(desk)
    (task,) = desk.town.tasks()
    with transaction(desk.portal.sessions) as session:
        close_task(session, task_id=task.id, reason="set", by="carsten", now=desk.portal.clock())
    assert failing.row(desk).task_id is None


def test_the_queue_is_the_municipalitys_own(desk: Desk) -> None:
    failing.dead(desk)
    many(desk, 1, code=NEIGHBOUR.code)
    assert "Debitorsystemet" not in desk.neighbour.get(PATH).text
    assert "Grund 0" not in desk.carsten.get(PATH).text


@pytest.mark.parametrize("sort", ["alder", "type", "beloeb", "forsoeg", "naeste", "ejer", "nonsense"])
def test_the_queue_is_sorted_by_its_headings(desk: Desk, sort: str) -> None:
    many(desk, 4)
    shown = desk.carsten.get(f"{PATH}?sorter={sort}").text
    assert shown.count('aria-sort="ascending"') == 1
    turned = desk.carsten.get(f"{PATH}?sorter={sort}&ned=1").text
    assert 'aria-sort="descending"' in turned
    first = [re.findall(r"Grund \d", page)[0] for page in (shown, turned)]
    if sort in {"alder", "type", "beloeb"}:
        assert first[0] != first[1]


def test_the_queue_is_sorted_by_amount_and_what_has_none_comes_last(desk: Desk) -> None:
    many(desk, 3)
    failing.put_off(desk)

    def amounts(page: str) -> list[str]:
        return re.findall(r'data-title="Beløb" class="amount">([^<]*)<', tidy(page))

    rising = desk.carsten.get(f"{PATH}?sorter=beloeb").text
    assert amounts(rising) == ["1,00 kr.", "2,00 kr.", "1.500,00 kr.", "–"]
    assert '<th scope="col" class="amount" aria-sort="ascending">' in rising
    (turn,) = re.findall(r'<a href="([^"]*)">Beløb', rising)
    falling = desk.carsten.get(unescape(turn)).text
    assert amounts(falling) == ["1.500,00 kr.", "2,00 kr.", "1,00 kr.", "–"]
    assert '<th scope="col" class="amount" aria-sort="descending">' in falling


@pytest.mark.parametrize(
    ("facts", "amount_ore"),
    [
        ({"amount_ore": 300, "difference_ore": 5}, 300),
        ({"amount_ore": 0, "overpaid_ore": 400}, 400),
        ({"difference_ore": -3_000_000_000}, -3_000_000_000),
        ({}, 150000),
    ],
)
def test_a_task_is_about_the_amount_that_it_names_else_all_of_its_payment(
    desk: Desk, facts: dict[str, int], amount_ore: int
) -> None:
    payment = desk.paid()
    with transaction(desk.portal.sessions) as session:
        open_task(
            session, key="t", kind="dispute", subject_kind="payment", subject_id=payment.id, next_step="Se på det",
            municipality_code=desk.town.facts.code, reason="Grund", facts=facts, now=desk.portal.clock(),
        )  # fmt: skip
    assert failing.row(desk).amount_ore == amount_ore


def test_a_posting_made_again_is_about_the_shares_that_it_names(desk: Desk) -> None:
    message = failing.put_off(desk)
    shares = [{"claim_id": str(UUID(int=1)), "amount_ore": one} for one in (700, 800)]
    with desk.portal.sessions.begin() as session:
        again = session.get_one(OutboxMessage, message.id)
        again.payload = {**again.payload, "shares": shares}
    assert failing.row(desk).amount_ore == 1500


def test_a_long_queue_is_read_page_by_page(desk: Desk) -> None:
    many(desk, 60)
    first, second, beyond = (desk.carsten.get(f"{PATH}?side={page}").text for page in (1, 2, 99))
    assert [page.count("<tr>") for page in (first, second)] == [51, 11]
    assert "60 i køen" in first
    assert "side=2" in first
    assert "Grund 59" in second
    assert "Grund 59" in beyond, "a page beyond the end is the last one"


def test_filters_show_a_part_of_it(desk: Desk) -> None:
    many(desk, 3)
    failing.put_off(desk)
    assert desk.carsten.get(f"{PATH}?type=kilde").text.count("<tr>") == 2
    assert desk.carsten.get(f"{PATH}?type=regnskab").text.count("<tr>") == 2
    assert "Ingen rækker passer" in desk.carsten.get(f"{PATH}?type=andet").text
    assert "Ingen rækker passer" in desk.carsten.get(f"{PATH}?ejer=mine").text
    assert desk.carsten.get(f"{PATH}?ejer=ingen").text.count("<tr>") == 5


def test_many_are_tried_again_after_a_question(desk: Desk) -> None:
    message = failing.dead(desk)
    many(desk, 1)
    shown = seen(desk.carsten.get(PATH).text)
    asked = desk.carsten.send(
        f"{PATH}/proev-igen", row=list(shown), **{f"seen-{key}": value for key, value in shown.items()}
    )
    assert asked.status_code == 200
    assert "Vil du prøve 1 betaling igen?" in asked.text
    assert "1 kan ikke prøves igen" in asked.text
    assert failing.posting(desk).state == "dead", "nothing is done before one is sure"
    sent = {f"seen-{key}": value for key, value in seen(asked.text).items()}
    done = desk.carsten.send(f"{PATH}/proev-igen", sure="1", row=[str(message.id)], **sent)
    assert done.status_code == 303
    page = desk.carsten.get(done.location).text
    assert re.search(r'role="status" aria-live="polite">.*1 betaling bliver prøvet igen nu', page, re.DOTALL)
    assert "bliver prøvet igen nu" not in desk.carsten.get(PATH).text, "said once"
    assert failing.posting(desk).state == "due"


def test_trying_nothing_says_so(desk: Desk) -> None:
    failing.dead(desk)
    answer = desk.carsten.send(f"{PATH}/proev-igen")
    assert answer.status_code == 422
    assert "Sæt kryds ved det, der skal prøves igen." in answer.text
    assert desk.carsten.send(f"{PATH}/proev-igen", row=["x"]).status_code == 400


def test_what_changed_meanwhile_is_not_tried_and_the_rest_is(desk: Desk) -> None:
    failing.rejected(desk)
    old = failing.row(desk)
    page = seen(desk.carsten.get(PATH).text)
    desk.dorte.send(f"{PATH}/{old.id}/tag", **{f"seen-{old.id}": page[str(old.id)]})
    done = desk.carsten.send(f"{PATH}/proev-igen", sure="1", row=[str(old.id)], **{f"seen-{old.id}": page[str(old.id)]})
    assert "ændret af en kollega" in desk.carsten.get(done.location).text
    assert len(desk.town.messages("ledger.post")) == 1


def test_a_neighbours_row_is_not_tried(desk: Desk) -> None:
    message = failing.dead(desk)
    row = failing.row(desk)
    desk.neighbour.send(f"{PATH}/proev-igen", sure="1", row=[str(row.id)], **{f"seen-{row.id}": row.seen})
    assert failing.posting(desk).state == "dead"
    assert message.state == "dead"


def test_a_row_goes_when_its_message_is_delivered_and_its_task_closes(desk: Desk) -> None:
    message = failing.dead(desk)
    row = failing.row(desk)
    desk.carsten.send(f"{PATH}/{row.id}/proev-igen", seen=row.seen)
    failing.deliver(desk, message)
    assert rows(desk) == []
    with transaction(desk.portal.sessions) as session:
        assert close_delivered(session, now=desk.portal.clock()) == 1
        assert close_delivered(session, now=desk.portal.clock()) == 0
        assert session.get_one(OutboxMessage, message.id).state == "done"
    assert desk.town.tasks() == []


def test_every_error_of_a_port_has_its_reason_in_danish() -> None:
    families = (LedgerError, SourceError, ProviderError, MailError)
    names = {one.__name__ for family in families for one in family.__subclasses__()} - {"NoSuchPayment"}
    assert names <= set(REASONS)
