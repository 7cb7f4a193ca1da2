"""A newsroom whose processes are killed at random, and what starts it again as systemd would."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.flows.newsroom_process import recipients
from tests.functional.cli.command_line import ROOT, call, clean_environment, closed_port

PATIENCE_SECONDS = 600
RESTART_SECONDS = 1
LIST = "habitants"
ISSUE = "city-pair-1"


@dataclass(kw_only=True)
class Machine:
    """Keeps `newsletter up` running, whatever ends it, until it is told to stop.

    Or another command that sends.
    """

    workspace: Path
    env: Mapping[str, str]
    command: str = "up"
    starts: int = 0
    codes: list[int] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    guardian: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """Where all of it is said."""
        return self.workspace / "up.log"

    def said(self) -> str:
        """The log so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def keep(self) -> None:
        """Start it, and again when it ends: `Restart=always`."""
        while not self.stopping.is_set():
            with self.log.open("ab") as file:
                self.guardian = subprocess.Popen(
                    [sys.executable, "-m", "flows", self.command],
                    cwd=self.workspace,
                    env=clean_environment({"PYTHONPATH": str(ROOT), **self.env}),
                    stdout=file,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            self.starts += 1
            self.codes.append(self.guardian.wait())
            self.stopping.wait(RESTART_SECONDS)

    def processes(self) -> dict[int, str]:
        """Everything of this newsroom that lives, by what it is."""
        found = {}
        mark = f"NEWSLETTER_WORKSPACE={self.workspace}".encode()
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                here = mark in (folder / "environ").read_bytes().split(b"\0")
                if here and "prefect.engine" in command:
                    found[int(folder.name)] = "run"
                elif here and "flows.newsroom.room" in command:
                    found[int(folder.name)] = "newsroom"
                elif here and "flows.runtime.senders" in command:
                    found[int(folder.name)] = "sender"
        if self.guardian and self.guardian.poll() is None:
            found[self.guardian.pid] = "guardian"
        return found

    def whom(self, chance: random.Random) -> str:
        """Somebody or something to kill, of what lives."""
        return chance.choice([*sorted(set(self.processes().values())), "group", "everything"])

    def kill(self, whom: str) -> int:
        """Kill a process of this kind, or the guardian's group, or everything; how many."""
        if whom == "group":
            assert self.guardian
            with suppress(ProcessLookupError):
                os.killpg(self.guardian.pid, signal.SIGKILL)
            return 1
        victims = [pid for pid, kind in self.processes().items() if whom in {kind, "everything"}]
        for pid in victims if whom == "everything" else victims[:1]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return len(victims)

    def stop(self) -> int:
        """Tell it to stop, as `systemctl stop` does; its exit code."""
        self.stopping.set()
        assert self.guardian
        self.guardian.terminate()
        return self.guardian.wait(60)


@contextmanager
def a_machine(workspace: Path, command: str = "up", **settings: str) -> Iterator[Machine]:
    """A machine that keeps a newsroom up; nothing of it is left after the block."""
    env = {
        "NEWSLETTER_WORKSPACE": str(workspace),
        "NEWSLETTER_PREFECT__PORT": str(closed_port()),
        "NEWSLETTER_WEB__PORT": str(closed_port()),
        **settings,
    }
    machine = Machine(workspace=workspace, env=env, command=command)
    keeper = threading.Thread(target=machine.keep)
    keeper.start()
    try:
        yield machine
    finally:
        machine.stopping.set()
        for pid in machine.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        keeper.join()


def a_crowd(workspace: Path, *, size: int, env: Mapping[str, str] | None = None) -> None:
    """A list of so many readers of the example's cities."""
    cities = (workspace / "subscribers" / "cities.csv").read_text(encoding="utf-8").splitlines()
    names = [line.split(",")[0] for line in cities[1:]]
    rows = [f"habitant{n}@crowd.example.org,,{names[n % len(names)]}," for n in range(size)]
    path = workspace / "subscribers" / "lists" / f"{LIST}.csv"
    path.write_text("\n".join(["email,name,city,language", *rows, ""]), encoding="utf-8")
    said = call("subscribers", "import", path, cwd=workspace, env=env)
    assert said.code == 0, said.all


def report_of(machine: Machine, issue: str) -> dict[str, Any]:
    """What `newsletter report` says."""
    said = call("report", issue, "--json", cwd=machine.workspace, env=machine.env)
    report: dict[str, Any] = said.json()
    return report


def wait_until_over(machine: Machine, issue: str) -> dict[str, Any]:
    """Wait, without a hand's turn, until the issue is sent or waits for a person; its report."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (report := report_of(machine, issue))["state"] in {"sending", "approved", "in_review"}:
        assert time.monotonic() < deadline, (report, machine.said())
        time.sleep(1)
    return report


def letters_by_reader(machine: Machine) -> Counter[str]:
    """How many letters arrived, by address."""
    return recipients(machine.workspace)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """What came of a sending in which processes were killed."""

    report: dict[str, Any]
    letters: Counter[str]
    killed: list[str]
    starts: int
    seconds: float
    log: str


def kill_during_a_sending(
    workspace: Path, *, audience: int, kills: int, chance: random.Random, **settings: str
) -> Aftermath:
    """Publish, kill at random moments while letters leave, then let all come to its end."""
    began, killed = time.monotonic(), []
    a_crowd(workspace, size=audience)
    with a_machine(workspace, **settings) as machine:
        wait_for_start(machine)
        begin_sending(machine)
        for _ in range(kills):
            time.sleep(chance.uniform(0, 35))
            killed.append(machine.whom(chance))
            machine.kill(killed[-1])
        lift_the_rate(machine)
        report = wait_until_over(machine, ISSUE)
        return Aftermath(
            report=report,
            letters=letters_by_reader(machine),
            killed=killed,
            starts=machine.starts,
            seconds=time.monotonic() - began,
            log=machine.said(),
        )


def wait_until_only_doubts_are_left(machine: Machine, issue: str) -> dict[str, Any]:
    """Wait, without a hand's turn, until a person alone can settle the rest; the report."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        report = report_of(machine, issue)
        open_ones = sum(report["deliveries"][one] for one in ("pending", "claimed", "deferred"))
        if report["state"] == "sent" or (report["state"] != "sending" and not open_ones):
            return report
        assert time.monotonic() < deadline, (report, machine.said())
        time.sleep(1)


def begin_sending(machine: Machine) -> None:
    """Publish the example to the crowd, and wait for its first letters."""
    said = call("publish", "city-pair", "--list", LIST, cwd=machine.workspace, env=machine.env)
    assert said.code == 0, said.all
    wait_for_letters(machine, 1)


def lift_the_rate(machine: Machine) -> None:
    """Let what is left leave at once."""
    said = call("rate", "off", cwd=machine.workspace, env=machine.env)
    assert said.code == 0, said.all


def wait_for_start(machine: Machine, *, times: int = 1) -> None:
    """Wait until the newsroom was ready so often."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not machine.log.exists() or machine.said().count("Ready.") < times:
        assert time.monotonic() < deadline, machine.said()
        time.sleep(0.2)


def wait_for_letters(machine: Machine, many: int) -> None:
    """Wait until so many letters have arrived."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while sum(letters_by_reader(machine).values()) < many:
        assert time.monotonic() < deadline, machine.said()
        time.sleep(0.2)
