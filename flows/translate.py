"""FLOW: a French article gets a draft in every language that it has none in."""

import asyncio
from functools import partial
from typing import Any

from prefect import flow, task
from prefect.artifacts import acreate_markdown_artifact

from flows.domain.errors import EngineUnavailableError
from flows.domain.language import Language
from flows.operations.tables import work_as_markdown
from flows.operations.translating import draft_language
from flows.orchestration.retries import ONE_RETRY, RETRIES
from flows.orchestration.server import LANGUAGE_TAG
from flows.runtime.here import newsroom


@flow(name="translate", flow_run_name="translate-{slug}")
async def translate(
    slug: str, languages: list[str] | None = None, engine: str | None = None
) -> dict[str, Any]:
    """Draft what is missing or changed; a language that no engine can serve says why.

    Args:
        slug: The article, a folder of `content/`.
        languages: The languages to draft; without any, all of the settings.
        engine: The engine that drafts first, if not that of the settings.
    """
    wanted = await target_languages(languages)
    drafts = await asyncio.gather(
        *(
            draft.with_options(tags={f"{LANGUAGE_TAG}{language}"})(slug, language, engine)
            for language in wanted
        ),
        return_exceptions=True,
    )
    return {
        language: reasons_of(outcome)
        for language, outcome in zip(wanted, drafts, strict=True)
        if isinstance(outcome, BaseException)
    }


def reasons_of(error: BaseException) -> dict[str, str]:
    """Why nobody could draft, by engine; what is not about engines is raised again."""
    if isinstance(error, EngineUnavailableError):
        return error.reasons
    raise error


@task(name="target-languages", **RETRIES)
async def target_languages(languages: list[str] | None) -> list[Language]:
    """The languages asked for, or all of the settings'."""
    async with newsroom() as desk:
        return [desk.library.target(one) for one in languages or desk.library.target_languages]


@task(name="draft", task_run_name="draft-{slug}-{language}", **ONE_RETRY)
async def draft(slug: str, language: Language, engine: str | None) -> int:
    """Draft one language, segment by segment; each is kept at once. How many are new."""
    async with newsroom() as desk:
        # Only a gap needs an engine: a finished language goes out whatever the engine's state.
        draft_with = partial(draft_language, desk.library, slug, language, clock=desk.clock)
        drafting = await draft_with(engines=())
        new = sum(drafting.drafted.values())
        if drafting.waiting:
            run = desk.run()
            async with desk.engines(language, first=engine) as engines:
                drafting = await draft_with(engines=engines, run=run)
            new += sum(drafting.drafted.values())
    if drafting.work:
        await acreate_markdown_artifact(
            work_as_markdown(f"{slug} {language}", drafting.work),
            key=f"translation-{slug}-{language}".lower(),
            description="What the engines did, and which text left the house",
        )
    if drafting.waiting and drafting.reasons:
        raise EngineUnavailableError(drafting.reasons)
    return new
