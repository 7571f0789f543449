"""The modules, their page and the schemas know the same names, and nothing else in the portal does."""

import re
from collections import Counter
from pathlib import Path

from app.sf1590 import assumed_fields, assumed_inquiry, assumed_registration
from app.sf1590.guard import SCHEMAS

ROOT = Path(__file__).resolve().parents[2]
COMING_BACK = "\n## What comes back"
"""The part of the page that test_assumed_coming_back.py holds against its module begins here."""
# In the order of the page.
FIELDS = (*assumed_fields.FIELDS, *assumed_registration.FIELDS, *assumed_inquiry.FIELDS)


def test_the_page_mirrors_the_module() -> None:
    page = (ROOT / "docs" / "sf1590-assumed-fields.md").read_text(encoding="utf-8").partition(COMING_BACK)[0]
    rows = re.findall(r"^\| ([^|\-]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", page, re.MULTILINE)
    rows = [row for row in rows if row[0] != "stands in"]
    assert rows == [(field.inside, field.name, field.type, field.meaning) for field in FIELDS]


def test_each_field_stands_once_in_its_class() -> None:
    assert [both for both, times in Counter((field.inside, field.name) for field in FIELDS).items() if times > 1] == []


def schemas() -> str:
    """Every schema in KOMBIT's namespace, one after the other."""
    texts = [file.read_text(encoding="utf-8") for file in sorted(SCHEMAS.glob("*.xsd"))]
    return "".join(text for text in texts if 'targetNamespace="http://www.kombit.dk/2017/01/01/"' in text)


def test_the_schema_knows_every_assumed_name_with_its_type() -> None:
    schema = schemas()
    pairs = re.findall(r'<xs:element name="([^"]+)" type="([^"]+)"', schema)
    names = {name for name, _type in pairs}
    for field in FIELDS:
        assert (field.name in names) if field.type == "wrapper" else ((field.name, field.type) in pairs), field


def test_the_schema_keeps_the_fields_of_a_class_in_the_order_of_the_module() -> None:
    schema = schemas()
    for inside in (
        "Fordring", "Indbetaling", "Rykkergebyr", "Betalingsaftale", "Rate", "FordringDækning", "Hæftelse",
        "IndbetalingNedregulering", "FordringDækningNedregulering", "IndbetalingTilbageførselOrdre",
        "FordringNedregulering", "Opkrævning",
    ):  # fmt: skip
        block = re.search(rf'<xs:complexType name="{inside}">(.*?)</xs:complexType>', schema, re.DOTALL)
        assert block
        assert re.findall(r'element name="([^"]+)"', block[1]) == [
            field.name for field in FIELDS if field.inside == inside
        ]


def test_no_other_module_of_the_portal_writes_an_assumed_name() -> None:
    # Names that are also published as those of classes would be found everywhere.
    names = {field.name for field in FIELDS}
    for module in (ROOT / "app").rglob("*.py"):
        if not module.name.startswith("assumed_"):
            written = set(re.findall(r'"([^"\s]+)"', module.read_text(encoding="utf-8"))) & names
            assert written == set(), module
