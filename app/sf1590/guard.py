"""Reads XML from outside so that nothing in it can reach further, and holds it and our own against the schemas."""

import threading
from functools import cache
from pathlib import Path
from typing import Final

from lxml import etree

SCHEMAS: Final = Path(__file__).parent / "schemas"
# The longest answer seen in a trial (250 claims) is 0.4 MiB.
MAX_BYTES: Final = 8 * 1024 * 1024


class BadMessage(Exception):
    """XML that is unreadable, dangerous or breaks the schema. The text says where, never what stood there."""


def parse(raw: bytes) -> etree._Element:
    """The root element of a document, read with entities, DTD, network and huge trees off.

    :raises BadMessage: no XML, a DOCTYPE, another encoding than UTF-8, or too long
    """
    if len(raw) > MAX_BYTES:
        raise BadMessage(f"longer than {MAX_BYTES} bytes")
    # Looked for before the parser sees a byte. UTF-16 and its kin, in which it could hide, are refused by their zeros.
    if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw:
        raise BadMessage("a DOCTYPE is not accepted")
    if b"\x00" in raw:
        raise BadMessage("only UTF-8 is accepted")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        place = f" at line {error.lineno}" if isinstance(error, etree.XMLSyntaxError) else ""
        # The parser's own words may repeat what stood there, so they go no further.
        raise BadMessage(f"not well-formed XML{place}") from None
    info = root.getroottree().docinfo
    if info.internalDTD is not None or (info.encoding or "UTF-8").upper() not in {"UTF-8", "US-ASCII", "ASCII"}:
        raise BadMessage("only UTF-8 without a DOCTYPE is accepted")
    return root


# libxml2 makes its built-in types when it meets the first schema. When two threads make them at once they stay broken
# for the life of the process: no schema can be read any more, and nothing is posted.
_one_at_a_time: Final = threading.Lock()


@cache
def _schema(name: str) -> tuple[etree.XMLSchema, threading.Lock]:
    with _one_at_a_time:
        return etree.XMLSchema(etree.parse(SCHEMAS / name)), threading.Lock()


def validate(element: etree._Element, schema: str) -> None:
    """Hold an element against one of our schemas.

    :raises BadMessage: it breaks the schema; the text names line, element and rule
    """
    compiled, lock = _schema(schema)
    # The list of errors belongs to the schema object, so one thread at a time.
    with lock:
        if compiled.validate(element):
            return
        error = next(iter(compiled.error_log))  # type: ignore[call-overload]  # the stubs forget that it is a list
    raise BadMessage(f"breaks {schema}: line {error.line}: {error.path}: {error.type_name}")
