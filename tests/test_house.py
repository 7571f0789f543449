"""The rules of the house that linters cannot read, each run over all of it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from app import worker
from app.config import ROOT, Settings
from app.factory import create_app
from app.foundation import schema
from app.foundation.cpr import has_cpr
from app.tables import METADATA

CODE = tuple(sorted(file for folder in ("app", "standins", "tests") for file in (ROOT / folder).rglob("*.py")))
PORTAL = tuple(file for file in CODE if file.is_relative_to(ROOT / "app"))
TEXTS = (
    *CODE,
    *sorted(
        file
        for folder in ("docs", "templates", "static", "standins", "tests")
        for kind in ("html", "yaml", "md", "js", "css", "json", "xml")
        for file in (ROOT / folder).rglob(f"*.{kind}")
        if "vendor" not in file.parts
    ),
)

REFUSED_NAMES = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "base",
    "misc",
    "manager",
    "services",
    "service",
    "dao",
}

# Files without a test file of their own name, and what proves them instead.
PROVED_ELSEWHERE = {
    "app/claims/history.py": "one row; every test that reads a claim's events",
    "app/claims/sightings.py": "claims/test_register.py",
    "app/claims/sighting.py": "words only; claims/test_rules.py reads them back as stored",
    "app/factory.py": "every test of a page goes through it",
    "app/foundation/db.py": "every test of a table goes through it",
    "app/foundation/jsons.py": "the name of a type",
    "app/ledger/wording.py": "ledger/test_wire.py, ledger/test_wire_asking.py",
    "app/sf1590/assumed_registration.py": "sf1590/test_assumed_fields.py",
    "app/sf1590/assumed_inquiry.py": "sf1590/test_assumed_fields.py",
    "app/ledger/reading.py": "ledger/test_wire_asking.py",
    "app/journal/queries.py": "journal/test_post.py; what a payment's page shows: web/operations/test_payment.py",
    "app/ledger/coming_back.py": "words only; every test of what comes back from the ledger",
    "app/ledger/own_postings.py": "ledger/test_coverage_tasks.py",
    "app/payments/returns/refund_queries.py": "payments/returns/test_refunds.py",
    "app/payments/movements.py": "words only; the payment providers' contract tests",
    "app/payments/history.py": "one row; every test that reads a payment's events",
    "app/payments/returns/placing.py": "payments/returns/test_disputes.py",
    "app/payments/postings.py": "payments/test_settlement.py, payments/returns/test_refunds.py",
    "app/payments/returns/return_tasks.py": "payments/returns/test_refunds.py, payments/returns/test_disputes.py",
    "app/payments/returns/returning.py": "payments/returns/test_refunds.py, payments/returns/test_disputes.py",
    "app/payments/desk_queries.py": "web/operations/test_front.py, web/operations/test_payment.py",
    "app/payments/failures.py": "web/operations/test_failures.py",
    "app/payments/failure_rows.py": "web/operations/test_failures.py",
    "app/payments/providers/stripe_notice.py": "payments/providers/test_stripe.py",
    "app/payments/providers/stripe_wire.py": "payments/providers/test_stripe.py",
    "app/payments/providers/mobilepay_notice.py": "payments/providers/test_mobilepay.py",
    "app/payments/providers/mobilepay_report.py": "payments/providers/test_mobilepay.py",
    "app/payments/registration.py": "words only; payments/test_webhooks.py, test_cli.py",
    "app/questions/queries.py": "questions/test_asking.py, questions/test_answering.py",
    "app/payments/queries.py": "payments/test_settlement.py, payments/test_checkout.py",
    "app/payments/review.py": "payments/test_checkout.py",
    "app/payments/shown.py": "payments/test_checkout.py",
    "app/web/citizen/payer.py": "three addresses; web/citizen/test_checkout.py",
    "app/ledger_commands.py": "test_cli.py, test_listening.py",
    "app/production.py": "test_config.py",
    "app/tables.py": "compared with the migrated schema below",
    "app/web/hooks/caller.py": "web/hooks/test_ledger.py, web/hooks/test_beskedfordeler.py",
    "app/web/hooks/notice.py": "web/hooks/test_stripe.py, web/hooks/test_mobilepay.py",
    "app/web/operations/menu.py": "words only; every page of the desk shows it",
    "app/web/operations/numbers.py": "web/operations/test_front.py",
    "app/web/operations/reasons.py": "words only; web/operations/test_failures.py holds them against the ports",
    "app/web/operations/retrying.py": "web/operations/test_failures.py, web/operations/test_failure.py",
    "app/web/operations/solving.py": "web/operations/test_failure.py",
    "app/web/operations/words.py": "words only; web/operations/test_payment.py holds them against the states",
    "app/web/operations/reconciliation_csv.py": "web/operations/test_reconciliation.py",
    "app/web/operations/reconciliation_words.py": "words only; web/operations/test_reconciliation.py",
    "app/web/person_look_up.py": "web/staff/test_lookup.py, web/operations/test_citizen.py",
    "app/web/trail.py": "web/staff/test_lookup.py, web/operations/test_payment.py",
    "app/worker.py": "its table is held against what is put below; its handlers are proved in their rooms",
}
# Kinds of file that hold no act to prove: what they declare is proved by whoever uses it.
NOT_ACTS = {"__init__.py", "models.py", "port.py"}

# Ten digits that begin with a day from 01 to 31: what a living person's number looks like.
ORDINARY_CPR = re.compile(r"(?<![\d.#-])(?:[0-2]\d|3[01])(?:0\d|1[0-2])\d{2}[- ]?\d{4}(?![\d-])")
PROVES_READING_CPR = {"tests/foundation/test_cpr.py": "ordinary numbers must be read and hidden too"}

# Tables that belong to no municipality.
OF_NO_MUNICIPALITY = {
    "municipality": "one row each; its key is the code",
    "person": "one person may owe several municipalities",
    "provider_notice": "a merchant may serve several municipalities; the payment it is about names one",
    "seen_logout_token": "a broker serves all of them; lives for hours",
    "periodic_task": "one row a task",
    "rate_limit": "lives for minutes",
}


def named(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def functions_of(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_every_route_says_what_guards_it() -> None:
    app = create_app(Settings(env="test", database_url="postgresql://nobody@/nowhere"))
    unguarded = {
        rule.endpoint: rule.rule
        for rule in app.url_map.iter_rules()
        if not getattr(app.view_functions[rule.endpoint], "guard", None)
    }
    assert unguarded.pop("static") == "/static/<path:filename>"  # Flask's own; the files are public
    assert unguarded.pop("theme", None) in {None, "/theme/<digits>.css"}  # a style sheet, no data
    assert unguarded == {}


def test_an_open_route_gives_its_reason() -> None:
    app = create_app(Settings(env="test", database_url="postgresql://nobody@/nowhere"))
    for endpoint, view in app.view_functions.items():
        guard = getattr(view, "guard", "")
        assert not guard.startswith("open:") or len(guard) > len("open: because"), endpoint


def test_every_kind_of_message_is_put_somewhere_and_handled_once() -> None:
    """A kind is a constant such as `TELL`; those given to `queue.put` and `Promise` stand in the worker's table."""
    constants: dict[str, str] = {}
    put: set[str] = set()
    for file in PORTAL:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(value))):
                    constants[name] = value
                case ast.Call(keywords=[*_]) if ast.unparse(node.func).endswith("queue.put"):
                    (kind,) = (keyword.value for keyword in node.keywords if keyword.arg == "kind")
                    put |= {one.id for one in ast.walk(kind) if isinstance(one, ast.Name) and one.id.isupper()}
                case ast.Call(args=[ast.Name(id=name), *_]) if ast.unparse(node.func).endswith("queue.Promise"):
                    put.add(name)
    assert {constants[name] for name in put} == set(worker.HANDLERS)
    names = [task.name for task in worker.PERIODIC]
    assert len(set(names)) == len(names)


def test_every_setting_stands_in_the_docs_and_the_docs_name_no_other() -> None:
    told = set(
        re.findall(r"^\| `(BDK_\w+)`", (ROOT / "docs" / "settings.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert told == {f"BDK_{name.upper()}" for name in Settings.model_fields}


def test_only_the_settings_read_the_environment() -> None:
    allowed = {
        "app/config.py": "the settings",
        "app/embedded.py": "BDK_VAR, before there are settings",
        "app/supervisor.py": "hands the environment on to its children",
        "app/assets.py": "finds npm before there are settings",
    }
    readers = {
        named(file) for file in PORTAL if re.search(r"\bos\.(environ|getenv)\b", file.read_text(encoding="utf-8"))
    }
    assert readers <= set(allowed)


@pytest.mark.parametrize("file", CODE, ids=named)
def test_files_and_functions_are_small_and_say_what_they_are_for(file: Path) -> None:
    source = file.read_text(encoding="utf-8")
    tree = ast.parse(source)
    assert source.count("\n") <= (400 if file.is_relative_to(ROOT / "tests") else 300)
    assert not file.stem.startswith("_") or file.stem in {"__init__", "__main__"}
    assert file.stem not in REFUSED_NAMES
    assert not source or ast.get_docstring(tree), "begins with one sentence"
    is_view = file.is_relative_to(ROOT / "app" / "web")
    for function in functions_of(tree):
        lines = (function.end_lineno or 0) - function.lineno + 1
        assert lines <= 50, f"{function.name} has {lines} lines"
        guarded = [ast.unparse(decorator) for decorator in function.decorator_list]
        if is_view and any(re.search(r"\.(get|post|route)\(", decorator) for decorator in guarded):
            assert lines <= 25, f"the view {function.name} has {lines} lines"


def test_the_root_holds_create_app_and_nothing_else() -> None:
    tree = ast.parse((ROOT / "app" / "__init__.py").read_text(encoding="utf-8"))
    assert [function.name for function in functions_of(tree)] == ["create_app"]
    imports = [ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert imports == ["from flask import Flask"]


@pytest.mark.parametrize("file", sorted((ROOT / "templates").rglob("*.html")), ids=named)
def test_templates_are_small(file: Path) -> None:
    assert file.read_text(encoding="utf-8").count("\n") <= 120


def test_every_file_has_its_test_or_a_reason() -> None:
    tests = {named(file) for file in CODE if file.name.startswith("test_")}
    without = set()
    for file in PORTAL:
        mirrored = Path("tests") / file.relative_to(ROOT / "app")
        stem = mirrored.with_name(f"test_{mirrored.stem}")
        # A test may be cut by subject: test_register_at_once.py; a folder's may stand together: web/test_signin.py.
        beginnings = (str(stem), str(stem.parent.parent / f"test_{stem.parent.name}"))
        if file.name not in NOT_ACTS and not any(test.startswith(beginnings) for test in tests):
            without.add(named(file))
    assert without <= set(PROVED_ELSEWHERE)
    assert all((ROOT / name).exists() for name in PROVED_ELSEWHERE)


def test_migrations_are_numbered_without_gaps_and_bear_their_names() -> None:
    scripts = ScriptDirectory(str(schema.MIGRATIONS))
    revisions = [script.revision for script in scripts.walk_revisions()][::-1]
    assert [int(revision[:4]) for revision in revisions] == list(range(1, len(revisions) + 1))
    assert revisions == sorted(file.stem for file in (schema.MIGRATIONS / "versions").glob("*.py"))
    for file in (schema.MIGRATIONS / "versions").glob("*.py"):
        assert not re.search(r"^(from|import) app\b", file.read_text(encoding="utf-8"), re.MULTILINE), file.name


def test_decisions_are_numbered_without_gaps() -> None:
    notes = sorted((ROOT / "docs/decisions").glob("*.md"))
    assert [int(note.name[:4]) for note in notes] == list(range(1, len(notes) + 1))
    for number, note in enumerate(notes, 1):
        assert note.read_text(encoding="utf-8").startswith(f"# {number}. "), note.name


@pytest.mark.database
def test_models_and_migrated_schema_agree(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


@pytest.mark.database
def test_what_is_append_only_is_so_in_the_database(engine: Engine) -> None:
    laws = "SELECT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE tgname = 'append_only'"
    with engine.connect() as connection:
        found = set(connection.execute(text(laws)).scalars())
    told = {mapper.local_table.name for mapper in _mappers() if "append only" in (mapper.class_.__doc__ or "").lower()}
    assert told <= found
    assert {"journal_entry", "journal_line", "audit_entry", "claim_event", "payment_event", "task_event"} <= found


def _mappers() -> Iterator[Any]:
    from app.foundation.db import Base

    return iter(Base.registry.mappers)


def test_every_table_that_grows_names_its_municipality() -> None:
    without = {name for name, table in METADATA.tables.items() if "municipality_code" not in table.columns}
    assert without == set(OF_NO_MUNICIPALITY)


@pytest.mark.parametrize("file", TEXTS, ids=named)
def test_no_number_could_be_a_living_persons_cpr(file: Path) -> None:
    """Test numbers use day + 60."""
    if named(file) in PROVES_READING_CPR:
        return
    for number in ORDINARY_CPR.findall(file.read_text(encoding="utf-8")):
        assert not has_cpr(number), f"{number[:4]}..."


def test_every_command_of_the_contract_is_there() -> None:
    app = create_app(Settings(env="test", database_url="postgresql://nobody@/nowhere"))
    assert {"db", "worker", "municipality", "outbox", "tasks", "mobilepay", "reconcile"} <= set(app.cli.commands)
