"""Injections 13 and 5 through the command itself: flows, ledger, and a relay that refuses us.

Prefect starts for every command, so that these run with `make faults` alone.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.faults.conftest import Relay
from tests.flows.newsroom_process import approve_everything
from tests.functional.cli.command_line import Said, call, call_apart
from tests.servers.acts import Act, Moment, Phase
from tests.servers.faulty_smtp import FaultySmtp
from tests.servers.wire import Snag, Wire

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("prefect")]

ISSUE = "city-pair-1"


def through(port: int, **more: str) -> dict[str, str]:
    """The settings of a newsroom whose relay is on this port."""
    smtp = {"MODE": "smtp", "PORT": str(port), "SECURITY": "none", "CONNECTIONS": "1", **more}
    return {f"NEWSLETTER_SMTP__{name}": value for name, value in smtp.items()} | {
        "NEWSLETTER_WEB__BASE_URL": "https://lettre.example.org"
    }


@pytest.fixture
def approved(tmp_path: Path) -> Path:
    """A new workspace with its lists, and City Pair signed off in every language."""
    folder = tmp_path / "newsroom"
    assert call("init", folder).code == 0
    assert call("subscribers", "import", "subscribers", cwd=folder).code == 0
    approve_everything(folder, "city-pair")
    return folder


async def run(*arguments: str, cwd: Path, env: Mapping[str, str]) -> Said:
    """The command as a process of its own, while servers of this process answer it."""
    return await asyncio.to_thread(call_apart, *arguments, cwd=cwd, env=env, timeout_seconds=300)


async def report_of(workspace: Path, env: Mapping[str, str]) -> dict[str, Any]:
    """What `newsletter report` says."""
    said = await asyncio.to_thread(call, "report", ISSUE, "--json", cwd=workspace, env=env)
    report: dict[str, Any] = said.json()
    return report


@pytest.mark.parametrize("phase", ["connect", "mail"])
async def test_a_relay_that_refuses_us_pauses_the_issue_at_once(
    approved: Path, phase: Phase
) -> None:
    """13: nobody is mailed, nobody's attempts count, nobody is suppressed; resuming sends all."""

    def refuse(moment: Moment) -> Act | None:
        return Act(reply="550 5.7.1 blocked") if moment.phase == phase else None

    async with FaultySmtp(refuse) as server:
        env = through(server.port)
        said = await run("publish", "city-pair", "--json", cwd=approved, env=env)
        report = await report_of(approved, env)
        assert (said.code, report["state"]) == (1, "paused"), said.all
        assert "5.7.1 blocked" in said.all
        assert report["deliveries"]["pending"] == report["audience"] > 0
        assert server.journal == []
        assert server.connections <= 3
        server.script = lambda _: None
        said = await run("resume", ISSUE, "--json", cwd=approved, env=env)
    assert said.code == 0, said.all
    report = await report_of(approved, env)
    assert (report["state"], report["deliveries"]["accepted"]) == ("sent", report["audience"])
    assert len(server.copies()) == report["audience"]
    assert set(server.copies().values()) == {1}


async def test_doubts_settle_themselves_by_the_log_that_the_settings_name(
    approved: Path, relay: Relay
) -> None:
    """9: one wire is cut within a letter, one after it; the command again, and all have one."""
    third = (*(b"RCPT TO:",) * 3, b">\r\n", b"DATA\r\n")
    snags = {1: Snag(after=(*third, b"Subject:"), then="cut"), 2: None}
    snags[2] = Snag(after=(*third, b"\r\n.\r\n"), then="mute")
    async with Wire(relay.postfix.port, snags.get) as wire:
        env = through(wire.port, POSTFIX_LOG=str(relay.postfix.log), POSTFIX_TIMEOUT_SECONDS="1")
        said = await run("publish", "city-pair", "--json", cwd=approved, env=env)
        report = await report_of(approved, env)
        assert said.code == 1, said.all
        # That the second letter was taken is known at once, that the first was not in a minute.
        assert report["deliveries"]["unknown"] == 1, report
        doctor = await asyncio.to_thread(call, "doctor", cwd=approved, env=env)
        assert f"{relay.postfix.log} settles doubts" in doctor.all
        await asyncio.sleep(62)
        said = await run("send", ISSUE, "--json", cwd=approved, env=env)
    assert said.code == 0, said.all
    report = await report_of(approved, env)
    assert (report["state"], report["deliveries"]["accepted"]) == ("sent", report["audience"])
    await asyncio.to_thread(relay.postfix.settle)
    domain = "efus.example.org"
    arrived = [one for one in relay.mailboxes.captured() if domain.encode() in one.letter]
    ours = Counter(one.rcpt_to for one in arrived if b"City Pair" in one.letter)
    assert len(ours) == report["audience"]
    assert set(ours.values()) == {1}
