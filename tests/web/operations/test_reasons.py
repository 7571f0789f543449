"""What staff choose among and read bears a Danish name, whatever it is called in the tables."""

import ast
import importlib
from collections.abc import Iterator

import pytest

from app.config import ROOT
from app.web.operations.reasons import kind_words
from app.worker import HANDLERS
from tests.web.page_app import page_app


def kinds_of_tasks() -> Iterator[str]:
    """Every kind that is named where a task is opened."""
    for path in sorted((ROOT / "app").rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", getattr(call.func, "attr", "")) == "open_task":
                (kind,) = (keyword.value for keyword in call.keywords if keyword.arg == "kind")
                if isinstance(kind, ast.Constant):
                    yield str(kind.value)
                elif isinstance(kind, ast.Name) and kind.id.isupper():
                    yield str(getattr(importlib.import_module(module), kind.id))


KINDS = sorted({*HANDLERS, *kinds_of_tasks()})


def test_kinds_of_tasks_are_found() -> None:
    assert {"posting_rejected", "promise_broken", "refund", "dispute"} <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_work_has_words(kind: str) -> None:
    with page_app().test_request_context():
        assert kind_words(kind) != kind
