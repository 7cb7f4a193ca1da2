"""A run over an article: the cache, the switch, the account, the context, the way by English."""

import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest

from flows.domain.errors import EngineUnavailableError
from flows.domain.language import Language
from flows.domain.segment import Segment, SegmentKey
from flows.translation.cache import AnswerCache
from flows.translation.engines.errors import (
    EngineBusyError,
    EngineError,
    EngineUnreachableError,
    QuotaSpentError,
)
from flows.translation.engines.memory import Memory
from flows.translation.engines.protocol import Engine, Reach
from flows.translation.fallback import Task, draft_with_fallback
from flows.translation.gate import make_gate
from flows.translation.ladder import Draft
from flows.translation.run import Run
from flows.translation.surroundings import list_batches, read_contexts
from flows.translation.switches import Switches
from flows.translation.usage import EngineReport
from tests.unit.translation.conftest import EN, FR, NL, FunctionEngine

TODAY = date(2026, 11, 22)
OUTSIDE = Reach(host="translate.example.org", outside=True)


@dataclass
class Clock:
    """Seconds that pass when a test says so."""

    seconds: float = 100.0

    def __call__(self) -> float:
        """Now."""
        return self.seconds


def segments(*sources: str, kind: str = "p") -> list[Segment]:
    """Paragraphs."""
    return [Segment(source=source, kind=kind) for source in sources]


async def draft(task: Task, *engines: Engine, run: Run) -> dict[str, Draft]:
    """The drafts by their sources."""
    return {key.source: one async for key, one in draft_with_fallback(task, engines, run=run)}


def task_of(*sources: str, **more: object) -> Task:
    """What to draft from French into Dutch."""
    return Task(segments=segments(*sources), source=FR, target=NL, **more)  # type: ignore[arg-type]


# The cache


def cache(folder: Path, today: date = TODAY) -> AnswerCache:
    """The cache as a new process finds it."""
    return AnswerCache(folder / "answers", today=today)


async def test_the_same_again_costs_nothing_even_after_a_restart(tmp_path: Path) -> None:
    """Neither a request nor a character."""
    engine = FunctionEngine(answer=str.upper)
    first = await draft(task_of("un", "**deux**"), engine, run=Run(cache=cache(tmp_path)))
    run = Run(cache=cache(tmp_path))
    again = await draft(task_of("un", "**deux**"), engine, run=run)
    assert again == first
    assert len(engine.asked) == 1
    (report,) = run.reports(NL)
    assert (report.requests, report.characters, report.segments, report.from_cache) == (0, 0, 0, 2)


@pytest.mark.parametrize(
    ("change", "asked"),
    [
        ({}, 1),
        ({"name": "other"}, 2),
        ({"address": "elsewhere.example.org"}, 2),
        ({"uses_context": False}, 2),
    ],
)
async def test_another_engine_or_setting_is_another_question(
    tmp_path: Path, change: dict[str, object], asked: int
) -> None:
    """An answer stands for exactly what was asked."""
    log: list[str] = []

    def answer(text: str) -> str:
        log.append(text)
        return text.upper()

    for more in ({}, change):
        engine = FunctionEngine(answer=answer, **more)  # type: ignore[arg-type]
        await draft(task_of("un"), engine, run=Run(cache=cache(tmp_path)))
    assert len(log) == asked


async def test_a_changed_glossary_asks_anew(tmp_path: Path) -> None:
    """The terms may have changed the answer."""
    engine = FunctionEngine(answer=str.upper)
    for glossary in ("a", "a", "b"):
        await draft(task_of("un"), engine, run=Run(cache=cache(tmp_path), glossary=glossary))
    assert len(engine.asked) == 2


async def test_an_answer_is_forgotten_after_a_month_or_on_demand(tmp_path: Path) -> None:
    """Services get better."""
    engine = FunctionEngine(answer=str.upper)
    for day in (TODAY, TODAY + timedelta(days=30), TODAY + timedelta(days=31)):
        await draft(task_of("un"), engine, run=Run(cache=cache(tmp_path, day)))
    assert len(engine.asked) == 2
    assert cache(tmp_path).clear() == 2
    assert cache(tmp_path).clear() == 0
    await draft(task_of("un"), engine, run=Run(cache=cache(tmp_path)))
    assert len(engine.asked) == 3


@pytest.mark.parametrize(
    "torn",
    [
        b'{"key": "ab',
        b"\xff\xfe\n",
        b"[]\n",
        b'{"key": "a"}\n',
        b'{"key": "a", "day": 1, "text": "b"}\n',
    ],
)
async def test_a_line_torn_by_a_crash_spoils_no_other(tmp_path: Path, torn: bytes) -> None:
    """What came before and what comes after is read."""
    engine = FunctionEngine(answer=str.upper, uses_context=False)
    await draft(task_of("un"), engine, run=Run(cache=cache(tmp_path)))
    with (tmp_path / "answers" / "function.jsonl").open("ab") as file:
        file.write(torn)
    await draft(task_of("deux"), engine, run=Run(cache=cache(tmp_path)))
    await draft(task_of("un", "deux"), engine, run=Run(cache=cache(tmp_path)))
    assert len(engine.asked) == 2


async def test_the_cache_holds_no_question_and_is_the_operator_s_alone(tmp_path: Path) -> None:
    """Its folder and files are closed to others; a question is kept as a digest."""
    engine = FunctionEngine(answer=lambda _text: "een antwoord", address="host.example.org")
    await draft(task_of("une question"), engine, run=Run(cache=cache(tmp_path)))
    path = tmp_path / "answers" / "function.jsonl"
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0
    written = path.read_text("utf-8")
    assert json.loads(written).keys() == {"key", "day", "text"}
    assert "question" not in written
    assert "host" not in written


async def test_no_answer_is_not_kept(tmp_path: Path) -> None:
    """The next run asks again."""
    engine = FunctionEngine(answer=lambda _text: "")
    for _ in range(2):
        await draft(task_of("un"), engine, run=Run(cache=cache(tmp_path)))
    assert len(engine.asked) == 2


# The switch


@dataclass
class Flaky:
    """An engine's answers: an error where there is one, else capitals."""

    errors: list[EngineError | None]
    asked: list[str] = field(default_factory=list)

    def __call__(self, text: str) -> str:
        """One answer."""
        self.asked.append(text)
        if self.errors and (error := self.errors.pop(0)):
            raise error
        return text.upper()


def unreachable(*, nobody_there: bool = False) -> EngineError:
    """A passing fault."""
    return EngineUnreachableError("first", "no answer", nobody_there=nobody_there)


SOURCES = tuple(f"texte {number}" for number in range(6))


def relayed(first: Flaky) -> tuple[FunctionEngine, FunctionEngine]:
    """The flaky engine and one that takes over, both asked text by text."""
    second = FunctionEngine(answer=lambda text: f"2 {text}", name="second", batch_size=1)
    return FunctionEngine(answer=first, name="first", batch_size=1), second


async def test_one_failure_hands_over_one_batch_alone() -> None:
    """A paragraph that takes a server too long costs the others nothing."""
    drafts = await draft(task_of(*SOURCES), *relayed(Flaky([None, unreachable(), None])), run=Run())
    assert [drafts[source].engine for source in SOURCES] == [
        "first", "second", "first", "first", "first", "first"
    ]  # fmt: skip


async def test_three_failures_in_a_row_open_the_switch_for_a_while() -> None:
    """Meanwhile the next engine is asked; then one request tries the first again."""
    clock = Clock()
    run = Run(switches=Switches(rest_seconds=60, clock=clock))
    flaky = Flaky([unreachable()] * 3)
    drafts = await draft(task_of(*SOURCES), *relayed(flaky), run=run)
    assert {one.engine for one in drafts.values()} == {"second"}
    assert len(flaky.asked) == 3

    clock.seconds += 59
    await draft(task_of(*SOURCES), *relayed(flaky), run=run)
    assert len(flaky.asked) == 3

    clock.seconds += 2
    flaky.errors = [unreachable()]
    await draft(task_of(*SOURCES), *relayed(flaky), run=run)
    assert len(flaky.asked) == 4

    clock.seconds += 61
    drafts = await draft(task_of(*SOURCES), *relayed(flaky), run=run)
    assert {one.engine for one in drafts.values()} == {"first"}


async def test_a_success_between_starts_the_count_anew() -> None:
    """Failures in a row are meant."""
    faults = [unreachable(), unreachable(), None, unreachable(), unreachable(), None]
    flaky = Flaky(faults)
    await draft(task_of(*SOURCES), *relayed(flaky), run=Run())
    assert len(flaky.asked) == 6


async def test_what_was_known_before_is_no_success(tmp_path: Path) -> None:
    """A text from the cache says nothing of how the engine fares: it neither ends a series of
    failures nor a rest.
    """
    known = SOURCES[1::2]
    whole = segments(*SOURCES)
    await draft(
        task_of(*known, article=whole), relayed(Flaky([]))[0], run=Run(cache=cache(tmp_path))
    )
    clock = Clock()
    run = Run(cache=cache(tmp_path), switches=Switches(rest_seconds=60, clock=clock))
    flaky = Flaky([unreachable()] * 9)

    drafts = await draft(task_of(*SOURCES), *relayed(flaky), run=run)

    assert [drafts[source].engine for source in SOURCES] == ["second", "first"] * 2 + ["second"] * 2
    assert flaky.asked == list(SOURCES[::2])
    assert not run.switches.is_closed("first")


async def test_nobody_there_opens_the_switch_at_once() -> None:
    """Where no connection comes about, the next text would fare no better."""
    flaky = Flaky([unreachable(nobody_there=True)])
    drafts = await draft(task_of(*SOURCES), *relayed(flaky), run=Run())
    assert len(flaky.asked) == 1
    assert {one.engine for one in drafts.values()} == {"second"}


async def test_an_engine_alone_is_asked_again_for_what_it_missed() -> None:
    """One failure in a run does not leave a gap behind."""
    flaky = Flaky([None, unreachable()])
    engine, _ = relayed(flaky)
    drafts = await draft(task_of(*SOURCES), engine, run=Run())
    assert all(one.text for one in drafts.values())
    assert flaky.asked == [*SOURCES, SOURCES[1]]


async def test_an_engine_at_rest_is_named_as_the_reason() -> None:
    """Somebody who waits for its drafts is told."""
    run = Run()
    flaky = Flaky([unreachable(nobody_there=True)])
    engine, _ = relayed(flaky)
    for _ in range(2):
        with pytest.raises(EngineUnavailableError, match=r"no answer|rests for a moment"):
            await draft(task_of("un"), engine, run=run)
    assert len(flaky.asked) == 1


@pytest.mark.parametrize(
    "error",
    [
        QuotaSpentError("first", "the account's quota is spent (456)"),
        EngineBusyError("first", "asks to wait 3600 s (429)", retry_after_seconds=3600),
    ],
)
async def test_a_spent_quota_ends_an_engine_s_work_for_the_whole_run(error: EngineError) -> None:
    """For every language, and the account says that it was no failure."""
    run = Run()
    flaky = Flaky([error])
    await draft(task_of(*SOURCES), *relayed(flaky), run=run)
    english = Task(segments=segments(*SOURCES), source=FR, target=EN)
    await draft(english, *relayed(flaky), run=run)
    assert len(flaky.asked) == 1
    first, second = run.reports(NL)
    assert (first.quota, first.trouble) == (True, error.reason)
    assert (second.quota, second.trouble) == (False, "")
    assert run.reports(EN)[0].quota


# The account


async def test_the_account_says_what_was_done_and_what_left_the_house() -> None:
    """Requests, segments, characters, seconds; a segment asked about twice is one."""
    clock = Clock()

    def answer(text: str) -> str:
        clock.seconds += 0.5
        return text.upper().replace("[[/1]]", "")

    engine = FunctionEngine(answer=answer, reach=OUTSIDE, batch_size=1)
    run = Run()
    run.usage(engine, NL).clock = clock
    await draft(task_of("un", "**deux** mots"), engine, run=run)
    (report,) = run.reports(NL)
    asked = [text for texts in engine.asked for text in texts]
    assert asked == ["un", "[[1]]deux[[/1]] mots", "deux mots"]
    assert report == EngineReport(
        engine="function",
        host="translate.example.org",
        outside=True,
        requests=3,
        segments=2,
        characters=sum(map(len, asked)),
        seconds=1.5,
        from_cache=0,
    )
    assert report.left_the_house == "2 segments went to translate.example.org"
    assert str(report).endswith("; 2 segments went to translate.example.org")


@pytest.mark.parametrize("reach", [Reach(), Reach(host="127.0.0.1:5000")])
async def test_what_stays_on_this_machine_has_not_left_the_house(reach: Reach) -> None:
    """A model here, or a server on loopback."""
    run = Run()
    await draft(task_of("un"), FunctionEngine(answer=str.upper, reach=reach), run=run)
    assert run.reports(NL)[0].left_the_house == "nothing left the house"


# The context


ARTICLE = [
    Segment(source="La **lettre**", kind="title", context="meta:title"),
    *segments("Début."),
    *segments("Un titre", kind="h2"),
    *segments("Un.", "Deux [liens](u)."),
    *segments("Autre titre", kind="h2"),
    *segments("Trois."),
]


def test_a_segment_s_context_is_its_section_under_its_heading() -> None:
    """And what stands just before, without marks."""
    contexts = read_contexts(ARTICLE)
    assert contexts[SegmentKey(None, "Un.")] == "Début.\nUn titre\nUn.\nDeux liens."
    assert contexts[SegmentKey(None, "Trois.")] == "Deux liens.\nAutre titre\nTrois."
    assert contexts[SegmentKey("meta:title", "La **lettre**")] == "La lettre\nDébut."


def test_a_long_section_is_cut_and_keeps_its_heading() -> None:
    """Four thousand characters are the most."""
    article = [*segments("Titre", kind="h2"), *segments(*(f"{n} {'x' * 900}" for n in range(9)))]
    contexts = read_contexts(article)
    assert all(len(context) <= 4000 for context in contexts.values())
    assert contexts[article[-1].key].startswith("Titre\n")
    assert all(segment.source in contexts[segment.key] for segment in article)


async def test_the_context_is_the_same_whatever_else_is_to_be_translated(tmp_path: Path) -> None:
    """So that what is known of a text stays known when others change."""
    engine = FunctionEngine(answer=str.upper, batch_size=50)
    for todo in (ARTICLE, ARTICLE[4:5], ARTICLE[3:7]):
        task = Task(segments=todo, source=FR, target=NL, article=ARTICLE)
        await draft(task, engine, run=Run(cache=cache(tmp_path)))
    texts = [text for texts in engine.asked for text in texts]
    assert len(texts) == len(set(texts)) == len(ARTICLE)


def test_an_engine_without_use_for_it_gets_full_batches() -> None:
    """Sections do not part its requests."""
    plain = FunctionEngine(answer=str.upper, uses_context=False, batch_size=50)
    aware = FunctionEngine(answer=str.upper, batch_size=50)
    assert [len(b.segments) for b in list_batches(ARTICLE, plain, article=ARTICLE)] == [7]
    assert [len(b.segments) for b in list_batches(ARTICLE, aware, article=ARTICLE)] == [2, 3, 2]


# The way by English


APPROVED = {
    EN: {
        SegmentKey(None, "La **ville**"): "The **city**",
        SegmentKey(None, "Un [lien](https://e.test/fr/)"): "A [link](https://e.test/en/)",
    }
}


async def by_english(
    engine: FunctionEngine, *sources: str, run: Run | None = None
) -> dict[str, Draft]:
    """Dutch drafts of an engine that goes by English."""
    return await draft(task_of(*sources, approved=APPROVED), engine, run=run or Run())


async def test_what_is_approved_in_english_is_the_start() -> None:
    """One source of errors less, and the draft says so; the account counts one segment."""
    engine = FunctionEngine(answer=str.upper, pivot=EN, reach=OUTSIDE)
    run = Run()
    drafts = await by_english(engine, "La **ville**", "Le reste", run=run)
    assert engine.pairs == [(EN, NL), (FR, NL)]
    assert engine.asked == [("The [[1]]city[[/1]]",), ("Le reste",)]
    assert drafts["La **ville**"].text == "THE **CITY**"
    assert (drafts["La **ville**"].via, drafts["Le reste"].via) == ("en", "")
    assert run.reports(NL)[0].segments == 2


async def test_an_english_text_with_other_links_is_no_start() -> None:
    """A Dutch reader would be led to the English page."""
    engine = FunctionEngine(answer=str.upper, pivot=EN)
    drafts = await by_english(engine, "Un [lien](https://e.test/fr/)")
    assert engine.pairs == [(FR, NL)]
    assert drafts["Un [lien](https://e.test/fr/)"].text == "UN [LIEN](https://e.test/fr/)"


async def test_where_english_fails_the_french_is_tried() -> None:
    """By the same engine, before the next one."""
    engine = FunctionEngine(answer=lambda text: "" if "city" in text else text.upper(), pivot=EN)
    run = Run()
    drafts = await by_english(engine, "La **ville**", run=run)
    assert drafts["La **ville**"].text == "LA **VILLE**"
    assert (EN, NL) in engine.pairs
    assert engine.pairs[-1] == (FR, NL)


@pytest.mark.parametrize(("pivot", "target"), [(None, NL), (EN, EN)])
async def test_an_engine_of_its_own_ways_starts_from_the_french(
    pivot: object, target: object
) -> None:
    """So does every engine on its way into English."""
    engine = FunctionEngine(answer=str.upper, pivot=pivot)  # type: ignore[arg-type]
    task = Task(
        segments=segments("La **ville**"),
        source=FR,
        target=target,  # type: ignore[arg-type]
        approved=APPROVED,
    )
    await draft(task, engine, run=Run())
    assert engine.pairs == [(FR, target)]


async def test_what_started_from_english_is_judged_as_a_translation_of_it() -> None:
    """English that was left as it is could pass for Dutch by its small words, were it compared
    with French: what it is compared with is the English.
    """
    french, english = "La confiance manque dans les villes", "Trust is in short supply in cities"
    engine = FunctionEngine(
        answer=lambda text: text if text == english else "Er is weinig vertrouwen in de steden",
        pivot=EN,
    )
    task = task_of(
        french, approved={EN: {SegmentKey(None, french): english}}, verify=make_gate(FR, NL)
    )

    drafts = await draft(task, engine, run=Run())

    assert engine.pairs == [(EN, NL), (FR, NL)]
    assert (drafts[french].text, drafts[french].via) == ("Er is weinig vertrouwen in de steden", "")
    assert drafts[french].trail == ()


class OneWay(FunctionEngine):
    """An engine that does not speak the middle language's pair."""

    async def supports(self, source: Language, target: Language) -> bool:
        """From the French alone."""
        return (source, target) == (FR, NL)


async def test_an_engine_that_cannot_start_from_english_is_not_blamed() -> None:
    """It has a model of its own from the French."""
    engine, run = OneWay(answer=str.upper, pivot=EN), Run()
    drafts = await by_english(engine, "La **ville**", run=run)
    assert engine.pairs == [(FR, NL)]
    assert drafts["La **ville**"].text == "LA **VILLE**"
    assert run.reports(NL)[0].trouble == ""


async def test_a_memory_sends_nothing_and_is_told_by_what_it_knew() -> None:
    """Neither requests nor characters."""
    run = Run()
    await draft(task_of("un", "deux"), Memory({(NL, "un"): "een"}), run=run)
    (report,) = run.reports(NL)
    assert (report.requests, report.characters, report.segments, report.from_cache) == (0, 0, 0, 1)
    assert report.left_the_house == "nothing left the house"
