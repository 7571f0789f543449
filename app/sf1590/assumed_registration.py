"""The assumed element names of B_01, where claims are registered; see `assumed_fields` for what that means."""

from app.sf1590.assumed_fields import REMARK, fields_in, named

ACCOUNT_AT = named("Debitorkonto", "DebitorkontoRegistreringDatoTid", "DatoTid", "when the account was opened")

LOWERED_ID = named(
    "FordringNedregulering",
    "FordringNedreguleringIdentifikation",
    "UUID",
    "a claim made smaller: made once, kept over every retry",
)
LOWERED_AT = named(
    "FordringNedregulering", "FordringNedreguleringRegistreringDatoTid", "DatoTid", "when it was decided"
)
LOWERED_AMOUNT = named(
    "FordringNedregulering", "FordringNedreguleringBeløb", "DecimalTalNumerisk15_2", "how much less is owed"
)
LOWERED_WHOLE = named(
    "FordringNedregulering", "FordringNedreguleringBortfaldMarkering", "Markering", "the claim falls away altogether"
)
LOWERED_TEXT = named("FordringNedregulering", "FordringNedreguleringÅrsagTekst", "Tekst100", "why, one line")

DEMAND_ID = named("Opkrævning", "OpkrævningIdentifikation", "UUID", "a demand for payment that was sent already")
DEMAND_AT = named("Opkrævning", "OpkrævningRegistreringDatoTid", "DatoTid", "when it was sent")
DEMAND_TITLE = named("Opkrævning", "OpkrævningTitel", "Tekst100", "what it is called")
DEMAND_DUE_ON = named("Opkrævning", "OpkrævningSidsteRettidigeBetalingDato", "Dato", "last day in time")
DEMAND_CREDITOR = named(
    "Opkrævning", "OpkrævningKreditornummer", "TalHel0Til99999999", "creditor number of the payment card"
)
DEMAND_REFERENCE = named("Opkrævning", "OpkrævningBetalingsidentifikation", "Tekst35", "payment id of the payment card")

# Wrappers that keep what belongs together in one element.
CLAIM_REGISTERED = named(
    "OpretDebitorkontoRegistrering_I", "FordringRegistrering", "wrapper", "a claim and its text lines"
)
LIABILITY_REGISTERED = named(
    "OpretDebitorkontoRegistrering_I", "HæftelseRegistrering", "wrapper", "a liability and its party"
)
LOWERING = named(
    "OpretDebitorkontoRegistrering_I",
    "FordringNedreguleringRegistrering",
    "wrapper",
    "a claim made smaller, and which",
)
REGISTRATION_REMARK = named("DebitorRegistreringAccept", REMARK.name, "wrapper", "a reason that comes with an accept")

FIELDS = tuple(field for field in fields_in(globals().values()) if field is not REMARK)
