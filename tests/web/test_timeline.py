"""A bill's history: days and events in one line of time, without what lies ahead."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from app.claims.queries import Happening
from app.web.timeline import Step, timeline_of
from tests.web.bills import bill
from tests.web.page_app import NOW, TODAY, page_app


def _told(*happenings: Happening, **facts: Any) -> list[Step]:
    with page_app().test_request_context("/"):
        return timeline_of(bill(**facts), happenings, today=TODAY)


def test_days_of_the_bill_stand_in_order_and_none_lies_ahead() -> None:
    steps = _told(founded_on=date(2026, 3, 2), due_on=date(2026, 4, 1), reminded_on=TODAY + timedelta(days=1))
    assert [step.text for step in steps] == ["Regningen opstod", "Fristen for at betale"]


def test_events_are_told_with_their_amounts_and_moments() -> None:
    paid_at = datetime(2026, 4, 2, 8, tzinfo=UTC)
    steps = _told(
        Happening(paid_at, "covered", {"amount_ore": 6000}),
        Happening(NOW, "closed", {"reason": "paid"}),
        founded_on=date(2026, 4, 2),
    )
    assert [step.text for step in steps] == [
        "Regningen opstod",
        "Vi modtog en betaling på 60,00\N{NO-BREAK SPACE}kr.",
        "Regningen er betalt, og alt er på plads",
    ]
    assert steps[1].at == paid_at


def test_changes_say_from_what_to_what() -> None:
    steps = _told(Happening(NOW, "changed", {"outstanding_ore": [30000, 27500], "due_on": [None, "2026-05-20"]}))
    assert [step.text for step in steps] == [
        "Beløbet blev ændret fra 300,00\N{NO-BREAK SPACE}kr. til 275,00\N{NO-BREAK SPACE}kr.",
        "Fristen blev ændret til onsdag 20. maj",
    ]


def test_money_that_went_back_is_told_of() -> None:
    (step,) = _told(Happening(NOW, "refunded", {"amount_ore": 25000}))
    assert step.text == "En betaling på 250,00\N{NO-BREAK SPACE}kr. gik tilbage til den, der betalte"


def test_a_bill_that_is_no_longer_listed_says_so() -> None:
    assert "ikke længere på listen" in _told(Happening(NOW, "closed", {"reason": "no_longer_listed"}))[0].text


def test_what_means_nothing_to_a_citizen_is_not_told() -> None:
    assert _told(Happening(NOW, "seen", {"source": "fbs"}), Happening(NOW, "posted", {})) == []


def test_what_the_ledger_did_without_us_is_told() -> None:
    steps = _told(
        Happening(NOW, "paid_elsewhere", {"amount_ore": 6000}),
        Happening(NOW, "paid_elsewhere_reduced", {"amount_ore": 1000}),
        Happening(NOW, "offset", {"amount_ore": 3000}),
        Happening(NOW, "offset_reduced", {"amount_ore": 300}),
        Happening(NOW, "written_off", {"amount_ore": 2000, "why": "Eftergivet"}),
        Happening(NOW, "written_off_reduced", {"amount_ore": 500}),
        Happening(NOW, "closed", {"reason": "paid_elsewhere"}),
        Happening(NOW, "closed", {"reason": "written_off"}),
        Happening(NOW, "account_closed", {}),
        Happening(NOW, "account_reopened", {}),
    )
    kr = "\N{NO-BREAK SPACE}kr."
    assert [step.text for step in steps] == [
        f"Betalt i banken: 60,00{kr}",
        f"En betaling på 10,00{kr} i banken blev taget tilbage",
        f"Modregnet: 30,00{kr}, som du havde til gode",
        f"En modregning på 3,00{kr} blev taget tilbage",
        f"Kommunen slettede 20,00{kr} af beløbet: Eftergivet",
        f"5,00{kr}, som var slettet, skal alligevel betales",
        "Regningen er betalt uden om denne side",
        "Regningen er slettet. Vi kræver ikke beløbet længere.",
        "Kommunen lukkede kontoen, som regningen ligger på. Den kan ikke betales her.",
        "Kommunen åbnede kontoen igen. Regningen kan betales her.",
    ]
