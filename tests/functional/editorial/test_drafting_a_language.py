"""Only what is missing goes to an engine, each answer is kept at once, people's words stay."""

import importlib.util
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import ModuleType

import pytest

from flows.content.stamps import Provenance
from flows.domain.language import Language
from flows.domain.segment import SegmentState
from flows.operations.translating import Drafting, draft_language
from flows.runtime.runtime import Runtime, build_library
from flows.settings.reading import read_settings
from flows.translation.engines.factory import EngineOptions, build_engine
from flows.translation.engines.retries import RetryPolicy
from tests.functional.cli.command_line import closed_port
from tests.functional.editorial.conftest import (
    EN,
    NL,
    NOW,
    ROOT,
    SLUG,
    WORDS,
    Newsroom,
    write_article,
)


class LibreTranslateServer:
    """The stand-alone server of `tests/servers`, on a port of its own; `asked` is what came in.

    It falls silent before a request that would make it answer more than `patience` texts.
    """

    def __init__(self, module: ModuleType, port: int) -> None:
        self.asked: list[str] = []
        self.patience = 1000
        self._make: Callable[[], ThreadingHTTPServer] = partial(module.make_server, port)
        owner = self

        class Noting(module.Handler):  # type: ignore[misc, name-defined]  # of a module by path
            def do_POST(self) -> None:  # noqa: N802  # the name that the server calls
                """Note the texts, then answer as ever."""
                query = json.loads(self.rfile.peek(1_000_000))["q"]
                texts = query if isinstance(query, list) else [query]
                if len(owner.asked) + len(texts) > owner.patience:
                    self.close_connection = True
                    return
                owner.asked.extend(texts)
                super().do_POST()

        self._handler = Noting

    @contextmanager
    def running(self) -> Iterator["LibreTranslateServer"]:
        """Answer for as long as the block lasts."""
        server: ThreadingHTTPServer = self._make()
        server.RequestHandlerClass = self._handler
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


@pytest.fixture(scope="module")
def module() -> ModuleType:
    """The server's own module."""
    path = ROOT / "tests" / "servers" / "libretranslate.py"
    spec = importlib.util.spec_from_file_location("servers_libretranslate_editorial", path)
    assert spec
    assert spec.loader
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


@pytest.fixture
def port() -> int:
    """A port where nobody listens."""
    return closed_port()


@pytest.fixture
def server(module: ModuleType, port: int) -> LibreTranslateServer:
    """A server that does not run yet."""
    return LibreTranslateServer(module, port)


def with_settings(newsroom: Newsroom, toml: str) -> Runtime:
    """The same newsroom after its settings were changed."""
    path = newsroom.workspace / "newsletter.toml"
    path.write_text(toml, encoding="utf-8")
    settings = read_settings(newsroom.workspace)
    desk = newsroom.desk
    return Runtime(
        settings=settings, library=build_library(settings), store=desk.store, key=desk.key
    )


async def draft(desk: Runtime, language: Language) -> Drafting:
    """What the command `translate` does for one language."""
    async with desk.engines(language) as engines:
        return await draft_language(desk.library, SLUG, language, engines=engines, clock=desk.clock)


async def draft_without_pauses(desk: Runtime, language: Language) -> Drafting:
    """The same, except that the engine's retries do not wait."""

    async def no_pause(_seconds: float) -> None:
        return

    engine = build_engine(
        "libretranslate",
        EngineOptions(
            url=desk.settings.engine.url or "",
            timeout_seconds=2,
            retries=RetryPolicy(tries=2, sleep=no_pause),
        ),
    )
    try:
        return await draft_language(
            desk.library, SLUG, language, engines=[engine], clock=desk.clock
        )
    finally:
        await engine.close()


def libretranslate(newsroom: Newsroom, port: int) -> Runtime:
    """The newsroom with the server of this port as its engine."""
    return with_settings(
        newsroom,
        f"[engine]\nname = 'libretranslate'\nurl = 'http://127.0.0.1:{port}'\n"
        "timeout_seconds = 2\n",
    )


async def test_an_empty_catalogue_is_filled_segment_by_segment(
    newsroom: Newsroom, server: LibreTranslateServer, port: int
) -> None:
    """Every segment gets a draft that says where it comes from and awaits a look."""
    desk = libretranslate(newsroom, port)

    with server.running():
        drafting = await draft(desk, NL)

    assert drafting.done
    assert drafting.segments == 6
    assert drafting.drafted == {"libretranslate": 6}
    states = desk.library.catalogue(SLUG, NL).states()
    assert {state for _, state in states} == {SegmentState.DRAFT}
    assert all(entry.provenance.origin.startswith("libretranslate ") for entry, _ in states)


async def test_a_second_run_asks_nothing(
    newsroom: Newsroom, server: LibreTranslateServer, port: int
) -> None:
    """And leaves the file as it is."""
    desk = libretranslate(newsroom, port)
    path = newsroom.content / SLUG / "nl.po"

    with server.running():
        await draft(desk, NL)
        written, asked = path.read_bytes(), len(server.asked)
        again = await draft(desk, NL)

    assert again.done
    assert again.drafted == {}
    assert len(server.asked) == asked
    assert path.read_bytes() == written


async def test_only_what_is_new_is_sent(
    newsroom: Newsroom, server: LibreTranslateServer, port: int
) -> None:
    """A new paragraph costs one request, and the approved ones are not even looked at."""
    await newsroom.approve_all()
    desk = libretranslate(newsroom, port)
    before = texts(desk, NL)
    body = (newsroom.content / SLUG / "fr.md").read_text("utf-8").partition("---\n\n")[2]
    write_article(newsroom.content, body=f"{body}\nRendez-vous demain soir.\n")

    with server.running():
        drafting = await draft(desk, NL)

    assert (drafting.done, drafting.drafted) == (True, {"libretranslate": 1})
    assert server.asked == ["Rendez-vous demain soir."]
    after = texts(desk, NL)
    assert {key: after[key] for key in before} == before


def texts(desk: Runtime, language: Language) -> dict[str, tuple[str, SegmentState, Provenance]]:
    """Translation, state and provenance of each segment."""
    return {
        entry.key.source: (entry.translation, state, entry.provenance)
        for entry, state in desk.library.catalogue(SLUG, language).states()
    }


async def test_what_a_person_wrote_or_approved_is_never_touched(
    newsroom: Newsroom, server: LibreTranslateServer, port: int
) -> None:
    """Edited, approved and half a catalogue: the engine gets the rest alone."""
    library = newsroom.desk.library
    catalogue = library.synchronised(library.article(SLUG), NL)
    edited, stamped, *_ = catalogue.waiting()
    catalogue.edit(edited, "Nachtelijke bemiddeling", by="Ada")
    catalogue.edit(stamped, WORDS[stamped.source]["nl"], by="Ada")
    catalogue.approve(stamped, by="Chantal", on=NOW.date())
    catalogue.save()
    desk = libretranslate(newsroom, port)
    before = texts(desk, NL)

    with server.running():
        drafting = await draft(desk, NL)

    assert drafting.drafted == {"libretranslate": 4}
    after = texts(desk, NL)
    for key in (edited.source, stamped.source):
        assert after[key] == before[key]
        assert key not in server.asked


async def test_with_no_engine_in_reach_the_waiting_segments_are_named(
    newsroom: Newsroom, server: LibreTranslateServer, port: int
) -> None:
    """Nothing done is lost, and once the server is there the same call goes on."""
    newsroom.fill(NL)
    catalogue = newsroom.desk.library.catalogue(SLUG, NL)
    *_, first, second = catalogue.entries()
    catalogue.edit(first.key, "", by="Ada")
    catalogue.edit(second.key, "", by="Ada")
    catalogue.save()
    desk = libretranslate(newsroom, port)
    before = texts(desk, NL)

    failed = await draft_without_pauses(desk, NL)

    assert not failed.done
    assert [one.source for one in failed.waiting] == [first.key.source, second.key.source]
    assert list(failed.reasons) == ["libretranslate"]
    assert failed.drafted == {}
    assert texts(desk, NL) == before

    with server.running():
        went_on = await draft(desk, NL)

    assert (went_on.done, went_on.drafted) == (True, {"libretranslate": 2})
    after = texts(desk, NL)
    assert {key: one for key, one in after.items() if before[key][0]} == {
        key: one for key, one in before.items() if one[0]
    }


async def test_an_engine_that_dies_half_way_loses_nothing(
    newsroom: Newsroom, server: LibreTranslateServer, port: int
) -> None:
    """What it had answered is on disk; the rest waits, and alone is asked for later."""
    paragraphs = "\n\n".join(f"Voici le paragraphe {n}, qui est à traduire." for n in range(60))
    write_article(newsroom.content, body=paragraphs)
    desk = libretranslate(newsroom, port)
    server.patience = 40

    with server.running():
        failed = await draft_without_pauses(desk, NL)
        on_disk = desk.library.catalogue(SLUG, NL).counts()
        server.patience, server.asked = 1000, []
        went_on = await draft(desk, NL)

    done = sum(failed.drafted.values())
    assert 0 < done < 63
    assert failed.reasons
    assert on_disk[SegmentState.DRAFT] == done
    assert on_disk[SegmentState.EMPTY] == len(failed.waiting) == 63 - done
    assert went_on.done
    assert sorted(server.asked) == sorted(one.source for one in failed.waiting)


async def test_the_next_engine_takes_over(
    newsroom: Newsroom, server: LibreTranslateServer, port: int
) -> None:
    """The memory knows what was approved before; the server is asked for the rest."""
    await newsroom.approve_all()
    write_article(newsroom.content, slug="suite", title="Une suite")
    desk = with_settings(
        newsroom,
        "[engine]\nname = 'memory'\nfallback = ['libretranslate']\n"
        f"url = 'http://127.0.0.1:{port}'\n",
    )

    with server.running():
        async with desk.engines(EN) as engines:
            drafting = await draft_language(
                desk.library, "suite", EN, engines=engines, clock=desk.clock
            )

    assert drafting.done
    assert server.asked == ["Une suite"]


async def test_the_memory_engine_needs_no_network_and_leaves_what_nobody_approved(
    newsroom: Newsroom,
) -> None:
    """The waiting segments are named, with the memory's reason."""
    await newsroom.approve_all()
    write_article(newsroom.content, slug="suite", title="Une suite")

    async with newsroom.desk.engines(EN, first="memory") as engines:
        drafting = await draft_language(
            newsroom.desk.library, "suite", EN, engines=engines, clock=newsroom.desk.clock
        )

    assert [one.source for one in drafting.waiting] == ["Une suite"]
    states = newsroom.desk.library.catalogue("suite", EN).counts()
    assert (states[SegmentState.DRAFT], states[SegmentState.EMPTY]) == (5, 1)


def paths(folder: Path) -> set[str]:
    """The files of a folder."""
    return {one.name for one in folder.iterdir()}


async def test_drafting_leaves_no_temporary_files(
    newsroom: Newsroom, server: LibreTranslateServer, port: int
) -> None:
    """The article's folder holds its source and its catalogues."""
    desk = libretranslate(newsroom, port)

    with server.running():
        for language in (EN, NL):
            await draft(desk, language)

    assert paths(newsroom.content / SLUG) == {"fr.md", "en.po", "nl.po"}
