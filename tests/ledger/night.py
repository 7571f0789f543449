"""What the tests of reconciliation share: a municipality whose promises are kept, and the night after its day."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import select

from app.foundation.clock import danish_day
from app.ledger.reconciliation.asking import Merchant, Sides
from app.ledger.reconciliation.day import Outcome, reconcile
from app.ledger.reconciliation.models import ParkedLine, ReconciliationDay
from app.payments.models import Payment
from app.tasks.models import Task
from tests.delivering import Portal
from tests.demo import COLLECTING, KIRSTEN, NOW, Town, daycare, fine

DAY = danish_day(NOW)


@dataclass
class Night:
    """The night after the day on which everything happened; `now` may be moved."""

    portal: Portal
    now: datetime = NOW + timedelta(hours=15)
    changes: dict[str, object] = field(default_factory=dict)

    @property
    def town(self) -> Town:
        return self.portal.town

    def paid(self, *refs: str, amount_ore: int = 150000) -> Payment:
        """Kirsten has paid daycare bills, and the ledger has them."""
        person = self.town.person()
        claims = self.town.shows(person, *(daycare(ref, amount_ore) for ref in refs or ("d1",)))
        payment = self.town.paid(person, *claims)
        self.deliver()
        return payment

    def fine_paid(self, ref: str = "f1") -> Payment:
        """Kirsten has paid a fee that the library held; ledger and library know."""
        self.portal.library.claims[KIRSTEN] = (fine(ref),)
        person = self.town.person()
        payment = self.town.paid(person, *self.town.shows(person, fine(ref)))
        self.deliver()
        return payment

    def deliver(self) -> None:
        """The day's promises are kept, on the day."""
        self.portal.ledger.now = NOW + timedelta(minutes=2)
        self.portal.deliver_all()

    def deliver_by_night(self) -> None:
        """What the night has promised is kept."""
        self.portal.passes(self.now + timedelta(minutes=1) - self.portal.clock())
        self.portal.ledger.now = self.portal.clock()
        self.portal.deliver_all()

    def sides(self) -> Sides:
        given: dict[str, object] = {
            "merchants": (Merchant(self.town.provider),), "ledger": self.portal.ledger,
            "library": self.portal.library, "collecting": (COLLECTING,),
        }  # fmt: skip
        return Sides(**{**given, **self.changes})  # type: ignore[arg-type]

    def reconciled(self, day: date = DAY) -> Outcome:
        (outcome,) = reconcile(
            self.town.sessions, sides=self.sides(), municipality_code=self.town.facts.code, days=[day],
            clock=lambda: self.now,
        )  # fmt: skip
        return outcome

    def row(self, day: date = DAY) -> ReconciliationDay:
        with self.town.sessions() as session:
            return session.scalars(select(ReconciliationDay).where(ReconciliationDay.day == day)).one()

    def differences(self) -> list[Task]:
        """The open tasks of differences."""
        return [task for task in self.town.tasks() if task.kind.startswith("difference.")]

    def kinds(self) -> list[str]:
        return sorted(task.kind.removeprefix("difference.") for task in self.differences())

    def closed(self) -> list[Task]:
        with self.town.sessions() as session:
            rows = select(Task).where(Task.kind.like("difference.%"), Task.closed_at.is_not(None))
            return list(session.scalars(rows.order_by(Task.created_at)))

    def parked(self) -> list[ParkedLine]:
        with self.town.sessions() as session:
            return list(session.scalars(select(ParkedLine).order_by(ParkedLine.line_no)))
