"""Logs: JSON lines in which a CPR number, a token or a cookie cannot appear."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from app.foundation.cpr import has_cpr, hide_cprs

_SECRET_NAMES = re.compile(
    r"(?i)authorization|cookie|token|secret|password|signature|id_token|code_verifier|session_key|x-session|^cpr$"
)
# What stands in an address or a text: query parameters of a login or a return, compact JWTs, keys of Stripe.
_SECRET_TEXTS = (
    (re.compile(r"(?i)\b(code|state|nonce|id_token_hint|logout_token|access_token|login_hint|simulation)=[^&\s\"']+"),
     r"\1=[hidden]"),
    (re.compile(r"\beyJ[\w-]+(?:\.[\w-]*){1,4}"), "[jwt]"),
    (re.compile(r"\b(?:sk|rk|whsec)_\w+"), "[key]"),
    (re.compile(r"(/(?:betal|kvittering)/)[\w-]{20,}"), r"\1[token]"),
    (re.compile(r"(?i)(__Host-bdk=)[\w-]+"), r"\1[hidden]"),
    (re.compile(r"(?i)\b((?:set-)?cookie: ?)[^\r\n]+"), r"\1[hidden]"),
    (re.compile(r"(?i)\b(bearer|basic) +[\w.~+/=-]+"), r"\1 [hidden]"),
    (re.compile(r"(://[^\s/:@]*:)[^\s/@]+@"), r"\1[hidden]@"),
)  # fmt: skip


def cleaned(value: Any, name: str = "") -> Any:
    """A value with everything secret in it replaced; a value under a secret's name is replaced whole."""
    if name and _SECRET_NAMES.search(name):
        return "[hidden]"
    if isinstance(value, dict):
        return {_cleaned_text(str(key)): cleaned(part, str(key)) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [cleaned(part) for part in value]
    if isinstance(value, int):
        return "[cpr]" if has_cpr(f"{value:010}") else value
    if isinstance(value, float | None):
        return value
    return _cleaned_text(str(value))


def _cleaned_text(text: str) -> str:
    text = hide_cprs(text)
    for pattern, put_in in _SECRET_TEXTS:
        text = pattern.sub(put_in, text)
    return text


def _clean_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {name: cleaned(value, "" if name == "event" else name) for name, value in event.items()}


def set_up(level: str) -> None:
    """Send every log line of the process, ours and the libraries', as JSON to standard error, cleaned."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _clean_event,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    logging.raiseExceptions = False  # a handler that fails must not print what it was to clean
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("httpx", "httpcore", "urllib3", "stripe", "alembic"):
        logging.getLogger(chatty).setLevel("WARNING")
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
