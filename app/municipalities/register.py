"""Municipalities as loaded: one YAML file each, replaced whole or not at all."""

from datetime import datetime, timedelta
from typing import Any

import yaml
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.foundation.db import Sessions
from app.municipalities.facts import Facts
from app.municipalities.models import MunicipalityRow


class BadMunicipalityFile(Exception):
    """What is wrong in a municipality's file, a line each; nothing was changed."""


class UnknownMunicipality(LookupError):
    """No municipality answers to this host, code or CVR."""


class _EachKeyOnce(yaml.SafeLoader):
    """YAML in which a key that stands twice is a mistake, not a silent choice of the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping, when each of its keys stands once."""
        keys = [self.construct_object(key, deep=True) for key, _value in node.value]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            raise yaml.constructor.ConstructorError(
                None, None, f"{', '.join(map(str, twice))} stands twice", node.start_mark
            )
        return super().construct_mapping(node, deep=deep)


def read(text: str) -> Facts:
    """Read and validate a municipality's file whole.

    :raises BadMunicipalityFile: not YAML, or any rule of `Facts` broken
    """
    try:
        content: Any = yaml.load(text, Loader=_EachKeyOnce)  # noqa: S506 - a SafeLoader that is stricter
    except yaml.YAMLError as error:
        raise BadMunicipalityFile(f"not YAML: {error}") from error
    try:
        return Facts.model_validate(content)
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, fault['loc'])) or 'file'}: {fault['msg']}" for fault in error.errors())
        raise BadMunicipalityFile("\n".join(faults)) from error


def load(session: Session, *, facts: Facts, now: datetime) -> None:
    """Put a municipality in force, in place of what was loaded before.

    :raises BadMunicipalityFile: another municipality has one of its hosts or its CVR
    """
    for other in session.scalars(select(MunicipalityRow).where(MunicipalityRow.code != facts.code)):
        known = Facts.model_validate(other.facts)
        if taken := set(known.hosts) & set(facts.hosts):
            raise BadMunicipalityFile(f"hosts: {', '.join(sorted(taken))} belongs to {known.name}")
        if known.cvr == facts.cvr:
            raise BadMunicipalityFile(f"cvr: belongs to {known.name}")
    values = {"facts": facts.model_dump(mode="json"), "loaded_at": now}
    session.execute(
        insert(MunicipalityRow)
        .values(code=facts.code, **values)
        .on_conflict_do_update(index_elements=["code"], set_=values)
    )


class Municipalities:
    """All municipalities in force, read again when older than half a minute: they change by a person's command."""

    FRESH = timedelta(seconds=30)

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._known: dict[str, Facts] = {}
        self._read_at: datetime | None = None

    def every(self, *, now: datetime) -> dict[str, Facts]:
        """Code to facts, in the order of the codes."""
        if not self._known or self._read_at is None or now - self._read_at > self.FRESH:
            with self._sessions.begin() as session:
                rows = session.execute(
                    select(MunicipalityRow.code, MunicipalityRow.facts).order_by(MunicipalityRow.code)
                ).all()
            self._known = {code: Facts.model_validate(facts) for code, facts in rows}
            self._read_at = now
        return self._known

    def by_code(self, code: str, *, now: datetime) -> Facts:
        """The municipality with a code.

        :raises UnknownMunicipality: none loaded
        """
        try:
            return self.every(now=now)[code]
        except KeyError:
            raise UnknownMunicipality(code) from None

    def by_host(self, host: str, *, now: datetime) -> Facts:
        """The municipality of a visit, by host name without port.

        :raises UnknownMunicipality: no file lists this host
        """
        for facts in self.every(now=now).values():
            if host.lower() in facts.hosts:
                return facts
        raise UnknownMunicipality(host)

    def by_cvr(self, cvr: str, *, now: datetime) -> Facts:
        """The municipality with a CVR number.

        :raises UnknownMunicipality: none loaded
        """
        for facts in self.every(now=now).values():
            if facts.cvr == cvr:
                return facts
        raise UnknownMunicipality(cvr)
