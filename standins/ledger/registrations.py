"""DebitorRegistreringAfsend (B_01): claims registered once a UUID, made smaller, and put up for collection."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from lxml import etree

from standins import demo_claims
from standins.journal import this_moment
from standins.ledger import soap
from standins.ledger.books import CLAIM_UNKNOWN, UUID_REUSED, Books, Verdict, origin_system_uuid, rejected
from standins.ledger.soap import Cursor, Faulty, Request
from standins.ledger.telling import Telling
from standins.ledger.verdicts import judge
from standins.world import Debt, World, claim_type_uuid

TYPE_UNKNOWN = ("SORTIMENT_UKENDT", "Sortimentet findes ikke i debitorsystemet")
ORIGIN_MISSING = ("OPRINDELSE_MANGLER", "Fordringen mangler reference til sin oprindelse")
SYSTEM_UNKNOWN = ("SYSTEM_UKENDT", "It-systemet, som fordringen er oprettet af, er ikke kendt")
NOBODY_LIABLE = ("HAEFTELSE_MANGLER", "Ingen hæfter for fordringen")
ACCOUNT_TAKEN = ("KONTO_OPTAGET", "Debitorkontoen har en anden fordring")
TOO_MUCH = ("NEDREGULERING_FOR_STOR", "Der er mindre tilbage af fordringen")

CLAIM_TYPES = {claim_type_uuid(key): key for key in demo_claims.CREATED_BY}
ORIGINS = {origin_system_uuid(name): name for name in demo_claims.CREATED_BY.values()}
# What hangs together in one class is read by its elements' names.
_DAYS = ("FordringStiftelseDato", "FordringPeriodeFraOgMedDato", "FordringPeriodeTilOgMedDato")
_DUE = ("FordringForfaldDato", "FordringSidsteRettidigeBetalingDato")


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim as it came in, with its account, who owes it and where it arose."""

    claim_id: uuid.UUID
    account_id: uuid.UUID
    municipality_cvr: str
    registered_at: datetime
    type_id: uuid.UUID
    amount_ore: int
    days: tuple[date | None, ...]
    due: tuple[date | None, ...]
    origin_ref: str
    creator_id: uuid.UUID
    lines: tuple[str, ...]
    liable: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lowered:
    """A claim made smaller, as it came in."""

    lowered_id: uuid.UUID
    claim_id: uuid.UUID
    account_id: uuid.UUID
    municipality_cvr: str
    amount_ore: int
    text: str
    is_whole: bool


class Registrations:
    """Everything registered since the last reset, and its verdicts."""

    def __init__(self, world: World, books: Books, handed_over: Telling) -> None:
        self._world, self._books, self._handed_over = world, books, handed_over
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        with self._books.lock:
            self.taken: dict[uuid.UUID, tuple[Claim | Lowered, Verdict]] = {}
            # Nothing was registered: the same may come again when people have put it right.
            self.refused: dict[str, str | None] = {}
            self.repeats = 0

    def register(self, request: Request, root: etree._Element) -> None:
        """OpretDebitorkontoRegistrering."""
        account_id, parts = _read(request)
        with self._books.lock, self._world.lock:
            verdict = self._take(parts)
        soap.put(soap.put(root, "Debitorkonto"), "DebitorkontoIdentifikation", account_id)
        judge(root, verdict, "DebitorRegistreringAccept", "DebitorRegistreringAfvisning")

    def collect(self, request: Request, root: etree._Element) -> None:
        """SætFordringTilOpkrævning: the municipality demands the claim from now on."""
        body = request.body
        account_id = _account(body)
        with body.inside("Fordring") as claim:
            claim_id = soap.uuid(claim.text("FordringIdentifikation"))
            last_timely_on = soap.day(claim.text("FordringSidsteRettidigeBetalingDato"))
        body.end()
        with self._world.lock:
            debt = self._debt(account_id, claim_id, request.receiver_cvr)
            if debt is not None:
                debt.demanded, debt.last_timely_on = True, last_timely_on
        soap.put(soap.put(root, "Debitorkonto"), "DebitorkontoIdentifikation", account_id)
        verdict = rejected(CLAIM_UNKNOWN) if debt is None else Verdict(this_moment())
        judge(root, verdict, "DebitorRegistreringAccept", "DebitorRegistreringAfvisning")

    def state(self) -> dict[str, object]:
        """What a test can compare exactly."""
        with self._books.lock:
            parts = [part for part, _verdict in self.taken.values()]
            return {
                "registered": [str(part.claim_id) for part in parts if isinstance(part, Claim)],
                "lowered": {str(part.lowered_id): part.amount_ore for part in parts if isinstance(part, Lowered)},
                "registrations_rejected": dict(self.refused),
                "registration_repeats": self.repeats,
            }

    def _take(self, parts: list[Claim | Lowered]) -> Verdict:
        """All of a message or nothing of it."""
        for part in parts:
            verdict = self._known(part)
            if verdict is None:
                verdict = self._refusal(part) if isinstance(part, Claim) else self._refusal_to_lower(part)
                if verdict is not None:
                    self.refused[str(key_of(part))] = verdict.code
            if verdict is not None and verdict.code is not None:
                return verdict
        return self._book(parts)

    def _known(self, part: Claim | Lowered) -> Verdict | None:
        first, verdict = self.taken.get(key_of(part), (None, None))
        return rejected(UUID_REUSED) if first not in {None, part} else verdict

    def _book(self, parts: list[Claim | Lowered]) -> Verdict:
        new = [part for part in parts if key_of(part) not in self.taken]
        if parts and not new:
            self.repeats += 1
            return self.taken[key_of(parts[0])][1]
        verdict = Verdict(this_moment())
        for part in new:
            self.taken[key_of(part)] = (part, verdict)
            if isinstance(part, Claim):
                self._open(part)
            else:
                self._world.debts[part.claim_id].outstanding_ore -= part.amount_ore
        return verdict

    def _refusal(self, claim: Claim) -> Verdict | None:
        judged = (
            (claim.claim_id in self._world.debts, UUID_REUSED),
            (claim.account_id in self._world.debts_by_account, ACCOUNT_TAKEN),
            (claim.type_id not in CLAIM_TYPES, TYPE_UNKNOWN),
            (not claim.origin_ref, ORIGIN_MISSING),
            (claim.creator_id not in ORIGINS, SYSTEM_UNKNOWN),
            (not claim.liable, NOBODY_LIABLE),
        )
        return next((rejected(reason) for wrong, reason in judged if wrong), None)

    def _open(self, claim: Claim) -> None:
        founded_on, period_from, period_to = claim.days
        due_on, last_timely_on = claim.due
        debt = Debt(
            claim_id=claim.claim_id,
            account_id=claim.account_id,
            municipality_cvr=claim.municipality_cvr,
            liable=[(cpr, "JuridiskAnsvarlig") for cpr in claim.liable],
            claim_type=CLAIM_TYPES[claim.type_id],
            created_by=ORIGINS[claim.creator_id],
            origin_ref=claim.origin_ref,
            principal_ore=claim.amount_ore,
            outstanding_ore=claim.amount_ore,
            founded_on=founded_on or claim.registered_at.date(),
            due_on=due_on or claim.registered_at.date(),
            last_timely_on=last_timely_on or due_on or claim.registered_at.date(),
            text_lines=list(claim.lines),
            period_from=period_from,
            period_to=period_to,
        )
        self._handed_over.later([self._world.add_debt(debt)])

    def _refusal_to_lower(self, lowered: Lowered) -> Verdict | None:
        debt = self._debt(lowered.account_id, lowered.claim_id, lowered.municipality_cvr)
        if debt is None:
            return rejected(CLAIM_UNKNOWN)
        wrong = lowered.amount_ore > debt.outstanding_ore or (
            lowered.is_whole and lowered.amount_ore != debt.outstanding_ore
        )
        return rejected(TOO_MUCH, debt.outstanding_ore) if wrong else None

    def _debt(self, account_id: uuid.UUID, claim_id: uuid.UUID, cvr: str) -> Debt | None:
        debt = self._world.debts.get(claim_id)
        fits = debt is not None and (debt.account_id, debt.municipality_cvr) == (account_id, cvr)
        return debt if fits else None


def key_of(part: Claim | Lowered) -> uuid.UUID:
    """The UUID that it is booked once by."""
    return part.claim_id if isinstance(part, Claim) else part.lowered_id


def _account(body: Cursor) -> uuid.UUID:
    with body.inside("Debitorkonto") as account:
        return soap.uuid(account.text("DebitorkontoIdentifikation"))


def _read(request: Request) -> tuple[uuid.UUID, list[Claim | Lowered]]:
    body, cvr = request.body, request.receiver_cvr
    with body.inside("Debitorkonto") as account:
        account_id = soap.uuid(account.text("DebitorkontoIdentifikation"))
        soap.moment(account.text("DebitorkontoRegistreringDatoTid"))
    registered = list(body.many("FordringRegistrering"))
    liable = tuple(_liable(Cursor(one)) for one in body.many("HæftelseRegistrering"))
    lowered = [_lowered(Cursor(one), account_id, cvr) for one in body.many("FordringNedreguleringRegistrering")]
    body.maybe("Opkrævning")
    with body.inside("OprettetAf") as creator:
        creator.maybe("OprettetAfVirksomhed")
        creator_id = soap.uuid(creator.text("OprettetAfItSystemInstans"))
    body.end()
    claims = [_claim(Cursor(one), account_id, cvr, creator_id, liable) for one in registered]
    return account_id, [*claims, *lowered]


def _claim(cursor: Cursor, account_id: uuid.UUID, cvr: str, creator_id: uuid.UUID, liable: tuple[str, ...]) -> Claim:
    with cursor.inside("Fordring") as claim:
        claim_id = soap.uuid(claim.text("FordringIdentifikation"))
        registered_at = soap.moment(claim.text("FordringRegistreringDatoTid"))
        type_id = soap.uuid(claim.text("FordringSortimentIdentifikation"))
        amount_ore = soap.amount(claim.text("FordringBeløb"))
        days = tuple(_maybe_day(claim, name) for name in _DAYS)
        claim.maybe("FordringBetalingsserviceMarkering")
        due = tuple(_maybe_day(claim, name) for name in _DUE)
        origin = claim.maybe("FordringOprindelseReference")
    lines = tuple(_line(Cursor(one)) for one in cursor.many("FordringTekstLinje"))
    cursor.end()
    origin_ref = "" if origin is None else (origin.text or "").strip()
    return Claim(
        claim_id, account_id, cvr, registered_at, type_id, amount_ore, days, due, origin_ref, creator_id, lines, liable
    )


def _maybe_day(claim: Cursor, name: str) -> date | None:
    found = claim.maybe(name)
    return None if found is None else soap.day(found.text or "")


def _line(cursor: Cursor) -> str:
    cursor.text("FordringTekstLinjeNummer")
    words = cursor.text("FordringTekstLinjeTekst")
    cursor.end()
    if len(words) > 255:
        raise Faulty("SKEMA", "En tekstlinje er for lang")
    return words


def _liable(cursor: Cursor) -> str:
    with cursor.inside("Hæftelse") as liability:
        soap.uuid(liability.text("HæftelseIdentifikation"))
        soap.moment(liability.text("HæftelseRegistreringDatoTid"))
        soap.day(liability.text("HæftelseFraOgMedDato"))
    cpr = soap.person(cursor)
    cursor.end()
    return cpr


def _lowered(cursor: Cursor, account_id: uuid.UUID, cvr: str) -> Lowered:
    name = "FordringNedregulering"
    with cursor.inside(name) as lowered:
        lowered_id = soap.uuid(lowered.text(f"{name}Identifikation"))
        soap.moment(lowered.text(f"{name}RegistreringDatoTid"))
        amount_ore = soap.amount(lowered.text(f"{name}Beløb"))
        whole = lowered.maybe(f"{name}BortfaldMarkering")
        text = lowered.text(f"{name}ÅrsagTekst")
    with cursor.inside("Fordring") as claim:
        claim_id = soap.uuid(claim.text("FordringIdentifikation"))
    cursor.end()
    is_whole = whole is not None and (whole.text or "").strip() in {"true", "1"}
    return Lowered(lowered_id, claim_id, account_id, cvr, amount_ore, text, is_whole)
