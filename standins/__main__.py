"""`python -m standins`: serve every stand-in from one process until SIGTERM or Ctrl-C."""

import os
import signal
import sys
import threading
from pathlib import Path

from standins.frame import build
from standins.mail import serving
from standins.server import Server, make_server

SMTP_ABOVE = 25
"""How far above the stand-ins' port mail is taken, unless BDK_STANDINS_SMTP_PORT names another."""


def main() -> int:
    """Serve until told to stop; the exit status (2: refused to start)."""
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
        server.app = app = build(server.port, portal_url, Path(os.environ.get("BDK_VAR", "var")) / "keys")
        smtp_port = os.environ.get("BDK_STANDINS_SMTP_PORT", str(server.port + SMTP_ABOVE))
        try:
            with serving(app, int(smtp_port)):
                _serve(server)
        except (OSError, OverflowError, ValueError) as fault:
            why = f"mail port {smtp_port} cannot be had ({fault})"
            print(f"stand-ins: {why}; name another in BDK_STANDINS_SMTP_PORT", file=sys.stderr)
            return 2
    return 0


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
    sys.exit(main())
