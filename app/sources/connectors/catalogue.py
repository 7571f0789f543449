"""The libraries' catalogue over HTTP: titles by FAUST number, remembered for a while in this process."""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from time import monotonic

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from app.foundation.http import new_client, within
from app.sources.port import SourceNonsense, SourceUnavailable, Title

# A longer list would make an address that many servers refuse.
ASKED_AT_ONCE = 300
HIT_SECONDS = 24 * 3600.0
# What the catalogue does not know may be entered any day, but is not worth a call for every page.
MISS_SECONDS = 600.0


class _Found(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    id: str
    title: str
    author: str | None = None
    kind: str | None = None


class _Answer(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    titles: list[_Found]


class CatalogueOverHttp:
    """`GET {base_url}/titles?id=…&id=…`, answered by `{"titles": [{"id", "title", "author", "kind"}]}`.

    At most `remembered` numbers are kept, the longest unused going first; `timeout_seconds` bounds a call in all.
    """

    def __init__(self, base_url: str, *, timeout_seconds: float = 1.0, remembered: int = 10_000) -> None:
        self._client = new_client(base_url, timeout_seconds=timeout_seconds)
        self._timeout_seconds = timeout_seconds
        self._remembered = remembered
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[float, Title | None]] = OrderedDict()

    def titles(self, record_ids: frozenset[str]) -> dict[str, Title]:
        """Titles of items, in one call for those not remembered (one for each 300).

        :raises SourceUnavailable, SourceNonsense: as the port says; what was remembered is then not given either
        """
        known, missing = self._recall(record_ids)
        for start in range(0, len(missing), ASKED_AT_ONCE):
            part = missing[start : start + ASKED_AT_ONCE]
            found = self._ask(part)
            self._remember(part, found)
            known |= found
        return known

    def close(self) -> None:
        """End the connections."""
        self._client.close()

    def _ask(self, record_ids: list[str]) -> dict[str, Title]:
        try:
            with within(self._timeout_seconds):
                answer = self._client.get("/titles", params={"id": record_ids})
        except httpx.TimeoutException as error:
            raise SourceUnavailable("the catalogue did not answer in time") from error
        except httpx.HTTPError as error:
            raise SourceUnavailable(f"the catalogue was not reached: {type(error).__name__}") from error
        if answer.status_code != httpx.codes.OK:
            raise SourceUnavailable(f"the catalogue answered {answer.status_code}")
        try:
            found = _Answer.model_validate_json(answer.content).titles
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise SourceNonsense(f"catalogue: {where}: {first['type']}") from None
        asked = set(record_ids)
        return {one.id: Title(one.title, one.author, one.kind) for one in found if one.id in asked}

    def _recall(self, record_ids: frozenset[str]) -> tuple[dict[str, Title], list[str]]:
        known: dict[str, Title] = {}
        missing: list[str] = []
        now = monotonic()
        with self._lock:
            for record_id in sorted(record_ids):
                until, title = self._kept.get(record_id, (0.0, None))
                if until <= now:
                    missing.append(record_id)
                    continue
                self._kept.move_to_end(record_id)
                if title is not None:
                    known[record_id] = title
        return known, missing

    def _remember(self, asked: Iterable[str], found: dict[str, Title]) -> None:
        now = monotonic()
        with self._lock:
            for record_id in asked:
                title = found.get(record_id)
                self._kept[record_id] = (now + (MISS_SECONDS if title is None else HIT_SECONDS), title)
                self._kept.move_to_end(record_id)
            while len(self._kept) > self._remembered:
                self._kept.popitem(last=False)
