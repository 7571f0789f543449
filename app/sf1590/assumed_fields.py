"""The one place that knows the element names KOMBIT has not published; `docs/sf1590-assumed-fields.md` mirrors it.

KOMBIT's public model gives the names of structures and classes, and the *types* inside a class in their order. The
names of the elements inside a class, and the wrappers that keep repeated parts together, are ours until a municipality
shows the real ones; then this file, those beside it (`assumed_registration`, `assumed_inquiry`), their mirror and the
schemas change, and nothing else. Here stands what is paid and taken back (B_03), and what the others share with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """One element whose name is assumed: the class it stands in, its name, its published type and what it means."""

    inside: str
    name: str
    type: str
    meaning: str


def named(inside: str, name: str, kind: str, meaning: str) -> Field:
    """A field, as the tables here write it."""
    return Field(inside, name, kind, meaning)


ACCOUNT_ID = named("Debitorkonto", "DebitorkontoIdentifikation", "UUID", "the debtor account")

# Fordring: thirteen of its sixteen elements come back from a search.
CLAIM_ID = named("Fordring", "FordringIdentifikation", "UUID", "the claim in the ledger")
CLAIM_REGISTERED_AT = named("Fordring", "FordringRegistreringDatoTid", "DatoTid", "when it was registered")
CLAIM_TYPE = named("Fordring", "FordringSortimentIdentifikation", "UUID", "claim type (sortiment)")
CLAIM_PRINCIPAL = named("Fordring", "FordringBeløb", "DecimalTalNumerisk15_2", "principal")
CLAIM_FOUNDED_ON = named("Fordring", "FordringStiftelseDato", "Dato", "founded on")
CLAIM_PERIOD_FROM = named("Fordring", "FordringPeriodeFraOgMedDato", "Dato", "period from")
CLAIM_PERIOD_TO = named("Fordring", "FordringPeriodeTilOgMedDato", "Dato", "period to, included")
CLAIM_BY_BETALINGSSERVICE = named(
    "Fordring", "FordringBetalingsserviceMarkering", "Markering", "paid by Betalingsservice on the due date"
)
CLAIM_DUE_ON = named("Fordring", "FordringForfaldDato", "Dato", "due on")
CLAIM_LAST_TIMELY_ON = named(
    "Fordring", "FordringSidsteRettidigeBetalingDato", "Dato", "last day on which a payment is in time"
)
CLAIM_ORIGIN_REF = named(
    "Fordring", "FordringOprindelseReference", "Tekst30", "origin reference (a library fee: its feeId in FBS)"
)
CLAIM_AGENCY_ON = named("Fordring", "FordringInddrivelseOversendtDato", "Dato", "handed to the agency on")
CLAIM_AT_AGENCY = named("Fordring", "FordringInddrivelseMarkering", "Markering", "handed to the agency")
CLAIM_LINE_NO = named("FordringTekstLinje", "FordringTekstLinjeNummer", "TalHel1Til999", "line number")
CLAIM_LINE_TEXT = named("FordringTekstLinje", "FordringTekstLinjeTekst", "Tekst255", "what the claim is for, one line")

CREATOR_COMPANY = named("OprettetAf", "OprettetAfVirksomhed", "URN", "the organisation that registered the object")
CREATOR_SYSTEM = named(
    "OprettetAf", "OprettetAfItSystemInstans", "UUID", "origin system: the IT system that registered it"
)

LIABILITY_ID = named("Hæftelse", "HæftelseIdentifikation", "UUID", "the liability")
LIABILITY_AT = named("Hæftelse", "HæftelseRegistreringDatoTid", "DatoTid", "when it was registered")
LIABILITY_FROM = named("Hæftelse", "HæftelseFraOgMedDato", "Dato", "liable from")
LIABILITY_TO = named("Hæftelse", "HæftelseTilOgMedDato", "Dato", "liable to, included")

PLAN_ID = named("Betalingsaftale", "BetalingsaftaleIdentifikation", "UUID", "the payment agreement")
PLAN_AT = named("Betalingsaftale", "BetalingsaftaleRegistreringDatoTid", "DatoTid", "when it was registered")
PLAN_TITLE = named("Betalingsaftale", "BetalingsaftaleTitel", "Tekst100", "what it is called")
RATE_ID = named("Rate", "RateIdentifikation", "UUID", "the instalment")
RATE_AT = named("Rate", "RateRegistreringDatoTid", "DatoTid", "when it was registered")
RATE_AMOUNT = named("Rate", "RateBeløb", "Beløb", "what it is")
RATE_DUE_ON = named("Rate", "RateForfaldDato", "Dato", "due on")

DEFERRAL_AT = named("Henstand", "HenstandRegistreringDatoTid", "DatoTid", "when it was registered")
DEFERRAL_FROM = named("Henstand", "HenstandFraOgMedDato", "Dato", "payment is deferred from")
DEFERRAL_TO = named("Henstand", "HenstandTilOgMedDato", "Dato", "payment is deferred to, included")

REMINDER_ID = named("Rykkergebyr", "RykkergebyrIdentifikation", "UUID", "the reminder fee")
REMINDER_AT = named("Rykkergebyr", "RykkergebyrRegistreringDatoTid", "DatoTid", "when it was registered")
REMINDER_AMOUNT = named(
    "Rykkergebyr", "RykkergebyrBeløb", "DecimalTalNumerisk15_2", "the fee; 0.00 for a reminder without one"
)
REMINDER_ON = named("Rykkergebyr", "RykkergebyrRykkerDato", "Dato", "the reminder was sent on")
INTEREST_ID = named(
    "Opkrævningsrente", "OpkrævningsrenteIdentifikation", "UUID", "interest while the municipality collects"
)
INTEREST_AT = named("Opkrævningsrente", "OpkrævningsrenteRegistreringDatoTid", "DatoTid", "when it was registered")
INTEREST_AMOUNT = named("Opkrævningsrente", "OpkrævningsrenteBeløb", "DecimalTalNumerisk15_2", "the interest")
INTEREST_FROM = named("Opkrævningsrente", "OpkrævningsrenteFraOgMedDato", "Dato", "interest from")
INTEREST_TO = named("Opkrævningsrente", "OpkrævningsrenteTilOgMedDato", "Dato", "interest to, included")
AGENCY_INTEREST_ID = named(
    "Inddrivelsesrente", "InddrivelsesrenteIdentifikation", "UUID", "interest while the agency collects"
)
AGENCY_INTEREST_AT = named(
    "Inddrivelsesrente", "InddrivelsesrenteRegistreringDatoTid", "DatoTid", "when it was registered"
)
AGENCY_INTEREST_AMOUNT = named("Inddrivelsesrente", "InddrivelsesrenteBeløb", "DecimalTalNumerisk15_2", "the interest")
AGENCY_INTEREST_FROM = named("Inddrivelsesrente", "InddrivelsesrenteFraOgMedDato", "Dato", "interest from")
AGENCY_INTEREST_TO = named("Inddrivelsesrente", "InddrivelsesrenteTilOgMedDato", "Dato", "interest to, included")

PAYMENT_ID = named("Indbetaling", "IndbetalingIdentifikation", "UUID", "the payment: made once, kept over every retry")
PAYMENT_AT = named("Indbetaling", "IndbetalingRegistreringDatoTid", "DatoTid", "when the citizen paid")
PAYMENT_VALUE_ON = named("Indbetaling", "IndbetalingValørDato", "Dato", "value date")
PAYMENT_AMOUNT = named("Indbetaling", "IndbetalingBeløb", "DecimalTalNumerisk15_2", "the whole payment")
PAYMENT_LINE_NO = named("IndbetalingTekstLinje", "IndbetalingTekstLinjeNummer", "TalHel1Til999", "line number")
PAYMENT_LINE_TEXT = named("IndbetalingTekstLinje", "IndbetalingTekstLinjeTekst", "Tekst255", "one line for the clerk")


REDUCTION_ID = named(
    "IndbetalingNedregulering",
    "IndbetalingNedreguleringIdentifikation",
    "UUID",
    "the reduction of a payment: made once, kept over every retry",
)
REDUCTION_AT = named(
    "IndbetalingNedregulering", "IndbetalingNedreguleringRegistreringDatoTid", "DatoTid", "when it was decided"
)
REDUCTION_VALUE_ON = named("IndbetalingNedregulering", "IndbetalingNedreguleringValørDato", "Dato", "value date")
REDUCTION_AMOUNT = named(
    "IndbetalingNedregulering", "IndbetalingNedreguleringBeløb", "DecimalTalNumerisk15_2", "how much is taken back"
)
REDUCTION_TEXT = named(
    "IndbetalingNedregulering", "IndbetalingNedreguleringÅrsagTekst", "Tekst100", "one line for the clerk"
)
ORDER_ID = named(
    "IndbetalingTilbageførselOrdre",
    "IndbetalingTilbageførselOrdreIdentifikation",
    "UUID",
    "the order to take a whole payment back: made once, kept over every retry",
)
ORDER_AT = named(
    "IndbetalingTilbageførselOrdre",
    "IndbetalingTilbageførselOrdreRegistreringDatoTid",
    "DatoTid",
    "when it was decided",
)
ORDER_TEXT = named(
    "IndbetalingTilbageførselOrdre", "IndbetalingTilbageførselOrdreTekst", "Tekst255", "one line for the clerk"
)


@dataclass(frozen=True)
class PartFields:
    """How a part of a payment, or of its reduction, is written, and how the thing that the part is about is named."""

    of: str
    """The class of that thing: Fordring, Opkrævningsrente, Inddrivelsesrente, Rykkergebyr, or a Dækning of one."""
    of_id: Field
    id: Field
    at: Field
    amount: Field
    split: Field


def _cover(of_id: Field) -> PartFields:
    of = of_id.inside
    inside = f"{of}Dækning"
    return PartFields(
        of,
        of_id,
        named(inside, f"{inside}Identifikation", "UUID", "the part of the payment meant for one thing; derived"),
        named(inside, f"{inside}RegistreringDatoTid", "DatoTid", "when the citizen paid"),
        named(inside, f"{inside}Beløb", "DecimalTalNumerisk15_2", "how much of the payment"),
        named("ForetagIndbetaling_I", f"{inside}Svar", "wrapper", "a part of the payment and what it covers"),
    )


def _reduced(cover: PartFields) -> PartFields:
    of = cover.id.inside
    inside = f"{of}Nedregulering"
    return PartFields(
        of,
        cover.id,
        named(inside, f"{inside}Identifikation", "UUID", "the part of a reduction taken from one cover; derived"),
        named(inside, f"{inside}RegistreringDatoTid", "DatoTid", "when it was decided"),
        named(inside, f"{inside}Beløb", "DecimalTalNumerisk15_2", "how much of the cover is taken back"),
        named("ForetagIndbetalingNedregulering_I", f"{inside}Svar", "wrapper", "a part of the reduction and its cover"),
    )


# In the order in which a request lists them.
COVERS = tuple(_cover(field) for field in (CLAIM_ID, INTEREST_ID, AGENCY_INTEREST_ID, REMINDER_ID))
REDUCED_COVERS = tuple(_reduced(cover) for cover in COVERS)

PARTY_URN = named("ØIRPart", "ØIRPartURN", "Tekst255", "a person as urn:oio:cpr-nr:##########")

REASON_ID = named("DebitorKvitteringÅrsag", "ÅrsagIdentifikation", "UUID", "the reason, from a shared list")
REASON_TITLE = named("DebitorKvitteringÅrsag", "ÅrsagTitel", "Tekst100", "the reason in words")
LOCAL_CODE = named("LokalÅrsag", "LokalÅrsagskode", "Tekst100", "the ledger's own code")
LOCAL_TEXT = named("LokalÅrsag", "LokalÅrsagstekst", "Tekst500", "the ledger's own words")

# Wrappers that keep what belongs together in one element.
ACCOUNT_FOUND = named(
    "SøgFordringTilIndbetalingForretningssvar", "DebitorkontoSvar", "wrapper", "one account, its claims"
)
CLAIM_FOUND = named("DebitorkontoSvar", "FordringSvar", "wrapper", "one claim, what belongs to it")
LIABLE_PARTY = named("FordringSvar", "HæftelseSvar", "wrapper", "role, liability and party")
PLAN_FOUND = named("FordringSvar", "BetalingsaftaleSvar", "wrapper", "a payment agreement and its instalments")
REMINDER_FOUND = named("FordringSvar", "RykkergebyrSvar", "wrapper", "a reminder fee and what is left of it")
INTEREST_FOUND = named("FordringSvar", "OpkrævningsrenteSvar", "wrapper", "interest and what is left of it")
AGENCY_INTEREST_FOUND = named(
    "FordringSvar", "InddrivelsesrenteSvar", "wrapper", "the agency's interest and what is left"
)
REMARK = named("DebitorIndbetalingAccept", "Bemærkning", "wrapper", "a reason that comes with an accept")
REVERSAL_REMARK = named("Accept", REMARK.name, "wrapper", "the same, of a whole payment taken back")


def fields_in(module: Iterable[object]) -> tuple[Field, ...]:
    """The fields among the values of a module, in the order in which they stand there."""
    return tuple(value for value in list(module) if isinstance(value, Field))


_PARTS = (field for part in (*COVERS, *REDUCED_COVERS) for field in (part.id, part.at, part.amount, part.split))

FIELDS = (*fields_in(globals().values()), *_PARTS)
"""Every element that is assumed here."""
