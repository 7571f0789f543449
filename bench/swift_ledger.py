"""`python -m bench.swift_ledger PORT`: a debtor ledger that takes every ForetagIndbetaling, after 20 ms, once a UUID.

It reads no more of a request than it must say again, so that the portal is what is measured. To whatever else it is
asked it answers 503. `GET /state` says what was booked.
"""

import asyncio
import json
import re
import sys
from datetime import UTC, datetime

ANSWERS_AFTER_SECONDS = 0.02
_LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)
_TRANSACTION = re.compile(rb"TransaktionsId>([^<]+)<")
_PAYMENT = re.compile(rb"IndbetalingIdentifikation>([^<]+)<")
_AMOUNT = re.compile(rb"IndbetalingBel\xc3\xb8b>([^<]+)<")
_ELSE = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"
_ANSWER = (
    '<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>'
    '<ForetagIndbetaling_O xmlns="http://www.kombit.dk/2017/01/01/">'
    '<k:HovedOplysningerSvar xmlns:k="http://kombit.dk/xml/schemas/kontekst/2017/01/01/">'
    "<k:TransaktionsId>{transaction}</k:TransaktionsId><k:TransaktionsTid>{at}</k:TransaktionsTid>"
    "</k:HovedOplysningerSvar><BehandlingDatoTid>{at}</BehandlingDatoTid>"
    "<DebitorIndbetalingAccept><AccepteretUdenBemærkninger>true</AccepteretUdenBemærkninger></DebitorIndbetalingAccept>"
    "</ForetagIndbetaling_O></S:Body></S:Envelope>"
)


class Ledger:
    """What was booked, by UUID, and how often something came that was booked already."""

    def __init__(self) -> None:
        self.booked: dict[str, str] = {}
        self.repeats = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request after another on a connection."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = _LENGTH.search(head)
                body = await reader.readexactly(int(length[1])) if length else b""
                writer.write(
                    _written(b"application/json", self._state()) if head[:4] == b"GET " else await self._book(body)
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _book(self, body: bytes) -> bytes:
        await asyncio.sleep(ANSWERS_AFTER_SECONDS)
        transaction, payment, amount = (one.search(body) for one in (_TRANSACTION, _PAYMENT, _AMOUNT))
        if not transaction or not payment or not amount:
            return _ELSE  # a question of a periodic task's
        booked = payment[1].decode()
        self.repeats += booked in self.booked
        self.booked[booked] = amount[1].decode()
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return _written(b"text/xml", _ANSWER.format(transaction=transaction[1].decode(), at=at).encode())

    def _state(self) -> bytes:
        return json.dumps({"booked": self.booked, "repeats": self.repeats}).encode()


def _written(kind: bytes, answer: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\ncontent-length: %d\r\n\r\n%b" % (kind, len(answer), answer)


async def main(port: int) -> None:
    """Serve until killed."""
    server = await asyncio.start_server(Ledger().serve, "127.0.0.1", port, limit=1 << 20)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
