"""`docs/commands.md` and the command line tell the same."""

import re
import shlex
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from flows.cli.main import app

EXAMPLES = re.compile(r"^```\n(.+?)\n```$", re.MULTILINE | re.DOTALL)
PAGE = Path(__file__).parents[2] / "docs" / "commands.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What the page says of one command: examples, and the entries that it explains."""

    examples: list[str]
    entries: set[str]


@cache
def documented() -> dict[str, Section]:
    """The page's sections by command."""
    parts = re.split(r"^## newsletter (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {
        command: Section(
            examples=EXAMPLES.findall(text)[0].split("\n"),
            entries=set(re.findall(r"^- `([^`]+)`:", text, flags=re.MULTILINE)),
        )
        for command, text in zip(parts[1::2], parts[2::2], strict=True)
    }


@cache
def existing(group: Any = None, words: tuple[str, ...] = ()) -> dict[str, Any]:
    """Every command that can be typed, groups resolved."""
    found: dict[str, Any] = {}
    root: Any = group or typer.main.get_command(app)
    for name, command in root.commands.items():
        path = (*words, name)
        if hasattr(command, "commands"):
            found |= existing(command, path)
        else:
            found[" ".join(path)] = command
    return found


def entries(command: Any) -> set[str]:
    """The options and arguments of a command, as a person types them."""
    return {
        one.opts[0] if one.param_type_name == "option" else str(one.metavar or one.name)
        for one in command.params
        if one.name != "help"
    }


def test_every_command_has_its_section_and_no_section_is_without_one() -> None:
    """In both directions."""
    assert documented().keys() == existing().keys()


@pytest.mark.parametrize("command", existing())
def test_a_section_explains_every_entry(command: str) -> None:
    """Each option and argument, and nothing that is not there."""
    assert documented()[command].entries == entries(existing()[command])


@pytest.mark.parametrize("command", existing())
def test_the_example_can_be_typed(command: str) -> None:
    """It calls this command, and its arguments are understood."""
    for example in documented()[command].examples:
        name, *words = shlex.split(example)
        assert name == "newsletter"
        assert " ".join(words).startswith(command)
        arguments = words[len(command.split()) :]
        existing()[command].make_context(command, arguments).close()
