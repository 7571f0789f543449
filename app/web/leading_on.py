"""Whether a browser may be sent to the address that a provider names for its payment page."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

import structlog

from app.config import Settings
from app.web.visit import current_wires

# Letters that browsers and urlsplit read alike: with a backslash in it, they would find different hosts in one address.
_HOST = re.compile(r"[a-z0-9.-]+", re.ASCII)
log = structlog.get_logger()


def may_lead_to(address: str, *, hosts: Iterable[str], plain_too: bool) -> bool:
    """Whether an address is https (with `plain_too` also http) and at one of `hosts`. Pure.

    `*.vipps.no` stands for every host under it, and not for `vipps.no` itself.
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    host = parts.hostname or ""
    if parts.scheme not in ({"https", "http"} if plain_too else {"https"}) or parts.username is not None:
        return False
    return bool(_HOST.fullmatch(host)) and any(
        host.endswith(known[1:]) if known.startswith("*.") else host == known for known in hosts
    )


def hosts_of(settings: Settings) -> tuple[str, ...]:
    """The hosts of payment pages: those named, and wherever the providers' interfaces are (stand-ins)."""
    bases = (settings.stripe_api_base, settings.mobilepay_base_url)
    return (*settings.provider_hosts, *(urlsplit(base).hostname or "" for base in bases if base))


def to_provider(address: str) -> str | None:
    """The address when this portal may lead there; None, and a line in the log, when it may not."""
    settings = current_wires().settings
    if may_lead_to(address, hosts=hosts_of(settings), plain_too=settings.env != "production"):
        return address
    log.error("provider_address_refused", host=urlsplit(address).hostname)
    return None
