"""Which debtor system answers for which municipality: three makers, told apart by the Rute and nothing else."""

import uuid
from dataclasses import dataclass

from standins import people

# A third municipality, known to this stand-in alone; its number passes the check of CVR numbers.
THIRD_CVR = "99099305"


@dataclass(frozen=True, slots=True)
class System:
    """One municipality's debtor system, as its route names it."""

    maker: str
    system_id: uuid.UUID


SYSTEMS = {
    people.FJORDBY_CVR: System("KMD Opus Debitor", uuid.UUID("6d1c7f0a-3b52-5c8e-9f41-20b7a94e5d01")),
    people.SKOVLUND_CVR: System("Fujitsu Prisme", uuid.UUID("b2f49e63-71d8-5a0c-8e27-64c10d9b3f02")),
    THIRD_CVR: System("EG ØS Indsigt", uuid.UUID("e85a20d7-0c94-5b3f-a6d1-9b72f3c84e03")),
}


def leads_to(receiver_cvr: str, receiver_system: uuid.UUID | None) -> bool:
    """Whether a route that may name a system leads to that municipality's."""
    return receiver_system is None or SYSTEMS[receiver_cvr].system_id == receiver_system
