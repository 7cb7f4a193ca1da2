"""Which articles count as sent: those that left in a digest, those that are promised in one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from flows.domain.article import Slug
from flows.domain.errors import InputError
from flows.domain.issue import Issue, IssueState
from flows.domain.timing import Policy
from flows.domain.waiting import Need
from flows.operations.addressing import Departure
from flows.operations.admitting import admit_languages
from flows.operations.approving import approve_language
from flows.operations.collecting import collect_articles, listed_in
from flows.operations.delivering import freeze_issue
from flows.operations.gating import pass_gate
from flows.operations.issues import cancel_issue, open_issue, send_now
from flows.operations.launching import release_issue
from flows.store.issues import get_issue
from tests.functional.builders import take
from tests.functional.editorial.conftest import EN, FR, NL, NOW, SLUG, Newsroom
from tests.functional.schedules.conftest import TimedRuntime
from tests.functional.schedules.test_digests_by_rule import (
    AHEAD,
    AT,
    DIGEST,
    ISSUE,
    approve,
    brief,
    digest_of,
    look,
    monthly,
)

UNDO = timedelta(minutes=10)


@contextmanager
def unreadable(path: Path) -> Iterator[None]:
    """A file in which somebody forgot a quotation mark."""
    text = path.read_text("utf-8")
    path.write_text(text.replace("title: ", "title: 'oops: ", 1), encoding="utf-8")
    yield
    path.write_text(text, encoding="utf-8")


async def freeze(desk: TimedRuntime, *languages: str) -> Issue:
    """Fixes what the digest's readers get in these languages, or in all; they can still undo it."""
    await pass_gate(desk.library, desk.store, ISSUE, now=desk.clock(), late_hours=6)
    return await freeze_issue(
        desk.store,
        ISSUE,
        languages=desk.library.languages,
        letterheads=desk.letterheads(),
        message_id=desk.message_id,
        now=desk.clock(),
        departure=Departure(undo=UNDO),
        signed_off=[one for one in desk.library.languages if one in languages] or None,
        carries=await listed_in(desk.library, desk.store, ISSUE),
    )


async def test_a_digest_that_cannot_be_read_for_a_while_gives_no_article_away(
    timed: TimedRuntime,
) -> None:
    """It is planned; nor can it leave as long as nobody knows what is in it."""
    made = await monthly(timed)
    await look(timed.at(AHEAD))
    with unreadable(digest_of(timed).folder / "fr.md"):
        assert await collect_articles(timed.library, timed.store, made) == []
        with pytest.raises(InputError):
            await listed_in(timed.library, timed.store, ISSUE)


async def test_a_digest_of_a_person_s_own_that_cannot_be_read_gives_no_article_away_either(
    timed: TimedRuntime,
) -> None:
    """What was in it when its issue was opened is promised."""
    made = await monthly(timed)
    path = timed.library.content / "spring" / "fr.md"
    path.parent.mkdir()
    text = f'---\ntitle: "P"\nauthor: "E"\ndate: 2026-11-01\narticles:\n- {SLUG}\n---\n'
    path.write_text(text, encoding="utf-8")
    issue = await open_issue(timed.library, timed.store, "spring", lists=[], now=NOW)
    await send_now(timed.store, issue.id, now=NOW)
    with unreadable(path):
        assert await collect_articles(timed.library, timed.store, made) == []


@pytest.mark.parametrize(("begun", "free"), [(0, [SLUG]), (1, [])])
async def test_a_digest_that_is_undone_gives_its_articles_back_unless_a_letter_was_begun(
    timed: TimedRuntime, begun: int, free: list[str]
) -> None:
    """Its issue had begun, and nothing of it left; or something may have."""
    made = await monthly(timed)
    await look(timed.at(AHEAD))
    await approve(timed)
    issue = await freeze(timed.at(AT))
    await take(timed.store, issue, limit=begun, now=AT + UNDO)

    cancelled, _ = await cancel_issue(timed.store, ISSUE, now=AT + UNDO)

    assert cancelled.state is IssueState.CANCELLED
    assert await collect_articles(timed.library, timed.store, made) == free


async def test_what_is_put_into_a_digest_after_its_start_counts_as_sent_with_a_late_language(
    timed: TimedRuntime,
) -> None:
    """Its readers get it then; the next digest would bring it to them a second time."""
    made = await monthly(timed, policy=Policy.APPROVED)
    await look(timed.at(AHEAD))
    library, store = timed.library, timed.store
    for language in (FR, EN):
        await approve_language(
            library, store, DIGEST, language, by="Chantal", two_people=True, now=AHEAD
        )
    await freeze(timed.at(AT), FR, EN)
    await brief(timed, date="2026-11-02")
    path = digest_of(timed).folder / "fr.md"
    text = path.read_text("utf-8").replace(f"- {SLUG}\n", f"- {SLUG}\n- brief\n")
    path.write_text(text, encoding="utf-8")
    assert await collect_articles(library, store, made) == ["brief"]

    await approve_language(library, store, DIGEST, NL, by="Chantal", two_people=True, now=AT)
    await admit_languages(
        store,
        ISSUE,
        signed_off=[NL],
        letterheads=timed.letterheads(),
        departure=timed.departure(),
        now=AT,
        carries=await listed_in(library, store, ISSUE),
    )

    async with store.reading() as tx:
        assert (await get_issue(tx, ISSUE)).carries == (Slug(SLUG), Slug("brief"))
    assert await collect_articles(library, store, made) == []


async def test_a_digest_does_not_leave_by_itself_with_what_went_to_its_readers_since(
    timed: TimedRuntime,
) -> None:
    """A person takes it out, or sends the digest all the same; planned is as good as sent."""
    await brief(timed, date="2026-11-02")
    await monthly(timed, lists=["members"])
    await look(timed.at(AHEAD))
    await approve(timed)
    library, store = timed.library, timed.store

    async def waits() -> list[tuple[Need, str]]:
        found = await pass_gate(library, store, ISSUE, now=AT, late_hours=6)
        return [(one.need, one.article) for one in found]

    await Newsroom(timed).open("prevention", "members")
    assert await waits() == []
    await Newsroom(timed).freeze(await Newsroom(timed).open("members"))
    assert await waits() == [(Need.TWICE, SLUG)]
    path = digest_of(timed).folder / "fr.md"
    text = path.read_text("utf-8")
    path.write_text(text.replace(f"- {SLUG}\n", ""), encoding="utf-8")
    await approve(timed)
    assert await waits() == []
    path.write_text(text, encoding="utf-8")
    await approve(timed)

    released = await release_issue(library, store, None, ISSUE, now=AT, late_hours=6, by="Paula")

    assert (released.released, await waits()) == (True, [])
