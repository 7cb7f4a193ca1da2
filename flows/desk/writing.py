"""Writing the French of an article: fields and text in a form, with all that is known beside it."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from starlette.responses import HTMLResponse, Response

from flows.content.frontmatter import parse_front_matter
from flows.content.manuscript import Manuscript
from flows.desk.faults import in_words
from flows.desk.letters import framed
from flows.desk.lists import (
    MOST,
    Lists,
    lists_in,
    lists_of,
    offered_for,
    rearranged,
    zones_of,
)
from flows.desk.looks import Look
from flows.desk.outlook import View, view_of
from flows.desk.reviewing import INDENT
from flows.desk.typed import Fault, conflict_of, draft_in, fault_of, manuscript_of
from flows.desk.visit import Visit
from flows.domain.article import Article, Slug
from flows.domain.errors import InputError, NotDoneError, NotFoundError
from flows.domain.issue import FROZEN
from flows.operations.manuscripts import ChangedSourceError, Source, read_source, save_source
from flows.operations.retouching import mend_source
from flows.operations.writing import BLOCKS, TEXTS, Draft
from flows.store.issues import find_issues

LONG: Final = frozenset({"summary", "preheader"})
"""Fields that are worth several lines."""


async def show(visit: Visit) -> Response:
    """The text as it is on disk, to be written on."""
    visit.desk.library.folder(visit.named("slug"))
    source = await asyncio.to_thread(read_source, visit.desk.library, visit.named("slug"))
    if not source.text:
        raise NotFoundError("there is no such article")
    if source.problem:
        raise source.problem
    draft = Draft.of(
        Manuscript.parse(source.text),
        shown=source.digest,
        path=source.path,
        as_text=visit.asked("front") == "text",
    )
    return await _page(visit, draft)


async def act(visit: Visit) -> Response:
    """Save the text, look at it, take a fix over, or show its front matter in the other way."""
    draft, form = draft_in(visit), visit.form
    if name := form.text("fix"):
        return await _mend(visit, draft, name)
    if lists := lists_in(form):
        try:
            moved = rearranged(lists, form.text("act"))
        except NotDoneError as error:
            return await _page(visit, draft, problem=in_words(visit.words, error), status=409)
        if moved:
            return await _page(visit, draft, lists=moved)
    if form.text("act") == "save":
        return await _save(visit, draft)
    if form.text("act") in {"text", "fields"}:
        return await _turn(visit, draft, as_text=form.text("act") == "text")
    return await _answer(visit, draft)


async def letter(visit: Visit) -> Response:
    """The letter of a text that is not saved, for the frame: a document that can do nothing."""
    html = visit.desk.drafts.find(visit.account.id, visit.asked("draft"))
    return framed(html, Look.from_query(visit.request.query_params))


async def _save(visit: Visit, draft: Draft) -> Response:
    slug, runtime = visit.named("slug"), visit.runtime
    source = await asyncio.to_thread(read_source, visit.desk.library, slug)
    text = ""
    try:
        text = manuscript_of(draft, source).text
        written = await save_source(
            visit.desk.workbench,
            runtime.store,
            slug,
            text,
            shown=draft.shown,
            by=visit.name,
            now=visit.now,
        )
    except InputError as error:
        return await _page(visit, draft, fault=fault_of(visit, draft, error), status=422)
    except ChangedSourceError as error:
        return await _conflict(visit, draft, error.theirs, mine=text)
    if not visit.is_partial:
        return visit.go(f"/articles/{slug}/write", done="written")
    saved = Draft.of(
        Manuscript.parse(written.text),
        shown=written.digest,
        path=written.path,
        as_text=draft.as_text,
    )
    return await _answer(visit, saved, said=visit.say("Saved."))


async def _conflict(visit: Visit, draft: Draft, theirs: Source, *, mine: str) -> Response:
    """Both texts; whoever saves once more has seen the other."""
    conflict = await asyncio.to_thread(conflict_of, theirs, mine=mine)
    seen = replace(draft, shown=theirs.digest)
    return await _page(visit, seen, conflict=conflict, status=409)


async def _mend(visit: Visit, draft: Draft, name: str) -> Response:
    source = await asyncio.to_thread(read_source, visit.desk.library, visit.named("slug"))
    try:
        manuscript = await asyncio.to_thread(
            mend_source,
            visit.desk.library,
            visit.named("slug"),
            manuscript_of(draft, source),
            name,
            reviewer=visit.locale,
        )
    except InputError as error:
        return await _page(visit, draft, fault=fault_of(visit, draft, error), status=422)
    except NotDoneError as error:
        return await _page(visit, draft, problem=in_words(visit.words, error), status=409)
    mended = Draft.of(manuscript, shown=draft.shown, path=source.path, as_text=draft.as_text)
    return await _answer(
        visit, mended, said=visit.say("Mended. It is not saved yet."), taken=mended
    )


async def _turn(visit: Visit, draft: Draft, *, as_text: bool) -> Response:
    """The front matter as text, or as fields if it can be read."""
    source = await asyncio.to_thread(read_source, visit.desk.library, visit.named("slug"))
    try:
        manuscript = manuscript_of(draft, source)
        if not as_text:
            visit.desk.library.draft(visit.named("slug"), manuscript.text)
    except InputError as error:
        return await _page(visit, draft, fault=fault_of(visit, draft, error), status=422)
    return await _page(
        visit, Draft.of(manuscript, shown=draft.shown, path=source.path, as_text=as_text)
    )


async def _answer(visit: Visit, draft: Draft, **values: Any) -> Response:
    """What stands beside the text; the whole page where no script asks."""
    if not visit.is_partial:
        values.pop("taken", None)
        return await _page(visit, draft, **values)
    seen = await _seen(visit, draft)
    part = visit.part("writinglook.html", **{"said": "", "taken": None, **seen, **values})
    return HTMLResponse(INDENT.sub("\n", part) if not values.get("taken") else part)


async def _page(visit: Visit, draft: Draft, *, status: int = 200, **values: Any) -> Response:
    slug = visit.named("slug")
    async with visit.runtime.store.reading() as tx:
        issues = await find_issues(tx, slug=Slug(slug))
    seen = await _seen(visit, draft)
    return visit.page(
        "write.html",
        status=status,
        **{
            "said": "",
            "problem": "",
            "conflict": None,
            "taken": None,
            **seen,
            **values,
            "gone": [one for one in issues if one.state in FROZEN],
            "texts": TEXTS,
            **await _lists(visit, draft, values.get("lists")),
            "long": LONG,
        },
    )


async def _lists(visit: Visit, draft: Draft, lists: Lists | None) -> Mapping[str, Any]:
    """The rows of a digest as they were typed, or as its front matter says if they are few."""
    slug = visit.named("slug")
    lists = lists or lists_in(visit.form)
    if lists is None and any(draft.values.get(name) for name in BLOCKS):
        path = visit.desk.library.source(slug)
        lists = lists_of(parse_front_matter(draft.front, path=path)[0])
        if max(map(len, lists.values())) > MOST:
            return {"lists": None, "too_long": True}
    if lists is None or draft.as_text:
        return {"lists": None, "too_long": False}
    return {
        "too_long": False,
        "lists": lists,
        "offered": await offered_for(visit, slug),
        "zones": zones_of(visit, lists),
    }


async def _seen(visit: Visit, draft: Draft) -> Mapping[str, Any]:
    """What both the page and its part know of a draft."""
    library, slug = visit.desk.library, visit.named("slug")
    source = await asyncio.to_thread(read_source, library, slug)
    view: View | None = None
    fault: Fault | None = None
    name, is_saved = "", False
    try:
        manuscript = manuscript_of(draft, source)
        text, body_line = manuscript.text, manuscript.body_line
        is_saved = text == source.text
        article = library.draft(slug, text)
        view = await view_of(visit, _readable(visit, source), article, body_line=body_line)
        name = visit.desk.drafts.keep(visit.account.id, view.letter) if view.letter else ""
    except InputError as error:
        fault = fault_of(visit, draft, error)
    return {
        "slug": slug,
        "draft": draft,
        "view": view,
        "fault": fault,
        "letter": name,
        "is_saved": is_saved,
        "problem_of_letter": in_words(visit.words, view.problem) if view and view.problem else "",
    }


def _readable(visit: Visit, source: Source) -> Article | None:
    """The article as it is on disk, if it can be read."""
    try:
        return visit.desk.library.draft(visit.named("slug"), source.text)
    except InputError:
        return None
