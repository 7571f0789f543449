"""`python -m standins`: serve every stand-in from one process until SIGTERM or Ctrl-C.

`python -m standins --only ledger --journal FILE --library http://localhost:5100` serves the ledger alone, with its
books in a file, so that this process may be killed and started again; its neighbours are at the other address.
"""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from flask import Flask

from standins.frame import Alone, build
from standins.server import Server, make_server

SMTP_ABOVE = 25
"""How far above the stand-ins' port mail is taken, unless BDK_STANDINS_SMTP_PORT names another."""


def main(arguments: Sequence[str] = ()) -> int:
    """Serve until told to stop; the exit status (2: refused to start)."""
    alone = _alone(arguments)
    if os.environ.get("BDK_ENV") == "production":
        print("stand-ins: they let anyone in, and refuse to start with BDK_ENV=production", file=sys.stderr)
        return 2
    text = os.environ.get("BDK_STANDINS_PORT", "5100")
    if not text.isdigit() or not 0 <= int(text) <= 65535:
        print(f"stand-ins: BDK_STANDINS_PORT must be a port number, not {text!r}", file=sys.stderr)
        return 2
    try:
        server = make_server(int(text))
    except OSError as fault:
        print(
            f"stand-ins: port {text} cannot be had ({fault.strerror}); name another in BDK_STANDINS_PORT",
            file=sys.stderr,
        )
        return 2
    with server:
        portal_url = os.environ.get("BDK_PUBLIC_URL", "http://localhost:5000")
        keys = Path(os.environ.get("BDK_VAR", "var")) / "keys"
        server.app = app = build(
            server.port, portal_url, keys, alone=alone, wants_tokens=bool(os.environ.get("BDK_TOKEN_ISSUE_URL"))
        )
        smtp_port = os.environ.get("BDK_STANDINS_SMTP_PORT", str(server.port + SMTP_ABOVE))
        try:
            with nullcontext() if alone else _mail(app, int(smtp_port)):
                _serve(server)
        except (OSError, OverflowError, ValueError) as fault:
            why = f"mail port {smtp_port} cannot be had ({fault})"
            print(f"stand-ins: {why}; name another in BDK_STANDINS_SMTP_PORT", file=sys.stderr)
            return 2
    return 0


def _alone(arguments: Sequence[str]) -> Alone | None:
    parser = argparse.ArgumentParser(prog="python -m standins", description="Serve the stand-ins.")
    parser.add_argument("--only", choices=["ledger"], help="serve this one alone, with its books in a file")
    parser.add_argument("--journal", type=Path, help="that file; others are made beside it")
    parser.add_argument("--library", metavar="URL", help="where the other stand-ins are")
    chosen = parser.parse_args(arguments)
    if chosen.only is None:
        return None
    if chosen.journal is None or chosen.library is None:
        parser.error("--only needs --journal and --library")
    return Alone(chosen.only, chosen.journal, chosen.library)


def _mail(app: Flask, port: int) -> AbstractContextManager[object]:
    # Read only where mail is taken: a ledger that is alone should be back soon after a kill.
    from standins.mail import serving

    return serving(app, port)


def _serve(server: Server) -> None:
    def stop(_signal: int, _frame: object) -> None:
        # shutdown() waits for the loop that this very thread runs, so another thread must ask for it.
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"stand-ins: http://localhost:{server.port}", flush=True)
    server.serve_forever(poll_interval=0.1)
    server.close_connections()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
