"""Drafts of an article's segments by one engine, their markup protected and verified."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from flows.domain.language import Language
from flows.domain.segment import Segment, SegmentKey
from flows.translation.engines.protocol import Engine
from flows.translation.interpreter import Interpreter, Reply
from flows.translation.inventory import compare_inventories
from flows.translation.ladder import Climb, Draft, Passage, Verify, list_rungs, prepare

__all__ = ["Draft", "Verify", "draft_segments"]

CONTEXT_CHARACTERS = 4000
UNFIT_FOR_TITLES = str.maketrans({'"': "”", "[": "(", "]": ")", "\n": " "})
"""What would end a title or an alternative text early."""


async def draft_segments(
    segments: Sequence[Segment],
    *,
    engine: Engine,
    source: Language,
    target: Language,
    verify: Verify = compare_inventories,
) -> AsyncIterator[tuple[SegmentKey, Draft]]:
    """Each segment's draft in order, as soon as it is done, so that the caller can save it.

    Raises an `EngineError` when the engine cannot go on; what came before stands.
    """
    interpreter = Interpreter(engine, source=source, target=target)
    passages = [prepare(segment.source) for segment in segments]
    for start in range(0, len(segments), engine.batch_size):
        group = slice(start, start + engine.batch_size)
        keys = [segment.key for segment in segments[group]]
        if "raw" in engine.encodings:
            drafts = _recall_group(passages[group], interpreter)
        else:
            context = _describe_surroundings(passages, group)
            drafts = _draft_group(passages[group], interpreter, verify=verify, context=context)
        places = iter(keys)
        async for draft in drafts:
            yield next(places), draft


def _describe_surroundings(passages: Sequence[Passage], group: slice) -> str:
    """The text from the passage before the group to the one after it, without marks."""
    around = passages[max(0, group.start - 1) : group.stop + 1]
    return "\n".join(passage.text for passage in around)[:CONTEXT_CHARACTERS]


async def _recall_group(
    passages: Sequence[Passage], interpreter: Interpreter
) -> AsyncIterator[Draft]:
    """What a memory knows of the passages. An approved text is not judged again."""
    replies = await interpreter.ask([passage.source for passage in passages], encoding="raw")
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
    wanted = list(dict.fromkeys(part for passage in passages for part in passage.parts))
    replies = await interpreter.ask(wanted, encoding="plain", context=context)
    known = {
        part: " ".join(reply.text.translate(UNFIT_FOR_TITLES).split())
        for part, reply in zip(wanted, replies, strict=True)
        if reply.text
    }
    return known, set(wanted) - set(known)


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
        queries = [rungs[place].query for place in places]
        answers = await interpreter.ask(queries, encoding=name, context=context)
        replies.update(zip(places, answers, strict=True))
    return replies


def _mention(draft: Draft, missing: Sequence[str]) -> Draft:
    """The draft with a word on the titles that the engine did not translate."""
    return replace(draft, trail=(*draft.trail, _mourn(missing))) if missing else draft


def _mourn(missing: Sequence[str]) -> str:
    return f"titles or alternative texts not translated: {len(missing)}"
