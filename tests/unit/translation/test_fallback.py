"""Several engines in turn."""

from collections.abc import Sequence

import pytest

from flows.domain.errors import EngineUnavailableError
from flows.domain.segment import Segment
from flows.translation.engines.errors import (
    BadAnswerError,
    EngineError,
    EngineUnreachableError,
    KeyRefusedError,
    QuotaSpentError,
    UnsupportedPairError,
)
from flows.translation.engines.memory import Memory
from flows.translation.engines.protocol import Engine
from flows.translation.fallback import Task, draft_with_fallback
from flows.translation.ladder import Draft
from flows.translation.run import Run
from tests.unit.translation.conftest import FR, NL, FunctionEngine

SOURCES = ("un", "deux", "trois", "quatre")


def failing(name: str, error: EngineError, *, after: int = 0) -> FunctionEngine:
    """An engine that translates `after` texts into capitals and then fails."""
    given: list[str] = []

    def answer(text: str) -> str:
        if len(given) >= after:
            raise error
        given.append(text)
        return text.upper()

    return FunctionEngine(answer=answer, name=name, batch_size=1)


def working(name: str = "second") -> FunctionEngine:
    """An engine that answers in capitals with its name."""
    return FunctionEngine(answer=lambda text: f"{name} {text.upper()}", name=name, batch_size=1)


SEGMENTS = [Segment(source=source, kind="p") for source in SOURCES]


async def draft_all(engines: Sequence[Engine], *, run: Run | None = None) -> dict[str, Draft]:
    """The drafts of all segments by their sources."""
    task = Task(segments=SEGMENTS, source=FR, target=NL)
    drafts = draft_with_fallback(task, engines, run=run or Run())
    return {key.source: draft async for key, draft in drafts}


@pytest.mark.parametrize(
    "error",
    [
        EngineUnreachableError("first", "no answer"),
        QuotaSpentError("first", "spent"),
        KeyRefusedError("first", "refused"),
        UnsupportedPairError("first", source=FR, target=NL),
    ],
)
async def test_the_next_engine_takes_what_is_left(error: EngineError) -> None:
    """What the first one made stands."""
    second = working()
    drafts = await draft_all([failing("first", error, after=2), second])
    assert [draft.engine for draft in drafts.values()] == ["first", "first", "second", "second"]
    assert second.asked == [("trois",), ("quatre",)]


async def test_an_engine_that_failed_is_not_asked_again_in_the_run() -> None:
    """The next language's call knows what this one learnt."""
    run = Run()
    first = failing("first", QuotaSpentError("first", "spent"))
    for _ in range(2):
        await draft_all([first, working()], run=run)
    assert list(run.out_of_service) == ["first"]
    assert len(first.asked) == 1


async def test_a_pair_that_is_not_supported_benches_nobody() -> None:
    """The engine may serve the next language."""
    run = Run()
    error = UnsupportedPairError("first", source=FR, target=NL)
    await draft_all([failing("first", error), working()], run=run)
    assert run.out_of_service == {}


async def test_the_failure_of_all_names_all_reasons() -> None:
    """Another try later may help, and the drafts before stand."""
    engines = [
        failing("first", EngineUnreachableError("first", "no answer"), after=1),
        failing("second", QuotaSpentError("second", "spent")),
    ]
    task = Task(segments=SEGMENTS, source=FR, target=NL)
    kept: list[str | None] = []

    async def keep_all() -> None:
        async for _, draft in draft_with_fallback(task, engines, run=Run()):
            kept.append(draft.text)

    with pytest.raises(EngineUnavailableError) as caught:
        await keep_all()
    assert kept == ["UN"]
    assert caught.value.reasons == {"first": "no answer", "second": "spent"}
    assert caught.value.retryable


async def test_nobody_to_ask_is_an_error() -> None:
    """Neither with no engine nor with all of them out of service."""
    with pytest.raises(EngineUnavailableError):
        await draft_all([])
    gone = Run(out_of_service={"first": QuotaSpentError("first", "gone")})
    with pytest.raises(EngineUnavailableError, match="gone"):
        await draft_all([working("first")], run=gone)


async def test_what_one_engine_leaves_the_next_one_tries() -> None:
    """Only what no engine manages is left to a person, with both trails."""

    def picky(text: str) -> str:
        if text in {"deux", "trois"}:
            raise BadAnswerError("first", "answered nothing")
        return text.upper()

    def pickier(text: str) -> str:
        if text == "trois":
            raise BadAnswerError("second", "answered with a notice")
        return text.title()

    first = FunctionEngine(answer=picky, name="first")
    second = FunctionEngine(answer=pickier, name="second")
    drafts = await draft_all([first, second])
    assert drafts["deux"].text == "Deux"
    assert drafts["trois"].text is None
    assert drafts["trois"].trail == ("plain: answered nothing", "plain: answered with a notice")


async def test_a_memory_before_a_machine_saves_the_machine() -> None:
    """What is approved is not translated again."""
    second = working()
    drafts = await draft_all([Memory({(NL, "un"): "een"}), second])
    assert drafts["un"].text == "een"
    assert ("un",) not in second.asked


async def test_a_memory_alone_leaves_the_rest_waiting() -> None:
    """That is no failure."""
    drafts = await draft_all([Memory({(NL, "un"): "een"})])
    assert [draft.level for draft in drafts.values()] == ["memory", "waiting", "waiting", "waiting"]


async def test_a_memory_does_not_hide_that_the_machine_failed() -> None:
    """What waits for a machine is not left to a person."""
    broken = failing("second", EngineUnreachableError("second", "no answer"))
    with pytest.raises(EngineUnavailableError, match="no answer"):
        await draft_all([Memory({}), broken])


async def test_a_failing_second_opinion_spoils_nothing() -> None:
    """A healthy engine saw every segment; its leftovers are a person's."""

    def picky(text: str) -> str:
        if text == "deux":
            raise BadAnswerError("first", "answered nothing")
        return text.upper()

    broken = failing("second", QuotaSpentError("second", "spent"))
    drafts = await draft_all([FunctionEngine(answer=picky, name="first"), broken])
    assert drafts["deux"].text is None
    assert drafts["quatre"].text == "QUATRE"
