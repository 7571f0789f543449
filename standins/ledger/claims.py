"""Writes what a person owes as SøgFordringTilIndbetaling_O does, account by account."""

import uuid
from datetime import UTC, datetime, time

from lxml import etree

from standins.ledger.books import origin_system_uuid
from standins.ledger.soap import CPR_URN, kroner, put
from standins.world import Debt, Extra

MARKERS = {
    "JuridiskAnsvarlig": "JuridiskAnsvarligMarkering",
    "Administrator": "AdministratorMarkering",
    "JuridiskMedhaefter": "JuridiskMedhæfterMarkering",
}


def write(root: etree._Element, debts: list[Debt]) -> None:
    """Put the claims into an answer behind its BehandlingDatoTid."""
    if not debts:
        put(root, "IngenForretningsdataAtReturnere", "true")
        return
    found = put(root, "SøgFordringTilIndbetalingForretningssvar")
    for debt in debts:
        account = put(found, "DebitorkontoSvar")
        put(put(account, "Debitorkonto"), "DebitorkontoIdentifikation", debt.account_id)
        write_claim(put(account, "FordringSvar"), debt)


def write_claim(found: etree._Element, debt: Debt) -> None:
    """Put one claim, and what belongs to it, into an element."""
    registered_at = datetime.combine(debt.founded_on, time(6), UTC).isoformat().replace("+00:00", "Z")
    claim = put(found, "Fordring")
    put(claim, "FordringIdentifikation", debt.claim_id)
    put(claim, "FordringRegistreringDatoTid", registered_at)
    put(claim, "FordringSortimentIdentifikation", debt.claim_type_id)
    put(claim, "FordringBeløb", kroner(debt.principal_ore))
    put(claim, "FordringStiftelseDato", debt.founded_on)
    if debt.period_from is not None:
        put(claim, "FordringPeriodeFraOgMedDato", debt.period_from)
    if debt.period_to is not None:
        put(claim, "FordringPeriodeTilOgMedDato", debt.period_to)
    put(claim, "FordringBetalingsserviceMarkering", "true" if debt.auto_on else "false")
    put(claim, "FordringForfaldDato", debt.auto_on or debt.due_on)
    put(claim, "FordringSidsteRettidigeBetalingDato", debt.last_timely_on)
    put(claim, "FordringOprindelseReference", debt.origin_ref)
    if debt.agency_on is not None:
        put(claim, "FordringInddrivelseOversendtDato", debt.agency_on)
    put(claim, "FordringInddrivelseMarkering", "true" if debt.agency_on else "false")
    put(found, "RestanceBeløb", kroner(debt.outstanding_ore))
    creator = put(found, "OprettetAf")
    put(creator, "OprettetAfVirksomhed", f"urn:oio:cvr-nr:{debt.municipality_cvr}")
    put(creator, "OprettetAfItSystemInstans", origin_system_uuid(debt.created_by))
    for number, words in enumerate(debt.text_lines, start=1):
        line = put(found, "FordringTekstLinje")
        put(line, "FordringTekstLinjeNummer", number)
        put(line, "FordringTekstLinjeTekst", words)
    for cpr, role in debt.liable:
        _liable(put(found, "HæftelseSvar"), debt, cpr, role, registered_at)
    if debt.instalments:
        _plan(put(found, "BetalingsaftaleSvar"), debt, registered_at)
    _charges(found, debt)


def _liable(found: etree._Element, debt: Debt, cpr: str, role: str, registered_at: str) -> None:
    put(found, MARKERS[role], "true")
    liability = put(found, "Hæftelse")
    put(liability, "HæftelseIdentifikation", uuid.uuid5(debt.claim_id, cpr))
    put(liability, "HæftelseRegistreringDatoTid", registered_at)
    put(liability, "HæftelseFraOgMedDato", debt.founded_on)
    put(put(put(found, "ØIRPartIdentifikation"), "ØIRPart"), "ØIRPartURN", f"{CPR_URN}{cpr}")


def _plan(found: etree._Element, debt: Debt, registered_at: str) -> None:
    plan = put(found, "Betalingsaftale")
    put(plan, "BetalingsaftaleIdentifikation", uuid.uuid5(debt.claim_id, "aftale"))
    put(plan, "BetalingsaftaleRegistreringDatoTid", registered_at)
    for number, (due_on, amount_ore) in enumerate(debt.instalments, start=1):
        rate = put(found, "Rate")
        put(rate, "RateIdentifikation", uuid.uuid5(debt.claim_id, f"rate {number}"))
        put(rate, "RateRegistreringDatoTid", registered_at)
        put(rate, "RateBeløb", kroner(amount_ore))
        put(rate, "RateForfaldDato", due_on)


def _reminder(found: etree._Element, debt: Debt) -> None:
    assert debt.reminded_on is not None
    reminder = put(found, "Rykkergebyr")
    put(reminder, "RykkergebyrIdentifikation", uuid.uuid5(debt.claim_id, "rykker"))
    put(reminder, "RykkergebyrRegistreringDatoTid", f"{debt.reminded_on}T06:00:00Z")
    # The demo municipalities remind without a fee.
    put(reminder, "RykkergebyrBeløb", "0.00")
    put(reminder, "RykkergebyrRykkerDato", debt.reminded_on)
    put(found, "RestanceBeløb", "0.00")


def _charges(found: etree._Element, debt: Debt) -> None:
    for extra in debt.extras:
        if extra.kind == "Opkrævningsrente":
            _charged(put(found, "OpkrævningsrenteSvar"), extra, "OpkrævningsrenteTilOgMedDato")
    fees = [extra for extra in debt.extras if extra.kind == "Rykkergebyr"]
    if debt.reminded_on is not None and debt.reminded_on not in {fee.charged_on for fee in fees}:
        _reminder(put(found, "RykkergebyrSvar"), debt)
    for fee in fees:
        _charged(put(found, "RykkergebyrSvar"), fee, "RykkergebyrRykkerDato")


def _charged(found: etree._Element, extra: Extra, on: str) -> None:
    charged = put(found, extra.kind)
    put(charged, f"{extra.kind}Identifikation", extra.extra_id)
    put(charged, f"{extra.kind}RegistreringDatoTid", f"{extra.charged_on}T06:00:00Z")
    put(charged, f"{extra.kind}Beløb", kroner(extra.amount_ore))
    put(charged, on, extra.charged_on)
    put(found, "RestanceBeløb", kroner(extra.outstanding_ore))
