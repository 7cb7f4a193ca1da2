"""Segments through one engine: the rungs, the batches, and what is left to a person."""

import pytest

from flows.domain.segment import Segment
from flows.translation.engines.errors import (
    BadAnswerError,
    EngineUnreachableError,
    EngineUnusableError,
)
from flows.translation.engines.memory import Memory
from flows.translation.engines.protocol import Engine
from flows.translation.ladder import Draft
from tests.unit.translation.conftest import EN, FR, NL, FunctionEngine, draft_segments, shift


async def draft_all(*sources: str, engine: Engine) -> list[Draft]:
    """The drafts of segments with these sources, in order."""
    segments = [Segment(source=source, kind="p") for source in sources]
    found = [item async for item in draft_segments(segments, engine=engine, source=FR, target=NL)]
    assert [key.source for key, _ in found] == list(sources)
    return [draft for _, draft in found]


async def test_first_rungs_share_a_request() -> None:
    """Five segments, four a batch: two requests."""
    engine = FunctionEngine(answer=shift)
    await draft_all("un", "**deux** mots", "trois", "quatre", "cinq", engine=engine)
    # Plain texts and texts with marks are told apart for engines with tag handling.
    assert engine.asked == [("un", "trois", "quatre"), ("[[1]]deux[[/1]] mots",), ("cinq",)]


async def test_neighbours_are_the_context() -> None:
    """Words without marks, from the segment before to the one after."""
    engine = FunctionEngine(answer=shift, batch_size=1)
    await draft_all("# un", "**deux** `x` mots", "trois", engine=engine)
    assert engine.contexts[1] == "# un\ndeux  mots\ntrois"


async def test_a_mark_around_all_is_not_sent() -> None:
    """The engine sees the sentence alone."""
    engine = FunctionEngine(answer=str.upper)
    (draft,) = await draft_all("[**Toute la ville**](https://a.test/)", engine=engine)
    assert engine.asked == [("Toute la ville",)]
    assert draft.text == "[**TOUTE LA VILLE**](https://a.test/)"
    assert draft.level == "plain"


async def test_titles_and_alternative_texts_are_translated_as_plain_text() -> None:
    """A quotation mark or bracket in the answer cannot end them early."""
    engine = FunctionEngine(answer=lambda text: text.upper().replace("MAIRE", '"MAIRE" [1]'))
    (draft,) = await draft_all('Voici ![le maire](m.jpg "le maire") et tous.', engine=engine)
    assert draft.text == 'VOICI ![LE ”MAIRE” (1)](m.jpg "LE ”MAIRE” (1)") ET TOUS.'


async def test_a_lone_image_has_its_text_translated() -> None:
    """There is nothing else to ask for."""
    engine = FunctionEngine(answer=str.upper)
    (draft,) = await draft_all("![le maire](m.jpg)", engine=engine)
    assert (draft.text, draft.level) == ("![LE MAIRE](m.jpg)", "runs")
    assert engine.asked == [("le maire",)]


async def test_a_title_without_translation_is_mentioned() -> None:
    """The draft stands, and says so; an image alone is left to a person."""
    engine = FunctionEngine(answer=lambda text: "" if text == "le maire" else text.upper())
    drafts = await draft_all("Voici ![le maire](m.jpg).", "![le maire](m.jpg)", engine=engine)
    assert drafts[0].text == "VOICI ![le maire](m.jpg)."
    assert drafts[0].trail == ("titles or alternative texts not translated: 1",)
    assert drafts[1].text is None


async def test_what_has_no_words_is_copied() -> None:
    """No engine is asked about numbers, code or addresses."""
    engine = FunctionEngine(answer=shift)
    drafts = await draft_all("2019", "`make`", "https://a.test/", "**12 %**", engine=engine)
    assert [draft.level for draft in drafts] == ["copied"] * 4
    assert engine.asked == []


async def test_the_trail_tells_what_went_wrong_before() -> None:
    """In the order of the rungs."""
    engine = FunctionEngine(
        answer=lambda text: text.upper().replace("[[/1]]", ""), encodings=("brackets",)
    )
    (draft,) = await draft_all("Un **mot** et [un lien](u).", engine=engine)
    assert draft.level == "no-emphasis/brackets"
    assert draft.text == "UN MOT ET [UN LIEN](u)."
    assert draft.trail == ("full/brackets: marks lost: 1",)


async def test_one_bad_answer_does_not_spoil_the_batch() -> None:
    """The others are asked for again, one by one."""

    def answer(text: str) -> str:
        if "deux" in text:
            raise BadAnswerError("function", "answered nothing")
        return text.upper()

    drafts = await draft_all("un", "deux", "trois", engine=FunctionEngine(answer=answer))
    assert [draft.text for draft in drafts] == ["UN", None, "TROIS"]
    assert drafts[1].trail == ("plain: answered nothing",)


async def test_an_engine_that_only_errs_is_given_up() -> None:
    """Twenty bad answers in a row are enough; the drafts before stand."""

    def answer(text: str) -> str:
        raise BadAnswerError("function", f"no page for {len(text)}")

    engine = FunctionEngine(answer=answer)
    with pytest.raises(EngineUnusableError, match="20 answers in a row"):
        await draft_all(*(f"texte {number}" for number in range(40)), engine=engine)


async def test_drafts_come_before_the_engine_fails() -> None:
    """What was yielded is the caller's to keep."""
    kept: list[str | None] = []

    def answer(text: str) -> str:
        if text == "quatre":
            raise EngineUnreachableError("function", "gone")
        return text.upper()

    engine = FunctionEngine(answer=answer, batch_size=2)
    segments = [Segment(source=text, kind="p") for text in ("un", "deux", "trois", "quatre")]

    async def keep_all() -> None:
        async for _, draft in draft_segments(segments, engine=engine, source=FR, target=NL):
            kept.append(draft.text)

    with pytest.raises(EngineUnreachableError):
        await keep_all()
    assert kept == ["UN", "DEUX"]


async def test_the_verification_is_the_callers() -> None:
    """What it finds goes into the trail."""
    engine = FunctionEngine(answer=str.upper)
    segment = Segment(source="un", kind="p")
    drafts = [
        draft
        async for _, draft in draft_segments(
            [segment],
            engine=engine,
            source=FR,
            target=NL,
            verify=lambda source, target: [f"{source} is not {target}"],
        )
    ]
    assert drafts[0].trail == ("plain: un is not UN",)


async def test_a_memory_answers_with_whole_segments() -> None:
    """What nobody approved waits."""
    memory = Memory({(NL, "Le **mot**"): "Het **woord**", (EN, "autre"): "other"})
    drafts = await draft_all("Le **mot**", "autre", "2019", engine=memory)
    assert [draft.text for draft in drafts] == ["Het **woord**", None, "2019"]
    assert [draft.level for draft in drafts] == ["memory", "waiting", "copied"]
    assert await memory.check() == "the memory holds 2 approved translations"
    assert await memory.supports(FR, NL)
    await memory.close()


async def test_an_echo_in_a_right_to_left_script_keeps_its_marks() -> None:
    """Marks are found by number, not by place."""
    engine = FunctionEngine(answer=lambda text: text.replace("ville", "بلدية"))
    (draft,) = await draft_all("La **ville** de [Liège](u)\u202f!", engine=engine)
    assert draft.text == "La **بلدية** de [Liège](u)\u202f!"
