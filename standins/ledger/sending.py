"""Sends what the ledger tells to the portal until it is acknowledged: twice, late, slowly or not at all on demand.

No proxy stands before the portal in a demonstration, so this says itself what a proxy would say of the certificate.
"""

import base64
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import requests
from lxml import etree

from standins.clockwork import Clockwork
from standins.faults import Faults

TIMEOUT_SECONDS = 5.0
# Seconds between tries; after the last one a person may press the button again.
WAITS = (0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60)
LATE_SECONDS = 1.5
THREADS = 4
CERTIFICATE = "standins-client.pem"
SAGDOK = "urn:oio:sagdok:3.0.0"
OIR = "http://www.kombit.dk/2017/01/01/"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message on its way: to which door, and its bytes, which stay the same however often it is sent."""

    key: str
    path: str
    body: bytes
    action: str | None = None


class Sending:
    """Messages on their way to one portal, several at a time."""

    def __init__(self, portal_url: str, key_folder: Path, faults: Faults, clockwork: Clockwork | None = None) -> None:
        self._url, self._keys, self._faults = portal_url, key_folder, faults
        self._clockwork = clockwork or Clockwork(THREADS)
        self._per_thread = threading.local()
        self._lock = threading.Lock()
        self.on_sent: Callable[[str], None] = lambda _key: None
        self.also: Callable[[Outgoing], None] = lambda _outgoing: None
        """Another road for messages of Beskedfordeler."""
        self.is_held = False
        """While an earlier life is remembered, nobody is told anything."""
        self.clear()

    def clear(self) -> None:
        """Forget what is on its way."""
        with self._lock:
            self.unsent: dict[str, Outgoing] = {}
            self.sent = 0

    def later(self, outgoing: Outgoing) -> None:
        """Begin to send a message. Without the certificate that a portal of ours knows, nobody is told."""
        with self._lock:
            self.unsent[outgoing.key] = outgoing
        if not self.is_held and self._certificate():
            self._begin(outgoing)

    def was_sent(self, key: object) -> None:
        """An earlier life has sent this."""
        if self.unsent.pop(str(key), None) is not None:
            self.sent += 1

    def resume(self) -> None:
        """Go on with what an earlier life left unsent."""
        self.is_held = False
        for outgoing in list(self.unsent.values()):
            self._begin(outgoing)

    def _begin(self, outgoing: Outgoing) -> None:
        late = self._faults.take("ledger", "out_of_order", path=outgoing.path)
        wait = (late.seconds or LATE_SECONDS) if late else 0.0
        times = 2 if self._takes("duplicate", outgoing.path) else 1
        for _copy in range(times):
            self._clockwork.after(wait, lambda: self._deliver(outgoing, 0))
        if outgoing.action is None:
            self._clockwork.after(wait, lambda: self.also(outgoing))

    def _deliver(self, outgoing: Outgoing, tries: int) -> None:
        is_known = outgoing.key in self.unsent
        if not is_known and tries:
            return
        if self._is_taken(outgoing):
            with self._lock:
                if self.unsent.pop(outgoing.key, None) is not None:
                    self.sent += 1
            self.on_sent(outgoing.key)
        elif is_known and tries < len(WAITS):
            self._clockwork.after(WAITS[tries], lambda: self._deliver(outgoing, tries + 1))

    def _is_taken(self, outgoing: Outgoing) -> bool:
        if self._takes("down", outgoing.path):
            return False
        slow = self._takes("slow", outgoing.path)
        if slow:
            time.sleep(slow)
        headers = {"Content-Type": "text/xml; charset=utf-8", **self._certificate()}
        if outgoing.action is not None:
            headers["SOAPAction"] = f'"{outgoing.action}"'
        try:
            answer = self._session().post(
                f"{self._url}{outgoing.path}", data=outgoing.body, headers=headers, timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
            )  # fmt: skip
        except requests.RequestException:
            return False
        # The message was delivered, and its answer is lost on the way.
        is_lost = self._takes("drop_reply", outgoing.path)
        return not is_lost and answer.status_code == 200 and _is_acknowledged(answer.content)

    def _takes(self, kind: str, path: str) -> float:
        """Whether a fault is done to what is sent; for `slow`, its seconds.

        One that is counted must name the portal's door, for others are about calls to the ledger.
        """
        for fault in self._faults.in_force("ledger"):
            named = bool(fault.path) and fault.path in path
            if fault.kind == kind and (named or (not fault.path and (fault.times is None or kind == "duplicate"))):
                taken = self._faults.take("ledger", kind, path=path)
                return (taken.seconds or 0.001) if taken else 0.0
        return 0.0

    def _certificate(self) -> dict[str, str]:
        path = self._keys / CERTIFICATE
        if not path.exists():
            return {}
        der = ssl.PEM_cert_to_DER_cert(path.read_text())
        return {"Client-Cert": f":{base64.b64encode(der).decode()}:"}

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._per_thread, "session", None)
        if session is None:
            session = self._per_thread.session = requests.Session()
            session.trust_env = False
        return session


def _is_acknowledged(raw: bytes) -> bool:
    try:
        answer = etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True))
    except (etree.XMLSyntaxError, ValueError):
        return False
    accepted = answer.find(f".//{{{OIR}}}DækningRegistreringAccept")
    return accepted is not None or answer.findtext(f".//{{{SAGDOK}}}StatusKode") == "20"
