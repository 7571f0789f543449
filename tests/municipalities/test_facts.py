"""A municipality's file is right in every part or refused with the part named."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import yaml

from app.config import ROOT
from app.municipalities.register import BadMunicipalityFile, read

FILES = sorted((ROOT / "standins" / "municipalities").glob("*.yaml"))
FJORDBY = (ROOT / "standins" / "municipalities" / "fjordby.yaml").read_text(encoding="utf-8")

Tree = dict[str, Any]


def spoilt(spoil: Callable[[Tree], object]) -> str:
    content = yaml.safe_load(FJORDBY)
    spoil(content)
    return yaml.safe_dump(content)


FAULTS: list[tuple[str, Callable[[Tree], object]]] = [
    ("code", lambda tree: tree.update(code=991)),
    ("code", lambda tree: tree.update(code="991")),
    ("name", lambda tree: tree.update(name="  ")),
    ("name_en", lambda tree: tree.pop("name_en")),
    ("cvr", lambda tree: tree.update(cvr="55133019")),
    ("hosts", lambda tree: tree.update(hosts=[])),
    ("colour: Value error, 'blue' is no colour", lambda tree: tree.update(colour="blue")),
    ("colour: Value error, white text on #f2c200", lambda tree: tree.update(colour="#f2c200")),
    ("preselection_limit_ore", lambda tree: tree.update(preselection_limit_ore=-1)),
    ("misspelt", lambda tree: tree.update(misspelt=1)),
    ("'collections' is missing", lambda tree: tree["contacts"].pop("collections")),
    ("contacts.library.phone", lambda tree: tree["contacts"]["library"].update(phone="ring")),
    ("contacts.library.email", lambda tree: tree["contacts"]["library"].update(email="here")),
    ("contacts.library.hours", lambda tree: tree["contacts"]["library"].update(hours={"mon": "all day"})),
    ("contacts.library.hours", lambda tree: tree["contacts"]["library"].update(hours={"mon": "18-10"})),
    ("contacts.library.hours", lambda tree: tree["contacts"]["library"].update(hours={"mon": "10-25"})),
    ("contacts.library.hours", lambda tree: tree["contacts"]["library"].update(hours={"mon": "9.75-14"})),
    ("contacts.library.hours", lambda tree: tree["contacts"]["library"].update(hours={"monday": "10-18"})),
    ("areas.library: contact 'nobody'", lambda tree: tree["areas"]["library"].update(contact="nobody")),
    ("claim_types.parking: area 'none'", lambda tree: tree["claim_types"]["parking"].update(area="none")),
    ("claim_types.parking.explanation", lambda tree: tree["claim_types"]["parking"].pop("explanation")),
    ("claim_types.parking.explanation.en", lambda tree: tree["claim_types"]["parking"]["explanation"].pop("en")),
    ("reminder_fee_ore", lambda tree: tree["claim_types"]["parking"].update(reminder_fee_ore=25_001)),
    ("sortiment", lambda tree: tree["claim_types"]["parking"].update(sortiment=["none"])),
    (
        "claim_types.parking: sortiment",
        lambda tree: tree["claim_types"]["daycare"].update(sortiment=tree["claim_types"]["parking"]["sortiment"]),
    ),
    ("'other' is missing", lambda tree: tree["claim_types"].pop("other")),
    ("claim_types.library-fee: is needed", lambda tree: tree["claim_types"].pop("library-fee")),
    (
        "claim_types.library-other: is needed",
        lambda tree: tree["claim_types"]["library-other"].pop("collecting_account"),
    ),
    (
        "claim_types.parking.registered_before_posting: no source",
        lambda tree: tree["claim_types"]["parking"].update(registered_before_posting=True),
    ),
    (
        "claim_types.library-fee.registered_before_posting: needs a sortiment",
        lambda tree: tree["claim_types"]["library-fee"].update(registered_before_posting=True, sortiment=[]),
    ),
    (
        "claim_types.library-fee.registered_before_posting: ledger.origin_systems",
        lambda tree: (
            tree["claim_types"]["library-fee"].update(registered_before_posting=True),
            tree["ledger"].update(origin_systems={}),
        ),
    ),
    ("sources.fbs: area 'none'", lambda tree: tree["sources"][0].update(areas=["none"])),
    ("sources.0.fbs.agency", lambda tree: tree["sources"][0].update(agency="799100")),
    ("each kind may stand once", lambda tree: tree["sources"].append(tree["sources"][1])),
    ("sources", lambda tree: tree["sources"].append({"kind": "fax"})),
    ("ledger", lambda tree: tree.pop("ledger")),
    ("ledger.sender_cvr", lambda tree: tree["ledger"].update(sender_cvr="12")),
    ("ledger.receiver_cvr", lambda tree: tree["ledger"].update(receiver_cvr="55133019")),
    ("ledger.sender_system", lambda tree: tree["ledger"].update(sender_system="us")),
    ("ledger.origin_systems", lambda tree: tree["ledger"].update(origin_systems={"x": "fbs"})),
]


@pytest.mark.parametrize(("named", "spoil"), FAULTS)
def test_each_fault_is_refused_and_named(named: str, spoil: Callable[[Tree], object]) -> None:
    with pytest.raises(BadMunicipalityFile) as refused:
        read(spoilt(spoil))
    assert named in str(refused.value)


def test_every_fault_is_named_at_once() -> None:
    def spoil(tree: Tree) -> None:
        tree.update(code="1", colour="red")
        tree["contacts"]["library"].update(phone="ring")

    with pytest.raises(BadMunicipalityFile) as refused:
        read(spoilt(spoil))
    assert len(str(refused.value).splitlines()) == 3


@pytest.mark.parametrize("text", ["a: [", "- a list", "just words", "", "code: !!python/object:os.system {}"])
def test_what_is_no_file_of_facts_is_refused(text: str) -> None:
    with pytest.raises(BadMunicipalityFile):
        read(text)


def test_the_same_key_twice_is_refused() -> None:
    with pytest.raises(BadMunicipalityFile, match="name"):
        read(f"{FJORDBY}\nname: Another\n")


def test_facts_answer_questions() -> None:
    facts = read(FJORDBY)
    assert facts.claim_type("never-heard-of") is facts.claim_types["other"]
    assert facts.contact_for("library").name.da == "Hovedbiblioteket"
    assert facts.collections.name.in_language("en") == "The collections team"
    assert facts.collections.name.in_language("de") == "Opkrævningen"
    saturday = date(2026, 11, 21)
    assert facts.contacts["library"].hours_on(saturday) == "10-14"
    assert facts.collections.hours_on(saturday) is None


def test_a_host_is_a_host_however_it_is_written() -> None:
    assert read(FJORDBY.replace("hosts: [localhost,", "hosts: [LOCALHOST,")).hosts[0] == "localhost"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_demo_municipalities_explain_every_bill_simply(file: Any) -> None:
    facts = read(file.read_text(encoding="utf-8"))
    refused = ("såfremt", "vedrørende", "jf.", "restance", "inddrivelse", "krav", "fordring", "saldo", "faktura")
    for claim_type in facts.claim_types.values():
        words = claim_type.explanation.da.replace(".", " ").replace(",", " ").split()
        sentences = claim_type.explanation.da.count(".")
        lix = len(words) / sentences + 100 * sum(len(word) > 6 for word in words) / len(words)
        assert 1 <= sentences <= 3
        assert lix <= 30, claim_type.label.da
        assert not [word for word in refused if word in claim_type.explanation.da.lower()]
