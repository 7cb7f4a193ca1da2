"""The `newsletter` command as a test calls it: in this process for speed, or as its own."""

import io
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Any

import structlog
import typer.main

from flows.cli.main import run

ROOT = Path(__file__).parents[3]
OUTSIDE = ("NEWSLETTER_", "PREFECT_")
"""Variables of the machine that runs the tests never reach the command."""
# What Typer makes of the commands is the same each time, and takes most of a short command's time.
typer.main.get_command = cache(typer.main.get_command)
PORTS = range(10_000, 32_000)

_ports: Iterator[int] = cycle([*PORTS[os.getpid() * 211 % len(PORTS) :], *PORTS])


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def all(self) -> str:
        """Both streams."""
        return self.out + self.err

    def json(self) -> Any:
        """The last line of standard output, parsed."""
        return json.loads(self.out.splitlines()[-1])


def clean_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """The environment without anything of ours but these `variables`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OUTSIDE)}
    return kept | dict(variables)


def call(
    *arguments: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> Said:
    """Run the command in this process, as the console script does, and put everything back."""
    out, err = io.StringIO(), io.StringIO()
    before = (dict(os.environ), sys.argv, Path.cwd())
    os.environ.clear()
    os.environ.update(clean_environment(env or {}))
    sys.argv = ["newsletter", *map(str, arguments)]
    try:
        os.chdir(cwd or Path.cwd())
        with redirect_stdout(out), redirect_stderr(err):
            code = _exit_code_of_run()
    finally:
        structlog.reset_defaults()
        os.environ.clear()
        os.environ.update(before[0])
        sys.argv = before[1]
        os.chdir(before[2])
    return Said(code=code, out=out.getvalue(), err=err.getvalue())


def _exit_code_of_run() -> int:
    try:
        run()
    except SystemExit as exit_:
        return exit_.code if isinstance(exit_.code, int) else 0 if exit_.code is None else 1
    return 0


def call_apart(
    *arguments: str | Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout_seconds: float = 600,
) -> Said:
    """Run the command as a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "flows", *map(str, arguments)],
        cwd=cwd,
        env=clean_environment({"PYTHONPATH": str(ROOT), **(env or {})}),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=timeout_seconds,
        check=False,
    )
    return Said(code=done.returncode, out=done.stdout, err=done.stderr)


def closed_port() -> int:
    """A port that nobody listens on, or will by chance: systems give out ports above these."""
    for port in _ports:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError
