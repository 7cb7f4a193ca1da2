"""SpamAssassin's own rules, without the network: what a receiver's filter says of a letter."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.judge.allowing import not_allowed
from tests.letters.stage import NAMES, Letters, Name
from tests.services.programs import need_program

pytestmark = pytest.mark.judge

HIGHEST_SCORE: Final = 2.5
SUSPICIOUS: Final = """From: WINNER <a@b.example>
To: undisclosed-recipients:;
Subject: CONGRATULATIONS YOU WON $1,000,000 VIAGRA
Date: Mon, 1 Jan 2001 00:00:00 +0000
Content-Type: text/html

<html><font color=white>Dear friend</font> CLICK HERE http://192.0.2.1/ 100% free money!!!</html>
"""


class Verdict(NamedTuple):
    """A letter's score, and the rules that made it."""

    score: float
    rules: frozenset[str]


@pytest.fixture(scope="module")
def verdicts(letters: Letters, tmp_path_factory: pytest.TempPathFactory) -> Mapping[Name, Verdict]:
    """Of every letter, by one process: it takes seconds to read its rules."""
    mails = [letters.raw[name] for name in NAMES]
    return dict(zip(NAMES, judge(mails, tmp_path_factory.mktemp("spam")), strict=True))


def judge(mails: list[bytes], folder: Path) -> list[Verdict]:
    """The verdicts of SpamAssassin's local rules, without those of this machine's users."""
    box = b"".join(b"From sender@localhost Thu Jan  1 00:00:00 2026\n" + _lf(one) for one in mails)
    (folder / "box").write_bytes(box)
    (folder / "preferences").touch()
    done = subprocess.run(
        [
            *(str(need_program("spamassassin")), "--local", "--test-mode", "--mbox"),
            *("--prefs-file", str(folder / "preferences"), str(folder / "box")),
        ],
        capture_output=True,
        check=True,
        timeout=300,
        env={"HOME": str(folder), "PATH": "/usr/sbin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )
    said = re.sub(r"\n[ \t]+", " ", done.stdout.decode("utf-8", "replace"))
    found = re.findall(r"^X-Spam-Status: \w+, score=(\S+) .*?tests=([\w, ]+)", said, re.MULTILINE)
    return [Verdict(float(score), _rules(tests)) for score, tests in found]


def _lf(mail: bytes) -> bytes:
    return mail.replace(b"\r\n", b"\n") + b"\n"


def _rules(tests: str) -> frozenset[str]:
    return frozenset(re.findall(r"[A-Z][A-Z0-9_]+", tests))


@pytest.mark.parametrize("name", NAMES, ids=str)
def test_a_letter_is_far_from_spam(name: Name, verdicts: Mapping[Name, Verdict]) -> None:
    """Half of what most receivers mark at, which is 5."""
    assert verdicts[name].score < HIGHEST_SCORE, verdicts[name].rules


def test_each_rule_that_a_letter_hits_is_known(verdicts: Mapping[Name, Verdict]) -> None:
    """And there is a reason why we let it stand."""
    said = {rule for verdict in verdicts.values() for rule in verdict.rules}
    assert not_allowed("spamassassin", said) == []


def test_the_judge_knows_spam(tmp_path: Path) -> None:
    """Its rules are there, and are read."""
    (verdict,) = judge([SUSPICIOUS.encode()], tmp_path)
    assert verdict.score > 2 * HIGHEST_SCORE
