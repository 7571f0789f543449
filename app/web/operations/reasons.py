"""Why something failed, in plain Danish with the raw code beside it; and what kinds of failure there are."""

import re
from dataclasses import dataclass

from flask_babel import LazyString, lazy_gettext

from app.payments.failure_rows import Failure

# Codes of the ledger, names of our ports' errors, and the words in which a handler says that it waits.
REASONS: dict[str, LazyString] = {
    "LedgerUnavailable": lazy_gettext("Debitorsystemet svarer ikke"),
    "LedgerNonsense": lazy_gettext("Debitorsystemet svarer noget, vi ikke forstår"),
    "SourceUnavailable": lazy_gettext("Biblioteket svarer ikke"),
    "SourceNonsense": lazy_gettext("Biblioteket svarer noget, vi ikke forstår"),
    "SourceRefused": lazy_gettext("Biblioteket lader os ikke komme til"),
    "ProviderUnavailable": lazy_gettext("Betalingsudbyderen svarer ikke"),
    "OutcomeUnknown": lazy_gettext("Betalingsudbyderen svarede ikke, og ingen ved, om pengene blev sendt"),
    "ProviderRefused": lazy_gettext("Betalingsudbyderen siger nej"),
    "MailUnavailable": lazy_gettext("Mailserveren svarer ikke"),
    "MailRefused": lazy_gettext("Mailserveren tager ikke imod brevet"),
    "MailOutcomeUnknown": lazy_gettext("Mailserveren svarede ikke, da brevet var sendt"),
    "NotConfigured": lazy_gettext("Noget mangler i opsætningen"),
    "UnknownMunicipality": lazy_gettext("Kommunens fil mangler"),
    "KONTO_UKENDT": lazy_gettext("Debitorkontoen findes ikke hos Opkrævningen"),
    "UUID_GENBRUGT": lazy_gettext("Debitorsystemet har fået indbetalingen før med andet indhold"),
    "RESTANCE_AFVIGER": lazy_gettext("Beløbet er større end restbeløbet"),
    "UNDER_INDDRIVELSE": lazy_gettext("Regningen er sendt til Gældsstyrelsen"),
    "FORDRING_UKENDT": lazy_gettext("Regningen er lukket hos Opkrævningen"),
    "FORDELING_FORKERT": lazy_gettext("Fordelingen på regninger er større end indbetalingen"),
    "BELOEB_NUL": lazy_gettext("Beløbet er nul"),
    "INDBETALING_UKENDT": lazy_gettext("Ukendt betalings-id"),
    "DAEKNING_UKENDT": lazy_gettext("Regningen er ikke dækket af indbetalingen længere"),
    "BELOEB_AFVIGER": lazy_gettext("Indbetalingen er på et andet beløb i debitorsystemet"),
    "NEDREGULERING_FOR_STOR": lazy_gettext("Der er mindre tilbage af indbetalingen i debitorsystemet"),
    "PERIODE_LUKKET": lazy_gettext("Regnskabsperioden er lukket"),
    "BY_HAND": lazy_gettext("Indbetalingen er bogført i hånden"),
    "paymentNotAllowedByClient": lazy_gettext("Biblioteket afviser at registrere betalingen"),
    "the ledger has not answered the posting yet": lazy_gettext("Venter på debitorsystemets svar om indbetalingen"),
    "the library does not say whose account this is": lazy_gettext("Biblioteket siger ikke, hvis konto det er"),
    "the library does not show the claim as paid yet": lazy_gettext(
        "Biblioteket viser ikke regningen som betalt endnu"
    ),
}
# Kinds of work, as staff choose among them: (key, words, kinds, beginnings of kinds).
GROUPS: tuple[tuple[str, LazyString, tuple[str, ...], tuple[str, ...]], ...] = (
    ("regnskab", lazy_gettext("Bogføring"), ("ledger.post", "ledger.register", "ledger.came_back", "posting_rejected",
     "promise_broken"),
     ("ledger_", "coverage", "account")),
    ("kilde", lazy_gettext("Bibliotek og fagsystemer"), ("source_refused",), ("source.", "source_")),
    ("penge", lazy_gettext("Penge tilbage"), ("ledger.reverse", "payments.refund", "refund", "paid_twice"),
     ("refund_",)),
    ("bank", lazy_gettext("Indsigelser fra banken"), ("dispute",), ("dispute",)),
    ("afstemning", lazy_gettext("Afstemning"), ("payout_difference", "ledger.reconcile"), ("difference.",)),
    ("kvittering", lazy_gettext("Kvitteringer"), (), ("receipt",)),
)  # fmt: skip
KINDS: dict[str, LazyString] = {
    "ledger.post": lazy_gettext("Betaling, der ikke er bogført"),
    "ledger.register": lazy_gettext("Krav, der skal registreres i debitorsystemet"),
    "ledger.came_back": lazy_gettext("Besked fra debitorsystemet"),
    "ledger.reconcile": lazy_gettext("Afstemning, der ikke blev færdig"),
    "ledger.reverse": lazy_gettext("Indbetaling, der skal føres tilbage"),
    "receipt.email": lazy_gettext("Kvittering på e-mail"),
    "payments.refund": lazy_gettext("Penge, der skal sendes tilbage"),
    "source.tell": lazy_gettext("Besked til biblioteket"),
    "source.observe": lazy_gettext("Biblioteket viser ikke betalingen"),
    "posting_rejected": lazy_gettext("Afvist af debitorsystemet"),
    "promise_broken": lazy_gettext("Betalinger, der ikke når frem i tide"),
    "ledger_message_parked": lazy_gettext("Besked, der ikke kan læses"),
    "message_dead": lazy_gettext("Besked, der er opgivet"),
    "message_put_off": lazy_gettext("Besked, der er udsat"),
    "source_refused": lazy_gettext("Afvist af biblioteket"),
    "refund": lazy_gettext("Betalt for meget"),
    "paid_twice": lazy_gettext("Betalt to gange"),
    "refund_approval": lazy_gettext("Tilbagebetaling, der skal godkendes"),
    "refund_failed": lazy_gettext("Penge, der ikke kunne sendes"),
    "refund_stopped": lazy_gettext("Tilbageførsel afvist"),
    "refund_elsewhere": lazy_gettext("Sendt tilbage hos udbyderen"),
    "dispute": lazy_gettext("Indsigelse fra banken"),
    "payout_difference": lazy_gettext("Udbetaling, der ikke stemmer"),
    "webhook_missing": lazy_gettext("Udbyderens beskeder kommer ikke"),
}
_TOO_OLD = re.compile(r"^older than [^:]*(?::\d\d)*: ")
_NAME = re.compile(r"^\w+(?=: |$)")
_CODE = re.compile(r"\(([\w.]{2,60})\)$")


@dataclass(frozen=True)
class Said:
    """A reason as people say it, and the code it came with."""

    words: str
    code: str | None
    detail: str | None = None
    """What was said in full, where that is more than the code."""


def reason_of(row: Failure) -> Said:
    """Why a row is in the queue."""
    if row.message_id is not None and row.error:
        return _of_error(_TOO_OLD.sub("", row.error))
    code = row.facts.get("code") or row.facts.get("said")
    if not isinstance(code, str):
        named = _CODE.search(row.reason or "")
        code = named[1] if named else None
    words = REASONS.get(code) if code else None
    return Said(str(words or row.reason or kind_words(row.kind)), code, row.reason if words else None)


def _of_error(error: str) -> Said:
    if error in REASONS:
        return Said(str(REASONS[error]), None)
    name = _NAME.match(error)
    if name and name[0] in REASONS:
        return Said(str(REASONS[name[0]]), name[0], error)
    return Said(str(lazy_gettext("Noget gik galt hos os")), name[0] if name else None, error)


def kind_words(kind: str) -> str:
    """What kind of failure it is, as staff say it; a kind nobody has put into words bears its own name."""
    if kind in KINDS:
        return str(KINDS[kind])
    group = next(
        (words for _, words, kinds, beginnings in GROUPS if kind in kinds or kind.startswith(beginnings)), None
    )
    return str(group or kind)
