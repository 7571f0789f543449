"""A day is reconciled on demand: what was paid stands on all its sides, and money of nobody's is named."""

import urllib.parse
import urllib.request
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import expect

from app.foundation.clock import danish_day
from e2e.conftest import OpenVisit
from e2e.house import House
from e2e.pages.collections import Collections
from e2e.pages.overview import Overview
from e2e.pages.reconciliation import Reconciliation
from e2e.pages.way import DAYCARE, pay
from e2e.visit import Visit

POSTED = (
    "SELECT count(*) > 0 FROM ledger_posting JOIN payment ON payment.id = payment_id"
    " WHERE receipt_number = '{}' AND ledger_posting.state = 'accepted'"
)
STRANGERS_ORE = 12_345


def a_stranger_pays(house: House) -> None:
    """Somebody pays into the municipality's account at Stripe for something that the portal knows nothing of."""
    asked: dict[str, Any] = {
        "mode": "payment", "success_url": "https://example.dk/tak", "line_items[0][quantity]": 1,
        "line_items[0][price_data][currency]": "dkk", "line_items[0][price_data][unit_amount]": STRANGERS_ORE,
        "line_items[0][price_data][product_data][name]": "Svømmehal",
    }  # fmt: skip
    request = urllib.request.Request(  # noqa: S310 - our own address
        f"{house.outside}/stripe/v1/checkout/sessions",
        data=urllib.parse.urlencode(asked).encode(),
        headers={"Authorization": "Bearer sk_test_standin"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
        session_id = answer.read().decode().split('"id":', 1)[1].split('"')[1]
    house.ask(f"/stripe/test/pay/{session_id}", method="POST", body={})


def test_a_day_is_reconciled_and_what_belongs_to_nobody_is_named(visit: Visit, open_visit: OpenVisit) -> None:
    receipt = pay(visit, Overview.of_new_citizen(visit), DAYCARE)
    number = receipt.number
    visit.house.wait_until(lambda: visit.house.value(POSTED.format(number)))
    a_stranger_pays(visit.house)

    carsten = open_visit()
    Collections.after_login(carsten, "Carsten Bro")
    day = danish_day(datetime.now(UTC)).isoformat()
    page = Reconciliation(carsten).open().run(day)
    expect(page.text).to_contain_text("Ukendte penge hos udbyderen")
    expect(page.text).to_contain_text("123,45")
    (row,) = [one for one in page.rows() if one["Kvittering"] == number]
    amounts = [row[side] for side in ("Udbyder kr.", "Journal kr.", "Kvitteret af regnskabet kr.", "Regnskab kr.")]
    assert amounts == ["250,00"] * 4
    assert row["Afvigelse"] == ""

    carsten.expects(422)
    page.open()
    page.page.get_by_label("Dag", exact=True).fill("2099-01-01")
    page.page.get_by_role("button", name="Afstem dagen").click()
    expect(page.text).to_contain_text("Skriv en dag, der er gået i gang")
    carsten.look()
