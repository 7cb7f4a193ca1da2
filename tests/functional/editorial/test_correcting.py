"""Acts on one passage bind to the text that was shown, whoever else writes meanwhile."""

import asyncio

import pytest

from flows.content.catalogue import Catalogue
from flows.content.facts import digest_of
from flows.content.pofiles import read_po_file, write_whole
from flows.domain.article import Slug
from flows.domain.segment import SegmentKey, SegmentState
from flows.operations.correcting import (
    ConflictError,
    Step,
    approve_passage,
    correct,
    undo_last,
)
from flows.operations.passages import passage_id
from flows.operations.workbench import Workbench
from tests.functional.editorial.conftest import NL, NOW, SLUG, Newsroom

TITLE = SegmentKey("meta:title", "La médiation de nuit")


def on_disk(newsroom: Newsroom) -> Catalogue:
    """The catalogue as another program finds it."""
    return newsroom.desk.library.catalogue(SLUG, NL)


def step_at(newsroom: Newsroom, key: SegmentKey, *, by: str) -> Step:
    """An act on a passage as it is now."""
    shown = digest_of(key, on_disk(newsroom).entry(key).translation)
    return Step(slug=Slug(SLUG), language=NL, passage=passage_id(key), shown=shown, by=by, now=NOW)


def write_in_poedit(newsroom: Newsroom, key: SegmentKey, text: str, *, by: str) -> None:
    """Somebody's text, in a tool that asks us nothing."""
    path = on_disk(newsroom).path
    po = read_po_file(path)
    (entry,) = [one for one in po if (one.msgctxt, one.msgid) == key]
    entry.msgstr = text
    po.metadata["Last-Translator"] = by
    write_whole(path, str(po))


async def test_who_saves_and_approves_stamps_nobody_else_s_text(newsroom: Newsroom) -> None:
    """What another program writes between the two is not what they read."""
    newsroom.fill(NL)
    store, bench = newsroom.desk.store, Workbench(newsroom.desk.library)
    step = step_at(newsroom, TITLE, by="Rens")

    # The first of the two acts ends with a line in the journal, which waits for this turn.
    async with store.writing():
        saving = asyncio.create_task(correct(bench, store, step, "Mijn titel", approve=True))
        async with asyncio.timeout(60):
            while on_disk(newsroom).entry(TITLE).translation != "Mijn titel":  # noqa: ASYNC110 - a thread writes it
                await asyncio.sleep(0.01)
        write_in_poedit(newsroom, TITLE, "Een andere titel", by="Iris")
    with pytest.raises(ConflictError) as caught:
        await saving

    assert caught.value.theirs == "Een andere titel"
    assert on_disk(newsroom).entry(TITLE).translation == "Een andere titel"
    assert on_disk(newsroom).state(TITLE) is SegmentState.EDITED


async def test_who_saves_and_approves_stamps_what_they_wrote(newsroom: Newsroom) -> None:
    """Also where the text was right as it stood."""
    newsroom.fill(NL)
    store, bench = newsroom.desk.store, Workbench(newsroom.desk.library)

    for text in ("Mijn titel", "Mijn titel", " Mijn titel\n"):
        await correct(bench, store, step_at(newsroom, TITLE, by="Rens"), text, approve=True)
        assert on_disk(newsroom).entry(TITLE).translation == "Mijn titel"
        assert on_disk(newsroom).state(TITLE) is SegmentState.APPROVED


@pytest.mark.parametrize("act", ["edit", "approve"])
async def test_taking_back_an_act_hides_no_later_edit(newsroom: Newsroom, act: str) -> None:
    """Whoever wrote elsewhere since stays the last editor, and may not approve the language."""
    newsroom.fill(NL, by="Ada")
    store, bench = newsroom.desk.store, Workbench(newsroom.desk.library)
    step = step_at(newsroom, TITLE, by="Rens")
    if act == "edit":
        await correct(bench, store, step, "Mijn titel")
    else:
        await approve_passage(bench, store, step)
    other = list(on_disk(newsroom).entries())[-1]
    write_in_poedit(newsroom, other.key, f"{other.translation} Echt.", by="Rens")

    await undo_last(bench, store, Slug(SLUG), NL, by="Rens", now=NOW)

    assert on_disk(newsroom).entry(TITLE).translation == "Nachtbemiddeling"
    assert on_disk(newsroom).last_editor == "Rens"


async def test_who_takes_all_back_was_never_an_editor(newsroom: Newsroom) -> None:
    """One after the other, each as it was before."""
    newsroom.fill(NL, by="Ada")
    store, bench = newsroom.desk.store, Workbench(newsroom.desk.library)
    keys = [entry.key for entry in on_disk(newsroom).entries()]
    for key in (keys[0], keys[-1], keys[0]):
        text = on_disk(newsroom).entry(key).translation
        await correct(bench, store, step_at(newsroom, key, by="Rens"), f"{text} Echt.")

    editors = []
    for _ in range(3):
        await undo_last(bench, store, Slug(SLUG), NL, by="Rens", now=NOW)
        editors.append(on_disk(newsroom).last_editor)

    assert editors == ["Rens", "Rens", "Ada"]
