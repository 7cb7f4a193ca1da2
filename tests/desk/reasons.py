"""The sentences that the program says to people, found where they are written.

A sentence is what `Phrase` is called with first, and what an error is raised with; of intake and
health also the remedies, which the desk shows. What only commands say is left out.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
LAYERS = ("content", "desk", "domain", "mail", "operations", "runtime", "store", "translation")
ELSEWHERE = (
    "flows/desk/api/",
    "flows/mail/dkim.py",
    "flows/operations/accounts.py",
    "flows/operations/agencies.py",
    "flows/operations/arrivals/",
    "flows/operations/backups.py",
    "flows/operations/evidence.py",
    "flows/desk/forms.py",
    "flows/operations/exporting.py",
    "flows/operations/gallery.py",
    "flows/operations/idempotence.py",
    "flows/operations/joining.py",
    "flows/operations/mending.py",
    "flows/operations/records.py",
    "flows/operations/tokens.py",
    "flows/operations/workspaces.py",
    "flows/runtime/backups.py",
    "flows/store/dumping.py",
    "flows/translation/argos/",
    "flows/translation/xliff/",
)
"""No page of the desk leads here."""
TOLD = ("problem", "found")
REMEDIES = (
    "flows/operations/intake/",
    "flows/operations/replacing.py",
    "flows/runtime/health.py",
    "flows/runtime/surroundings.py",
)


class Sentence(NamedTuple):
    """One sentence by its place. `text` is missing where no template can be read off."""

    path: Path
    line: int
    text: str | None


def sentences() -> Iterator[Sentence]:
    """Every sentence that a page of the desk may have to say."""
    for layer in LAYERS:
        for path in sorted((ROOT / "flows" / layer).rglob("*.py")):
            if not str(path.relative_to(ROOT)).startswith(ELSEWHERE):
                yield from _of_module(path)


def _of_module(path: Path) -> Iterator[Sentence]:
    remedies = str(path.relative_to(ROOT)).startswith(REMEDIES)
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            for said in _said(node, remedies=remedies):
                for text in _texts(said):
                    yield Sentence(path, said.lineno, text)


def _said(call: ast.Call, *, remedies: bool) -> Iterator[ast.expr]:
    """What a call says to a person, if it does."""
    name = _name(call.func)
    if name == "Phrase":
        yield call.args[0]
    elif name in {"error", "_broken", "Examination"} or _is_error(name):
        of_an_engine = len(call.args) > 1 and not isinstance(call.args[0], ast.Constant)
        yield from call.args[1:2] if of_an_engine else call.args[:1]
        told = (*TOLD, "remedy") if remedies else TOLD
        yield from (one.value for one in call.keywords if one.arg in told)


def _is_error(name: str) -> bool:
    builtin = name in {"TypeError", "ValueError", "AssertionError", "LookupError", "HTTPError"}
    return name.endswith("Error") and not builtin


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    if not isinstance(function, ast.Attribute):
        return ""
    is_log = isinstance(function.value, ast.Name) and function.value.id == "log"
    of_parent = function.attr == "__init__" and isinstance(function.value, ast.Call)
    return "" if is_log else "ParentError" if of_parent else function.attr


def _texts(said: ast.expr) -> Iterator[str | None]:
    if isinstance(said, ast.Constant) and isinstance(said.value, str):
        if said.value:
            yield said.value
    elif isinstance(said, ast.JoinedStr):
        written = (str(one.value) for one in said.values if isinstance(one, ast.Constant))
        # An address or a path alone is the same in every language.
        if any(char.isalpha() for part in written for char in part):
            yield None
    elif isinstance(said, ast.IfExp):
        yield from _texts(said.body)
        yield from _texts(said.orelse)
    elif isinstance(said, ast.BoolOp):
        for one in said.values:
            yield from _texts(one)
