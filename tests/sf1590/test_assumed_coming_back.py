"""What is assumed of messages that come back stands in one module, its part of the page, and the schemas."""

import re
from pathlib import Path

from app.sf1590.assumed_coming_back import FIELDS, MESSAGE_TYPES
from app.sf1590.guard import SCHEMAS

ROOT = Path(__file__).resolve().parents[2]
MODULE = ROOT / "app" / "sf1590" / "assumed_coming_back.py"
PAGE = (ROOT / "docs" / "sf1590-assumed-fields.md").read_text(encoding="utf-8").partition("\n## What comes back")[2]


def test_the_page_mirrors_the_module() -> None:
    rows = re.findall(r"^\| ([^|\-]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", PAGE, re.MULTILINE)
    assert rows[1:] == [(field.inside, field.name, field.type, field.meaning) for field in FIELDS]
    ids = re.findall(r"^\| `([0-9a-f-]{36})` \| ([^|]+) \|$", PAGE, re.MULTILINE)
    assert ids == [(str(message_type), name) for message_type, name in MESSAGE_TYPES.items()]


def test_the_schemas_know_every_assumed_name_with_its_type() -> None:
    schemas = "".join(
        (SCHEMAS / name).read_text(encoding="utf-8") for name in ("daekning-afskrivning.xsd", "debitor-beskeder.xsd")
    )
    pairs = set(re.findall(r'<xs:element name="([^"]+)" type="([^"]+)"', schemas))
    for field in FIELDS:
        assert any(name == field.name and field.type in {"wrapper", kind} for name, kind in pairs), field


def test_no_other_module_of_the_portal_writes_an_assumed_name() -> None:
    names = {field.name for field in FIELDS}
    for module in (ROOT / "app").rglob("*.py"):
        if module != MODULE:
            assert set(re.findall(r'"([^"\s]+)"', module.read_text(encoding="utf-8"))) & names == set(), module
