"""The way through several pages, for journeys whose subject comes after it."""

from e2e.pages.card import PAYS
from e2e.pages.check import Check
from e2e.pages.overview import Overview
from e2e.pages.receipt import Receipt
from e2e.visit import Visit

LIBRARY = ("Gebyr",)
DAYCARE = ("ørnepasning",)


def pay(visit: Visit, overview: Overview, *bills: tuple[str, ...], card: str = PAYS) -> Receipt:
    """Choose, check, pay, and come back to the receipt."""
    overview.choose_only(*bills)
    overview.go_on()
    Check(visit).pay().pay_with(card)
    return Receipt(visit)
