"""The words for each status: one table that drives badge, sentence and the desk's script on every screen."""

from dataclasses import dataclass
from typing import Protocol

from flask import Flask
from flask_babel import LazyString, gettext, lazy_gettext

from app.claims.status import Key, Status
from app.foundation.clock import danish_day
from app.municipalities.facts import Facts
from app.payments.paid import Returned
from app.payments.queries import ReceiptLine
from app.payments.states import RefundState
from app.web.filters import money, near_day, near_moment, said
from app.web.timeline import timeline_of
from app.web.tracker import method_words


class Worded(Protocol):
    """What a bill must tell so that its status can be said."""

    @property
    def status(self) -> Status:
        """What stands with it."""

    @property
    def outstanding_ore(self) -> int:
        """What is left of it."""


@dataclass(frozen=True)
class StatusWording:
    """A status in words. Named parameters: `date`, `time`, `amount`, `whole`, `rest`."""

    badge: LazyString
    say: LazyString
    """What the library desk may say, in spoken style."""
    badge_class: str | None = None
    """The design system's badge; None is plain text."""
    sentence: LazyString | None = None
    undated: LazyString | None = None
    """The badge where no day is known."""
    undated_sentence: LazyString | None = None
    """The sentence where no day is known, if it differs."""


@dataclass(frozen=True)
class Said:
    """A bill's status, said: ready for the page, in the language of the visit."""

    badge: str
    badge_class: str | None
    sentence: str
    say: str


_PHONE_OR_COMPUTER = lazy_gettext(
    "»Du kan betale på din telefon nu med en kode fra mig, på en af vores computere eller i banken. "
    "Vi tager ikke imod penge her.«"
)
STATUSES: dict[Key, StatusWording] = {
    Key.UNPAID: StatusWording(
        lazy_gettext("Betal senest %(date)s"), _PHONE_OR_COMPUTER, undated=lazy_gettext("Ikke betalt")
    ),
    Key.DUE_SOON: StatusWording(lazy_gettext("Betal senest %(date)s"), _PHONE_OR_COMPUTER, "warning"),
    Key.OVERDUE: StatusWording(
        lazy_gettext("Forfalden %(date)s"),
        lazy_gettext(
            "»Fristen var %(date)s. Betaler du nu, undgår du flere gebyrer. Er det svært at betale, "
            "så ring til Opkrævningen. De hjælper dig.«"
        ),
        "error",
        lazy_gettext("Betal nu, så undgår du flere gebyrer."),
    ),
    Key.REMINDED: StatusWording(
        lazy_gettext("Rykker sendt %(date)s"),
        lazy_gettext(
            "»Kommunen har sendt dig en rykker. Betaler du nu, undgår du flere gebyrer. "
            "Vil du tale om gebyret, så ring til Opkrævningen.«"
        ),
        "error",
        lazy_gettext("Betal nu, så undgår du flere gebyrer."),
    ),
    Key.AUTO: StatusWording(
        lazy_gettext("Trækkes automatisk %(date)s"),
        lazy_gettext(
            "»Den bliver betalt af sig selv %(date)s. Det sørger Betalingsservice for. Du skal ikke gøre noget.«"
        ),
        "info",
        lazy_gettext("Betalingsservice trækker beløbet. Du skal ikke gøre noget."),
    ),
    Key.PAYING: StatusWording(
        lazy_gettext("Betaling i gang"),
        lazy_gettext("»Der er en betaling i gang lige nu. Vent et øjeblik, så ser vi, om den er gået igennem.«"),
        "info",
        lazy_gettext("Du, eller en anden der hæfter, er i gang med at betale."),
    ),
    Key.PAID_PENDING: StatusWording(
        lazy_gettext("Betaling på vej"),
        lazy_gettext(
            "»Du har betalt. Det kan jeg se her. Vores eget system er bare ikke opdateret endnu. "
            "Du skal ikke gøre mere.«"
        ),
        "info",
        lazy_gettext("Vi har fået betalingen %(time)s. Du skal ikke betale igen."),
    ),
    Key.PAID: StatusWording(
        lazy_gettext("Betalt %(date)s"),
        lazy_gettext("»Den er betalt, og det hele er på plads. Du skylder ikke noget for den.«"),
        "success",
        undated=lazy_gettext("Betalt"),
    ),
    Key.PAID_ELSEWHERE: StatusWording(
        lazy_gettext("Betalt %(date)s"),
        lazy_gettext("»Den er betalt i banken. Du skylder ikke noget for den.«"),
        "success",
        lazy_gettext("Betalt i banken."),
        undated=lazy_gettext("Betalt"),
    ),
    Key.OFFSET: StatusWording(
        lazy_gettext("Modregnet"),
        lazy_gettext("»Kommunen har brugt penge, som du havde til gode. Du skylder ikke noget for den.«"),
        "info",
        lazy_gettext("Vi brugte penge, som du havde til gode."),
    ),
    Key.WRITTEN_OFF: StatusWording(
        lazy_gettext("Slettet"),
        lazy_gettext("»Kommunen har slettet den. Du skal ikke betale noget for den.«"),
        None,
        lazy_gettext("Vi kræver ikke beløbet længere."),
    ),
    Key.REDUCED: StatusWording(
        lazy_gettext("Nedsat til %(amount)s"),
        lazy_gettext("»Kommunen har sat den ned. Du skal kun betale %(amount)s«"),
        "info",
        lazy_gettext("Beløbet er sat ned %(date)s."),
        undated_sentence=lazy_gettext("Beløbet er sat ned."),
        undated=lazy_gettext("Nedsat til %(amount)s"),
    ),
    Key.ACCOUNT_CLOSED: StatusWording(
        lazy_gettext("Kan ikke betales her"),
        lazy_gettext(
            "»Kommunen har lukket den konto, som regningen ligger på. Den kan ikke betales her lige nu. "
            "Ring til Opkrævningen, så fortæller de, hvad der skal ske.«"
        ),
        "info",
        lazy_gettext("Kommunen har lukket kontoen, som regningen ligger på. Spørg Opkrævningen."),
    ),
    Key.PART_PAID: StatusWording(
        lazy_gettext("%(amount)s af %(whole)s er betalt"),
        lazy_gettext("»Du har betalt noget af den. Der mangler %(rest)s«"),
        "info",
        lazy_gettext("Der mangler %(rest)s Betal senest %(date)s."),
        undated_sentence=lazy_gettext("Der mangler %(rest)s"),
    ),
    Key.INSTALMENT: StatusWording(
        lazy_gettext("Afdragsaftale"),
        lazy_gettext(
            "»Du har en aftale om at betale lidt ad gangen. Så længe du følger den, er alt i orden. "
            "Næste gang er %(date)s.«"
        ),
        "info",
        lazy_gettext("Næste afdrag er %(amount)s %(date)s."),
    ),
    Key.REFUND: StatusWording(
        lazy_gettext("Penge på vej tilbage"),
        lazy_gettext(
            "»Der er betalt for meget. Kommunen sender %(amount)s tilbage senest %(date)s. Du skal ikke gøre noget.«"
        ),
        "info",
        lazy_gettext("Vi sender %(amount)s tilbage til den, der betalte, senest %(date)s."),
    ),
    Key.QUESTIONED: StatusWording(
        lazy_gettext("Vi ser på dit spørgsmål"),
        lazy_gettext(
            "»Kommunen har fået dit spørgsmål og svarer senest %(date)s. Fristen gælder stadig, så betal til tiden, "
            "hvis du kan.«"
        ),
        "info",
        lazy_gettext("Vi svarer senest %(date)s. Fristen gælder stadig."),
    ),
    Key.CANCELLED: StatusWording(
        lazy_gettext("Lukket"),
        lazy_gettext("»Den er lukket. Du skal ikke betale noget for den.«"),
        "success",
        lazy_gettext("Du skal ikke betale."),
    ),
    Key.SENT_GAELDST: StatusWording(
        lazy_gettext("Hos Gældsstyrelsen"),
        lazy_gettext("»Den ligger nu hos Gældsstyrelsen. De skal hjælpe dig videre. Deres nummer er 70 15 73 04.«"),
        None,
        lazy_gettext("Vi har sendt gælden videre. Betal den hos Gældsstyrelsen."),
    ),
    Key.LEGACY: StatusWording(
        lazy_gettext("Ældre regning"),
        lazy_gettext(
            "»Regningen er gammel og er flyttet fra biblioteket til kommunen. Den er ikke blevet dyrere af det. "
            "Jeg kan fortælle, hvad den handler om.«"
        ),
        None,
        lazy_gettext("Regningen er fra %(date)s."),
    ),
}


def worded(bill: Worded) -> Said:
    """A bill's status in the words of the table, with its own days and amounts."""
    status = bill.status
    wording = STATUSES[status.key]
    on = status.on or (danish_day(status.at) if status.at else None)
    facts = {
        "date": near_day(on) if on else "",
        "time": near_moment(status.at) if status.at else "",
        "amount": money(status.amount_ore) if status.amount_ore is not None else "",
        "whole": money(status.of_ore) if status.of_ore is not None else "",
        "rest": money(bill.outstanding_ore),
    }
    badge = wording.undated if wording.undated is not None and on is None else wording.badge
    sentence = wording.undated_sentence if wording.undated_sentence is not None and on is None else wording.sentence
    return Said(
        badge=str(badge) % facts,
        badge_class=wording.badge_class,
        sentence=str(sentence) % facts if sentence is not None else "",
        say=str(wording.say) % facts,
    )


def returned_words(returned: Returned) -> str:
    """How far money on its way back has come, for whoever waits for it."""
    if returned.came_back:
        return str(gettext("Din bank tog pengene tilbage og har givet kommunen dem igen"))
    if returned.origin == "dispute":
        return str(gettext("Din bank har taget pengene tilbage"))
    if returned.state is RefundState.SUCCEEDED:
        return str(gettext("Sendt tilbage til dig"))
    if returned.state is RefundState.FAILED:
        return str(gettext("Kunne ikke sendes. Vi finder en anden måde"))
    return str(gettext("På vej tilbage til dig"))


def said_of(line: ReceiptLine, facts: Facts) -> str:
    """What a bill on a receipt is called: its kind, and the titles that only its payer sees."""
    kind = said(facts.claim_type(line.claim_type).label)
    return f"{kind}: »{'«, »'.join(line.titles)}«" if line.titles else kind


def install(app: Flask) -> None:
    """Give the templates the words of statuses, histories and methods."""
    app.jinja_env.globals.update(worded=worded, timeline_of=timeline_of)
    app.jinja_env.filters.update(method_words=method_words, returned_words=returned_words, said_of=said_of)
