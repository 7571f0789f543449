"""The form that a question is asked with, and what is wrong with it; the same for citizens and the library desk."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from flask import request
from flask_babel import LazyString, lazy_gettext

from app.foundation.cpr import has_cpr
from app.questions.reasons import LONGEST_TEXT, Reason

NO_REASON = lazy_gettext("Vælg, hvad du vil spørge om.")
NO_TEXT = lazy_gettext("Skriv, hvad du vil spørge om.")
TOO_LONG = lazy_gettext("Teksten er for lang. Skriv højst 1.000 tegn.")
HAS_CPR = lazy_gettext("Det ligner et cpr-nummer. Slet det, før du sender.")


@dataclass(frozen=True)
class Typed:
    """A question as typed; `problems` are pairs of field and sentence."""

    reason: Reason | None = None
    words: str = ""
    problems: Sequence[tuple[str, LazyString]] = field(default_factory=tuple)


def reason_in(text: str, allowed: Sequence[Reason]) -> Reason | None:
    """What was chosen; None where that is nothing, or nothing that can be asked about this bill."""
    return next((reason for reason in allowed if reason == text), None)


def typed(allowed: Sequence[Reason]) -> Typed:
    """The form that was sent, judged."""
    # A browser sends line breaks as two characters; the reader counts one.
    words = request.form.get("text", "").replace("\r\n", "\n").strip()
    reason = reason_in(request.form.get("reason", ""), allowed)
    problems = [] if reason else [("reason", NO_REASON)]
    if wrong := _wrong_text(words):
        problems.append(("text", wrong))
    return Typed(reason, words, tuple(problems))


def _wrong_text(words: str) -> LazyString | None:
    if not words:
        return NO_TEXT
    if len(words) > LONGEST_TEXT:
        return TOO_LONG
    return HAS_CPR if has_cpr(words) else None
