"""Digests that come by a rule: written ahead, reviewed, sent; each article in one of them."""

import asyncio
import shutil
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flows.domain.article import Article, Slug
from flows.domain.errors import InputError, NotDoneError
from flows.domain.issue import Issue, IssueId, IssueState
from flows.domain.language import Language
from flows.domain.recurrence import (
    EACH,
    Form,
    Occurrence,
    OccurrenceState,
    Recurrence,
    RecurrenceState,
)
from flows.domain.timing import Policy
from flows.operations.approving import approve_language
from flows.operations.assembling import write_digest
from flows.operations.authorship import WRITTEN
from flows.operations.collecting import collect_articles, listed_in
from flows.operations.delivering import freeze_issue
from flows.operations.gating import pass_gate
from flows.operations.holding import hold_what_may_have_left
from flows.operations.issues import cancel_issue
from flows.operations.occurring import begin, open_due
from flows.operations.recurring import list_recurrences, make_recurrence, turn_recurrence
from flows.operations.reviewing import review_article
from flows.orchestration.server import PrefectServer
from flows.store.events import record_event
from flows.store.issues import find_issues, get_issue
from flows.store.recurrences import add_occurrence
from tests.functional.cli.command_line import closed_port
from tests.functional.editorial.conftest import EN, FR, NL, NOW, SLUG, Newsroom, write_article
from tests.functional.schedules.conftest import TimedRuntime
from tests.servers.orchestrator import Orchestrator

S = OccurrenceState
AT = datetime(2026, 12, 1, 8, tzinfo=UTC)
"""The first Tuesday of December, at nine in Brussels."""
AHEAD = AT - timedelta(hours=48)
NEXT = datetime(2027, 1, 5, 8, tzinfo=UTC)
DIGEST = Slug("monthly-2026-12-01")
ISSUE = IssueId(f"{DIGEST}-1")
TITLES = {
    FR: "La lettre de {month} {year}",
    EN: "The {month} {year} letter",
    NL: "De brief van {month} {year}",
}


async def monthly(desk: TimedRuntime, name: str = "monthly", **other: Any) -> Recurrence:
    """A digest on the first Tuesday of each month at nine, to all lists, made now."""
    wanted: dict[str, Any] = {
        "rule": "FREQ=MONTHLY;BYDAY=1TU;BYHOUR=9",
        "zone": "Europe/Brussels",
        "lists": [],
        "articles": "*",
        "policy": Policy.HOLD,
        "form": Form(titles=TITLES),
        **other,
    }
    return await make_recurrence(desk.store, name, **wanted, now=desk.clock(), by="Paula")


async def look(desk: TimedRuntime, server: PrefectServer | None = None) -> list[Occurrence]:
    """Deals with what is due, as the newsroom's clock does."""
    return await open_due(desk.library, desk.store, server, now=desk.clock(), late_hours=6)


async def approve(desk: TimedRuntime, slug: Slug = DIGEST, *, by: str = "Chantal") -> None:
    """Signs every language of a digest off."""
    for language in desk.library.languages:
        await sign_off(desk, language, slug, by=by)


async def sign_off(desk: TimedRuntime, language: Language, slug: Slug = DIGEST, *, by: str) -> None:
    """Signs one language of a digest off."""
    await approve_language(
        desk.library, desk.store, slug, language, by=by, two_people=True, now=desk.clock()
    )


async def send(desk: TimedRuntime, issue: IssueId = ISSUE) -> Issue:
    """Fixes what a digest's readers get, as its run does."""
    await approve(desk)
    await pass_gate(desk.library, desk.store, issue, now=desk.clock(), late_hours=6)
    return await freeze_issue(
        desk.store,
        issue,
        languages=desk.library.languages,
        letterheads=desk.letterheads(),
        message_id=desk.message_id,
        now=desk.clock(),
        carries=await listed_in(desk.library, desk.store, issue),
    )


async def brief(desk: TimedRuntime, slug: str = "brief", **front: str) -> None:
    """Another approved article."""
    write_article(desk.library.content, slug=slug, **front)
    await Newsroom(desk).approve_all(slug=slug)


async def issues(desk: TimedRuntime) -> list[Issue]:
    """Every issue."""
    async with desk.store.reading() as tx:
        return await find_issues(tx)


def digest_of(desk: TimedRuntime, slug: Slug = DIGEST) -> Article:
    """What was written."""
    return desk.library.article(slug)


async def test_a_digest_is_written_and_opened_ahead_of_its_time(
    timed: TimedRuntime, orchestrator: Orchestrator
) -> None:
    """One issue of all that is approved, with its time; two days before, and not earlier."""
    await brief(timed, date="2026-11-02")
    await monthly(timed, lists=["members"])
    assert await look(timed.at(AHEAD - timedelta(seconds=1)), orchestrator.server()) == []

    (opened,) = await look(timed.at(AHEAD), orchestrator.server())

    assert (opened.at, opened.state, opened.issues) == (AT, S.OPENED, (ISSUE,))
    assert opened.slugs == (SLUG, "brief"), "in the order of their dates"
    assert digest_of(timed).front.listed == opened.slugs
    assert digest_of(timed).body.strip() == ""
    (issue,) = await issues(timed)
    assert (issue.slug, issue.state, issue.lists) == (DIGEST, IssueState.IN_REVIEW, ("members",))
    assert (issue.scheduled_at, issue.zone) == (AT, "Europe/Brussels")
    (run,) = orchestrator.runs.values()
    assert run["parameters"] == {"issue": ISSUE}, "and no engine is asked: nothing is empty"
    assert await look(timed.after(minutes=5)) == []


async def test_its_titles_are_the_maker_s_words_and_wait_for_somebody_else(
    timed: TimedRuntime,
) -> None:
    """In every language; the articles in it are not reviewed again."""
    await monthly(timed)
    await look(timed.at(AHEAD))

    library, store = timed.library, timed.store
    subjects = [library.edition(DIGEST, one).subject for one in library.languages]
    assert subjects == [
        "La lettre de décembre 2026",
        "The December 2026 letter",
        "De brief van december 2026",
    ]
    assert library.catalogue(DIGEST, NL).last_editor == "Paula"
    reviews = await review_article(library, store, DIGEST)
    assert [(one.empty, one.signed_off, one.articles_waiting) for one in reviews] == [
        (0, False, ())
    ] * 3
    for language in library.languages:
        with pytest.raises(NotDoneError, match="Paula was the last to edit"):
            await sign_off(timed, language, by="Paula")

    await approve(timed)

    assert await pass_gate(library, store, ISSUE, now=timed.clock(), late_hours=6) == []
    async with store.reading() as tx:
        assert (await get_issue(tx, ISSUE)).state is IssueState.SCHEDULED


async def test_whoever_writes_in_the_digest_afterwards_is_its_last_editor(
    timed: TimedRuntime,
) -> None:
    """In the source as elsewhere; a newsroom that was killed in between does not forget it."""
    made = await monthly(timed)
    begun = await begin(timed.library, timed.store, made, now=AHEAD, late_hours=6)
    assert begun is not None
    write_digest(timed.library, made, DIGEST, at=AT, slugs=begun.slugs)
    async with timed.store.writing() as tx:
        await record_event(tx, WRITTEN, DIGEST, actor="Édith", now=AHEAD)
    await look(timed.at(AHEAD + timedelta(hours=1)))

    with pytest.raises(NotDoneError, match="Édith was the last to edit"):
        await sign_off(timed, FR, by="Édith")
    await sign_off(timed, FR, by="Paula")


async def test_what_an_earlier_article_of_its_name_had_written_counts_no_more(
    timed: TimedRuntime,
) -> None:
    """The folder is new, and so is its author."""
    async with timed.store.writing() as tx:
        await record_event(tx, WRITTEN, DIGEST, actor="Édith", now=NOW)
    await monthly(timed)
    await look(timed.at(AHEAD))
    with pytest.raises(NotDoneError, match="Paula was the last to edit"):
        await sign_off(timed, FR, by="Paula")


async def test_without_patterns_it_is_named_after_sender_and_month(timed: TimedRuntime) -> None:
    """A draft, that no person wrote; of a language without a pattern an engine makes one."""
    await monthly(timed, form=Form())
    await look(timed.at(AHEAD))
    sender = timed.library.senders[EN].name
    assert timed.library.edition(DIGEST, EN).subject == f"{sender} – December 2026"
    assert timed.library.catalogue(DIGEST, EN).last_editor == ""
    await approve(timed, by="Paula")


async def test_a_language_without_a_pattern_is_drafted(
    timed: TimedRuntime, orchestrator: Orchestrator
) -> None:
    """The newsroom's engines are asked once, also if nobody could ask them at first."""
    await monthly(timed, form=Form(titles={FR: "La lettre de {month}"}))
    await look(timed.at(AHEAD), PrefectServer(f"http://127.0.0.1:{closed_port()}/api"))
    for _ in range(2):
        await look(timed.after(minutes=2), orchestrator.server())
    runs = [run["parameters"] for run in orchestrator.runs.values()]
    assert runs == [{"slug": DIGEST}], "and the clock plans its issue"


async def test_an_article_counts_as_sent_when_a_digest_with_it_leaves(
    timed: TimedRuntime,
) -> None:
    """Also when the digest's folder is gone since; what was taken out before was not sent."""
    made = await monthly(timed)
    await brief(timed)
    await look(timed.at(AHEAD))
    assert await collect_articles(timed.library, timed.store, made) == [], "they are promised"
    path = digest_of(timed).folder / "fr.md"
    path.write_text(path.read_text("utf-8").replace(f"- {SLUG}\n", ""), encoding="utf-8")

    issue = await send(timed.at(AT))
    shutil.rmtree(path.parent)

    assert issue.carries == ("brief",)
    assert await collect_articles(timed.library, timed.store, made) == [SLUG]
    other = await monthly(timed, "each", form=EACH)
    assert await collect_articles(timed.library, timed.store, other) == [SLUG]


async def test_a_cancelled_digest_gives_its_articles_back(timed: TimedRuntime) -> None:
    """Nothing of it left; the next one takes them."""
    await monthly(timed)
    await look(timed.at(AHEAD))
    await cancel_issue(timed.store, ISSUE, now=timed.clock())

    (following,) = await look(timed.at(NEXT))

    assert (following.slugs, following.issues) == ((SLUG,), ("monthly-2027-01-05-1",))


async def test_in_a_restored_newsroom_a_digest_that_somebody_says_has_left_keeps_its_articles(
    timed: TimedRuntime,
) -> None:
    """It is cancelled there, as a letter that left is; nothing in it is sent again."""
    made = await monthly(timed)
    await look(timed.at(AHEAD))
    async with timed.store.writing() as tx:
        await hold_what_may_have_left(tx, made_at=AHEAD, by="Paula", now=AT)
    assert await collect_articles(timed.library, timed.store, made) == []
    await cancel_issue(timed.store, ISSUE, now=AT)
    assert await collect_articles(timed.library, timed.store, made) == []


async def test_what_was_sent_by_itself_is_in_no_digest(timed: TimedRuntime) -> None:
    """Nor is a digest in a digest."""
    made = await monthly(timed)
    await brief(timed)
    issue = await Newsroom(timed).open(slug="brief")
    await Newsroom(timed).freeze(issue)
    await look(timed.at(AHEAD))
    await send(timed.at(AT))
    assert digest_of(timed).front.listed == (SLUG,)
    assert await collect_articles(timed.library, timed.store, made) == []


@pytest.mark.parametrize("written", ["all", "the source"])
async def test_a_kill_before_the_issue_is_opened_leaves_one_digest(
    timed: TimedRuntime, written: str
) -> None:
    """The same folder is gone on with, and what a person wrote into it meanwhile stays."""
    made = await monthly(timed)
    begun = Occurrence(
        recurrence=made.id, at=AT, state=S.OPENING, digest=DIGEST, slugs=(Slug(SLUG),)
    )
    async with timed.store.writing() as tx:
        await add_occurrence(tx, begun, until=AHEAD)
    write_digest(timed.library, made, DIGEST, at=AT, slugs=begun.slugs)
    path = timed.library.content / DIGEST / "fr.md"
    path.write_text(path.read_text("utf-8") + "\nChères villes,\n", encoding="utf-8")
    if written == "the source":
        (path.parent / "en.po").unlink()

    (opened,) = await look(timed.at(AHEAD + timedelta(minutes=2)))

    assert opened.issues == (ISSUE,)
    assert digest_of(timed).body.strip() == "Chères villes,"
    assert "The December 2026 letter" in (path.parent / "en.po").read_text("utf-8")
    assert len(await issues(timed)) == 1
    assert sorted(one for one in timed.library.slugs() if one.startswith("monthly")) == [DIGEST]


async def test_two_newsrooms_at_once_write_one_digest(timed: TimedRuntime) -> None:
    """The occurrence is the lock."""
    await monthly(timed)
    timed.at(AHEAD)
    both = await asyncio.gather(look(timed), look(timed))
    assert sorted(len(one) for one in both) == [0, 1]
    assert len(await issues(timed)) == 1


async def test_with_nothing_new_nobody_is_mailed_and_the_schedule_says_so(
    timed: TimedRuntime,
) -> None:
    """Until the time itself something may still be approved."""
    await monthly(timed, articles="brief")
    assert await look(timed.at(AHEAD)) == []
    (outlook,) = await list_recurrences(timed.store, now=AHEAD)
    assert (outlook.coming[0], outlook.past) == (AT, [])

    await brief(timed.at(AT - timedelta(hours=1)))
    (opened,) = await look(timed)
    (empty,) = await look(timed.at(NEXT))

    assert (opened.state, opened.slugs) == (S.OPENED, ("brief",))
    assert (empty.at, empty.state, empty.issues) == (NEXT, S.EMPTY, ())
    assert len(await issues(timed)) == 1
    assert not (timed.library.content / "monthly-2027-01-05").exists()


async def test_articles_stand_under_their_first_tags(timed: TimedRuntime) -> None:
    """If the rule says so; those without a tag come first."""
    content = timed.library.content
    for slug, tag in (("brief-a", "espace public"), ("brief-b", ""), ("brief-c", "espace public")):
        path = write_article(content, slug=slug, date="2026-11-02")
        if tag:
            text = path.read_text("utf-8").replace("\n---\n", f"\ntags: [{tag}, autre]\n---\n", 1)
            path.write_text(text, encoding="utf-8")
        await Newsroom(timed).approve_all(slug=slug)
    await monthly(timed, articles="brief-*", form=Form(sections=True))

    await look(timed.at(AHEAD))

    sections = digest_of(timed).front.articles
    assert [(one.heading, [item.article for item in one.items]) for one in sections] == [
        ("", ["brief-b"]),
        ("Espace public", ["brief-a", "brief-c"]),
    ]


async def test_two_rules_at_one_time_share_no_article(timed: TimedRuntime) -> None:
    """To lists that have readers in common each article goes once."""
    await monthly(timed, lists=["members"])
    await monthly(timed, "other", lists=["members", "prevention"])
    opened = await look(timed.at(AHEAD))
    assert [one.slugs for one in opened] == [(SLUG,)]


async def test_what_took_its_folder_since_is_never_sent_in_its_place(timed: TimedRuntime) -> None:
    """It is said, and tried again once the folder is out of the way."""
    made = await monthly(timed)
    await begin(timed.library, timed.store, made, now=AHEAD, late_hours=6)
    path = write_article(timed.library.content, slug=DIGEST)
    assert await look(timed.at(AHEAD + timedelta(minutes=2))) == []
    assert await issues(timed) == []

    shutil.rmtree(path.parent)

    (opened,) = await look(timed.after(minutes=2))
    assert opened.issues == (ISSUE,)


async def test_how_far_ahead_depends_on_how_often(timed: TimedRuntime) -> None:
    """Two days, or half of what is between two; never more than that is."""
    daily = await monthly(timed, "daily", rule="0 9 * * *")
    assert timedelta(hours=11) < daily.form.ahead <= timedelta(hours=12)
    week = timedelta(days=7)
    weekly = await monthly(timed, "weekly", rule="0 9 * * MON", ahead=timedelta(hours=100))
    assert weekly.form.ahead == timedelta(hours=100)
    with pytest.raises(InputError, match="cannot be written 169 hours ahead"):
        await monthly(timed, "w", rule="0 9 * * MON", ahead=week + timedelta(hours=1))
    with pytest.raises(InputError, match="more than once a day"):
        await monthly(timed, "w", rule="0 9,15 * * *")
    with pytest.raises(InputError, match="more than once a day"):
        await monthly(timed, "w", rule="FREQ=HOURLY;INTERVAL=21")
    assert (await monthly(timed, "w", rule="0 9,15 * * *", form=EACH)).form.ahead == timedelta()


async def test_the_name_of_what_has_ended_can_be_used_again(timed: TimedRuntime) -> None:
    """The one that ended is still shown, beside its number."""
    await monthly(timed)
    await turn_recurrence(timed.store, "monthly", RecurrenceState.ENDED, now=NOW, by="Paula")
    again = await monthly(timed, form=EACH)
    found = {
        one.recurrence.name: one.recurrence.state
        for one in await list_recurrences(timed.store, now=NOW)
    }
    assert found == {
        "monthly": RecurrenceState.ACTIVE,
        f"monthly ({again.id - 1})": RecurrenceState.ENDED,
    }
