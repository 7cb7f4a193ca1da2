"""A run in which every service must be there has no test that skips unseen."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
FILES = {
    "call": "def test_it():\n    pytest.skip('no relay')\n",
    "mark": "@pytest.mark.skip(reason='no relay')\ndef test_it(): pass\n",
    "fixture": (
        "@pytest.fixture\ndef relay():\n    pytest.skip('no relay')\ndef test_it(relay): pass\n"
    ),
    "file": "pytest.skip('no relay', allow_module_level=True)\n",
    "expected": "@pytest.mark.xfail\ndef test_it():\n    raise ValueError\n",
}


def run_apart(folder: Path, required: str) -> str:
    """Run tests that skip in every way, and one that fails as expected, by the suite's rule."""
    for name, text in FILES.items():
        (folder / f"test_{name}.py").write_text(f"import pytest\n{text}", encoding="utf-8")
    words = ("-m", "pytest", "-p", "tests.required", "-p", "no:cacheprovider", "-c", os.devnull)
    variables = {
        "PYTEST_ADDOPTS": "",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONPATH": str(ROOT),
        "NEWSLETTER_TESTS_REQUIRE_SERVICES": required,
    }
    command = [sys.executable, *words, "--continue-on-collection-errors", str(folder)]
    return subprocess.run(
        command, env=os.environ | variables, capture_output=True, text=True, check=False
    ).stdout


def test_what_skips_fails_and_says_why(tmp_path: Path) -> None:
    """Whether the test itself, its fixture or its file goes without something."""
    said = run_apart(tmp_path, "1")
    assert "1 failed, 1 xfailed, 3 errors" in said
    assert said.count("required here: ") >= 4


def test_elsewhere_it_only_skips(tmp_path: Path) -> None:
    """A checkout without root or network has a suite that passes."""
    assert "4 skipped, 1 xfailed" in run_apart(tmp_path, "")
