"""test-send, status, report, schedule and subscribers import, as an editor calls them."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from flows.operations.gating import pass_gate
from flows.operations.issues import open_issue, schedule_issue
from flows.runtime.runtime import Runtime
from tests.functional.cli.conftest import Newsletter, act

NOON = datetime(2031, 6, 2, 10, 0, tzinfo=UTC)
STATES = {
    *("accepted", "deferred", "refused", "suppressed"),
    *("unknown", "pending", "claimed", "cancelled"),
}


@pytest.fixture
def planned(workspace: Path) -> str:
    """An issue of the example article that is planned for June 2031."""

    async def plan(runtime: Runtime) -> None:
        now = runtime.clock()
        issue = await open_issue(runtime.library, runtime.store, "city-pair", lists=(), now=now)
        await schedule_issue(runtime.store, issue.id, at=NOON, zone="Europe/Brussels", now=now)
        await pass_gate(runtime.library, runtime.store, issue.id, now=now, late_hours=6)

    act(workspace, plan)
    return "city-pair-1"


def test_a_test_letter_goes_to_one_address_in_each_language(
    newsletter: Newsletter, workspace: Path
) -> None:
    """Three letters as they stand, none of which belongs to an issue."""
    said = newsletter("test-send", "city-pair", "--to", "redaction@efus.example.org")
    letters = [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in (workspace / "var" / "outbox" / "new").iterdir()
    ]
    assert said.code == 0
    assert "3 test letters into var/outbox" in said.out
    assert {letter["To"] for letter in letters} == {"redaction@efus.example.org"}
    assert {letter["Content-Language"] for letter in letters} == {"fr", "en", "nl"}
    assert newsletter("status", "--json").json() == []


def test_a_test_letter_that_is_not_translated_yet_says_so(newsletter: Newsletter) -> None:
    """It goes, with the French in the place of what is missing."""
    said = newsletter("test-send", "mediation-nocturne", "--to", "redaction@efus.example.org")

    assert said.code == 0
    assert re.search(r"en: (\d+) of \1 passages have no translation yet", said.err), said.err
    assert "newsletter translate mediation-nocturne" in said.err
    assert "fr: " not in said.err


def test_a_test_letter_in_one_language_is_one_letter(
    newsletter: Newsletter, workspace: Path
) -> None:
    """`--lang` narrows it down."""
    newsletter("test-send", "city-pair", "--to", "redaction@efus.example.org", "--lang", "nl")
    assert len(list((workspace / "var" / "outbox" / "new").iterdir())) == 1


def test_status_of_an_empty_newsroom_says_how_to_begin(newsletter: Newsletter) -> None:
    """No issue yet is not a failure."""
    assert newsletter("status", "--json").json() == []
    assert "newsletter publish SLUG" in newsletter("status").out


def test_status_names_what_an_issue_waits_for(newsletter: Newsletter, planned: str) -> None:
    """Each language that is not approved is a wait with its command."""
    (one,) = newsletter("status", "--json").json()
    assert one.keys() >= {"issue", "slug", "state", "scheduled_at", "waiting_for"}
    assert (one["issue"], one["slug"], one["state"]) == (planned, "city-pair", "in_review")
    assert one["scheduled_at"] == "2031-06-02T12:00:00+02:00"
    assert [wait["language"] for wait in one["waiting_for"]] == ["fr", "en", "nl"]
    assert "newsletter approve city-pair fr --by NAME" in newsletter("status", planned).out


@pytest.mark.usefixtures("approved")
def test_the_schedule_shows_each_time_with_its_zone(newsletter: Newsletter, planned: str) -> None:
    """`schedule list --json` has the promised keys; people see offset and countdown."""
    (one,) = newsletter("schedule", "list", "--json").json()
    assert one.keys() >= {"issue", "slug", "at", "zone"}
    assert (one["issue"], one["at"]) == (planned, "2031-06-02T12:00:00+02:00")
    assert (one["slug"], one["zone"]) == ("city-pair", "Europe/Brussels")
    assert "2031-06-02 12:00 Europe/Brussels (+02:00), in " in newsletter("schedule", "list").out


def test_a_planned_issue_can_be_moved(newsletter: Newsletter, planned: str) -> None:
    """`schedule move` gives another time, and says that no newsroom is there to keep it."""
    said = newsletter("schedule", "move", planned, "2031-12-01 09:00 Europe/Lisbon")
    (one,) = newsletter("schedule", "list", "--json").json()
    assert said.code == 0
    assert "newsletter up" in said.err
    assert (one["at"], one["zone"]) == ("2031-12-01T09:00:00+00:00", "Europe/Lisbon")


def test_a_planned_issue_can_be_cancelled(newsletter: Newsletter, planned: str) -> None:
    """After `schedule cancel` nothing is planned, and doing it twice harms nobody."""
    assert newsletter("schedule", "cancel", planned).code == 0
    assert newsletter("schedule", "cancel", planned).code == 0
    assert newsletter("schedule", "list", "--json").json() == []
    assert newsletter("schedule", "list").out == "Nothing is planned.\n"
    (one,) = newsletter("status", "--json").json()
    assert (one["state"], one["waiting_for"]) == ("cancelled", [])


def test_a_report_before_sending_counts_nobody(newsletter: Newsletter, planned: str) -> None:
    """The shape is the same, the counts are zero, and nobody is told that it is complete."""
    report = newsletter("report", planned, "--json").json()
    assert (report["audience"], report["complete"]) == (0, False)
    assert set(report["deliveries"]) == STATES
    assert "nothing sent yet" in newsletter("report", planned).out


def test_a_report_adds_up_in_every_direction(newsletter: Newsletter, sent: str) -> None:
    """Languages and cities each sum to the audience, state by state."""
    report = newsletter("report", sent, "--json").json()
    assert (report["issue"], report["state"], report["complete"]) == (sent, "sent", True)
    assert set(report["by_language"]) == {"fr", "en", "nl"}
    assert len(report["by_city"]) >= 12
    assert report["audience"] >= 60
    for split in ("by_language", "by_city"):
        for state in STATES:
            total = sum(tally[state] for tally in report[split].values())
            assert total == report["deliveries"][state]
    assert sum(report["deliveries"].values()) == report["audience"]
    told = newsletter("report", sent).out
    assert "the states add up" in told
    assert "Liège" in told


def test_publishing_what_was_sent_sends_nothing_and_says_why(
    newsletter: Newsletter, workspace: Path, sent: str
) -> None:
    """The second publish needs no orchestrator: 0 letters, exit 0, and the same as JSON."""
    before = len(list((workspace / "var" / "outbox" / "new").iterdir()))
    said = newsletter("publish", "city-pair", "--json")
    assert said.code == 0
    nothing = {"sent": 0, "newcomers": 0, "waiting_for": []}
    assert said.json() == {"issue": sent, "state": "sent", **nothing}
    assert "Nothing is sent twice: 0 letters sent now." in said.err
    assert len(list((workspace / "var" / "outbox" / "new").iterdir())) == before


@pytest.mark.parametrize("command", ["pause", "resume"])
def test_what_was_sent_can_neither_be_paused_nor_resumed(
    newsletter: Newsletter, sent: str, command: str
) -> None:
    """The table of moves says no, in words."""
    said = newsletter(command, sent)
    assert said.code == 1
    assert f"{sent} is sent; " in said.err


def test_settling_an_issue_without_doubts_changes_nothing(
    newsletter: Newsletter, sent: str
) -> None:
    """0 doubts are settled, and the issue stays sent."""
    said = newsletter("settle", sent, "--as", "unsent", "--by", "Camille", "--json")
    assert said.code == 0
    assert "0 doubts" in said.err
    assert said.json()["state"] == "sent"


def test_lists_are_imported_once(newsletter: Newsletter) -> None:
    """The lists are in already: nobody is added again, and each row is accounted for."""
    said = newsletter("subscribers", "import", "subscribers", "--json")
    found = said.json()
    assert said.code == 0
    assert found.keys() >= {"rows", "cities", "repeated", "changes", "refused", "dry_run"}
    assert found["cities"] >= 12
    assert found["changes"].get("added", 0) == 0
    assert sum(found["changes"].values()) + found["repeated"] == found["rows"]


def test_a_dry_run_says_what_would_happen_and_does_nothing(
    newsletter: Newsletter, workspace: Path
) -> None:
    """A new row is announced as added, twice."""
    members = workspace / "subscribers" / "lists" / "members.csv"
    with members.open("a", encoding="utf-8") as file:
        file.write("nouvelle@liege.example.org,Équipe nouvelle,Liège,fr\n")
    for _ in range(2):
        said = newsletter("subscribers", "import", "subscribers", "--dry-run", "--json")
        assert said.json()["changes"]["added"] == 1
        assert said.json()["dry_run"] is True
    assert "dry run" in newsletter("subscribers", "import", "subscribers", "--dry-run").out
