import os
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.domain.edition import Edition
from flows.domain.recipient import Recipient
from flows.mail.holes import fill_html, fill_text


@pytest.mark.parametrize("language", ["fr", "en", "nl"])
@pytest.mark.parametrize(("suffix", "fill"), [("html", fill_html), ("txt", fill_text)])
def test_a_letter_looks_as_it_was_last_reviewed(
    language: str,
    suffix: str,
    fill: Callable[[Edition, Recipient], str],
    an_edition: Callable[..., Edition],
    a_recipient: Callable[..., Recipient],
    golden_folder: Path,
) -> None:
    """Any change to a letter shows in a file that a person reads; UPDATE_GOLDEN=1 renews it."""
    golden = golden_folder / f"letter.{language}.{suffix}"
    letter = fill(an_edition(language), a_recipient())
    if os.environ.get("UPDATE_GOLDEN") == "1":
        golden.write_text(letter, encoding="utf-8")
    assert letter == golden.read_text(encoding="utf-8")
