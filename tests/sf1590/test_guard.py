"""Nothing in a document from outside reaches further than the document."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from lxml import etree

from app.sf1590 import guard
from app.sf1590.guard import MAX_BYTES, BadMessage, parse, validate
from tests.sf1590 import answers

BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE b [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>
<b>&c;</b>"""


@pytest.mark.parametrize(
    "raw",
    [
        BOMB,
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>',
        b"<!DOCTYPE a><a/>",
        b'<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/passwd">%p;]><a/>',
        "<?xml version='1.0' encoding='UTF-16'?><!DOCTYPE a><a/>".encode("utf-16"),
        b"<?xml version='1.0' encoding='UTF-7'?><a>+ADwAIQ-DOCTYPE a+AD4</a>",
        b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe6</a>",
        b"<a>&nbsp;</a>",
        b"<a><b></a>",
        b"<!doctype html><html><body>Vi er lukket</body></html>",
        b"",
        b"   ",
        b"\xff\xfe",
        b'{"not": "xml"}',
        b"<a/>" + b" " * MAX_BYTES,
        b"<a>" * 5000 + b"</a>" * 5000,
    ],
)
def test_what_is_dangerous_or_unreadable_is_refused_by_name(raw: bytes) -> None:
    with pytest.raises(BadMessage):
        parse(raw)


def test_a_local_file_is_never_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("hemmeligt")
    with pytest.raises(BadMessage) as refused:
        parse(f'<!DOCTYPE a [<!ENTITY s SYSTEM "{secret.as_uri()}">]><a>&s;</a>'.encode())
    assert "hemmeligt" not in str(refused.value)


def test_a_file_is_not_included_either(tmp_path: Path) -> None:
    secret = tmp_path / "secret.xml"
    secret.write_text("<hemmeligt/>")
    include = f'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="{secret.as_uri()}"/></a>'
    assert len(parse(include.encode()).findall(".//hemmeligt")) == 0


def test_comments_and_instructions_are_left_out() -> None:
    root = parse("<a><!-- æ --><?x y?><b>ø</b></a>".encode())
    assert [(child.tag, child.text) for child in root] == [("b", "ø")]


def test_a_refusal_names_the_place_and_the_rule_but_never_the_value() -> None:
    envelope = parse(answers.envelope("<x/>"))
    request = parse(f'<ForetagIndbetaling_I xmlns="{answers.OIR}">{answers.CPR}</ForetagIndbetaling_I>'.encode())
    with pytest.raises(BadMessage, match=r"breaks konvolut\.xsd: line 1: .*: SCHEMAV_") as envelope_refused:
        validate(envelope, "konvolut.xsd")
    with pytest.raises(BadMessage, match=r"breaks debitor-indbetaling\.xsd") as refused:
        validate(request, "debitor-indbetaling.xsd")
    assert answers.CPR not in f"{envelope_refused.value}{refused.value}"


def test_two_threads_never_read_schemas_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """libxml2 breaks for good when they do: a worker that begins with many postings could send none."""
    reading = threading.Lock()
    read = etree.XMLSchema

    def watched(document: etree._ElementTree) -> etree.XMLSchema:
        assert reading.acquire(blocking=False), "two at once"
        time.sleep(0.01)
        reading.release()
        return read(document)

    monkeypatch.setattr(etree, "XMLSchema", watched)
    guard._schema.cache_clear()
    started = threading.Barrier(8)

    def first_of_all(_number: int) -> None:
        started.wait()
        guard._schema("konvolut.xsd")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(first_of_all, range(8)))
