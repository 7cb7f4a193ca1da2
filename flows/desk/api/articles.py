"""Articles in their languages: shown as they would be approved, and approved."""

import asyncio
from dataclasses import asdict

from flows.desk.api.call import Call, Reply, forbid
from flows.desk.api.shapes import Approve, Approved, ArticleReview, Edition, LanguageReview, Onward
from flows.domain.language import Language
from flows.operations.approving import approve_language
from flows.operations.launching import follow_approval
from flows.operations.reviewing import count_drafts, review_article


async def show_article(call: Call) -> Reply:
    """How far each language is."""
    article = call.library.article(call.named("slug"))
    reviews = await review_article(call.library, call.runtime.store, article.slug)
    return Reply(
        content=ArticleReview(
            slug=article.slug,
            title=article.front.title,
            languages=[LanguageReview.model_validate(asdict(one)) for one in reviews],
        )
    )


async def show_edition(call: Call) -> Reply:
    """The letter of one language, with the digest by which it can be approved."""
    slug, language = call.named("slug"), _language(call)
    edition = await asyncio.to_thread(call.library.edition, slug, language)
    reviews = await review_article(call.library, call.runtime.store, slug)
    signed = any(
        one.signed_off and one.digest == edition.digest
        for one in reviews
        if one.language == language
    )
    return Reply(
        content=Edition(
            slug=slug,
            language=language,
            digest=edition.digest,
            signed_off=signed,
            subject=edition.subject,
            preheader=edition.preheader,
            html=edition.html,
            text=edition.text,
        )
    )


async def approve(call: Call) -> Reply:
    """The owner of the token signs a language off, exactly as it was shown."""
    slug, language = call.named("slug"), _language(call)
    if not call.token.owner.reviews(language):
        raise forbid(f"{call.name} does not answer for {language}")
    settings, store = call.runtime.settings, call.runtime.store
    drafts = count_drafts(call.library, slug, language)
    edition = await approve_language(
        call.library,
        store,
        slug,
        language,
        by=call.name,
        two_people=settings.review.two_people,
        now=call.now,
        shown=call.body(Approve).digest,
        refuse_warnings=settings.review.warnings == "refuse",
    )
    return Reply(
        content=Approved(
            slug=slug,
            language=language,
            digest=edition.digest,
            approved_by=call.name,
            drafts=drafts,
            issues=await _follow(call, slug),
        )
    )


async def _follow(call: Call, slug: str) -> list[Onward]:
    """Let the article's open issues through the gate, as the command does."""
    onward = await follow_approval(
        call.library,
        call.runtime.store,
        call.runtime.newsroom_server(),
        slug,
        now=call.now,
        late_hours=call.late_hours,
    )
    return [
        Onward.model_validate(
            {
                "issue": one.issue.id,
                "under_way": one.under_way,
                "waiting_for": [asdict(wait) for wait in one.waits],
            }
        )
        for one in onward
    ]


def _language(call: Call) -> Language:
    return call.library.language(call.named("language"))
