"""The tables of reconciliation: a row a day, the lines of the outside's statements, and lines that cannot be read."""

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base, Moment, Ore
from app.foundation.ids import new_row_id
from app.foundation.jsons import Json

NUMBERS = (
    "fee_ore",
    *(f"{side}_{what}" for side in ("provider", "journal", "accepted", "ledger", "told", "known")
      for what in ("ore", "count")),
)  # fmt: skip
"""The columns of a day that say what its sides hold."""


class ReconciliationDay(Base):
    """One Danish day of one municipality: what each side says, and how many differences have a name and no end.

    The journal's and the accepted amounts stand on the day that the outside gives them: a payment a second before
    midnight is whole on one day. Amounts of a side that could not be read are those of when it last could.
    """

    __tablename__ = "reconciliation_day"
    __table_args__ = (Index("uq_reconciliation_day", "municipality_code", "day", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_row_id)
    municipality_code: Mapped[str]
    day: Mapped[date]
    provider_ore: Mapped[Ore] = mapped_column(default=0)
    """What came to the provider's account, less what left it again; fees not counted."""
    provider_count: Mapped[int] = mapped_column(default=0)
    fee_ore: Mapped[Ore] = mapped_column(default=0)
    journal_ore: Mapped[Ore] = mapped_column(default=0)
    journal_count: Mapped[int] = mapped_column(default=0)
    accepted_ore: Mapped[Ore] = mapped_column(default=0)
    """What the ledger has accepted from us, as it answered us."""
    accepted_count: Mapped[int] = mapped_column(default=0)
    ledger_ore: Mapped[Ore] = mapped_column(default=0)
    """The same as the ledger states its accounts; what others pay to them is not counted."""
    ledger_count: Mapped[int] = mapped_column(default=0)
    told_ore: Mapped[Ore] = mapped_column(default=0)
    """What the sources are to know of."""
    told_count: Mapped[int] = mapped_column(default=0)
    known_ore: Mapped[Ore] = mapped_column(default=0)
    """What they have been seen to know of."""
    known_count: Mapped[int] = mapped_column(default=0)
    differences: Mapped[int] = mapped_column(default=0)
    parked: Mapped[int] = mapped_column(default=0)
    silent: Mapped[list[Json]] = mapped_column(default=list)
    """The sides that could not be read the last time: `side`, and the `reason`."""
    ledger_by: Mapped[str | None]
    """Who stated the ledger's side: `wire`, or `file` (then the wire is not asked)."""
    began_at: Mapped[Moment | None]
    """Set while a run is under way."""
    finished_at: Mapped[Moment | None]

    @property
    def is_clean(self) -> bool:
        """Whether nobody, and no later run, need look at the day again."""
        return self.finished_at is not None and not (self.differences or self.parked or self.silent)


class StatementLine(Base):
    """One line of what a provider, or the ledger, says of a day; the day's lines are replaced when it is read again.

    Unlogged: after a crash of the database the days are read again.
    """

    __tablename__ = "statement_line"
    __table_args__ = (
        CheckConstraint("side IN ('provider', 'ledger')", name="side"),
        Index("ix_statement_line_day", "municipality_code", "day", "side"),
        Index("ix_statement_line_matter", "matter", postgresql_where=text("matter IS NOT NULL")),
        {"prefixes": ["UNLOGGED"]},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    municipality_code: Mapped[str]
    day: Mapped[date]
    side: Mapped[str]
    road: Mapped[str]
    """The provider's name, or the debtor account."""
    kind: Mapped[str]
    """A `MovementKind`, or `posting`."""
    reference: Mapped[str]
    """The outside's own name for the line."""
    payment_reference: Mapped[str | None]
    matter: Mapped[UUID | None]
    """Which payment a provider's line is about; which posting a ledger's line is. None: no payment of ours."""
    amount_ore: Mapped[Ore]
    less_ore: Mapped[Ore]
    """The provider's fee; or what of a posting has been taken back."""


class ParkedLine(Base):
    """A line or a file that cannot be read: where it stands, why not, and its text with CPR numbers hidden."""

    __tablename__ = "parked_line"
    __table_args__ = (Index("ix_parked_line_municipality_code", "municipality_code", "origin", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_row_id)
    municipality_code: Mapped[str]
    day: Mapped[date | None]
    """The day it belongs to, where that much can be read."""
    origin: Mapped[str]
    """`stripe`, `mobilepay`, `ledger` or `file`."""
    name: Mapped[str]
    """The file, the account, or the provider's own name for the line."""
    line_no: Mapped[int]
    """0 where it has none."""
    reason: Mapped[str]
    raw: Mapped[str]
    parked_at: Mapped[Moment]
