"""One passage at the desk: opened, corrected, approved, mended, commented, asked for anew."""

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.responses import Response

from flows.desk.faults import in_words, refuse
from flows.desk.notices import mark
from flows.desk.opening import Proposal, choice_in, engines_of, show_closed, show_open
from flows.desk.reviewing import lay_out, may_correct, page
from flows.desk.visit import Visit
from flows.domain.article import Slug
from flows.domain.errors import InputError, NewsletterError, TransientError
from flows.domain.phrases import Phrase
from flows.domain.segment import SegmentState
from flows.operations.correcting import (
    BlockedError,
    ChangedAgainError,
    ConflictError,
    NothingToUndoError,
    Step,
    add_comment,
    apply_fix,
    approve_passage,
    correct,
    dismiss_finding,
    put_draft,
    undo_last,
)
from flows.operations.limiting import count_attempt
from flows.operations.passages import GoneError
from flows.operations.retranslating import ask_engine

REASONS: Final[dict[type[NewsletterError], str]] = {
    ConflictError: mark("Somebody changed this passage since it was shown to you. Look again."),
    GoneError: mark("This passage is not in the article any more."),
    NothingToUndoError: mark("There is nothing of yours to take back."),
    ChangedAgainError: mark("It was changed again since. Look at it first."),
}
ENGINES_AT_MOST: Final = 60
"""Passages that one person may ask engines for in a quarter of an hour."""


async def save(visit: Visit) -> Response:
    """Take a correction over, and approve it if that button was pressed."""
    if not may_correct(visit, visit.desk.library.target(visit.named("language"))):
        return refuse(visit, 403)
    text, base = (visit.form.exact(name).replace("\r\n", "\n") for name in ("text", "base"))
    try:
        await correct(
            visit.desk.workbench,
            visit.runtime.store,
            _step(visit),
            text,
            approve=bool(visit.form.text("approve")),
        )
    except ConflictError as conflict:
        return await show_open(visit, conflict=conflict, mine=text, base=base, status=409)
    except GoneError:
        return _gone(visit, text)
    except BlockedError as error:
        return await show_open(visit, problem=_why(visit, error), status=409)
    except (InputError, TransientError) as error:
        return await show_open(visit, problem=_why(visit, error), mine=text, status=422)
    return await _done(visit, visit.named("segment"))


async def approve(visit: Visit) -> Response:
    """Approve a passage as the list showed it: the button names it and what was shown."""
    name, _, shown = visit.form.text("approve").partition(".")
    return await _act(
        visit,
        lambda step: approve_passage(visit.desk.workbench, visit.runtime.store, step),
        step=_step(visit, name or "none", shown),
    )


async def fix(visit: Visit) -> Response:
    """Take over what a check offers."""
    number = _number(visit, "finding")
    return await _act(
        visit, lambda step: apply_fix(visit.desk.workbench, visit.runtime.store, step, number)
    )


async def dismiss(visit: Visit) -> Response:
    """Let a finding stand, by name."""
    number = _number(visit, "finding")
    return await _act(
        visit,
        lambda step: dismiss_finding(visit.desk.workbench, visit.runtime.store, step, number),
    )


async def comment(visit: Visit) -> Response:
    """Say something about the passage."""
    text = visit.form.text("comment")
    return await _act(
        visit,
        lambda step: add_comment(visit.desk.workbench, visit.runtime.store, step, text),
        open_again=True,
    )


async def ask(visit: Visit) -> Response:
    """Have an engine translate the passage: a new draft, or a proposal beside a person's text."""
    language = visit.desk.library.target(visit.named("language"))
    name = visit.form.text("engine")
    if not may_correct(visit, language):
        return refuse(visit, 403)
    if name not in engines_of(visit):
        raise InputError(Phrase("the settings name no engine {name!r}", name=name), field="engine")
    desktop = await lay_out(visit)
    passage = desktop.sheet.find(visit.named("segment"))
    runtime = visit.runtime
    try:
        await count_attempt(
            runtime.store, {f"engines:{visit.account.id}": ENGINES_AT_MOST}, now=visit.now
        )
        async with runtime.engines(language, first=name) as engines:
            text, origin = await ask_engine(
                visit.desk.library, desktop.sheet, passage, engines[0], run=runtime.run()
            )
        if passage.state in {SegmentState.EMPTY, SegmentState.DRAFT}:
            step = _step(visit)
            await put_draft(visit.desk.workbench, runtime.store, step, text, origin=origin)
            return await show_open(visit)
    except NewsletterError as error:
        return await show_open(visit, problem=in_words(visit.words, error), status=409)
    return await show_open(visit, proposal=Proposal(engine=name, text=text))


async def undo(visit: Visit) -> Response:
    """Take one's last change in this language back."""
    language = visit.desk.library.target(visit.named("language"))
    if not may_correct(visit, language):
        return refuse(visit, 403)
    try:
        passage = await undo_last(
            visit.desk.workbench,
            visit.runtime.store,
            Slug(visit.named("slug")),
            language,
            by=visit.name,
            now=visit.now,
        )
    except NewsletterError as error:
        return await page(visit, problem=_why(visit, error), status=409)
    return visit.go(_back(visit, anchor=f"#s-{passage}"), done="taken-back")


async def _act(
    visit: Visit,
    act: Callable[[Step], Awaitable[None]],
    *,
    step: Step | None = None,
    open_again: bool = False,
) -> Response:
    """Do something to a passage; then it is shown as it is, closed or open."""
    step = step or _step(visit)
    if not may_correct(visit, step.language):
        return refuse(visit, 403)
    try:
        await act(step)
    except GoneError:
        return _gone(visit)
    except NewsletterError as error:
        return await show_open(visit, step.passage, problem=_why(visit, error), status=409)
    if not open_again:
        return await _done(visit, step.passage)
    if visit.is_partial:
        return await show_open(visit, step.passage)
    return visit.go(_back(visit, anchor="", within=f"/{step.passage}"))


def _gone(visit: Visit, mine: str = "") -> Response:
    return visit.page("passagegone.html", status=410, mine=mine, again=_back(visit))


def _why(visit: Visit, error: NewsletterError) -> str:
    """Why something was not done; what the page knows to say, it says in its own language."""
    if isinstance(error, BlockedError):
        return visit.say("It cannot be approved yet: %(why)s", why=error.finding.message)
    known = next((words for kind, words in REASONS.items() if isinstance(error, kind)), "")
    return visit.say(known) if known else in_words(visit.words, error)


async def _done(visit: Visit, name: str) -> Response:
    if visit.is_partial:
        return await show_closed(visit, name)
    return visit.go(_back(visit, anchor=f"#s-{name}"))


def _step(visit: Visit, name: str = "", shown: str = "") -> Step:
    library = visit.desk.library
    return Step(
        slug=library.article(visit.named("slug")).slug,
        language=library.target(visit.named("language")),
        passage=name or visit.named("segment"),
        shown=shown or visit.form.text("shown"),
        by=visit.name,
        now=visit.now,
        reviewer=visit.locale,
    )


def _number(visit: Visit, name: str) -> int:
    written = visit.asked(name)
    return int(written) if written.isascii() and written.isdigit() and len(written) < 4 else -1


def _back(visit: Visit, *, anchor: str = "", within: str = "") -> str:
    """The list as it was looked at, at a passage, or a page `within` it."""
    page_of_list = f"/articles/{visit.named('slug')}/{visit.named('language')}/review"
    return f"{page_of_list}{within}{choice_in(visit).query}{anchor}"
