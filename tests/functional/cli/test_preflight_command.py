"""`newsletter preflight`: the last look before an issue leaves."""

import shutil
from pathlib import Path

import pytest

from flows.domain.article import Slug
from flows.operations.issues import open_issue
from flows.runtime.runtime import Runtime
from tests.functional.cli.conftest import Newsletter, act

ISSUE = "city-pair-1"


@pytest.fixture
def issue(workspace: Path) -> str:
    """An issue of the example article to all lists."""

    async def opening(runtime: Runtime) -> None:
        await open_issue(
            runtime.library, runtime.store, Slug("city-pair"), lists=[], now=runtime.clock()
        )

    act(workspace, opening)
    return ISSUE


@pytest.mark.usefixtures("approved")
def test_a_sound_issue_may_leave(newsletter: Newsletter, issue: str) -> None:
    """Everything that was looked at is told, also what is all right."""
    said = newsletter("preflight", issue, "--json")
    verdicts = {one["topic"]: one["verdict"] for one in said.json()}

    assert said.code == 0, said.all
    assert len(verdicts) == 13
    assert set(verdicts.values()) <= {"good", "warning"}
    assert verdicts["opt-out"] == verdicts["audience"] == verdicts["contrast"] == "good"
    assert "opt-out\tgood" in newsletter("preflight", issue).out


def test_what_is_missing_is_told_in_the_language_asked_for(
    newsletter: Newsletter, issue: str, workspace: Path
) -> None:
    """And ends with 1."""
    (workspace / "content" / "city-pair" / "nl.po").unlink()
    shutil.rmtree(workspace / "var" / "memory", ignore_errors=True)

    said = newsletter("preflight", issue, "--in", "nl")

    assert said.code == 1
    assert "approvals\terror" in said.out
    assert "translation\terror\tnl\tde vertaling ontbreekt" in said.out


@pytest.mark.usefixtures("approved")
def test_where_letters_leave_the_sender_is_looked_at(newsletter: Newsletter, issue: str) -> None:
    """A newsroom that signs nothing is told that its relay must."""
    said = newsletter("preflight", issue, NEWSLETTER_SMTP__MODE="smtp")

    assert "sender\twarning\t\tletters are not signed here (DKIM)" in said.out, said.all


@pytest.mark.usefixtures("approved")
def test_a_key_that_cannot_be_read_is_told(newsletter: Newsletter, issue: str) -> None:
    """It would stop the sending later."""
    said = newsletter(
        *("preflight", issue),
        NEWSLETTER_SMTP__MODE="smtp",
        NEWSLETTER_DKIM__DOMAIN="efus.test",
        NEWSLETTER_DKIM__SELECTOR="k1",
        NEWSLETTER_DKIM__KEY_FILE="nowhere.pem",
    )

    assert said.code == 1, said.all
    assert "sender\terror\t\ta DKIM key cannot be read" in said.out


def test_an_issue_that_is_not_there_is_named(newsletter: Newsletter) -> None:
    """As everywhere."""
    said = newsletter("preflight", "nothing-1")
    assert (said.code, "there is no issue" in said.all) == (2, True)
