"""Which stand-ins there are: one line each, in the order of the front page."""

from collections.abc import Callable

from standins import catalogue, fbs, ledger, mail, mitid, mobilepay, serviceplatformen, staff_login, stripe
from standins.frame import Place, Standin

STANDINS: tuple[Callable[[Place], Standin], ...] = (
    mitid.standin,
    staff_login.standin,
    stripe.standin,
    mobilepay.standin,
    fbs.standin,
    ledger.standin,
    serviceplatformen.standin,
    catalogue.standin,
    mail.standin,
)
