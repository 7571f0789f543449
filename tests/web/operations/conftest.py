"""What the tests of the collections desk share: two colleagues, and a payment to look at."""

from dataclasses import dataclass

import pytest

from app.payments.models import Payment
from app.payments.port import Hint
from tests.demo import Town
from tests.web.portal import DAYCARE, NEIGHBOUR, NEIGHBOUR_HOST, Browser, Portal


@dataclass
class Desk:
    """Carsten and Dorte of Fjordby, and Nanna who collects in Skovlund."""

    portal: Portal

    def __post_init__(self) -> None:
        portal = self.portal
        self.carsten = portal.employee("collections", subject="carsten", name="Carsten Bro")
        self.dorte = portal.employee("collections", subject="dorte", name="Dorte Falk")
        self.neighbour = portal.employee(
            "collections", subject="nanna", name="Nanna Birk", host=NEIGHBOUR_HOST, code=NEIGHBOUR.code
        )

    @property
    def town(self) -> Town:
        return self.portal.town

    def colleague(self, name: str) -> Browser:
        return {"carsten": self.carsten, "dorte": self.dorte}[name]

    def paid(self) -> Payment:
        """Kirsten has paid her daycare bill of 1.500,00 kr."""
        (claim,) = self.portal.owes(DAYCARE)
        return self.town.paid(self.town.person(), claim, now=self.portal.clock())

    def paid_late(self) -> Payment:
        """Kirsten gave up on a payment, and then the money came all the same."""
        (claim,) = self.portal.owes(DAYCARE)
        payment = self.town.opened(self.town.person(), claim, now=self.portal.clock())
        reference = payment.provider_reference or ""
        assert isinstance(self.portal.provider.close(reference), Hint)
        self.town.settle(payment, now=self.portal.clock())
        self.portal.provider.pay(reference)
        self.town.settle(payment, now=self.portal.clock())
        return self.town.payment(payment.token)


@pytest.fixture
def desk(portal: Portal) -> Desk:
    return Desk(portal)
