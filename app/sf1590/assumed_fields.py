"""The one place that knows the element names KOMBIT has not published; `docs/sf1590-assumed-fields.md` mirrors it.

KOMBIT's public model gives the names of structures and classes, and the *types* inside a class in their order. The
names of the elements inside a class, and the wrappers that keep repeated parts together, are ours until a municipality
shows the real ones; then this file, its mirror and the schemas change, and nothing else.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """One element whose name is assumed: the class it stands in, its name, its published type and what it means."""

    inside: str
    name: str
    type: str
    meaning: str


def _f(inside: str, name: str, kind: str, meaning: str) -> Field:
    return Field(inside, name, kind, meaning)


# Debitorkonto: the first of twelve elements is the only one the portal speaks of.
ACCOUNT_ID = _f("Debitorkonto", "DebitorkontoIdentifikation", "UUID", "the debtor account")

# Fordring: thirteen of its sixteen elements come back from a search.
CLAIM_ID = _f("Fordring", "FordringIdentifikation", "UUID", "the claim in the ledger")
CLAIM_REGISTERED_AT = _f("Fordring", "FordringRegistreringDatoTid", "DatoTid", "when it was registered")
CLAIM_TYPE = _f("Fordring", "FordringSortimentIdentifikation", "UUID", "claim type (sortiment)")
CLAIM_PRINCIPAL = _f("Fordring", "FordringBeløb", "DecimalTalNumerisk15_2", "principal")
CLAIM_FOUNDED_ON = _f("Fordring", "FordringStiftelseDato", "Dato", "founded on")
CLAIM_PERIOD_FROM = _f("Fordring", "FordringPeriodeFraOgMedDato", "Dato", "period from")
CLAIM_PERIOD_TO = _f("Fordring", "FordringPeriodeTilOgMedDato", "Dato", "period to, included")
CLAIM_BY_BETALINGSSERVICE = _f(
    "Fordring", "FordringBetalingsserviceMarkering", "Markering", "paid by Betalingsservice on the due date"
)
CLAIM_DUE_ON = _f("Fordring", "FordringForfaldDato", "Dato", "due on")
CLAIM_LAST_TIMELY_ON = _f(
    "Fordring", "FordringSidsteRettidigeBetalingDato", "Dato", "last day on which a payment is in time"
)
CLAIM_ORIGIN_REF = _f(
    "Fordring", "FordringOprindelseReference", "Tekst30", "origin reference (a library fee: its feeId in FBS)"
)
CLAIM_AGENCY_ON = _f("Fordring", "FordringInddrivelseOversendtDato", "Dato", "handed to the agency on")
CLAIM_AT_AGENCY = _f("Fordring", "FordringInddrivelseMarkering", "Markering", "handed to the agency")
CLAIM_LINE_NO = _f("FordringTekstLinje", "FordringTekstLinjeNummer", "TalHel1Til999", "line number")
CLAIM_LINE_TEXT = _f("FordringTekstLinje", "FordringTekstLinjeTekst", "Tekst255", "what the claim is for, one line")

CREATOR_COMPANY = _f("OprettetAf", "OprettetAfVirksomhed", "URN", "the organisation that registered the object")
CREATOR_SYSTEM = _f(
    "OprettetAf", "OprettetAfItSystemInstans", "UUID", "origin system: the IT system that registered it"
)

LIABILITY_ID = _f("Hæftelse", "HæftelseIdentifikation", "UUID", "the liability")
LIABILITY_AT = _f("Hæftelse", "HæftelseRegistreringDatoTid", "DatoTid", "when it was registered")
LIABILITY_FROM = _f("Hæftelse", "HæftelseFraOgMedDato", "Dato", "liable from")
LIABILITY_TO = _f("Hæftelse", "HæftelseTilOgMedDato", "Dato", "liable to, included")

PLAN_ID = _f("Betalingsaftale", "BetalingsaftaleIdentifikation", "UUID", "the payment agreement")
PLAN_AT = _f("Betalingsaftale", "BetalingsaftaleRegistreringDatoTid", "DatoTid", "when it was registered")
PLAN_TITLE = _f("Betalingsaftale", "BetalingsaftaleTitel", "Tekst100", "what it is called")
RATE_ID = _f("Rate", "RateIdentifikation", "UUID", "the instalment")
RATE_AT = _f("Rate", "RateRegistreringDatoTid", "DatoTid", "when it was registered")
RATE_AMOUNT = _f("Rate", "RateBeløb", "Beløb", "what it is")
RATE_DUE_ON = _f("Rate", "RateForfaldDato", "Dato", "due on")

DEFERRAL_AT = _f("Henstand", "HenstandRegistreringDatoTid", "DatoTid", "when it was registered")
DEFERRAL_FROM = _f("Henstand", "HenstandFraOgMedDato", "Dato", "payment is deferred from")
DEFERRAL_TO = _f("Henstand", "HenstandTilOgMedDato", "Dato", "payment is deferred to, included")

REMINDER_ID = _f("Rykkergebyr", "RykkergebyrIdentifikation", "UUID", "the reminder fee")
REMINDER_AT = _f("Rykkergebyr", "RykkergebyrRegistreringDatoTid", "DatoTid", "when it was registered")
REMINDER_AMOUNT = _f(
    "Rykkergebyr", "RykkergebyrBeløb", "DecimalTalNumerisk15_2", "the fee; 0.00 for a reminder without one"
)
REMINDER_ON = _f("Rykkergebyr", "RykkergebyrRykkerDato", "Dato", "the reminder was sent on")
INTEREST_ID = _f(
    "Opkrævningsrente", "OpkrævningsrenteIdentifikation", "UUID", "interest while the municipality collects"
)
INTEREST_AT = _f("Opkrævningsrente", "OpkrævningsrenteRegistreringDatoTid", "DatoTid", "when it was registered")
INTEREST_AMOUNT = _f("Opkrævningsrente", "OpkrævningsrenteBeløb", "DecimalTalNumerisk15_2", "the interest")
INTEREST_FROM = _f("Opkrævningsrente", "OpkrævningsrenteFraOgMedDato", "Dato", "interest from")
INTEREST_TO = _f("Opkrævningsrente", "OpkrævningsrenteTilOgMedDato", "Dato", "interest to, included")
AGENCY_INTEREST_ID = _f(
    "Inddrivelsesrente", "InddrivelsesrenteIdentifikation", "UUID", "interest while the agency collects"
)
AGENCY_INTEREST_AT = _f(
    "Inddrivelsesrente", "InddrivelsesrenteRegistreringDatoTid", "DatoTid", "when it was registered"
)
AGENCY_INTEREST_AMOUNT = _f("Inddrivelsesrente", "InddrivelsesrenteBeløb", "DecimalTalNumerisk15_2", "the interest")
AGENCY_INTEREST_FROM = _f("Inddrivelsesrente", "InddrivelsesrenteFraOgMedDato", "Dato", "interest from")
AGENCY_INTEREST_TO = _f("Inddrivelsesrente", "InddrivelsesrenteTilOgMedDato", "Dato", "interest to, included")

PAYMENT_ID = _f("Indbetaling", "IndbetalingIdentifikation", "UUID", "the payment: made once, kept over every retry")
PAYMENT_AT = _f("Indbetaling", "IndbetalingRegistreringDatoTid", "DatoTid", "when the citizen paid")
PAYMENT_VALUE_ON = _f("Indbetaling", "IndbetalingValørDato", "Dato", "value date")
PAYMENT_AMOUNT = _f("Indbetaling", "IndbetalingBeløb", "DecimalTalNumerisk15_2", "the whole payment")
PAYMENT_LINE_NO = _f("IndbetalingTekstLinje", "IndbetalingTekstLinjeNummer", "TalHel1Til999", "line number")
PAYMENT_LINE_TEXT = _f("IndbetalingTekstLinje", "IndbetalingTekstLinjeTekst", "Tekst255", "one line for the clerk")


REDUCTION_ID = _f(
    "IndbetalingNedregulering",
    "IndbetalingNedreguleringIdentifikation",
    "UUID",
    "the reduction of a payment: made once, kept over every retry",
)
REDUCTION_AT = _f(
    "IndbetalingNedregulering", "IndbetalingNedreguleringRegistreringDatoTid", "DatoTid", "when it was decided"
)
REDUCTION_VALUE_ON = _f("IndbetalingNedregulering", "IndbetalingNedreguleringValørDato", "Dato", "value date")
REDUCTION_AMOUNT = _f(
    "IndbetalingNedregulering", "IndbetalingNedreguleringBeløb", "DecimalTalNumerisk15_2", "how much is taken back"
)
REDUCTION_TEXT = _f(
    "IndbetalingNedregulering", "IndbetalingNedreguleringÅrsagTekst", "Tekst100", "one line for the clerk"
)
ORDER_ID = _f(
    "IndbetalingTilbageførselOrdre",
    "IndbetalingTilbageførselOrdreIdentifikation",
    "UUID",
    "the order to take a whole payment back: made once, kept over every retry",
)
ORDER_AT = _f(
    "IndbetalingTilbageførselOrdre",
    "IndbetalingTilbageførselOrdreRegistreringDatoTid",
    "DatoTid",
    "when it was decided",
)
ORDER_TEXT = _f(
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
        _f(inside, f"{inside}Identifikation", "UUID", "the part of the payment meant for one thing; derived"),
        _f(inside, f"{inside}RegistreringDatoTid", "DatoTid", "when the citizen paid"),
        _f(inside, f"{inside}Beløb", "DecimalTalNumerisk15_2", "how much of the payment"),
        _f("ForetagIndbetaling_I", f"{inside}Svar", "wrapper", "a part of the payment and what it covers"),
    )


def _reduced(cover: PartFields) -> PartFields:
    of = cover.id.inside
    inside = f"{of}Nedregulering"
    return PartFields(
        of,
        cover.id,
        _f(inside, f"{inside}Identifikation", "UUID", "the part of a reduction taken from one cover; derived"),
        _f(inside, f"{inside}RegistreringDatoTid", "DatoTid", "when it was decided"),
        _f(inside, f"{inside}Beløb", "DecimalTalNumerisk15_2", "how much of the cover is taken back"),
        _f("ForetagIndbetalingNedregulering_I", f"{inside}Svar", "wrapper", "a part of the reduction and its cover"),
    )


# In the order in which a request lists them.
COVERS = tuple(_cover(field) for field in (CLAIM_ID, INTEREST_ID, AGENCY_INTEREST_ID, REMINDER_ID))
REDUCED_COVERS = tuple(_reduced(cover) for cover in COVERS)

PARTY_URN = _f("ØIRPart", "ØIRPartURN", "Tekst255", "a person as urn:oio:cpr-nr:##########")

REASON_ID = _f("DebitorKvitteringÅrsag", "ÅrsagIdentifikation", "UUID", "the reason, from a shared list")
REASON_TITLE = _f("DebitorKvitteringÅrsag", "ÅrsagTitel", "Tekst100", "the reason in words")
LOCAL_CODE = _f("LokalÅrsag", "LokalÅrsagskode", "Tekst100", "the ledger's own code")
LOCAL_TEXT = _f("LokalÅrsag", "LokalÅrsagstekst", "Tekst500", "the ledger's own words")

# Wrappers that keep what belongs together in one element.
ACCOUNT_FOUND = _f("SøgFordringTilIndbetalingForretningssvar", "DebitorkontoSvar", "wrapper", "one account, its claims")
CLAIM_FOUND = _f("DebitorkontoSvar", "FordringSvar", "wrapper", "one claim, what belongs to it")
LIABLE_PARTY = _f("FordringSvar", "HæftelseSvar", "wrapper", "role, liability and party")
PLAN_FOUND = _f("FordringSvar", "BetalingsaftaleSvar", "wrapper", "a payment agreement and its instalments")
REMINDER_FOUND = _f("FordringSvar", "RykkergebyrSvar", "wrapper", "a reminder fee and what is left of it")
INTEREST_FOUND = _f("FordringSvar", "OpkrævningsrenteSvar", "wrapper", "interest and what is left of it")
AGENCY_INTEREST_FOUND = _f("FordringSvar", "InddrivelsesrenteSvar", "wrapper", "the agency's interest and what is left")
REMARK = _f("DebitorIndbetalingAccept", "Bemærkning", "wrapper", "a reason that comes with an accept")
REVERSAL_REMARK = _f("Accept", REMARK.name, "wrapper", "the same, of a whole payment taken back")


def _all() -> tuple[Field, ...]:
    named = [value for value in list(globals().values()) if isinstance(value, Field)]
    parts = [field for part in (*COVERS, *REDUCED_COVERS) for field in (part.id, part.at, part.amount, part.split)]
    return (*named, *parts)


FIELDS = _all()
"""Every assumed element."""
