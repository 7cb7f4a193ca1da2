"""Local times, policies and what comes again, as a publisher types them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flows.domain.recurrence import Occurrence, OccurrenceState
from flows.domain.timing import Policy
from flows.runtime.runtime import Runtime
from flows.runtime.timing import wish_of
from flows.store.recurrences import add_occurrence, get_recurrence
from tests.functional.cli.conftest import Newsletter, act

RULE = "FREQ=MONTHLY;BYDAY=1TU;BYHOUR=9"


def plan(workspace: Path, at: str, *, policy: str | None = None) -> str:
    """Opens and plans the example's issue, as `publish` does before its flow; its id."""

    async def planning(runtime: Runtime) -> None:
        from flows.operations.launching import open_and_plan

        await open_and_plan(
            runtime.library,
            runtime.store,
            "city-pair",
            lists=(),
            wish=wish_of(runtime.settings, at=at, policy=policy),
            usual=runtime.settings.schedule.policy,
            now=datetime(2031, 6, 1, tzinfo=UTC),
        )

    act(workspace, planning)
    return "city-pair-1"


@pytest.mark.usefixtures("approved")
def test_a_local_time_is_shown_with_its_instants(newsletter: Newsletter, workspace: Path) -> None:
    """The list says what clocks show, and when the first letters leave; moving names them all."""
    issue = plan(workspace, "2031-06-02 09:00 local")

    (one,) = newsletter("schedule", "list", "--json").json()
    assert (one["local"], one["policy"]) == ("2031-06-02 09:00", "hold")
    assert (one["at"], one["zone"]) == ("2031-06-02T09:00:00+02:00", "Europe/Amsterdam")
    assert "2031-06-02 09:00 local time, first 2031-06-02 09:00" in newsletter("status").out

    moved = newsletter("schedule", "move", issue, "2031-06-03 10:00 local", "--policy", "approved")

    assert moved.code == 0, moved.all
    assert "2031-06-03 10:00 local time, first" in moved.out
    assert "2031-06-03 10:00 Europe/Amsterdam (+02:00)" in moved.err
    assert "letters to Anvers, Barcelone, Bruxelles, Cologne, Gand and " in moved.err
    assert "2031-06-03 10:00 Europe/Dublin (+01:00)" in moved.err
    assert "and 1 more zone:" in moved.err
    (one,) = newsletter("status", "--json").json()
    assert (one["local"], one["policy"]) == ("2031-06-03 10:00", "approved")


@pytest.mark.usefixtures("approved")
def test_an_instant_for_all_takes_the_place_of_a_local_time(
    newsletter: Newsletter, workspace: Path
) -> None:
    """And the other way round."""
    issue = plan(workspace, "2031-06-02 09:00 local")
    assert newsletter("schedule", "move", issue, "2031-06-03 10:00 UTC").code == 0
    (one,) = newsletter("schedule", "list", "--json").json()
    assert (one["local"], one["at"]) == (None, "2031-06-03T10:00:00+00:00")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("2031-06-02 local",), "is not a day, a time and a zone"),
        (("2031-06-02 09:00",), "names no time zone"),
        (("2020-06-02 09:00 local",), "has passed everywhere"),
        (("2031-06-02 09:00 UTC", "--policy", "maybe"), "is not hold or approved"),
    ],
)
@pytest.mark.usefixtures("approved")
def test_a_time_or_policy_that_is_none_is_refused(
    newsletter: Newsletter, workspace: Path, arguments: tuple[str, ...], problem: str
) -> None:
    """With exit 2, and the issue keeps its time."""
    issue = plan(workspace, "2031-06-02 09:00 local")
    said = newsletter("schedule", "move", issue, *arguments)
    assert (said.code, problem in said.err) == (2, True), said.all
    assert newsletter("schedule", "list", "--json").json()[0]["local"] == "2031-06-02 09:00"


def test_a_local_time_that_passed_long_ago_somewhere_is_asked_about(
    newsletter: Newsletter, workspace: Path
) -> None:
    """The cities are named with the option that helps; said so, it is planned."""
    issue = plan(workspace, "2031-06-02 09:00 local")
    cities = workspace / "far.csv"
    rows = "city,country,language,timezone\nMata-Utu,WF,fr,Pacific/Kiritimati\n"
    rows += "Midway,UM,en,Pacific/Midway\n"
    cities.write_text(rows, encoding="utf-8")
    (workspace / "subscribers" / "cities.csv").write_text(rows, encoding="utf-8")
    lists = workspace / "subscribers" / "lists"
    for path in lists.iterdir():
        path.unlink()
    (lists / "far.csv").write_text(
        "email,name,city,language\na@wf.example.org,A,Mata-Utu,fr\nb@um.example.org,B,Midway,en\n",
        encoding="utf-8",
    )
    assert newsletter("subscribers", "import", "subscribers").code == 0
    # Clocks there are a day apart: this hour has passed in the one and is to come in the other.
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0, tzinfo=None)

    refused = newsletter("schedule", "move", issue, f"{now:%Y-%m-%d %H:%M} local")
    planned = newsletter("schedule", "move", issue, f"{now:%Y-%m-%d %H:%M} local", "--send-late")

    assert refused.code == 1, refused.all
    assert "Mata-Utu (readers: 1)" in refused.err
    assert "--send-late" in refused.err
    assert planned.code == 0, planned.all


@pytest.mark.usefixtures("approved")
def test_a_rule_is_made_shown_stopped_and_ended(newsletter: Newsletter) -> None:
    """With its next times, and what it would send now."""
    made = newsletter("schedule", "every", "monthly", RULE, "--zone", "Europe/Brussels")
    assert made.code == 0, made.all
    assert made.out.count("09:00 Europe/Brussels") == 5
    assert "Now it would send: city-pair." in made.out
    assert "written 48 hours before" in made.out
    assert "newsletter up" in made.err

    (one,) = newsletter("schedule", "recurring", "--json").json()
    assert one.keys() == {
        "id", "version", "name", "rule", "zone", "lists", "articles", "policy", "each", "titles",
        "sections", "ahead_hours", "state", "next", "last",
    }  # fmt: skip
    assert (one["name"], one["state"], one["rule"]) == ("monthly", "active", RULE)
    assert len(one["next"]) == 3
    assert "monthly" in newsletter("schedule", "list").out
    shown = " ".join(newsletter("schedule", "recurring", COLUMNS="200").out.split())
    assert "a digest of *, to all, policy hold" in shown
    assert "Nothing is planned." in newsletter("schedule", "list").out

    assert newsletter("schedule", "rest", "monthly").code == 0
    assert newsletter("schedule", "recurring", "--json").json()[0]["next"] == []
    assert "09:00 Europe/Brussels" in newsletter("schedule", "go-on", "monthly").out
    assert newsletter("schedule", "end", "monthly").code == 0
    again = newsletter("schedule", "go-on", "monthly")
    assert (again.code, "monthly has ended" in again.err) == (1, True)
    listed = newsletter("schedule", "list")
    assert "monthly" not in listed.out
    assert "1 rule has ended: newsletter schedule recurring" in listed.err
    assert "never again" in newsletter("schedule", "recurring", COLUMNS="200").out


def test_some_lists_and_every_list_are_not_meant_at_once(newsletter: Newsletter) -> None:
    """Exit 2, and the rule goes to whom it went."""
    made = newsletter("schedule", "every", "monthly", RULE, "--zone", "UTC", "--list", "members")
    assert made.code == 0, made.all
    both = newsletter("schedule", "change", "monthly", "--list", "staff", "--every-list")
    assert (both.code, "--every-list" in both.err) == (2, True), both.all
    (one,) = newsletter("schedule", "recurring", "--json").json()
    assert one["lists"] == ["members"]


def test_every_part_of_a_rule_is_changed_by_an_option(newsletter: Newsletter) -> None:
    """What is not named stays; titles are somebody's, who is named."""
    made = newsletter(
        "schedule", "every", "monthly", RULE, "--zone", "UTC", "--list", "members", "--sections"
    )
    assert made.code == 0, made.all
    before = newsletter("schedule", "recurring", "--json").json()[0]

    def changed(*options: str) -> dict[str, Any]:
        nonlocal before
        said = newsletter("schedule", "change", "monthly", *options, "--json")
        assert said.code == 0, said.all
        after = said.json()
        moved = {name: after[name] for name in after if after[name] != before[name]}
        before = after
        return {name: moved[name] for name in moved.keys() - {"version", "next"}}

    weekly = "FREQ=WEEKLY;BYDAY=MO;BYHOUR=8"
    assert changed("--rule", weekly) == {"rule": weekly}
    assert changed("--zone", "Europe/Brussels") == {"zone": "Europe/Brussels"}
    assert changed("--every-list") == {"lists": []}
    assert changed("--list", "members") == {"lists": ["members"]}
    assert changed("--articles", "brief-*") == {"articles": "brief-*"}
    assert changed("--no-sections") == {"sections": False}
    assert changed("--ahead", "72") == {"ahead_hours": 72}
    assert changed("--policy", "approved") == {"policy": "approved"}
    titles = ("--title", "La lettre de {month}", "--title", "en=The {month} letter")
    assert newsletter("schedule", "change", "monthly", *titles).code == 2
    both = {"fr": "La lettre de {month}", "en": "The {month} letter"}
    assert changed(*titles, "--by", "Paula") == {"titles": both}
    assert changed("--each").items() >= {"each": True, "titles": {}}.items()
    assert changed("--digest").items() >= {"each": False, "ahead_hours": 48}.items()
    said = newsletter("schedule", "change", "monthly", "--sections")
    assert said.out.startswith(f"monthly comes again by {weekly}:\n")
    assert said.out.count("08:00 Europe/Brussels") == 3


def test_a_change_of_nothing_is_refused_and_one_of_a_resting_rule_says_that_it_rests(
    newsletter: Newsletter,
) -> None:
    """The options that there are; the command that lets it go on."""
    assert newsletter("schedule", "every", "monthly", RULE, "--zone", "UTC").code == 0
    nothing = newsletter("schedule", "change", "monthly")
    assert (nothing.code, "--policy" in nothing.err) == (2, True), nothing.all
    assert newsletter("schedule", "rest", "monthly").code == 0

    said = newsletter("schedule", "change", "monthly", "--articles", "brief-*")

    assert said.out == (
        f"monthly comes again by {RULE}:\n  not before: newsletter schedule go-on monthly\n"
    ), said.all


def test_a_rule_that_is_none_is_refused(newsletter: Newsletter) -> None:
    """With an example of one, exit 2; a name that nothing bears as well."""
    said = newsletter("schedule", "every", "monthly", "monthly", "--zone", "Europe/Brussels")
    assert (said.code, "FREQ=MONTHLY;BYDAY=1TU;BYHOUR=9" in said.err) == (2, True)
    assert newsletter("schedule", "every", "m", RULE, "--zone", "Europe").code == 2
    assert newsletter("schedule", "every", "m", RULE, "--zone", "UTC", "--list", "x").code == 2
    unsigned = newsletter("schedule", "every", "m", RULE, "--zone", "UTC", "--title", "{month}")
    assert (unsigned.code, "--by NAME" in unsigned.err) == (2, True)
    for odd in (
        ("--title", "{Month}", "--by", "Paula"),
        ("--each", "--sections"),
        ("--ahead", "nan"),
        ("--ahead", "1e12"),
        ("--articles", ""),
        ("--articles", "x" * 201),
        ("--articles", "Banc Public"),
        ("--articles", "évry-*"),
    ):
        said = newsletter("schedule", "every", "m", RULE, "--zone", "UTC", *odd)
        assert said.code == 2, said.all
    assert newsletter("schedule", "rest", "monthly").code == 2
    assert "Nothing comes again" in newsletter("schedule", "recurring").out


def test_the_titles_of_a_rule_are_shown(newsletter: Newsletter) -> None:
    """Made, changed and listed; one in a language that the newsletter has not is refused."""
    every = ("schedule", "every", "monthly", RULE, "--zone", "UTC", "--by", "Paula")
    titles = ("--title", "La lettre de {month}", "--title", "nl=De brief van {month}")
    for tag, told in (
        ("ne", "'ne' is not one of the languages: fr, en, nl"),
        ("NL-be", "mean nl?"),
    ):
        wrong = newsletter(*every, "--title", f"{tag}=De brief van {{month}}")
        assert (wrong.code, told in wrong.err) == (2, True), wrong.all

    made = newsletter(*every, *titles)
    assert "  fr: La lettre de {month}\n  nl: De brief van {month}\n" in made.out, made.all
    assert "  nl: De brief van {month}\n" in newsletter("schedule", "recurring").out
    changed = newsletter(
        "schedule", "change", "monthly", "--title", "Nouvelles de {month}", "--by", "Paula"
    )
    assert "The titles of monthly:\n  fr: Nouvelles de {month}\n" in changed.out, changed.all


def test_a_pattern_that_no_article_has_yet_is_remarked_upon(newsletter: Newsletter) -> None:
    """Not refused: articles may come."""
    told = "No article has a name like ctiy-* now"
    for command in (
        ("every", "monthly", RULE, "--zone", "UTC", "--articles", "ctiy-*"),
        ("change", "monthly", "--articles", "city-*"),
        ("change", "monthly", "--articles", "ctiy-*"),
    ):
        said = newsletter("schedule", *command)
        assert (said.code, told in said.err) == (0, "ctiy-*" in command), said.all


def test_a_change_of_nothing_says_so(newsletter: Newsletter) -> None:
    """With what holds already."""
    newsletter("schedule", "every", "monthly", RULE, "--zone", "UTC")
    elsewhere = ("--zone", "Europe/Paris")
    for same in (False, True):
        said = newsletter("schedule", "change", "monthly", *elsewhere)
        assert (said.code, "Nothing was changed." in said.out) == (0, same), said.all


@pytest.mark.usefixtures("approved")
def test_what_was_missed_is_named_with_the_command_that_opens_it(
    newsletter: Newsletter, workspace: Path
) -> None:
    """In `status` and in the list; the command opens it once."""
    made = newsletter("schedule", "every", "monthly", RULE, "--zone", "UTC", "--each", "--json")
    assert json.loads(made.out)["articles_now"] == ["city-pair"]

    async def miss(runtime: Runtime) -> None:
        async with runtime.store.writing() as tx:
            recurrence = await get_recurrence(tx, "monthly")
            await add_occurrence(
                tx,
                Occurrence(
                    recurrence=recurrence.id,
                    at=datetime(2026, 11, 3, 9, tzinfo=UTC),
                    state=OccurrenceState.LATE,
                ),
            )

    act(workspace, miss)
    for command in ("list", "recurring"):
        assert "newsletter schedule open monthly" in newsletter("schedule", command).err
    opened = newsletter("schedule", "open", "monthly")
    assert (opened.code, opened.out) == (0, "monthly: city-pair-1.\n"), opened.all
    assert "newsletter send city-pair-1" in opened.err
    assert newsletter("schedule", "open", "monthly").code == 1


@pytest.mark.usefixtures("approved")
def test_a_workspace_s_usual_policy_is_that_of_new_issues(
    newsletter: Newsletter, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`schedule.policy`; a word that is none is refused with its place."""
    monkeypatch.setenv("NEWSLETTER_SCHEDULE__POLICY", Policy.APPROVED)
    plan(workspace, "2031-06-02 09:00 UTC")
    assert newsletter("schedule", "list", "--json").json()[0]["policy"] == "approved"
    wrong = newsletter("status", NEWSLETTER_SCHEDULE__POLICY="maybe")
    assert (wrong.code, "NEWSLETTER_SCHEDULE__POLICY" in wrong.err) == (1, True), wrong.all
    wrong = newsletter("status", NEWSLETTER_SCHEDULE__WARN='["nobody"]')
    assert (wrong.code, "is no e-mail address" in wrong.err) == (1, True), wrong.all
