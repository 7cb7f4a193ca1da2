"""The page of faults names tests that there are."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")


def named() -> set[tuple[str, str]]:
    """The tests that the page names, by module and name."""
    return set(re.findall(r"`(test_\w+)::(test_\w+)`", PAGE))


def written() -> set[tuple[str, str]]:
    """All tests of the suite."""
    found = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found.add((path.stem, node.name))
    return found


def test_every_named_test_is_there() -> None:
    """A test that was renamed is renamed on the page."""
    assert named() - written() == set()


def test_every_fault_has_a_test() -> None:
    """Twenty-five lines, each with a test or with that of the line before."""
    rows = re.findall(r"^\| (\d+) \|.*\| ([^|]+) \|$", PAGE, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 26))
    assert all("::test_" in tests or tests == "the same" for _, tests in rows)


def test_every_module_of_faults_is_named() -> None:
    """A new fault gets its line."""
    modules = {path.stem for path in (ROOT / "tests" / "faults").glob("test_*.py")}
    assert modules <= {module for module, _ in named()}
