"""A letter says amount, time and number, and nothing that a stranger could use."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.foundation.cpr import has_cpr
from app.notifications.letters import WORDS, receipt_letter
from tests.demo import FACTS

PAID_AT = datetime(2026, 5, 14, 9, 12, tzinfo=UTC)
ADDRESS_TO_PRESS = re.compile(
    r"(?i)https?:|://|www\.|<a\b|href|src=|@import|mailto:|\b[a-z0-9-]+\.(?:dk|com|eu|net|org)\b"
)
TEMPLATES = sorted(WORDS.iterdir())


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.name)
def test_no_letter_holds_an_address_a_number_or_what_a_bill_is_about(file: Path) -> None:
    words = file.read_text(encoding="utf-8")
    assert not ADDRESS_TO_PRESS.search(words)
    assert not has_cpr(words)
    put_in = set(re.findall(r"\$\{?(\w+)", words))
    assert put_in <= {"municipality", "amount", "time", "number"}
    for about in ("bibliotek", "librar", "børn", "daycare", "parkering", "titel", "lån"):
        assert about not in words.lower()


def test_every_letter_is_there_in_danish_and_english() -> None:
    names = {file.name.split(".")[0] for file in TEMPLATES}
    assert {file.name for file in TEMPLATES} == {
        f"{name}.{language}.txt" for name in names for language in ("da", "en")
    }
    assert names


def test_the_danish_receipt() -> None:
    letter = receipt_letter(FACTS, language="da", amount_ore=246900, paid_at=PAID_AT, number="BK-2026-004711")
    assert letter.subject == "Kvittering fra Prøveby Kommune: 2.469,00 kr."
    for words in (
        "Beløb: 2.469,00 kr.", "Betalt: 14. maj 2026 kl. 11.12", "Kvitteringsnummer: BK-2026-004711",
        "Log på fra kommunens hjemmeside for at se, hvad du har betalt.",
    ):  # fmt: skip
        assert words in letter.text
        assert words in letter.html
    assert '<html lang="da">' in letter.html
    assert not ADDRESS_TO_PRESS.search(letter.text + letter.html)


def test_the_english_receipt() -> None:
    letter = receipt_letter(FACTS, language="en", amount_ore=246900, paid_at=PAID_AT, number="BK-2026-004711")
    assert letter.subject == "Receipt from Prøveby Kommune: DKK 2,469.00"
    assert "Paid: 14 May 2026 at 11.12" in letter.text
    assert '<html lang="en">' in letter.html


def test_a_language_without_words_of_its_own_is_danish() -> None:
    letter = receipt_letter(FACTS, language="uk", amount_ore=6000, paid_at=PAID_AT, number="BK-2026-004711")
    assert (letter.language, letter.subject) == ("da", "Kvittering fra Prøveby Kommune: 60,00 kr.")


def test_a_name_cannot_break_out_of_the_html() -> None:
    odd = FACTS.model_copy(update={"name": "Ø & <b>By</b> $amount"})
    letter = receipt_letter(odd, language="da", amount_ore=6000, paid_at=PAID_AT, number="BK-2026-004711")
    assert "<b>" not in letter.html
    assert "Ø &amp; &lt;b&gt;By&lt;/b&gt; $amount" in letter.html
