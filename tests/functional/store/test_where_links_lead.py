"""Which letters that went out hold an address, and what was approved last, on both databases."""

from dataclasses import replace
from datetime import timedelta

from flows.domain.issue import IssueState
from flows.domain.language import Language
from flows.store.archive import editions_with
from flows.store.database import Store
from flows.store.issues import create_issue, freeze_editions, move_issue
from flows.store.reviews import Decision, keep_edition, last_approved, record_decision
from tests.functional.builders import EN, LETTERHEADS, NL, NOW, SLUG, an_edition

LINK = 'https://lettre.test/articles/nl/rue_apaisée%"'


async def send(store: Store, *lists: str, html: str, state: IssueState, title: str) -> None:
    """An issue in a state whose Dutch letter holds this HTML."""
    edition = replace(an_edition(NL, title=title), html=html)
    async with store.writing() as tx:
        await keep_edition(tx, edition, now=NOW)
        issue = await create_issue(tx, SLUG, lists=lists, now=NOW)
        await freeze_editions(tx, issue.id, {NL: edition.digest}, letterheads=LETTERHEADS)
        for step in (IssueState.APPROVED, IssueState.SENDING, state):
            if step is not issue.state:
                issue = await move_issue(tx, issue, step, now=NOW, started_at=NOW)


async def test_letters_are_found_by_an_address_in_them(store: Store) -> None:
    """Once they leave and after, in their own language, with the lists that they went to."""
    body = f'<a href="{LINK}>Lees verder</a>'
    await send(store, "members", html=body, state=IssueState.SENT, title="a")
    await send(store, html=body, state=IssueState.SENDING, title="b")
    await send(store, "other", html=body, state=IssueState.CANCELLED, title="c")
    await send(store, html=body.replace("_", "-"), state=IssueState.SENT, title="d")
    async with store.reading() as tx:
        found = await editions_with(tx, LINK, language=NL)
        english = await editions_with(tx, LINK, language=EN)
    assert sorted(list(one) for one in found) == [[], ["members"]]
    assert english == []


async def test_the_edition_that_was_approved_last_is_found(store: Store) -> None:
    """A later rejection, or another language, changes nothing about it."""
    editions = [an_edition(NL, title=title) for title in ("un", "deux", "trois")]
    verdicts = ("approved", "approved", "rejected")
    for hours, (edition, verdict) in enumerate(zip(editions, verdicts, strict=True)):
        async with store.writing() as tx:
            await keep_edition(tx, edition, now=NOW)
            decision = Decision(
                language=Language("nl"),
                verdict=verdict,
                digest=edition.digest,
                by="Ada",
                because="",
                at=NOW + timedelta(hours=hours),
            )
            await record_decision(tx, SLUG, decision)
    async with store.reading() as tx:
        assert await last_approved(tx, SLUG, NL) == editions[1]
        assert await last_approved(tx, SLUG, EN) is None
