"""How readable a page is: its text, its LIX, and the words that citizens' pages do not use."""

import re
from html.parser import HTMLParser

FORBIDDEN = (
    "såfremt", "vedrørende", "jf.", "restance", "inddrivelse", "fordring", "mellemværende", "debitor", "faktura",
    "saldo", "forfaldsdato", "erindringsskrivelse", "betalingsordning", "psrm", "captured", "økonomifunktion",
)  # fmt: skip
_BLOCKS = {
    "p",
    "li",
    "h1",
    "h2",
    "h3",
    "td",
    "th",
    "dt",
    "dd",
    "legend",
    "label",
    "caption",
    "summary",
    "button",
    "div",
}
_UNREAD = {"script", "style", "svg", "title", "header", "footer", "nav"}


class _Text(HTMLParser):
    """The words of `<main>`; every block ends a sentence."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._main = False
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._main = self._main or (tag == "main" and bool(attrs))
        self._unread += tag in _UNREAD

    def handle_endtag(self, tag: str) -> None:
        self._unread -= tag in _UNREAD
        if tag in _BLOCKS:
            self.parts.append(". ")
        if tag == "main":
            self._main = False

    def handle_data(self, data: str) -> None:
        if self._main and not self._unread:
            self.parts.append(data)


def text_of(html: str) -> str:
    """The text of the page's main part."""
    parser = _Text()
    parser.feed(html)
    return re.sub(r"[\s.]*\.(\s|$)", ". ", re.sub(r"\s+", " ", "".join(parser.parts))).strip()


def lix(text: str) -> float:
    """Words per sentence plus the share of words longer than six letters (abbreviations and numbers left out)."""
    plain = re.sub(r"\b(kr|kl|fx|ca)\.|\S+@\S+|\S*\d\S*", " ", text)
    words = re.findall(r"[A-Za-zÆØÅæøåéÉ]+", plain)
    sentences = [part for part in re.split(r"[.!?:]+\s", plain + " ") if re.search(r"\w", part)]
    if not words:
        return 0
    return len(words) / len(sentences) + 100 * sum(len(word) > 6 for word in words) / len(words)
