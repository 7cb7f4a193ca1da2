"""Signing a language off, or sending it back: with everything in sight that speaks against it."""

import asyncio
from dataclasses import dataclass

from starlette.responses import Response

from flows.desk.faults import in_words, refuse
from flows.desk.letters import make_preview
from flows.desk.reviewing import decision_on, may_correct, may_decide
from flows.desk.visit import Visit
from flows.domain.errors import NewsletterError
from flows.domain.finding import Finding
from flows.domain.language import Language
from flows.domain.segment import SegmentState
from flows.operations.approving import approve_language, reject_language
from flows.operations.authorship import approver_of, is_last_editor
from flows.operations.checking import LETTER, blocking, check_language, standing_warnings
from flows.operations.dismissing import dismiss_findings
from flows.operations.launching import follow_approval
from flows.operations.passages import PassageId, judge_letter, passage_id, read_sheet
from flows.operations.reviewing import review_article


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A finding, and the passage that it is of, if it is of one."""

    finding: Finding
    passage: PassageId | None


async def ask(visit: Visit) -> Response:
    """The page."""
    return await _page(visit)


async def _page(visit: Visit, *, problem: str = "", status: int = 200) -> Response:
    library, slug = visit.desk.library, visit.named("slug")
    language = library.language(visit.named("language"))
    findings, drafts, empty = await asyncio.to_thread(_judge, visit, slug, language)
    reviews = await review_article(library, visit.runtime.store, slug)
    warnings = standing_warnings(findings)
    refused = visit.runtime.settings.review.warnings == "refuse"
    approver = await approver_of(visit.runtime.store, visit.name, invited_by=visit.invited_by)
    return visit.page(
        "approval.html",
        status=status,
        slug=slug,
        article=library.article(slug),
        language=language,
        source=library.source_language,
        review=next(one for one in reviews if one.language == language),
        decision=await decision_on(visit, language),
        preview=await make_preview(visit, slug, language),
        empty=empty,
        drafts=drafts,
        blocking=_judged([*blocking(findings), *(warnings if refused else [])]),
        warnings=_judged([] if refused else warnings),
        may_correct=may_correct(visit, language),
        may_decide=may_decide(visit, language),
        is_mine=visit.runtime.settings.review.two_people
        and await is_last_editor(library, visit.runtime.store, slug, language, approver),
        two_people=visit.runtime.settings.review.two_people,
        problem=problem,
    )


def _judge(visit: Visit, slug: str, language: Language) -> tuple[list[Finding], int, int]:
    """What the checks say, how many passages nobody has read, and how many are missing."""
    desk, reviewer = visit.desk, visit.locale
    if language == desk.library.source_language:
        return check_language(desk.library, slug, language, reviewer=reviewer), 0, 0
    sheet = read_sheet(desk.workbench, slug, language, reviewer=reviewer)
    findings = [finding for one in sheet.passages for finding in one.findings]
    findings += judge_letter(desk.workbench, slug, language, reviewer=reviewer)
    return findings, sheet.count(SegmentState.DRAFT), sheet.count(SegmentState.EMPTY)


def _judged(findings: list[Finding]) -> list[Judged]:
    return [
        Judged(finding=one, passage=passage_id(one.key) if one.key else None) for one in findings
    ]


async def dismiss(visit: Visit) -> Response:
    """Let stand what a check finds in the letter or in the French, by name."""
    library, form = visit.desk.library, visit.form
    language = library.language(visit.named("language"))
    if not may_correct(visit, language):
        return refuse(visit, 403)
    try:
        await asyncio.to_thread(
            dismiss_findings,
            library,
            visit.named("slug"),
            language,
            form.text("check"),
            segments=[form.text("segment") or LETTER],
            by=visit.name,
            on=visit.now.date(),
            reviewer=visit.locale,
        )
    except NewsletterError as error:
        return await _page(visit, problem=in_words(visit.words, error), status=409)
    return visit.go(_here(visit))


async def approve(visit: Visit) -> Response:
    """Sign the language off as it was shown; issues that waited for nothing else go on."""
    library, runtime, slug = visit.desk.library, visit.runtime, visit.named("slug")
    language = library.language(visit.named("language"))
    if not may_decide(visit, language):
        return refuse(visit, 403)
    review = runtime.settings.review
    try:
        await approve_language(
            library,
            runtime.store,
            slug,
            language,
            by=visit.name,
            two_people=review.two_people,
            now=visit.now,
            # Nobody approves what they were not shown: a missing digest fits no edition.
            shown=visit.form.text("shown") or "none",
            refuse_warnings=review.warnings == "refuse",
            invited_by=visit.invited_by,
        )
    except NewsletterError as error:
        return await _page(visit, problem=in_words(visit.words, error), status=409)
    await follow_approval(
        library,
        runtime.store,
        runtime.newsroom_server(),
        slug,
        now=visit.now,
        late_hours=runtime.settings.schedule.late_hours,
    )
    return visit.go(_here(visit), done="approved")


async def reject(visit: Visit) -> Response:
    """Send the language back; whoever works on it next reads why."""
    language = visit.desk.library.language(visit.named("language"))
    if not may_decide(visit, language):
        return refuse(visit, 403)
    try:
        await reject_language(
            visit.desk.library,
            visit.runtime.store,
            visit.named("slug"),
            language,
            by=visit.name,
            because=visit.form.text("because")[:2000],
            now=visit.now,
        )
    except NewsletterError as error:
        return await _page(visit, problem=in_words(visit.words, error), status=422)
    return visit.go(_here(visit), done="sent-back")


def _here(visit: Visit) -> str:
    return f"/articles/{visit.named('slug')}/{visit.named('language')}/approval"
