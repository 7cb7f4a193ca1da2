"""What is remembered of the newsroom's files, and when it is found out anew."""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from flows.domain.language import Language
from flows.operations.glossing import propose_from_corrections
from flows.operations.memo import Memo, Result, state_of_files
from flows.operations.preflight import Preflight, Topic, preflight
from tests.functional.editorial.conftest import BODY, NL, NOW, SLUG, Newsroom, write_article


@dataclass(frozen=True, slots=True)
class Counted(Memo):
    """A memo that tells what was found out, as often as it was."""

    found_out: list[Any] = field(default_factory=list)

    def recall(self, subject: Hashable, *, state: str, find_out: Callable[[], Result]) -> Result:
        """As any memo does."""

        def count() -> Result:
            self.found_out.append(subject)
            return find_out()

        # `super()` knows no class that was made anew for its slots.
        return Memo.recall(self, subject, state=state, find_out=count)


def test_a_subject_is_found_out_once_for_a_state() -> None:
    """Another state, and another subject, are found out for themselves."""
    memo, answers = Counted(), iter("abc")

    said = [
        memo.recall(subject, state=state, find_out=lambda: next(answers))
        for subject, state in [("x", "1"), ("x", "1"), ("y", "1"), ("x", "2"), ("y", "1")]
    ]

    assert said == ["a", "a", "b", "c", "b"]
    assert memo.found_out == ["x", "y", "x"]


def test_a_memo_for_a_few_forgets_what_was_asked_for_longest_ago() -> None:
    """What is recalled counts as asked for."""
    memo = Counted(at_most=2)

    for subject in "xyxzxy":
        memo.recall(subject, state="1", find_out=lambda: "found")

    assert memo.found_out == ["x", "y", "z", "y"]


async def test_an_edition_is_rendered_once_until_a_file_changes(approved: Newsroom) -> None:
    """Its own, a template, or another article's."""
    memo = Counted()
    library = replace(approved.desk.library, editions=memo)
    first = library.edition(SLUG, NL)
    assert library.edition(SLUG, NL) is first
    write_article(approved.content, body="Tout a changé.")
    assert library.edition(SLUG, NL) != first
    assert len(memo.found_out) == 2


def test_an_article_or_theme_behind_a_link_counts_like_any_other(tmp_path: Path) -> None:
    """What is listed is looked at; a link that leads back does not go on for ever."""
    content, elsewhere = tmp_path / "content", tmp_path / "elsewhere"
    for folder in (content, elsewhere):
        folder.mkdir()
    (elsewhere / "fr.md").write_text("Un mot.")
    (content / "linked").symlink_to(elsewhere)
    (content / "back").symlink_to(content)
    before = state_of_files([content])
    assert state_of_files([content]) == before
    (elsewhere / "fr.md").write_text("Un mot de plus.")
    assert state_of_files([content]) != before


def test_two_who_ask_at_once_find_it_out_once_and_keep_nobody_else_waiting() -> None:
    """The second waits for the first one's answer; whoever asks of another thing does not."""
    memo, begun, may_end = Counted(), threading.Event(), threading.Event()

    def slowly() -> str:
        begun.set()
        assert may_end.wait(60)
        return "found"

    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(memo.recall, "x", state="1", find_out=slowly) for _ in range(2)]
        assert begun.wait(60)
        assert memo.recall("y", state="1", find_out=lambda: "at once") == "at once"
        may_end.set()
        assert [one.result(60) for one in both] == ["found", "found"]
    assert memo.found_out.count("x") == 1


async def test_the_last_look_judges_the_texts_once_until_they_change(approved: Newsroom) -> None:
    """In each reviewer's language; what somebody writes is judged at the next look."""
    memo = Counted()
    library = replace(approved.desk.library, memo=memo)
    issue = await approved.open()

    async def look(reviewer: str) -> Preflight:
        return await preflight(
            library,
            approved.desk.store,
            issue.id,
            identity=None,
            lookup=lambda _: never(),
            now=NOW,
            late_hours=6,
            reviewer=reviewer,
        )

    assert not (await look("en")).blocks
    assert not (await look("en")).blocks
    await look("fr")
    judged = [one for one in memo.found_out if isinstance(one, tuple) and one[0] == "findings"]
    assert [one[2] for one in judged] == ["en", "fr"]

    write_article(approved.content, body=BODY.replace("](https://efus.test/nuit)", "](nuit)"))
    (links,) = [one for one in (await look("en")).items if one.topic is Topic.LINKS]
    assert links.verdict == "error"


async def test_a_token_of_the_theme_counts_as_a_change(approved: Newsroom, tmp_path: Path) -> None:
    """Its file lies deeper than templates do."""
    memo = Counted()
    library = replace(
        approved.desk.library,
        memo=memo,
        template_folders=(tmp_path, *approved.desk.library.template_folders),
    )
    before = library.measure(SLUG, Language("fr"))
    theme = tmp_path / "email" / "themes" / "efus" / "theme.toml"
    theme.parent.mkdir(parents=True)
    theme.write_text('[light]\npage = "#fafafa"\n', "utf-8")
    assert library.measure(SLUG, Language("fr")).digest != before.digest
    assert [one for one in memo.found_out if one[0] == "measure"] == [("measure", SLUG, "fr")] * 2


async def test_the_file_of_an_article_is_read_once_until_it_changes(approved: Newsroom) -> None:
    """A newsroom of years lists hundreds of articles."""
    library = replace(approved.desk.library, memo=Memo())
    first = library.article(SLUG)
    assert library.article(SLUG) is first
    write_article(approved.content, title="Un autre titre")
    assert library.article(SLUG).front.title == "Un autre titre"


async def test_corrections_are_read_once_until_their_catalogue_changes(approved: Newsroom) -> None:
    """Another article's change lets them be; a change of their own is seen."""
    memo = Counted()
    library = replace(approved.desk.library, memo=memo)
    write_article(approved.content, slug="autre")

    def look() -> list[Any]:
        memo.found_out.clear()
        propose_from_corrections(library, NL, least=1)
        return [one for one in memo.found_out if one[0] == "reviewed"]

    assert look() == [("reviewed", "autre", NL), ("reviewed", SLUG, NL)]
    assert look() == []
    approved.fill(NL, slug="autre")
    assert look() == [("reviewed", "autre", NL)]


async def test_a_look_over_the_newsroom_sees_what_changed_since_the_last(
    approved: Newsroom,
) -> None:
    """The state of its files is asked for once in a look, and anew in the next."""
    library = replace(approved.desk.library, memo=Memo())
    before = library.at_once().measure(SLUG, NL)
    assert library.at_once().measure(SLUG, NL) is before
    write_article(approved.content, body="Tout a changé.")
    assert library.at_once().measure(SLUG, NL) != before


async def never() -> dict[str, tuple[str, ...]]:
    """What nobody is to be asked."""
    raise AssertionError
