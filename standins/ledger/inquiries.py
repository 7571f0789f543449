"""DebitorForespørgselAfsend (B_02): a person's accounts, and one account with its claims and payments."""

import uuid
from datetime import date

from lxml import etree

from standins.ledger import claims, soap
from standins.ledger.books import COLLECTING_ACCOUNTS, Books, Posting
from standins.ledger.reversals import Reversal, Reversals
from standins.ledger.soap import Cursor, Request, kroner, put
from standins.world import Debt, World, danish_day


class Inquiries:
    """Answers from the world and the books, and changes nothing."""

    def __init__(self, world: World, books: Books, reversals: Reversals) -> None:
        self._world, self._books, self._reversals = world, books, reversals

    def accounts(self, request: Request, root: etree._Element) -> None:
        """SøgDebitorregistrering: with RestanceMarkering only what has something left."""
        body = request.body
        roles = {role for role, marker in claims.MARKERS.items() if soap.marked(body, marker)}
        only_owed = soap.marked(body, "RestanceMarkering")
        soap.marked(body, "SamletFordringOverblikMarkering")
        cpr = soap.party(body)
        body.end()
        put(root, "BehandlingDatoTid", soap.now())
        with self._world.lock:
            found = [
                (debt, role)
                for debt in self._world.debts_of(cpr, request.receiver_cvr)
                for who, role in debt.liable
                if who == cpr and role in roles and (debt.left_ore > 0 or not only_owed)
            ]
            if not found:
                put(root, "IngenForretningsdataAtReturnere", "true")
                return
            answer = put(root, "SøgDebitorregistreringForretningssvar")
            for debt, role in found:
                _summary(put(answer, "DebitorkontoOverblik"), debt, role)

    def account(self, request: Request, root: etree._Element) -> None:
        """HentDebitorkonto: all claims, and the payments whose day is in the period."""
        body = request.body
        with body.inside("Debitorkonto") as account:
            account_id = soap.uuid(account.text("DebitorkontoIdentifikation"))
        soap.marked(body, "RestanceMarkering")
        since, until = _maybe_day(body, "PeriodeFraOgMedDato"), _maybe_day(body, "PeriodeTilOgMedDato")
        body.end()
        put(root, "BehandlingDatoTid", soap.now())
        with self._books.lock, self._world.lock:
            debt = self._world.debts_by_account.get(account_id)
            if not self._is_known(account_id, debt, request.receiver_cvr):
                put(root, "IngenForretningsdataAtReturnere", "true")
                return
            answer = put(root, "HentDebitorkontoForretningssvar")
            put(put(answer, "Debitorkonto"), "DebitorkontoIdentifikation", account_id)
            if debt is not None:
                claims.write_claim(put(answer, "FordringSvar"), debt)
            taken = self._taken()
            for posting in self._postings(account_id, since, until):
                _payment(put(answer, "IndbetalingSvar"), posting, taken.get(posting.payment.payment_id, []))

    def _is_known(self, account_id: uuid.UUID, debt: Debt | None, cvr: str) -> bool:
        if debt is not None:
            return debt.municipality_cvr == cvr
        collecting = COLLECTING_ACCOUNTS.get(account_id)
        return collecting is not None and collecting[0] == cvr

    def _postings(self, account_id: uuid.UUID, since: date | None, until: date | None) -> list[Posting]:
        return [
            one
            for one in self._books.postings.values()
            if one.verdict.code is None
            and one.payment.account_id == account_id
            and (since or date.min) <= danish_day(one.payment.paid_at) <= (until or date.max)
        ]

    def _taken(self) -> dict[uuid.UUID, list[Reversal]]:
        taken: dict[uuid.UUID, list[Reversal]] = {}
        for one in self._reversals.taken.values():
            if one.verdict.code is None:
                taken.setdefault(one.reversal.payment_id, []).append(one.reversal)
        return taken


def _maybe_day(body: Cursor, name: str) -> date | None:
    found = body.maybe(name)
    return None if found is None else soap.day(found.text or "")


def _summary(found: etree._Element, debt: Debt, role: str) -> None:
    put(put(found, "Debitorkonto"), "DebitorkontoIdentifikation", debt.account_id)
    put(found, claims.MARKERS[role], "true")
    put(found, "SamletBeløb", kroner(debt.left_ore))
    put(found, "UnderInddrivelse", "true" if debt.agency_on is not None else "false")
    if debt.left_ore > 0:
        put(found, "ÆldsteRettidigBetalingsdato", debt.last_timely_on)


def _payment(found: etree._Element, posting: Posting, taken: list[Reversal]) -> None:
    payment = posting.payment
    paid = put(found, "Indbetaling")
    put(paid, "IndbetalingIdentifikation", payment.payment_id)
    put(paid, "IndbetalingRegistreringDatoTid", payment.paid_at.isoformat())
    put(paid, "IndbetalingValørDato", payment.value_on)
    put(paid, "IndbetalingBeløb", kroner(payment.amount_ore))
    for number, words in enumerate(payment.text_lines, start=1):
        line = put(found, "IndbetalingTekstLinje")
        put(line, "IndbetalingTekstLinjeNummer", number)
        put(line, "IndbetalingTekstLinjeTekst", words)
    for reversal in taken:
        reduced = put(found, "IndbetalingNedregulering")
        put(reduced, "IndbetalingNedreguleringIdentifikation", reversal.reversal_id)
        put(reduced, "IndbetalingNedreguleringRegistreringDatoTid", reversal.made_at.isoformat())
        put(reduced, "IndbetalingNedreguleringValørDato", danish_day(reversal.made_at))
        put(reduced, "IndbetalingNedreguleringBeløb", kroner(reversal.amount_ore))
        put(reduced, "IndbetalingNedreguleringÅrsagTekst", reversal.text[:100])
