"""`docs/templates.md` lists the tokens and templates that there are."""

import re
from pathlib import Path

from flows.mail.tokens import PAIRS, TOKENS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "templates.md").read_text("utf-8")


def test_every_token_is_listed_with_what_it_may_be() -> None:
    """A theme is written with the page at hand."""
    listed = [
        (name, meaning, allowed)
        for names, meaning, allowed in re.findall(
            r"^\| (`\w+\.\w+`.*?) \| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE
        )
        for name in re.findall(r"`([\w.]+)`", names)
    ]
    known = [
        (f"{table}.{key}", token.meaning, token.allowed)
        for table, tokens in TOKENS.items()
        for key, token in tokens.items()
    ]
    assert sorted(listed) == sorted(known)


def test_every_pair_of_colours_is_listed() -> None:
    """Whoever chooses a colour sees what it must stand out from."""
    assert re.findall(r"`(\w+)` on `(\w+)`", PAGE) == list(PAIRS)


def test_every_template_is_listed() -> None:
    """And none that is gone."""
    folder = ROOT / "templates" / "email"
    table = PAGE.partition("## Where things are")[2].partition("\n## ")[0]
    named = set(re.findall(r"[\w]+\.(?:mjml|html|toml|txt)", table)) - {"theme.toml"}
    there = {path.name for path in folder.iterdir() if path.is_file()}
    with_text = {f"{path.stem}.txt" for path in folder.glob("*.mjml")}
    assert named <= there
    assert there - named <= with_text | {"wrapping.txt"}
