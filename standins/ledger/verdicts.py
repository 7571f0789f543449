"""Writes what the ledger decided: accepted, or rejected for a reason with a code of its own."""

from lxml import etree

from standins.ledger.books import Verdict, origin_system_uuid
from standins.ledger.soap import put


def judge(root: etree._Element, verdict: Verdict, accept: str, rejection: str) -> None:
    """Put a verdict into an answer, in an element of one of these names."""
    put(root, "BehandlingDatoTid", verdict.at.isoformat().replace("+00:00", "Z"))
    if verdict.code is None:
        put(put(root, accept), "AccepteretUdenBemærkninger", "true")
        return
    reason = put(root, rejection)
    put(reason, "ÅrsagIdentifikation", origin_system_uuid(verdict.code))
    put(reason, "ÅrsagTitel", "Afvist")
    local = put(reason, "LokalÅrsag")
    put(local, "LokalÅrsagskode", verdict.code)
    put(local, "LokalÅrsagstekst", verdict.words)
