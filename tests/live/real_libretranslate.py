"""A real LibreTranslate server, with models made by hand: `make live-engines`.

Not among the tests that `make test` runs: its packages are some hundred megabytes, in an
environment of their own below the user's cache.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from flows.domain.language import Language
from flows.domain.segment import Segment
from flows.translation.engines.errors import KeyRefusedError, UnsupportedPairError
from flows.translation.engines.libretranslate import LibreTranslate
from flows.translation.engines.retries import RetryPolicy
from flows.translation.fallback import Task, draft_with_fallback
from flows.translation.run import Run
from tests.functional.argos.conftest import CACHE, DUTCH, ENGLISH, ROOT, make_model

FR, EN, NL = Language("fr"), Language("en"), Language("nl")
PACKAGES = ["libretranslate==1.9.6", "onnx<1.18", "numpy<2"]
SPLITTER = Path(__file__).parent / "tiny_sentences.py"
START_SECONDS = 240


@pytest.fixture(scope="session")
def environment() -> Path:
    """The environment with the server, made once."""
    folder = CACHE / "libretranslate-1.9.6"
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        command = [str(folder / "bin" / "pip"), "install", "--quiet", *PACKAGES]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1800)
        if done.returncode:
            pytest.skip(f"LibreTranslate cannot be installed: {done.stderr.splitlines()[-1]}")
        (folder / "complete").touch()
    return folder


@pytest.fixture(scope="session")
def models(environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Packages fr-en and en-nl, each with its splitter of sentences."""
    folder = tmp_path_factory.mktemp("models")
    python = str(environment / "bin" / "python")
    for pair, words in (("fr-en", ENGLISH), ("en-nl", DUTCH)):
        splitter = make_model(python, folder, pair, words) / "minisbd" / "sentences.onnx"
        splitter.parent.mkdir()
        subprocess.run([python, str(SPLITTER), str(splitter)], check=True)
    return folder


Serve = Callable[..., str]


@pytest.fixture(scope="session")
def serve(
    environment: Path, models: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Serve]:
    """Starts servers with options of the command line; the address of one that answers."""
    servers: list[subprocess.Popen[bytes]] = []

    def start(*options: str) -> str:
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        home = tmp_path_factory.mktemp("home")
        env = {**os.environ, "HOME": str(home), "ARGOS_PACKAGES_DIR": str(models)}
        command = [str(environment / "bin" / "libretranslate"), "--host", "127.0.0.1"]
        with (home / "log").open("wb") as log:
            server = subprocess.Popen(
                [*command, "--port", str(port), *options],
                cwd=home, env=env, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        servers.append(server)
        url = f"http://127.0.0.1:{port}"
        _wait_for(url, servers[-1], home / "log")
        return url

    yield start
    for server in servers:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=30)


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            httpx.get(f"{url}/health", timeout=2)
        except httpx.HTTPError:
            time.sleep(0.5)
        else:
            return
    pytest.fail(f"the server does not start: {log.read_text(errors='replace')[-2000:]}")


@pytest.fixture(scope="session")
def url(serve: Serve) -> str:
    """A server without limits."""
    return serve()


async def no_pause(_seconds: float) -> None:
    """Retries do not wait."""


def engine_at(url: str, api_key: str = "") -> LibreTranslate:
    """Our adapter."""
    patience = RetryPolicy(tries=2, sleep=no_pause)
    return LibreTranslate(url=url, api_key=api_key, timeout_seconds=60, retries=patience)


async def test_the_server_names_its_languages_and_what_it_lacks(url: str) -> None:
    """Dutch from French goes by English; German is not there."""
    engine = engine_at(url)
    try:
        assert await engine.supports(FR, NL)
        assert not await engine.supports(FR, Language("de"))
        assert (await engine.check()).endswith("offers 3 languages")
        with pytest.raises(UnsupportedPairError):
            await engine.translate(["La ville"], source=NL, target=FR, encoding="plain")
    finally:
        await engine.close()


async def test_a_list_comes_back_in_order_with_its_marks(url: str) -> None:
    """In text mode; sentences, tokens and what has no letters."""
    engine = engine_at(url)
    texts = ["La ville accueille une mission. Le maire", "La [[1]]petite[[/1]] ville"] * 6
    try:
        answers = await engine.translate(texts, source=FR, target=NL, encoding="brackets")
    finally:
        await engine.close()
    assert (
        answers
        == [
            "De stad ontvangt een missie. De burgemeester",
            "De [[1]]kleine[[/1]] stad",
        ]
        * 6
    )
    assert engine.outlet.requests == 3


async def test_drafts_come_through_from_approved_english(url: str) -> None:
    """The English way, for Dutch, with the account of what was asked."""
    segments = [Segment(source=one, kind="p") for one in ("La **petite** ville", "Le maire")]
    approved = {EN: {segments[0].key: "The **small** city of the network"}}
    engine, run = engine_at(url), Run()
    task = Task(segments=segments, source=FR, target=NL, approved=approved)
    try:
        drafts = [one async for _, one in draft_with_fallback(task, [engine], run=run)]
    finally:
        await engine.close()
    assert [(one.text, one.level, one.via) for one in drafts] == [
        ("De **kleine** stad van de netwerk", "full/brackets", "en"),
        ("De burgemeester", "plain", ""),
    ]
    (report,) = run.reports(NL)
    assert (report.segments, report.left_the_house) == (2, "nothing left the house")


async def test_a_server_that_limits_lists_is_asked_one_by_one(serve: Serve) -> None:
    """`--batch-limit`: status 400 for a list, then single texts."""
    engine = engine_at(serve("--batch-limit", "2"))
    try:
        answers = await engine.translate(
            ["La ville", "Le maire", "La mission"], source=FR, target=EN, encoding="plain"
        )
    finally:
        await engine.close()
    assert answers == ["The city", "The mayor", "The mission"]


@pytest.mark.parametrize("api_key", ["", "wrong"])
async def test_a_server_that_wants_a_key_says_so(serve: Serve, api_key: str) -> None:
    """`--api-keys`: status 400 without one, 403 with another's."""
    engine = engine_at(serve("--api-keys", "--require-api-key-secret"), api_key)
    try:
        with pytest.raises(KeyRefusedError):
            await engine.translate(["La ville"], source=FR, target=EN, encoding="plain")
    finally:
        await engine.close()


def test_the_command_translates_an_article(url: str, tmp_path: Path) -> None:
    """`newsletter translate` against the real server, twice: the second run asks nothing."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "NEWSLETTER_ENGINE__URL": url}
    env["NEWSLETTER_ENGINE__NAME"] = "libretranslate"

    def newsletter(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "flows", *arguments],
            cwd=tmp_path, env=env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    newsletter("init", "w")
    article = tmp_path / "w" / "content" / "petite" / "fr.md"
    article.parent.mkdir()
    article.write_text(
        "---\ntitle: La ville\nauthor: le maire\ndate: 2026-11-22\nsummary: Le réseau\n---\n\n"
        "La **petite** ville accueille une mission.\n",
        encoding="utf-8",
    )
    facts = [
        json.loads(
            newsletter(
                "--workspace", "w", "translate", "petite", "--to", "nl", "--json"
            ).splitlines()[-1]
        )[0]
        for _ in range(2)
    ]
    assert [one["drafted"] for one in facts] == [{"libretranslate": 4}, {}]
    assert facts[0]["work"][0]["left_the_house"] == "nothing left the house"
    text = (tmp_path / "w" / "content" / "petite" / "nl.po").read_text("utf-8")
    assert "De **kleine** stad ontvangt een missie." in text
