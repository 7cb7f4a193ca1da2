"""What Outlook, Gmail and Apple Mail do not support of our letters, by caniemail.com's data.

`python -m tests.judge.unsupported` (`make judge-baseline`) writes what there is now to
`unsupported.json`; a letter may not need more.
"""

import json
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from tests.judge.conftest import html_of
from tests.letters.stage import send_samples
from tests.services.browser import JUDGES, need_judge
from tests.services.programs import need_program

BASELINE: Final = Path(__file__).with_name("unsupported.json")
SCRIPT: Final = Path(__file__).with_name("caniemail.mjs")

Unsupported = Mapping[str, list[str]]
"""The features, by the mail program that lacks them."""


def find_unsupported(pages: Iterable[str], folder: Path) -> Unsupported:
    """The features in any of these pages that a program has no support for."""
    need_judge("caniemail/package.json")
    files = []
    for number, page in enumerate(pages):
        files.append(folder / f"{number:03d}.html")
        files[-1].write_text(page, encoding="utf-8")
    done = subprocess.run(
        [str(need_program("node")), str(SCRIPT), str(JUDGES), *map(str, files)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    found: dict[str, list[str]] = json.loads(done.stdout)
    return {program: sorted(features) for program, features in sorted(found.items())}


def read_baseline() -> Unsupported:
    """What is known to be unsupported."""
    known: dict[str, list[str]] = json.loads(BASELINE.read_text(encoding="utf-8"))
    return known


def main() -> None:
    """Write the baseline anew."""
    with tempfile.TemporaryDirectory() as place:
        letters = send_samples(Path(place) / "newsroom")
        found = find_unsupported(map(html_of, letters.raw.values()), Path(place))
    BASELINE.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
