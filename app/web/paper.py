"""Paper: a page's content as a tagged PDF (PDF/UA-1), made by the press, or a named error where that cannot be."""

import subprocess
import sys
from functools import cache
from html import escape
from pathlib import Path
from threading import BoundedSemaphore

import structlog

PRESS = Path(__file__).with_name("press.py")
AT_ONCE = 2
"""More would only make everybody wait longer, and each takes some 80 MB."""
WAIT_SECONDS = 20.0
NEEDED = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
"""Debian's packages that WeasyPrint needs."""
_NO_LIBRARIES = 3
_room = BoundedSemaphore(AT_ONCE)
log = structlog.get_logger(__name__)


class NoPaper(Exception):
    """No PDF can be made: system libraries are missing, too many are being made, or it took too long."""


def pdf_of(html: str, *, language: str, title: str) -> bytes:
    """A PDF of what stands inside `<body>`: HTML already escaped, styled by `static/css/paper.css`, without links.

    It is tagged, in `language`, bears `title`, and the text can be taken out again (ux.md, A30).

    :raises NoPaper: it cannot be made now; the page can still be printed
    """
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><link rel="stylesheet" href="/static/css/paper.css">'
    document = f'<!doctype html><html lang="{escape(language)}"><head>{head}</head><body>{html}</body></html>'
    if missing():
        raise NoPaper(missing())
    if not _room.acquire(timeout=WAIT_SECONDS):
        raise NoPaper("the press is busy")
    try:
        return _pressed([], document.encode())
    finally:
        _room.release()


@cache
def missing() -> str:
    """What keeps this machine from making PDFs, in one line, said once in the log too; empty when nothing does."""
    try:
        _pressed(["check"], b"")
    except NoPaper as error:
        reason = f"no PDFs: {error}; on Debian: apt-get install {NEEDED}"
        log.warning("paper_missing", reason=reason)
        return reason
    return ""


def _pressed(arguments: list[str], document: bytes) -> bytes:
    command = [sys.executable, "-I", str(PRESS), *arguments]
    try:
        done = subprocess.run(  # noqa: S603 - our own program, our own arguments
            command, input=document, capture_output=True, timeout=WAIT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise NoPaper("the press took too long") from error
    if done.returncode == _NO_LIBRARIES:
        raise NoPaper(done.stderr.decode("utf-8", "replace").strip() or "system libraries are missing")
    if done.returncode:
        raise NoPaper(f"the press ended with {done.returncode}")
    return done.stdout
