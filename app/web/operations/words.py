"""The words of the collections desk: states, events and tasks, as staff say them."""

from collections.abc import Sequence

from flask import Flask
from flask_babel import LazyString, lazy_gettext

from app.foundation.clock import danish_day
from app.payments.desk_queries import Happened
from app.payments.states import RefundState, State
from app.web.filters import money
from app.web.operations.menu import MENU
from app.web.operations.reasons import kind_words
from app.web.timeline import Step

STATES: dict[State, LazyString] = {
    State.CREATED: lazy_gettext("Oprettet"),
    State.AWAITING: lazy_gettext("Borgeren er på betalingssiden"),
    State.UNKNOWN: lazy_gettext("Ukendt: betalingssiden svarede ikke"),
    State.AUTHORISED: lazy_gettext("Reserveret, ikke trukket"),
    State.PAID: lazy_gettext("Betalt"),
    State.PART_REFUNDED: lazy_gettext("Delvist sendt tilbage"),
    State.REFUNDED: lazy_gettext("Sendt tilbage"),
    State.DISPUTED: lazy_gettext("Indsigelse: banken har taget pengene"),
    State.DECLINED: lazy_gettext("Afvist af banken"),
    State.CANCELLED: lazy_gettext("Afbrudt"),
    State.EXPIRED: lazy_gettext("Udløbet"),
    State.FAILED: lazy_gettext("Fejlet"),
}
REFUND_STATES: dict[RefundState, LazyString] = {
    RefundState.ASKED: lazy_gettext("Venter på en kollega"),
    RefundState.APPROVED: lazy_gettext("Regnskabet bliver rettet først"),
    RefundState.SENDING: lazy_gettext("Bliver sendt"),
    RefundState.PENDING: lazy_gettext("På vej til borgeren"),
    RefundState.SUCCEEDED: lazy_gettext("Sendt tilbage"),
    RefundState.FAILED: lazy_gettext("Kunne ikke sendes"),
    RefundState.STOPPED: lazy_gettext("Standset"),
}
ORIGINS: dict[str, LazyString] = {
    "desk": lazy_gettext("Fra Opkrævningen"),
    "provider": lazy_gettext("Sendt fra betalingsudbyderens egen side"),
    "dispute": lazy_gettext("Banken har taget pengene efter en indsigelse"),
    "bank": lazy_gettext("Udbetalt fra kommunens bank (NemKonto)"),
}
# What a payment tells of its history: the states it came to, and what follows them.
EVENTS: dict[str, LazyString] = {
    **{state.value: words for state, words in STATES.items()},
    "posted": lazy_gettext("Bogført i debitorsystemet"),
    "posted_by_hand": lazy_gettext("Bogført i debitorsystemet i hånden"),
    "posted_again": lazy_gettext("Sendt til debitorsystemet igen"),
    "rejected": lazy_gettext("Afvist af debitorsystemet"),
    "refund_asked": lazy_gettext("Tilbagebetaling ønsket"),
    "refund_approved": lazy_gettext("Tilbagebetaling besluttet"),
    "refund_sending": lazy_gettext("Regnskabet er rettet, og pengene bliver sendt"),
    "refund_pending": lazy_gettext("Penge på vej tilbage"),
    "refund_succeeded": lazy_gettext("Penge sendt tilbage"),
    "refund_failed": lazy_gettext("Pengene kunne ikke sendes tilbage"),
    "refund_stopped": lazy_gettext("Tilbagebetaling standset"),
    "dispute_inquiry": lazy_gettext("Banken spørger til betalingen"),
    "dispute_open": lazy_gettext("Indsigelse: banken har taget pengene"),
    "dispute_won": lazy_gettext("Indsigelsen er afgjort til vores fordel"),
    "dispute_lost": lazy_gettext("Indsigelsen er tabt"),
    "dispute_came_back": lazy_gettext("Banken har givet pengene igen"),
    "receipt_asked": lazy_gettext("Kvittering på e-mail ønsket"),
    "receipt_sent": lazy_gettext("Kvittering sendt på e-mail"),
    "receipt_refused": lazy_gettext("Kvitteringen kunne ikke sendes på e-mail"),
}


def history_of(happened: Sequence[Happened]) -> list[Step]:
    """A payment's history as a line of time."""
    return [Step(_event_words(one), danish_day(one.at), one.at) for one in happened]


def _event_words(happened: Happened) -> str:
    """One event with its amount where it has one; its own name where nobody has put it into words."""
    # What a bank took, and gives back when the dispute is won, ends as a refund that did not come to be.
    kind = "dispute_came_back" if happened.facts.get("code") == "won" else happened.kind
    said = str(EVENTS.get(kind, kind))
    amount_ore = happened.facts.get("amount_ore")
    told = f"{said}: {money(amount_ore)}" if isinstance(amount_ore, int) else said
    why = happened.facts.get("why")
    return f"{told} – {why}" if why else told


# What was said between us and the ledger, and how that stands.
LEDGER_OBJECTS: dict[str, LazyString] = {
    "posting": lazy_gettext("Indbetaling"),
    "reversal": lazy_gettext("Tilbageførsel"),
    "coverage": lazy_gettext("Dækning"),
    "coverage_reduced": lazy_gettext("Dækning taget tilbage"),
    "write_off": lazy_gettext("Afskrivning"),
    "write_off_reduced": lazy_gettext("Afskrivning taget tilbage"),
}
LEDGER_STATES: dict[str, LazyString] = {
    "accepted": lazy_gettext("Accepteret"),
    "rejected": lazy_gettext("Afvist"),
    "replaced": lazy_gettext("Afvist, og sendt igen"),
    "by_hand": lazy_gettext("Bogført i hånden"),
    "unposted": lazy_gettext("Taget af det, der var afvist"),
    "waiting": lazy_gettext("Venter"),
    "own": lazy_gettext("Om vores indbetaling"),
    "applied": lazy_gettext("Ført på regningen"),
}
MESSAGE_STATES: dict[str, LazyString] = {
    "due": lazy_gettext("Venter"),
    "done": lazy_gettext("Leveret"),
    "dead": lazy_gettext("Opgivet"),
}
TOLD_STATES: dict[str, LazyString] = {
    "waiting": lazy_gettext("Venter"),
    "told": lazy_gettext("Fortalt"),
    "known": lazy_gettext("Vist som betalt"),
    "refused": lazy_gettext("Afvist"),
    "withdrawn": lazy_gettext("Trukket tilbage: pengene gik tilbage"),
}
# What people, and the portal itself, do to a task.
ACTS: dict[str, LazyString] = {
    "opened": lazy_gettext("Opgaven opstod"),
    "taken": lazy_gettext("Taget"),
    "released": lazy_gettext("Givet tilbage"),
    "retried": lazy_gettext("Prøvet igen"),
    "closed": lazy_gettext("Løst"),
}


def install(app: Flask) -> None:
    """Give the templates of the desk their words, and every page's frame the desk's menu."""
    words = {"payment_states": STATES, "refund_states": REFUND_STATES, "refund_origins": ORIGINS, "task_acts": ACTS}
    said = {"ledger_object_words": LEDGER_OBJECTS, "ledger_state_words": LEDGER_STATES}
    states = {"message_state_words": MESSAGE_STATES, "told_state_words": TOLD_STATES}
    app.jinja_env.globals.update(words | said | states, desk_menu=MENU)
    app.jinja_env.filters.update(kind_words=kind_words)
