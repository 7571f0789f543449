"""Letters: the words of `templates/letters`, with amount, time and receipt number put in. Pure.

A letter says nothing of what the bills are about and holds no address to press on (ux.md, UX-17 and UX-27).
"""

from datetime import datetime
from functools import cache
from html import escape
from pathlib import Path
from string import Template

from babel.dates import format_date

from app.foundation.clock import COPENHAGEN
from app.municipalities.facts import Facts
from app.notifications.port import Letter

WORDS = Path(__file__).resolve().parents[2] / "templates" / "letters"
LANGUAGES = ("da", "en")


def receipt_letter(facts: Facts, *, language: str, amount_ore: int, paid_at: datetime, number: str) -> Letter:
    """The receipt by e-mail, in the language that its payer reads; Danish where that is unknown."""
    known = language if language in LANGUAGES else LANGUAGES[0]
    said = {
        "municipality": facts.name_en if known == "en" else facts.name,
        "amount": _amount(amount_ore, known),
        "time": _time(paid_at, known),
        "number": number,
    }
    subject, _, text = _words(f"receipt.{known}.txt").substitute(said).partition("\n")
    return Letter(known, subject, text.strip() + "\n", _html(subject, text, known))


@cache
def _words(name: str) -> Template:
    return Template((WORDS / name).read_text(encoding="utf-8"))


def _amount(amount_ore: int, language: str) -> str:
    english = f"{amount_ore // 100:,}.{amount_ore % 100:02}"
    return f"DKK {english}" if language == "en" else f"{english.translate(str.maketrans(',.', '.,'))} kr."


def _time(at: datetime, language: str) -> str:
    local = at.astimezone(COPENHAGEN)
    on = format_date(local, "d MMMM y" if language == "en" else "d. MMMM y", locale=language)
    return f"{on} {'at' if language == 'en' else 'kl.'} {local:%H.%M}"


def _html(subject: str, text: str, language: str) -> str:
    paragraphs = "\n".join("<p>" + escape(part).replace("\n", "<br>\n") + "</p>" for part in text.strip().split("\n\n"))
    head = f'<meta charset="utf-8"><title>{escape(subject)}</title>'
    page = f'<html lang="{language}">\n<head>{head}</head>\n<body>\n{paragraphs}\n</body>\n</html>'
    return f"<!doctype html>\n{page}\n"
