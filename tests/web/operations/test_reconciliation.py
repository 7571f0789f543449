"""Reconciliation at the desk: the days, one day's close, and its file, for collections of this municipality only."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from sqlalchemy import select, text

from app import reconciling
from app.foundation.clock import danish_day
from app.foundation.db import transaction
from app.identity.models import AuditEntry
from app.ledger.reconciliation.differences import What
from app.ledger.reconciliation.models import ReconciliationDay
from app.ledger.reconciliation.rows_sql import Row
from app.payments import payouts
from app.payments.models import Payment
from app.payments.movements import Movement, MovementKind
from app.web.operations import reconciliation_csv
from app.web.operations.reconciliation_words import WHATS, difference_name
from tests.demo import NOW
from tests.web.operations.conftest import Desk
from tests.web.portal import HERE, NEIGHBOUR

PAGE = "/personale/opkraevning/afstemning"
DAY = danish_day(NOW)


def wrong(desk: Desk) -> Payment:
    """Kirsten has paid 1.500,00, and the provider's statement says 1.499,00."""
    payment = desk.paid()
    moved = desk.portal.provider.moved
    (on, line), *_ = moved
    assert isinstance(line, Movement)
    moved[0] = (on, replace(line, gross_ore=149900))
    return payment


def reconcile(desk: Desk, day: date = DAY) -> None:
    desk.portal.clock.passes(minutes=2)
    reconciling.run(desk.portal.wires, code=HERE.code, days=[day])


def plain(text_: str) -> str:
    return re.sub(r"\s+", " ", text_.replace("\xa0", " "))


@pytest.mark.database
def test_nothing_is_reconciled_before_the_first_night(desk: Desk) -> None:
    shown = plain(desk.carsten.get(PAGE).text)
    assert "Ingen dag er afstemt endnu" in shown
    assert "0,00 kr. i forskel" in shown
    assert desk.carsten.get(f"{PAGE}/{DAY}").status_code == 404


@pytest.mark.database
def test_a_difference_stands_with_amount_age_owner_and_next_step(desk: Desk) -> None:
    payment = wrong(desk)
    reconcile(desk)
    desk.portal.clock.passes(days=2)
    carsten = desk.portal.employee("collections", subject="carsten", name="Carsten Bro")
    for path in (PAGE, f"{PAGE}/{DAY}"):
        shown = plain(carsten.get(path).text)
        for said in ("Andet beløb hos udbyderen", "-1,00 kr.", "Alder: 2 dage", "Ingen ejer endnu", "Næste skridt:"):
            assert said in shown, (path, said)
        assert f"/personale/opkraevning/betaling/{payment.id}?via=task" in shown
    assert f'href="{PAGE}/{DAY}"' in carsten.get(PAGE).text


@pytest.mark.database
def test_a_day_close_has_its_sides_methods_payouts_and_a_line_to_sign(desk: Desk) -> None:
    wrong(desk)
    desk.portal.provider.pay_out()
    payouts.fetch(desk.portal.sessions, provider=desk.portal.provider, municipality_code=HERE.code, now=NOW)
    reconcile(desk)
    shown = plain(desk.carsten.get(f"{PAGE}/{DAY}").text)
    for said in (
        "Dagsafslutning 2. marts 2026", "Fjordby Kommune", "Betalingskort, 1 betaling", "1.500,00 kr.",
        "1.499,00 kr.", "Udbyderens gebyrer", "1,80 kr.", "Udbetalinger til banken", "1.498,20 kr.",
        "Dato og underskrift", "Udskrevet af Carsten Bro",
    ):  # fmt: skip
        assert said in shown, said


@pytest.mark.database
def test_a_day_that_healed_tells_why(desk: Desk) -> None:
    wrong(desk)
    reconcile(desk)
    on, line = desk.portal.provider.moved[0]
    assert isinstance(line, Movement)
    desk.portal.provider.moved[0] = (on, replace(line, gross_ore=150000))
    reconcile(desk)
    shown = plain(desk.carsten.get(f"{PAGE}/{DAY}").text)
    assert "0,00 kr. i forskel" in shown
    assert "1 lukket difference" in shown
    assert "Siderne stemmer nu" in shown


@pytest.mark.database
def test_a_day_is_asked_for_once_and_shown_as_under_way(desk: Desk) -> None:
    for _twice in range(2):
        answer = desk.carsten.send(PAGE, day=str(DAY))
        assert (answer.status_code, answer.location) == (303, f"{PAGE}/{DAY}")
    assert len(desk.town.messages("ledger.reconcile")) == 1
    shown = desk.carsten.get(f"{PAGE}/{DAY}").text
    assert "Afstemningen er i gang" in shown
    assert 'http-equiv="refresh"' in shown
    assert "Dagen er ikke afstemt endnu." in shown
    assert "i forskel" not in shown, "nobody has compared anything yet"
    assert desk.carsten.get(f"{PAGE}/{DAY}.csv").status_code == 303, "half a statement is none"
    with transaction(desk.portal.sessions) as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "reconciliation.run")).all()
        assert [(one.actor, one.facts) for one in entries] == [("carsten", {"day": str(DAY)})]


@pytest.mark.database
@pytest.mark.parametrize("typed", ["", "i går", "2026-02-30", "2026-03-03", "1999-01-01", "2026-3-1"])
def test_a_day_that_is_none_is_said_to_be(desk: Desk, typed: str) -> None:
    answer = desk.carsten.send(PAGE, day=typed)
    assert answer.status_code == 422
    assert "Skriv en dag, der er gået i gang" in answer.text
    assert "<title>Fejl:" in answer.text
    assert desk.town.messages("ledger.reconcile") == []


@pytest.mark.database
@pytest.mark.parametrize("path", ["2026-02-30", "x", "2026-03-01", "2026-03-01.csv", "x.csv"])
def test_a_day_that_was_never_reconciled_is_unknown(desk: Desk, path: str) -> None:
    assert desk.carsten.get(f"{PAGE}/{path}").status_code == 404


@pytest.mark.database
def test_another_municipality_sees_nothing_of_ours(desk: Desk) -> None:
    wrong(desk)
    reconcile(desk)
    assert desk.neighbour.get(f"{PAGE}/{DAY}").status_code == 404
    assert desk.neighbour.get(f"{PAGE}/{DAY}.csv").status_code == 404
    assert "Andet beløb" not in desk.neighbour.get(PAGE).text
    assert NEIGHBOUR.code != HERE.code


@pytest.mark.database
def test_only_collections_may(desk: Desk) -> None:
    library = desk.portal.employee("library")
    for path in (PAGE, f"{PAGE}/{DAY}", f"{PAGE}/{DAY}.csv"):
        assert library.get(path).status_code == 403
        assert desk.portal.browser().get(path).status_code == 303


@pytest.mark.database
def test_the_file_holds_every_payment_with_its_sides_and_is_in_the_trail(desk: Desk) -> None:
    payment = wrong(desk)
    stranger = Movement("=cmd()", MovementKind.REFUND, "ch_x", -5000)
    desk.portal.provider.moved.append((DAY, stranger))
    reconcile(desk)
    answer = desk.carsten.get(f"{PAGE}/{DAY}.csv")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="afstemning-0991-{DAY}.csv"'
    assert answer.data.startswith(b"\xef\xbb\xbfDag;Tidspunkt;")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    ours, other = rows
    assert (ours["Kvittering"], ours["Betaling"]) == (payment.receipt_number, str(payment.id))
    assert (ours["Udbyder kr."], ours["Journal kr."], ours["Metode"]) == ("1499,00", "1500,00", "Kort")
    assert ours["Tidspunkt"] == "02-03-2026 13:01:00", "Danish time"
    assert "Andet beløb hos udbyderen" in ours["Afvigelse"]
    assert (other["Reference"], other["Udbyder kr."]) == ("'=cmd()", "-50,00")
    with transaction(desk.portal.sessions) as session:
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "reconciliation.download"))
        assert (entry.actor, entry.facts) == ("carsten", {"day": str(DAY)})


@pytest.mark.database
def test_a_hundred_thousand_rows_are_streamed(desk: Desk) -> None:
    with transaction(desk.portal.sessions) as session:
        session.add(ReconciliationDay(municipality_code=HERE.code, day=DAY, finished_at=NOW, silent=[]))
        session.execute(
            text("""
                INSERT INTO statement_line (municipality_code, day, side, road, kind, reference, amount_ore, less_ore)
                SELECT :code, :day, 'provider', 'stripe', 'capture', 'txn_' || number, number, 0
                FROM generate_series(1, 100000) number
            """),
            {"code": HERE.code, "day": DAY},
        )
    answer = desk.carsten.get(f"{PAGE}/{DAY}.csv", buffered=False)
    rows = longest = 0
    for chunk in answer.iter_encoded():
        rows += chunk.count(b"\r\n")
        longest = max(longest, len(chunk))
    answer.close()
    assert rows == 100_001
    assert longest < 200_000, "no more than some hundred rows are held at once"


def test_rows_are_taken_one_chunk_at_a_time() -> None:
    taken = 0

    def many() -> Iterator[Row]:
        nonlocal taken
        for _number in range(5 * reconciliation_csv.ROWS_A_CHUNK):
            taken += 1
            yield Row(None, None, None, None, "stripe", "txn", 1, None, None, None, 0, 0, ())

    chunks = reconciliation_csv.lines(many(), day=DAY, said={})
    next(chunks)
    assert taken == reconciliation_csv.ROWS_A_CHUNK
    assert sum(chunk.count("\r\n") for chunk in chunks) == 4 * reconciliation_csv.ROWS_A_CHUNK


@pytest.mark.parametrize("text_", ["=1+1", "+45", "-x", "@a", "\tx"])
def test_no_cell_of_text_is_a_formula(text_: str) -> None:
    at = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    row = Row(at, text_, str(UUID(int=5)), "card", text_, text_, -1, 0, None, 123456789, 2, 1, ("ledger_amount",))
    content = "".join(reconciliation_csv.lines([row], day=DAY, said={"ledger_amount": text_}))
    _head, cells = csv.reader(io.StringIO(content), delimiter=";")
    assert [cells[place] for place in (2, 5, 6, 12)] == [f"'{text_}"] * 4
    assert cells[1] == "02-07-2026 00:30:00"
    assert cells[7:12] == ["-0,01", "0,00", "", "1234567,89", "1 af 2 ved det"]


def test_every_kind_has_its_name() -> None:
    assert set(WHATS) == set(What)
    assert difference_name("difference.not_in_ledger") == "Mangler i regnskabet"
