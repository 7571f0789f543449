"""A day of reconciliation as a CSV file: streamed, without a cap, as Danish spreadsheets open it."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date, datetime

from app.foundation.clock import COPENHAGEN
from app.foundation.db import Sessions
from app.ledger.reconciliation.rows_sql import Row, rows_of

HEADINGS = (
    "Dag", "Tidspunkt", "Kvittering", "Betaling", "Metode", "Udbyder eller konto", "Reference",
    "Udbyder kr.", "Journal kr.", "Kvitteret af regnskabet kr.", "Regnskab kr.", "Kilde", "Afvigelse",
)  # fmt: skip
METHODS = {"card": "Kort", "mobilepay": "MobilePay"}
ROWS_A_CHUNK = 500
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
# What a spreadsheet would take for a formula, or for a command.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")


def stream(sessions: Sessions, *, municipality_code: str, day: date, said: dict[str, str]) -> Iterator[str]:
    """The file in chunks; `said` are the words for kinds of difference. Holds a connection until its last chunk."""
    with sessions() as session:
        rows = rows_of(session, municipality_code=municipality_code, day=day)
        yield from lines(rows, day=day, said=said)


def lines(rows: Iterable[Row], *, day: date, said: dict[str, str]) -> Iterator[str]:
    """Rows as the text of a file, some hundred at a time. Pure."""
    buffer = io.StringIO()
    buffer.write(BOM)
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADINGS)
    for number, row in enumerate(rows, start=1):
        writer.writerow(_cells(row, day, said))
        if number % ROWS_A_CHUNK == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def _cells(row: Row, day: date, said: dict[str, str]) -> tuple[str, ...]:
    known = f"{row.known} af {row.claims} ved det" if row.claims else ""
    differences = ", ".join(said.get(one, one) for one in row.differences)
    method = METHODS.get(row.method or "", row.method or "")
    texts = row.receipt_number or "", row.payment or "", method, row.road, row.reference or ""
    amounts = row.provider_ore, row.journal_ore, row.accepted_ore, row.ledger_ore
    return (
        f"{day:%d-%m-%Y}", _danish_time(row.at), *map(_harmless, texts), *map(_kroner, amounts), known,
        _harmless(differences),
    )  # fmt: skip


def _danish_time(at: datetime | None) -> str:
    return f"{at.astimezone(COPENHAGEN):%d-%m-%Y %H:%M:%S}" if at else ""


def _kroner(ore: int | None) -> str:
    """`-1234,50`: a number to a Danish spreadsheet."""
    if ore is None:
        return ""
    sign, (whole, rest) = "-" if ore < 0 else "", divmod(abs(ore), 100)
    return f"{sign}{whole},{rest:02}"


def _harmless(text: str) -> str:
    """A cell of text that no spreadsheet calculates: what looks like a formula begins with an apostrophe."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text
