"""Kirsten pays her library bill in the bank: the portal says so by itself, and the library knows it too."""

from playwright.sync_api import expect

from e2e.house import House
from e2e.pages.overview import Overview
from e2e.visit import Visit

REPLACEMENT = ("Vinterhavn", "275,00")
UNSETTLED = "SELECT count(*) FROM write_back WHERE payment_id IS NULL AND state IN ('waiting', 'told')"


def known(house: House, what: str, number: str) -> object:
    """What the register knows of a bill that the library knows by this number."""
    return house.value(f"SELECT {what} FROM claim WHERE origin_ref = '{int(number)}'")  # noqa: S608 - words of ours


def does(house: House, act: str, account: object, **more: str) -> None:
    """The ledger does something to an account of its own accord."""
    house.ask(f"/control/ledger/act/{act}", method="POST", body={"account": str(account), **more})


def test_a_bill_paid_in_the_bank_closes_by_itself_and_opens_when_the_bank_takes_it_back(
    world: House, visit: Visit
) -> None:
    number = Overview.after_login(visit, "Kirsten Lund").open_bill(*REPLACEMENT).number
    account = known(world, "debtor_account", number)
    does(world, "pay_in_bank", account)
    world.wait_until(lambda: known(world, "closed_reason", number) == "paid_elsewhere")
    world.wait_until(lambda: world.value(UNSETTLED) == 0)
    assert world.state("fbs")["fees"][number]["paid_on"], "the ledger told the library, and we saw that it did"

    overview = Overview.again(visit)
    expect(overview.bill(*REPLACEMENT)).to_have_count(0)
    expect(overview.closed("Vinterhavn")).to_contain_text("Betalt i banken")
    visit.look()
    bill = overview.closed("Vinterhavn")
    bill.locator("summary").click()
    bill.get_by_role("link", name="Læs alt om regningen").click()
    visit.arrive("/regninger/[0-9a-f-]{36}")
    expect(visit.page.locator("main")).to_contain_text("Betalt i banken: 275,00")
    visit.look()

    does(world, "return_in_bank", account)
    world.wait_until(lambda: known(world, "closed_reason", number) is None)
    expect(Overview.again(visit).bill(*REPLACEMENT).get_by_role("checkbox")).to_be_visible()


def test_a_write_off_and_a_closed_account_are_said_as_they_are(world: House, visit: Visit) -> None:
    number = Overview.after_login(visit, "Kirsten Lund").open_bill(*REPLACEMENT).number
    account = known(world, "debtor_account", number)
    does(world, "close_account", account)
    closed = f"SELECT is_closed FROM debtor_account WHERE account = '{account}'"  # noqa: S608 - a UUID
    world.wait_until(lambda: world.value(closed))
    overview = Overview.again(visit)
    expect(overview.bill("Vinterhavn")).to_contain_text("Kan ikke betales her")
    expect(overview.box("Vinterhavn")).to_have_count(0)
    visit.look()
    does(world, "write_off", account, reason="Eftergivet")
    world.wait_until(lambda: known(world, "closed_reason", number) == "written_off")
    expect(Overview.again(visit).closed("Vinterhavn")).to_contain_text("Vi kræver ikke beløbet længere.")
