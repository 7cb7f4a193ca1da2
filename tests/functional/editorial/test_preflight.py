"""The last look before an issue leaves."""

from collections.abc import Sequence
from dataclasses import replace

from flows.domain.issue import Issue, IssueState
from flows.operations.preflight import Item, Preflight, Topic, preflight
from flows.store.issues import move_issue
from flows.translation.checks.departure import Identity, Published
from tests.functional.editorial.conftest import BODY, NOW, Newsroom, write_article

WHO = Identity(
    author_domain="efus.example",
    envelope_domain="efus.example",
    keys={"k._domainkey.efus.example": "p=ours"},
)


async def look(
    newsroom: Newsroom,
    issue: Issue,
    *,
    identity: Identity | None = None,
    records: Published | None = None,
) -> Preflight:
    """What is found, in English."""

    async def lookup(names: Sequence[str]) -> Published:
        assert records is not None, "nobody is to be asked"
        return {name: records.get(name, ()) for name in names}

    return await preflight(
        newsroom.desk.library,
        newsroom.desk.store,
        issue.id,
        identity=identity,
        lookup=lookup,
        now=NOW,
        late_hours=6,
        reviewer="en",
    )


def item(found: Preflight, topic: Topic) -> Item:
    """What was found of one topic."""
    return next(one for one in found.items if one.topic is topic)


async def test_an_approved_issue_may_leave_and_everything_was_looked_at(approved: Newsroom) -> None:
    """Every topic has its line; where nobody is mailed, nobody is asked about the sender."""
    found = await look(approved, await approved.open())

    assert [one.topic for one in found.items] == list(Topic)
    assert (found.blocks, found.blocks_planning) == (False, False)
    assert item(found, Topic.SENDER).verdict == "good"
    assert item(found, Topic.OPT_OUT).verdict == "good"


async def test_what_people_still_work_on_blocks_sending_but_not_a_time(newsroom: Newsroom) -> None:
    """Untranslated passages and missing approvals are mended by then, or nothing leaves."""
    await newsroom.bring_in()

    found = await look(newsroom, await newsroom.open())

    assert (found.blocks, found.blocks_planning) == (True, False)
    assert item(found, Topic.APPROVALS).verdict == "error"
    assert {note.language for note in item(found, Topic.TRANSLATION).notes} == {"en", "nl"}


async def test_a_link_that_leads_nowhere_forbids_approval_and_departure(
    newsroom: Newsroom,
) -> None:
    """Half an address in the French is found there."""
    await newsroom.bring_in()
    write_article(newsroom.content, body=BODY.replace("https://efus.test/nuit", "https://efus"))

    found = await look(newsroom, await newsroom.open())

    links = item(found, Topic.LINKS)
    assert links.verdict == "error"
    assert any("https://efus" in note.message for note in links.notes)


async def test_an_issue_to_nobody_gets_no_time_either(approved: Newsroom) -> None:
    """Nobody works on that: it would be so at its time, too."""
    issue = await approved.open()
    async with approved.desk.store.writing() as tx:
        issue = await move_issue(tx, issue, issue.state, now=NOW, lists=["nobody"])

    found = await look(approved, issue)

    assert (found.blocks, found.blocks_planning) == (True, True)
    assert item(found, Topic.AUDIENCE).notes[0].message == "nobody would get it"


async def test_an_audience_is_compared_with_issues_to_the_same_lists(approved: Newsroom) -> None:
    """Four went last; two would be half as many. Issues to other lists say nothing."""
    first = await approved.freeze(await approved.open())
    async with approved.desk.store.writing() as tx:
        await move_issue(tx, first, IssueState.SENDING, now=NOW)
        await move_issue(tx, replace(first, state=IssueState.SENDING), IssueState.SENT, now=NOW)
    write_article(approved.content, slug="autre")

    other = await look(approved, await approved.open("prevention", slug="autre"))
    assert item(other, Topic.AUDIENCE).verdict == "good"

    (approved.workspace / "subscribers" / "lists" / "members.csv").write_text(
        "email,name,city,language\ncabinet@liege.example.org,Cabinet,Liège,fr\n", encoding="utf-8"
    )
    (approved.workspace / "subscribers" / "lists" / "prevention.csv").write_text(
        "email,name,city,language\nservice@liege.example.org,Service,Liège,fr\n", encoding="utf-8"
    )
    await approved.bring_in()
    same = await look(approved, await approved.open(slug="autre"))

    assert item(same, Topic.AUDIENCE).verdict == "warning"
    assert item(same, Topic.AUDIENCE).notes[0].message == (
        "2 recipients, 50 % fewer than usual (4)"
    )


async def test_a_key_that_the_dns_does_not_have_blocks(approved: Newsroom) -> None:
    """Each server would take the letters for forged."""
    issue = await approved.open()
    sound = {
        "k._domainkey.efus.example": ("v=DKIM1; p=ours",),
        "efus.example": ("v=spf1 mx -all",),
        "_dmarc.efus.example": ("v=DMARC1; p=none",),
    }

    good = await look(approved, issue, identity=WHO, records=sound)
    bad = await look(approved, issue, identity=WHO, records={**sound, next(iter(WHO.keys)): ()})
    silent = await look(approved, issue, identity=WHO, records=dict.fromkeys(WHO.names))

    assert item(good, Topic.SENDER).verdict == "good"
    assert (bad.blocks_planning, item(bad, Topic.SENDER).verdict) == (True, "error")
    assert (silent.blocks, item(silent, Topic.SENDER).verdict) == (False, "unknown")


async def test_an_article_that_cannot_be_read_is_told(approved: Newsroom) -> None:
    """As an error, not as a fault."""
    issue = await approved.open()
    (approved.content / issue.slug / "fr.md").write_text("---\ntitle: [\n---\n", encoding="utf-8")

    found = await look(approved, issue)

    assert (found.blocks, item(found, Topic.TEXT).verdict) == (True, "error")
