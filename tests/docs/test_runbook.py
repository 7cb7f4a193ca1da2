"""What the runbook tells an operator to type or to look at exists."""

import re
from pathlib import Path

import pytest

from flows.operations.gauges import measure
from flows.store.database import Store
from tests.docs.test_commands_page import entries, existing
from tests.functional.builders import NOW, a_frozen_issue

PAGE = (Path(__file__).parents[2] / "docs" / "runbook.md").read_text("utf-8")
COMMANDS = re.findall(r"(?:`|^)newsletter ([a-z][^`\n]*)", PAGE, re.MULTILINE)


@pytest.mark.parametrize("said", sorted(set(COMMANDS)))
def test_each_command_exists_with_the_options_that_are_named(said: str) -> None:
    """At three in the morning nobody looks for the right spelling."""
    known = existing()
    words = said.split()
    name = next(
        (" ".join(words[:count]) for count in (2, 1) if " ".join(words[:count]) in known), ""
    )
    assert name, f"newsletter {said}"
    assert {word for word in words if word.startswith("--")} <= entries(known[name])


async def test_the_numbers_are_those_that_are_served(store: Store) -> None:
    """An alarm on a name that does not exist never rings."""
    await a_frozen_issue(store)
    served = {f"newsletter_{one.name}" for one in await measure(store, unread=0, now=NOW)}
    named = set(re.findall(r"newsletter_[a-z_]+", PAGE))
    assert named == served | {"newsletter_up"}
