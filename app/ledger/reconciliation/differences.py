"""Differences: what two sides disagree on gets its name, its reason and its next step. Pure."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from uuid import UUID

from app.foundation.jsons import Json


class What(StrEnum):
    """The kinds of difference; a task's kind is `difference.<what>`."""

    NOT_IN_JOURNAL = "not_in_journal"
    NOT_AT_PROVIDER = "not_at_provider"
    PROVIDER_AMOUNT = "provider_amount"
    UNKNOWN_AT_PROVIDER = "unknown_at_provider"
    NOT_IN_LEDGER = "not_in_ledger"
    DOUBLED_IN_LEDGER = "doubled_in_ledger"
    UNKNOWN_IN_LEDGER = "unknown_in_ledger"
    LEDGER_AMOUNT = "ledger_amount"
    NOT_ACCEPTED_HERE = "not_accepted_here"
    TRANSIT_LEFT = "transit_left"
    NOT_AT_SOURCE = "not_at_source"


KIND = "difference."
REASONS: dict[What, str] = {
    What.NOT_IN_JOURNAL: "Betalingsudbyderen har flyttet penge, som ikke står i journalen",
    What.NOT_AT_PROVIDER: "Journalen har penge, som betalingsudbyderen ikke kender",
    What.PROVIDER_AMOUNT: "Betalingsudbyderen og journalen har hver sit beløb",
    What.UNKNOWN_AT_PROVIDER: "Betalingsudbyderen har flyttet penge, som ikke hører til en betaling her",
    What.NOT_IN_LEDGER: "Debitorsystemet har kvitteret for indbetalingen, men den står ikke på kontoen",
    What.DOUBLED_IN_LEDGER: "Indbetalingen ser ud til at være bogført to gange i debitorsystemet",
    What.UNKNOWN_IN_LEDGER: "Der står en indbetaling på samlekontoen, som ikke kommer herfra",
    What.LEDGER_AMOUNT: "Debitorsystemet og journalen har hver sit beløb",
    What.NOT_ACCEPTED_HERE: "Indbetalingen er bogført i debitorsystemet, men vi har ikke fået kvittering for den",
    What.TRANSIT_LEFT: "Pengene er modtaget, men ikke bogført i debitorsystemet",
    What.NOT_AT_SOURCE: "Biblioteket viser stadig gebyret som ubetalt",
}
NEXT_STEPS: dict[What, str] = {
    What.NOT_IN_JOURNAL: "Find betalingen hos udbyderen; portalen spørger igen hver nat",
    What.NOT_AT_PROVIDER: "Spørg betalingsudbyderen, om pengene er trukket",
    What.PROVIDER_AMOUNT: "Sammenlign betalingen med udbyderens egen opgørelse, og ret eller forklar forskellen",
    What.UNKNOWN_AT_PROVIDER: "Find ud af hos udbyderen, hvad pengene er for",
    What.NOT_IN_LEDGER: "Find indbetalingen i debitorsystemet, eller få den bogført igen med samme id",
    What.DOUBLED_IN_LEDGER: "Få den ene af de to bogføringer tilbageført i debitorsystemet",
    What.UNKNOWN_IN_LEDGER: "Find ud af i debitorsystemet, hvem der har bogført den",
    What.LEDGER_AMOUNT: "Sammenlign indbetalingen med kontoen i debitorsystemet, og ret eller forklar forskellen",
    What.NOT_ACCEPTED_HERE: "Se, hvorfor kvitteringen ikke kommer; indbetalingen sendes igen med samme id",
    What.TRANSIT_LEFT: "Se betalingens beskeder: de siger, hvad der venter",
    What.NOT_AT_SOURCE: "Luk gebyret i bibliotekets eget system",
}


@dataclass(frozen=True)
class Difference:
    """One matter that two sides disagree on. `amount_ore` is what the outside has more than we (less: below zero)."""

    what: What
    matter: str
    """What tells it from others of its kind on its day: an id, or the outside's own name for a line."""
    amount_ore: int
    payment_id: UUID | None = None
    facts: Json = field(default_factory=dict)
    many: int = 1
    """More than one: so many more of this kind, together; only the first ones have a name each."""

    @property
    def kind(self) -> str:
        """The kind of its task."""
        return f"{KIND}{self.what}"

    @property
    def reason(self) -> str:
        """Why it is a difference, for staff."""
        return REASONS[self.what] if self.many == 1 else f"{REASONS[self.what]} ({self.many} flere af samme slags)"

    @property
    def next_step(self) -> str:
        """What a person can do about it."""
        return NEXT_STEPS[self.what] if self.many == 1 else "Hent dagens CSV-fil: der står de alle"

    def told(self, day: date) -> Json:
        """The facts of its task: the same as long as the difference is the same."""
        return {"day": day.isoformat(), "amount_ore": self.amount_ore, "matter": self.matter, **self.facts}


def beginning(municipality_code: str, day: date) -> str:
    """What the keys of a day's differences begin with."""
    return f"difference/{municipality_code}/{day.isoformat()}/"


def key_of(difference: Difference, *, municipality_code: str, day: date) -> str:
    """The key of its task: the same for the same matter, however often it is found."""
    return f"{beginning(municipality_code, day)}{difference.what}/{difference.matter}"


def at_provider(*, matter: UUID, flow: str, said_ore: int, booked_ore: int) -> Difference:
    """What a provider says it moved of a payment (`flow`: `capture`, or `back` to its payer) beside the journal."""
    if booked_ore == 0:
        what = What.NOT_IN_JOURNAL
    elif said_ore == 0:
        what = What.NOT_AT_PROVIDER
    else:
        what = What.PROVIDER_AMOUNT
    facts: Json = {"flow": flow, "provider_ore": said_ore, "journal_ore": booked_ore}
    return Difference(what, f"{matter}/{flow}", said_ore - booked_ore, matter, facts)


def unknown_at_provider(*, reference: str, kind: str, road: str, amount_ore: int) -> Difference:
    """A movement that belongs to no payment of ours."""
    facts: Json = {"provider": road, "reference": reference, "movement": kind}
    return Difference(What.UNKNOWN_AT_PROVIDER, f"{road}/{reference}", amount_ore, None, facts)


def in_ledger(
    *, posting: UUID, payment_id: UUID | None, account: str, times: int, stated_ore: int, ours_ore: int,
    is_accepted: bool, is_ours: bool, has_twin: bool,
) -> Difference:  # fmt: skip
    """What a debtor account says of a posting, beside what the ledger has answered us.

    `times`: on how many lines it stands; amounts are less what has been taken back; `is_ours`: we sent it (accepted or
    not); `has_twin`: not ours, and beside it on the account stands one of ours of the same day and amount.
    """
    facts: Json = {
        "posting": str(posting), "account": account, "ledger_ore": stated_ore, "journal_ore": ours_ore, "times": times,
    }  # fmt: skip
    if times > 1 or (has_twin and not is_ours):
        what = What.DOUBLED_IN_LEDGER
    elif not is_ours:
        what = What.UNKNOWN_IN_LEDGER
    elif not is_accepted:
        what = What.NOT_ACCEPTED_HERE
    elif times == 0:
        what = What.NOT_IN_LEDGER
    else:
        what = What.LEDGER_AMOUNT
    return Difference(what, str(posting), stated_ore - ours_ore, payment_id, facts)


def transit_left(*, payment_id: UUID, amount_ore: int) -> Difference:
    """Money that was taken and has not been accepted by the ledger, though it should have been long ago."""
    return Difference(What.TRANSIT_LEFT, str(payment_id), amount_ore, payment_id)


def not_at_source(*, payment_id: UUID, claim_id: UUID, state: str, amount_ore: int) -> Difference:
    """A claim that was paid and posted, and that its source still shows as owed."""
    facts: Json = {"claim_id": str(claim_id), "state": state}
    return Difference(What.NOT_AT_SOURCE, f"{payment_id}/{claim_id}", amount_ore, payment_id, facts)


def the_rest(what: What, *, many: int, amount_ore: int) -> Difference:
    """Those of a kind that are too many to be named one by one."""
    return Difference(what, "flere", amount_ore, None, {"many": many}, many)
