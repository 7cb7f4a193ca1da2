"""Drafts of an article's segments by one engine, their markup protected and verified."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from flows.domain.segment import SegmentKey
from flows.translation.interpreter import Interpreter, Query, Reply
from flows.translation.inventory import compare_inventories
from flows.translation.ladder import Climb, Draft, Passage, Verify, list_rungs, prepare
from flows.translation.surroundings import Batch

__all__ = ["Draft", "Verify", "draft_batch"]

UNFIT_FOR_TITLES = str.maketrans({'"': "”", "[": "(", "]": ")", "\n": " "})
"""What would end a title or an alternative text early."""


async def draft_batch(
    batch: Batch, interpreter: Interpreter, *, verify: Verify = compare_inventories
) -> AsyncIterator[tuple[SegmentKey, Draft]]:
    """Each segment's draft in order, as soon as it is done, so that the caller can save it.

    Raises an `EngineError` when the engine cannot go on; what came before stands.
    """
    passages = [prepare(segment) for segment in batch.segments]
    if "raw" in interpreter.engine.encodings:
        drafts = _recall_group(passages, interpreter)
    else:
        drafts = _draft_group(passages, interpreter, verify=verify, context=batch.context)
    places = iter(passages)
    async for draft in drafts:
        yield next(places).key, draft


async def _recall_group(
    passages: Sequence[Passage], interpreter: Interpreter
) -> AsyncIterator[Draft]:
    """What a memory knows of the passages. An approved text is not judged again."""
    queries = [Query(text=passage.source, owner=passage.key) for passage in passages]
    replies = await interpreter.ask(queries, encoding="raw")
    name = interpreter.engine.name
    for passage, reply in zip(passages, replies, strict=True):
        if reply.text:
            yield Draft(text=reply.text, engine=name, level=name)
        elif _needs_nothing(passage):
            yield Draft(text=passage.source, engine=name, level="copied")
        else:
            trail = (f"{name}: no approved translation yet",)
            yield Draft(text=None, engine=name, level="waiting", trail=trail)


def _needs_nothing(passage: Passage) -> bool:
    return not passage.has_words and not passage.parts


async def _draft_group(
    passages: Sequence[Passage], interpreter: Interpreter, *, verify: Verify, context: str
) -> AsyncIterator[Draft]:
    """Drafts of passages whose first rungs, and whose titles, share their requests."""
    parts, lost = await _translate_parts(passages, interpreter, context)
    first = await _ask_first_rungs(passages, interpreter, context)
    name = interpreter.engine.name
    for place, passage in enumerate(passages):
        missing = [part for part in passage.parts if part in lost]
        if _needs_nothing(passage):
            yield Draft(text=passage.source, engine=name, level="copied")
        elif not passage.has_words and missing:
            yield Draft(text=None, engine=name, level="left", trail=(_mourn(missing),))
        else:
            climb = Climb(
                passage, interpreter=interpreter, parts=parts, verify=verify, context=context
            )
            yield _mention(await climb.run(first.get(place)), missing)


async def _translate_parts(
    passages: Sequence[Passage], interpreter: Interpreter, context: str
) -> tuple[dict[str, str], set[str]]:
    """The alternative texts and titles by source, and those that stay as they are."""
    owners = {part: passage.key for passage in passages for part in passage.parts}
    wanted = [Query(text=part, owner=owner) for part, owner in owners.items()]
    replies = await interpreter.ask(wanted, encoding="plain", context=context)
    known = {
        part: " ".join(reply.text.translate(UNFIT_FOR_TITLES).split())
        for part, reply in zip(owners, replies, strict=True)
        if reply.text
    }
    return known, set(owners) - set(known)


async def _ask_first_rungs(
    passages: Sequence[Passage], interpreter: Interpreter, context: str
) -> dict[int, Reply]:
    """The replies to the first rungs by the passage's place, one request for each encoding."""
    rungs = {
        place: rungs[0]
        for place, passage in enumerate(passages)
        if passage.has_words and (rungs := list_rungs(passage, interpreter.engine.encodings))
    }
    replies: dict[int, Reply] = {}
    for name in dict.fromkeys(rung.encoding_name for rung in rungs.values()):
        places = [place for place, rung in rungs.items() if rung.encoding_name == name]
        queries = [Query(text=rungs[place].query, owner=passages[place].key) for place in places]
        answers = await interpreter.ask(queries, encoding=name, context=context)
        replies.update(zip(places, answers, strict=True))
    return replies


def _mention(draft: Draft, missing: Sequence[str]) -> Draft:
    """The draft with a word on the titles that the engine did not translate."""
    return replace(draft, trail=(*draft.trail, _mourn(missing))) if missing else draft


def _mourn(missing: Sequence[str]) -> str:
    return f"titles or alternative texts not translated: {len(missing)}"
