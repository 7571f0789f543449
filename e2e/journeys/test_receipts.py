"""A receipt is mailed, taken along as PDF, found again, and the year is taken along too."""

from playwright.sync_api import expect

from e2e.house import House
from e2e.pages.check import Check
from e2e.pages.overview import Overview
from e2e.pages.payments import Payments
from e2e.pages.receipt import Receipt, words_of
from e2e.pages.way import LIBRARY
from e2e.visit import Visit

CARD = "4242 4242 4242 4242"

# Of this receipt: another screen's journey has left its own refusal.
REFUSED = (
    "SELECT count(*) > 0 FROM payment_event JOIN payment ON payment.id = payment_id"
    " WHERE receipt_number = '{}' AND kind = 'receipt_refused'"
)


def mails_to(house: House, address: str) -> list[dict[str, str]]:
    mails: list[dict[str, str]] = house.state("mail")["mails"]
    return [mail for mail in mails if mail["recipient"] == address]


def test_a_receipt_is_mailed_kept_and_found_again(house: House, visit: Visit) -> None:
    overview = Overview.of_new_citizen(visit)
    overview.choose_only(LIBRARY)
    overview.go_on()
    check = Check(visit)
    address = f"borger.{visit.page.url[-12:]}@eksempel.dk"
    visit.expects(422)
    check.receipt_to("borger(at)eksempel")
    check.choose("card").pay_button.click()
    expect(visit.page.get_by_role("alert")).to_contain_text("eller lad feltet stå tomt")
    check.receipt_to(address)
    check.pay().pay_with(CARD)
    receipt = Receipt(visit)

    house.wait_until(lambda: mails_to(house, address))
    (mail,) = mails_to(house, address)
    assert mail["subject"].endswith(": 60,00 kr.")
    assert receipt.number in mail["text"]
    assert "Log på fra kommunens hjemmeside for at se, hvad du har betalt." in mail["text"]
    assert "://" not in mail["text"] + mail["html"]

    words = receipt.pdf()
    assert receipt.number in words
    assert "Det har du betalt for" in words

    receipt.mail_to(f"afvist@{address.rpartition('@')[2]}")
    receipt = Receipt(visit)
    house.wait_until(lambda: house.value(REFUSED.format(receipt.number)))
    visit.page.reload()
    expect(receipt.text).to_contain_text("Vi kunne ikke sende kvitteringen")

    number, payments = receipt.number, Payments(visit)
    payments.search("60")
    expect(payments.rows).to_have_count(1)
    payments.search("61,00")
    expect(payments.rows).to_have_count(0)
    payments.search(number)
    expect(payments.rows).to_have_count(1)
    assert number in words_of(payments.download("Årsopgørelse"))
    table = payments.download("regneark").read_text("utf-8-sig")
    assert f";{number};" in table


def test_a_stranger_with_the_link_sees_no_bills_on_paper_either(house: House, visit: Visit) -> None:
    overview = Overview.of_new_citizen(visit)
    overview.choose_only(LIBRARY)
    overview.go_on()
    Check(visit).pay().pay_with(CARD)
    receipt = Receipt(visit)
    number = receipt.number
    visit.forget_cookies()
    visit.page.reload()
    words = Receipt(visit).pdf()
    assert number in words
    assert "Det har du betalt for" not in words
