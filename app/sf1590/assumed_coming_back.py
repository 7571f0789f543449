"""The element names and ids that are assumed of what debtor systems send to the portal; as `assumed_fields`.

The second table of `docs/sf1590-assumed-fields.md` mirrors this file.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from app.sf1590.assumed_fields import COVERS, REDUCED_COVERS, Field

_AMOUNT: Final = "DecimalTalNumerisk15_2"
_INTO: Final = "OpretDækningAfskrivning_I"


@dataclass(frozen=True)
class ObjectFields:
    """How one of the four kinds of objects is written: its wrapper, itself, and its reason where it has one."""

    wrapper: Field
    id: Field
    at: Field
    amount: Field
    reason: Field | None = None


def _write_off(inside: str, meaning: str) -> ObjectFields:
    return ObjectFields(
        Field(_INTO, f"{inside}Svar", "wrapper", f"{meaning}, and what it is about"),
        Field(inside, f"{inside}Identifikation", "UUID", f"{meaning}: made once by the ledger"),
        Field(inside, f"{inside}RegistreringDatoTid", "DatoTid", "when it was booked"),
        Field(inside, f"{inside}Beløb", _AMOUNT, "how much"),
        Field(inside, f"{inside}ÅrsagTekst", "Tekst100", "why, in the ledger's words"),
    )


WRITE_OFF: Final = _write_off("FordringAfskrivning", "a write-off")
WRITE_OFF_REDUCED: Final = _write_off("FordringAfskrivningNedregulering", "a write-off taken back, whole or in part")
# Known already: a payment and its reduction write them too. The wrappers hold more here.
COVERAGE: Final = ObjectFields(
    Field(_INTO, COVERS[0].split.name, "wrapper", "a coverage, the payment it uses and the claim it covers"),
    COVERS[0].id, COVERS[0].at, COVERS[0].amount,
)  # fmt: skip
COVERAGE_REDUCED: Final = ObjectFields(
    Field(_INTO, REDUCED_COVERS[0].split.name, "wrapper", "a coverage taken back, whole or in part, and of what"),
    REDUCED_COVERS[0].id, REDUCED_COVERS[0].at, REDUCED_COVERS[0].amount,
)  # fmt: skip

CLOSED_ON: Final = Field(
    "Debitorkonto", "DebitorkontoAfsluttetDato", "Dato", "closed on, where the envelope gives no moment"
)

FIELDS: Final = (
    WRITE_OFF.wrapper, WRITE_OFF.id, WRITE_OFF.at, WRITE_OFF.amount, *filter(None, [WRITE_OFF.reason]),
    WRITE_OFF_REDUCED.wrapper, WRITE_OFF_REDUCED.id, WRITE_OFF_REDUCED.at, WRITE_OFF_REDUCED.amount,
    *filter(None, [WRITE_OFF_REDUCED.reason]),
    COVERAGE.wrapper, COVERAGE_REDUCED.wrapper, CLOSED_ON,
)  # fmt: skip
"""Every assumed element that `assumed_fields` does not know."""

CLAIMS_PAYABLE: Final = UUID("6a2c7d0e-4f61-4a55-9c0b-2f5e1d7a9b01")
ACCOUNT_CLOSED: Final = UUID("6a2c7d0e-4f61-4a55-9c0b-2f5e1d7a9b02")
ACCOUNT_REOPENED: Final = UUID("6a2c7d0e-4f61-4a55-9c0b-2f5e1d7a9b03")
MESSAGE_TYPES: Final = {
    CLAIMS_PAYABLE: "FordringTilIndbetalingBesked",
    ACCOUNT_CLOSED: "DebitorkontoAfsluttetBesked",
    ACCOUNT_REOPENED: "DebitorkontoGenoptagetBesked",
}
"""Beskedtype, and the element that its data hold."""
