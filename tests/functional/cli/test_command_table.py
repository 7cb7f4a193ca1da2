"""Every command and option of the public contract is there, and says what it is for."""

import re
import subprocess
import sys
from functools import cache
from typing import Any

import pytest
import typer

from flows.cli.main import app
from tests.functional.cli.command_line import ROOT, call, clean_environment

CONTRACT: dict[str, set[str]] = {
    "": {"--workspace"},
    "init": {"DIR"},
    "new": {"SLUG"},
    "import": {"FILE", "--slug", "--list", "--post", "--fetch-images", "--json"},
    "translate": {"SLUG", "--to", "--engine", "--json"},
    "cache clear": set(),
    "models install": {"WHAT", "--index"},
    "models list": {"--json"},
    "memory import": {"FILE", "--json"},
    "memory export": {"FILE", "--to", "--imported", "--json"},
    "memory find": {"TEXT", "--to", "--json"},
    "xliff export": {"SLUG", "--to", "--out", "--json"},
    "xliff import": {"FILE", "--by", "--replace", "--json"},
    "check": {"SLUG", "--lang", "--in", "--fix", "--segment", "--only", "--by", "--json"},
    "dismiss": {"SLUG", "LANG", "CHECK", "--segment", "--by", "--json"},
    "glossary check": {"--json"},
    "glossary propose": {"--lang", "--least", "--json"},
    "glossary accept": {"TERM", "LANG", "WORDING"},
    "review": {"SLUG", "--json"},
    "approve": {"SLUG", "LANG", "--by", "--json"},
    "reject": {"SLUG", "LANG", "--by", "--because"},
    "evidence": {"ISSUE|SLUG", "--lang", "--in", "--out", "--json"},
    "preview": {"SLUG", "--lang", "--for", "--out", "--json"},
    "gallery": {"--out", "--json"},
    "test-send": {"SLUG", "--to", "--lang"},
    "publish": {"SLUG", "--at", "--policy", "--send-late", "--list", "--wait", "--json"},
    "schedule list": {"--json"},
    "schedule move": {"ISSUE", "WHEN", "--policy", "--send-late"},
    "schedule cancel": {"ISSUE"},
    "schedule every": {
        "NAME",
        "RULE",
        "--zone",
        "--list",
        "--articles",
        "--title",
        "--sections",
        "--ahead",
        "--each",
        "--policy",
        "--by",
        "--json",
    },
    "schedule change": {
        "NAME",
        "--rule",
        "--zone",
        "--list",
        "--every-list",
        "--articles",
        "--title",
        "--sections",
        "--ahead",
        "--each",
        "--policy",
        "--by",
        "--json",
    },
    "schedule recurring": {"--json"},
    "schedule rest": {"NAME"},
    "schedule go-on": {"NAME"},
    "schedule end": {"NAME"},
    "schedule open": {"NAME"},
    "worker": set(),
    "preflight": {"ISSUE", "--in", "--json"},
    "send": {"ISSUE", "--only", "--json"},
    "rate": {"RATE", "--domain", "--json"},
    "letter": {"ISSUE", "ADDRESS", "--out"},
    "dkim new": {"--domain", "--folder", "--json"},
    "dkim show": {"--json"},
    "pause": {"ISSUE"},
    "resume": {"ISSUE"},
    "settle": {"ISSUE", "--as"},
    "status": {"ISSUE", "--json"},
    "report": {"ISSUE", "--who", "--json"},
    "bounces": {"--suppress", "--json"},
    "users add": {"NAME", "--role", "--language", "--address", "--directory"},
    "users list": {"--json"},
    "users roles": {"NAME", "--role", "--language"},
    "users password": {"NAME", "--forget-second-factor"},
    "users disable": {"NAME"},
    "users enable": {"NAME"},
    "subscribers import": {
        "PATH",
        "--dry-run",
        "--map",
        "--city",
        "--list",
        "--create",
        "--report",
        "--json",
    },
    "subscribers imports": {"--json"},
    "subscribers undo": {"IMPORT", "--json"},
    "subscribers compare": {"PATH", "--json"},
    "subscribers export": {"FILE", "--list", "--city"},
    "subscribers replace": {"OLD", "NEW", "--from", "--same-person", "--dry-run"},
    "subscribers search": {"TEXT", "--city", "--list", "--json"},
    "subscribers show": {"ADDRESS", "--export", "--json"},
    "subscribers suppress": {"ADDRESS", "--because"},
    "subscribers vouch": {"ADDRESS", "--because"},
    "subscribers erase": {"ADDRESS"},
    "subscribers opt-outs": {"--out", "--in"},
    "subscribers retention": {"--apply", "--json"},
    "subscribers register": {"--out", "--json"},
    "subscribers answer": {"--json"},
    "cities list": {"--since", "--json"},
    "cities show": {"CITY", "--since", "--json"},
    "audience": {"TARGET", "--list", "--who", "--json"},
    "tokens add": {"NAME", "--scope", "--label", "--days", "--json"},
    "tokens list": {"--json"},
    "tokens revoke": {"NUMBER"},
    "webhooks list": {"--all", "--limit", "--json"},
    "webhooks redeliver": {"NUMBER"},
    "webhooks secret": set(),
    "up": {"--port", "--log"},
    "desk": {"--port"},
    "doctor": {"--json"},
    "db upgrade": set(),
    "db downgrade": {"REVISION"},
    "backup": {"FILE", "--json"},
    "restore": {"FILE", "--replace", "--by", "--json"},
    "demo": set(),
}
HEAVY = (
    "flufl",
    "imap_tools",
    "prefect",
    "sqlalchemy",
    "fastapi",
    "uvicorn",
    "starlette",
    "rich",
    "pydantic",
    "jinja2",
)


@cache
def find(command: str) -> Any:
    """The command by its words."""
    found: Any = typer.main.get_command(app)
    for word in command.split():
        found = found.commands[word]
    return found


def entries(command: str) -> set[str]:
    """The names of a command's options and arguments."""
    names: set[str] = set()
    for one in find(command).params:
        names.update(one.opts if one.param_type_name == "option" else {argument_name(one)})
    return names


def argument_name(argument: Any) -> str:
    """An argument's name as a person sees it."""
    return str(argument.metavar or argument.name).upper()


@pytest.mark.parametrize("command", CONTRACT)
def test_each_command_of_the_contract_has_its_options(command: str) -> None:
    """What the contract promises can be typed."""
    assert entries(command) >= CONTRACT[command]


@pytest.mark.parametrize("command", CONTRACT)
def test_each_command_explains_itself(command: str) -> None:
    """`--help` ends well, begins with the usage and says something of every option."""
    said = call(*command.split(), "--help")
    assert said.code == 0
    assert said.out.startswith(f"Usage: newsletter {command}".strip())
    for one in find(command).params:
        assert one.name == "help" or one.help, f"{command} {one.name} has no words"


def test_no_argument_at_all_shows_the_help() -> None:
    """Who types the bare command sees what there is, and that nothing was done."""
    said = call()
    assert (said.code, "publish" in said.all) == (2, True)


@pytest.mark.parametrize("wrong", [("publsh",), ("publish",), ("check", "city-pair", "--nope")])
def test_a_wrong_call_ends_with_2_and_names_the_help(wrong: tuple[str, ...]) -> None:
    """An unknown command, a missing argument and an unknown option are wrong usage."""
    said = call(*wrong)
    assert said.code == 2
    assert re.search(r"Try 'newsletter .*--help' for help", said.err)


def test_the_command_line_is_imported_without_anything_heavy() -> None:
    """`newsletter --help` is quick because Prefect, SQLAlchemy and the rest wait in commands."""
    asked = f"import sys, flows.cli.main; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", asked],
        env=clean_environment({"PYTHONPATH": str(ROOT)}),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
