"""OpenDKIM and dkimpy: both signatures of what was sent."""

from pathlib import Path

import pytest

from tests.letters.stage import NAMES, Letters, Name
from tests.services.signatures import dkimpy_verdicts, opendkim_verdicts

pytestmark = pytest.mark.judge


@pytest.mark.parametrize("name", NAMES, ids=str)
def test_both_signatures_hold(name: Name, letters: Letters, tmp_path: Path) -> None:
    """RSA and Ed25519, by two programs."""
    letter = letters.raw[name]
    assert dkimpy_verdicts(letters.keys, letter) == [True, True]
    assert opendkim_verdicts(letters.keys, letter, folder=tmp_path) == ["pass", "pass"]


@pytest.mark.parametrize("name", NAMES, ids=str)
def test_neither_holds_once_a_word_is_changed(name: Name, letters: Letters, tmp_path: Path) -> None:
    """The judges read the body."""
    changed = letters.raw[name].replace(b"</html>", b"</htm1>")
    assert dkimpy_verdicts(letters.keys, changed) == [False, False]
    assert opendkim_verdicts(letters.keys, changed, folder=tmp_path) == ["fail", "fail"]
