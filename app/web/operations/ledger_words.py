"""What differs between the portal and the ledger, in words, and what to do about it."""

from collections.abc import Mapping

from flask import Flask
from flask_babel import LazyString, lazy_gettext

from app.ledger.side_by_side import Difference

CLAIMS: Mapping[Difference, tuple[LazyString, LazyString]] = {
    Difference.ONLY_HERE: (
        lazy_gettext("Kun i portalen"),
        lazy_gettext("Debitorsystemet kender ikke regningen. Den bliver lukket her, når det ikke viser den mere."),
    ),
    Difference.ONLY_THERE: (
        lazy_gettext("Kun i debitorsystemet"),
        lazy_gettext(
            "Borgeren ser den ved næste besøg. Er det et gebyr eller en rente, hører den til en anden regning."
        ),
    ),
    Difference.AMOUNT: (
        lazy_gettext("Beløbet er ikke det samme"),
        lazy_gettext("Se betalingerne nedenfor. Portalen retter sig efter debitorsystemet ved borgerens næste besøg."),
    ),
    Difference.ON_ITS_WAY: (
        lazy_gettext("Betaling på vej"),
        lazy_gettext("Der er betalt her, og debitorsystemet har ikke trukket det fra endnu. Du skal ikke gøre noget."),
    ),
    Difference.DUE: (
        lazy_gettext("Fristen er ikke den samme"),
        lazy_gettext("Debitorsystemets frist gælder. Portalen retter sig ved borgerens næste besøg."),
    ),
    Difference.AGENCY: (
        lazy_gettext("Kun den ene side siger, at den er hos Gældsstyrelsen"),
        lazy_gettext("Afklar det i debitorsystemet, før borgeren betaler."),
    ),
    Difference.CLOSED_HERE: (
        lazy_gettext("Lukket i portalen, åben i debitorsystemet"),
        lazy_gettext("Tjek, om betalingen er bogført. Er den ikke det, så se på betalingens egen side."),
    ),
}
PAYMENTS: Mapping[Difference, tuple[LazyString, LazyString]] = {
    Difference.ONLY_HERE: (
        lazy_gettext("Mangler i debitorsystemet"),
        lazy_gettext("Debitorsystemet har sagt ja til den, men viser den ikke. Kontakt debitorsystemets leverandør."),
    ),
    Difference.ONLY_THERE: (
        lazy_gettext("Bogført i debitorsystemet, afvist her"),
        lazy_gettext(
            "Debitorsystemet har svaret nej, men har den alligevel. Afklar opgaven, før pengene sendes tilbage."
        ),
    ),
    Difference.AMOUNT: (
        lazy_gettext("Beløbet er ikke det samme"),
        lazy_gettext("Afklar beløbet med debitorsystemet."),
    ),
    Difference.TAKEN_BACK: (
        lazy_gettext("Der er ikke ført det samme tilbage"),
        lazy_gettext("Se tilbagebetalingerne på betalingens egen side."),
    ),
    Difference.ON_ITS_WAY: (
        lazy_gettext("På vej"),
        lazy_gettext("Portalen venter på svar og prøver igen af sig selv."),
    ),
    Difference.REJECTED: (
        lazy_gettext("Afvist af debitorsystemet"),
        lazy_gettext("Der er en opgave om den på betalingens egen side."),
    ),
}
HOLDERS: Mapping[str, LazyString] = {
    "source": lazy_gettext("Ligger hos afsenderen"),
    "ledger": lazy_gettext("I debitorsystemet"),
    "agency": lazy_gettext("Hos Gældsstyrelsen"),
}


def install(app: Flask) -> None:
    """Give the templates the words of differences."""
    app.jinja_env.globals.update(claim_differences=CLAIMS, payment_differences=PAYMENTS, claim_holders=HOLDERS)
