"""Questions in words: what may be asked, what is likely answered, and how a question stands."""

from collections.abc import Callable, Mapping, Sequence

from flask import Flask
from flask_babel import LazyString, gettext, lazy_gettext

from app.claims.queries import Bill
from app.questions.reasons import QuestionState, Reason
from app.web.filters import money, near_day, said

REASONS: Mapping[Reason, LazyString] = {
    Reason.UNCLEAR: lazy_gettext("Jeg forstår ikke regningen"),
    Reason.PAID: lazy_gettext("Jeg har betalt"),
    Reason.RETURNED: lazy_gettext("Jeg har afleveret"),
    Reason.AMOUNT: lazy_gettext("Beløbet er forkert"),
    Reason.NOT_MINE: lazy_gettext("Regningen er ikke min"),
    Reason.OTHER: lazy_gettext("Andet"),
}
STATES: Mapping[QuestionState, LazyString] = {
    QuestionState.OPEN: lazy_gettext("Venter på svar"),
    QuestionState.ANSWERED: lazy_gettext("Besvaret"),
    QuestionState.CLOSED: lazy_gettext("Lukket"),
}
# What staff may begin an answer with. It is written to the citizen, in Danish, and is read through before it is sent.
TEMPLATES: Mapping[Reason, str] = {
    Reason.UNCLEAR: "Hej\n\nTak for dit spørgsmål. Regningen handler om …\n\nDu skal betale den senest …\n\n"
    "Venlig hilsen\nOpkrævningen",
    Reason.PAID: "Hej\n\nTak for dit spørgsmål. Vi har set efter, og din betaling er registreret den …\n"
    "Du skal ikke betale igen.\n\nVenlig hilsen\nOpkrævningen",
    Reason.RETURNED: "Hej\n\nTak for dit spørgsmål. Vi har spurgt biblioteket. De har fået det tilbage den …\n"
    "Gebyret for sen aflevering skal du stadig betale.\n\nVenlig hilsen\nOpkrævningen",
    Reason.AMOUNT: "Hej\n\nTak for dit spørgsmål. Beløbet er regnet sådan ud: …\n\nVenlig hilsen\nOpkrævningen",
    Reason.NOT_MINE: "Hej\n\nTak for dit spørgsmål. Regningen står til dig, fordi …\n\nVenlig hilsen\nOpkrævningen",
    Reason.OTHER: "Hej\n\nTak for dit spørgsmål.\n\n…\n\nVenlig hilsen\nOpkrævningen",
}


def likely_answer(reason: Reason, bill: Bill) -> list[str]:
    """What most people who ask this about such a bill need to know, in sentences made of the bill's own facts."""
    return _LIKELY[reason](bill)


def _unclear(bill: Bill) -> list[str]:
    return [said(bill.type.explanation), *_due(bill)]


def _paid(_bill: Bill) -> list[str]:
    return [
        gettext("Vi kan kun se betalinger, der er nået frem til kommunen. Det kan tage nogle dage fra banken."),
        gettext("Betalte du her på siden, står betalingen under »Betalinger«."),
    ]


def _amount(bill: Bill) -> list[str]:
    whole, rest = money(bill.principal_ore), money(bill.outstanding_ore)
    return [
        gettext("Regningen var på %(whole)s Der mangler %(rest)s", whole=whole, rest=rest),
        gettext("Har du lige betalt en del, kan det mangle her i nogle dage."),
    ]


def _not_mine(bill: Bill) -> list[str]:
    if bill.shared:
        return [gettext("Du hæfter for regningen sammen med en anden. Betaler en af jer, er den betalt for begge.")]
    return [gettext("Regningen er sendt til dit cpr-nummer. Forældre kan få regninger for deres børn.")]


def _other(_bill: Bill) -> list[str]:
    return [gettext("Måske finder du svaret under »Hjælp«. Du kan også ringe til os.")]


def _due(bill: Bill) -> list[str]:
    return [gettext("Fristen for at betale er %(date)s.", date=near_day(bill.due_on))] if bill.due_on else []


def _returned(bill: Bill) -> list[str]:
    if bill.returned == "late":
        return [
            gettext(
                "Biblioteket har fået det tilbage, men det kom for sent. Regningen er kun for, at det kom for sent."
            )
        ]
    if bill.returned == "missing":
        return [
            gettext("Biblioteket skriver, at det ikke har fået det tilbage."),
            gettext("Har du lige afleveret, kan der gå et par dage, før det ses her."),
        ]
    return [gettext("Biblioteket kan se, hvad du har afleveret. Ring til dem, hvis du er i tvivl.")]


_LIKELY: Mapping[Reason, Callable[[Bill], list[str]]] = {
    Reason.UNCLEAR: _unclear,
    Reason.PAID: _paid,
    Reason.RETURNED: _returned,
    Reason.AMOUNT: _amount,
    Reason.NOT_MINE: _not_mine,
    Reason.OTHER: _other,
}


def reason_options(reasons: Sequence[Reason]) -> list[tuple[str, LazyString, str]]:
    """What may be chosen, as the radio buttons want it."""
    return [(reason.value, REASONS[reason], "") for reason in reasons]


def install(app: Flask) -> None:
    """Give the templates the words of questions."""
    app.jinja_env.globals.update(question_reasons=REASONS, question_states=STATES, reason_options=reason_options)
