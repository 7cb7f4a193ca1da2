"""The local engine: real models, loaded by the real libraries, in a process of their own."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from flows.domain.errors import InputError, NotDoneError, NotFoundError, TransientError
from flows.domain.language import Language
from flows.domain.segment import Segment
from flows.translation.argos.installing import fetch_package, install_package
from flows.translation.argos.packages import find_route, list_packages, missing_pairs
from flows.translation.engines.argos import Argos
from flows.translation.engines.errors import (
    BadAnswerError,
    EngineError,
    EngineUnreachableError,
    UnsupportedPairError,
)
from flows.translation.engines.retries import RetryPolicy
from flows.translation.fallback import Task, draft_with_fallback
from flows.translation.run import Run
from tests.functional.argos.conftest import ROOT, Local

FR, EN, NL = Language("fr"), Language("en"), Language("nl")


async def no_pause(_seconds: float) -> None:
    """Retries do not wait."""


def engine_of(local: Local, *, tries: int = 2, timeout_seconds: float = 30) -> Argos:
    """The engine over the tiny models."""
    return Argos(
        models=local.models,
        python=local.python,
        timeout_seconds=timeout_seconds,
        retries=RetryPolicy(tries=tries, sleep=no_pause),
    )


async def translate(engine: Argos, *texts: str, target: Language = EN) -> list[str]:
    """From French."""
    return await engine.translate(texts, source=FR, target=target, encoding="brackets")


async def test_a_model_translates(local: Local) -> None:
    """Sentence by sentence, the space between them and what has no letters as they were."""
    engine = engine_of(local)
    try:
        answers = await translate(engine, "La ville accueille une mission.  Le maire", "2026", "")
        assert answers == ["The city welcomes a mission.  The mayor", "2026", ""]
        assert engine.outlet.requests == 1
        assert "fr-en 1.0" in await engine.check()
    finally:
        await engine.close()


async def test_two_models_lead_to_dutch(local: Local) -> None:
    """By English, within one question; a region falls back to its language."""
    engine = engine_of(local)
    try:
        answers = await translate(engine, "La ville accueille", target=Language("nl-BE"))
        assert answers == ["De stad ontvangt"]
    finally:
        await engine.close()


async def test_drafts_come_through_with_their_marks_and_nothing_leaves_the_house(
    local: Local,
) -> None:
    """From the approved English where there is one, else from the French."""
    engine = engine_of(local)
    segments = [Segment(source=one, kind="p") for one in ("La **petite** ville", "Le maire")]
    approved = {EN: {segments[0].key: "The **small** city of the network"}}
    run = Run()
    task = Task(segments=segments, source=FR, target=NL, approved=approved)
    try:
        drafts = [one async for _, one in draft_with_fallback(task, [engine], run=run)]
    finally:
        await engine.close()
    assert [(one.text, one.via) for one in drafts] == [
        ("De **kleine** stad van de netwerk", "en"),
        ("De burgemeester", ""),
    ]
    (report,) = run.reports(NL)
    assert report.left_the_house == "nothing left the house"
    assert report.requests == 2


async def test_the_models_live_in_another_process_that_ends_with_the_engine(local: Local) -> None:
    """Neither library is loaded here, and nothing is left behind."""
    engine = engine_of(local)
    await translate(engine, "La ville")
    pid = engine.outlet.pid
    assert pid
    os.kill(pid, 0)
    assert not {"ctranslate2", "sentencepiece"} & sys.modules.keys()
    await engine.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_process_that_was_killed_is_started_again(local: Local) -> None:
    """As the kernel does when memory runs out."""
    engine = engine_of(local)
    try:
        await translate(engine, "La ville")
        assert engine.outlet.pid
        os.kill(engine.outlet.pid, signal.SIGKILL)
        assert await translate(engine, "Le maire") == ["The mayor"]
    finally:
        await engine.close()


async def test_a_process_that_hangs_is_stopped_and_started_again(local: Local) -> None:
    """In the time that the settings give it; one that hangs again is given up."""
    engine = engine_of(local, timeout_seconds=4)
    try:
        await engine.check()
        hanging = engine.outlet.pid
        assert hanging
        os.kill(hanging, signal.SIGSTOP)
        assert await translate(engine, "Le maire") == ["The mayor"]
        assert engine.outlet.pid != hanging
        with pytest.raises(ProcessLookupError):
            os.kill(hanging, 0)
    finally:
        await engine.close()


async def test_a_cancelled_question_leaves_no_answer_for_the_next_one(local: Local) -> None:
    """Answers are told apart by who is there to give them."""
    engine = engine_of(local)
    try:
        await engine.check()
        assert engine.outlet.pid
        os.kill(engine.outlet.pid, signal.SIGSTOP)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(translate(engine, "La ville"), 0.3)
        assert await translate(engine, "Le maire") == ["The mayor"]
    finally:
        await engine.close()


async def test_a_damaged_model_fails_and_does_not_take_the_program_along(
    local: Local, tmp_path: Path
) -> None:
    """The engine says so, and others can take over."""
    shutil.copytree(local.models, tmp_path / "models")
    for name in ("translate-fr_en-1_0", "translate-en_nl-1_0"):
        path = tmp_path / "models" / name / "model" / "model.bin"
        path.write_bytes(path.read_bytes()[:200])
    engine = engine_of(Local(python=local.python, models=tmp_path / "models"))
    try:
        with pytest.raises((BadAnswerError, EngineUnreachableError)):
            await translate(engine, "La ville")
    finally:
        await engine.close()


async def test_without_the_extra_the_message_has_the_command(local: Local) -> None:
    """This environment lacks it: development stays light."""
    engine = Argos(models=local.models, retries=RetryPolicy(tries=1))
    with pytest.raises(EngineError, match=r"pip install 'efus-newsletter\[argos\]'"):
        await translate(engine, "La ville")
    await engine.close()


async def test_without_models_the_message_has_the_command(tmp_path: Path) -> None:
    """The very pairs that are missing, after what this environment lacks to run them."""
    engine = Argos(models=tmp_path)
    both = r"pip install 'efus-newsletter\[argos\]', then newsletter models install fr-en$"
    with pytest.raises(UnsupportedPairError, match=both):
        await translate(engine, "La ville", target=EN)
    with pytest.raises(UnsupportedPairError, match="newsletter models install fr-en en-nl"):
        await translate(engine, "La ville", target=NL)
    with pytest.raises(UnsupportedPairError, match=r"newsletter models install fr-en$"):
        await translate(engine, "La ville", target=EN)
    with pytest.raises(EngineError, match="newsletter models install fr-en"):
        await engine.check()


async def test_a_python_that_is_none_is_unreachable(local: Local) -> None:
    """Something in its place that says nothing sensible."""
    engine = Argos(models=local.models, python="/bin/true", retries=RetryPolicy(tries=1))
    with pytest.raises(EngineUnreachableError, match="does not start"):
        await translate(engine, "La ville")


def test_the_command_drafts_an_article_with_models_of_this_machine(
    local: Local, tmp_path: Path
) -> None:
    """The whole program in an environment that has the extra."""
    packages = next(
        path for path in map(Path, sys.path) if path.name == "site-packages" and path.is_dir()
    )
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": f"{ROOT}:{packages}"}
    workspace = tmp_path / "w"

    def newsletter(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [local.python, "-m", "flows", "--workspace", str(workspace), *arguments],
            env=env, capture_output=True, text=True, check=False, cwd=ROOT,
        )  # fmt: skip

    made = subprocess.run(
        [local.python, "-m", "flows", "init", str(workspace)],
        env=env, capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    shutil.copytree(local.models, workspace / "var" / "models")
    article = workspace / "content" / "petite" / "fr.md"
    article.parent.mkdir()
    article.write_text(
        "---\ntitle: La ville\nauthor: le maire\ndate: 2026-11-22\nsummary: Le réseau\n---\n\n"
        "La **petite** ville accueille une mission.\n",
        encoding="utf-8",
    )
    done = newsletter("translate", "petite", "--to", "nl", "--engine", "argos", "--json")
    facts = json.loads(done.stdout.splitlines()[-1])[0]
    assert facts["drafted"] == {"argos": 4}, done.stderr
    assert facts["work"][0]["left_the_house"] == "nothing left the house"
    text = (workspace / "content" / "petite" / "nl.po").read_text("utf-8")
    assert "De **kleine** stad ontvangt een missie." in text


# Packages


def pack(package: Path, file: Path, *, inside: str = "") -> Path:
    """An .argosmodel file of an installed package."""
    with zipfile.ZipFile(file, "w") as archive:
        for path in filter(Path.is_file, package.rglob("*")):
            name = f"{inside or package.name}/{path.relative_to(package)}"
            archive.writestr(zipfile.ZipInfo(name), path.read_bytes())
    return file


def test_a_package_is_installed_from_its_file(local: Local, tmp_path: Path) -> None:
    """A second time it replaces the first."""
    file = pack(local.models / "translate-fr_en-1_0", tmp_path / "x.argosmodel")
    installed = [install_package(file, tmp_path / "models") for _ in range(2)]
    package = installed[0]
    assert [str(one) for one in installed] == ["fr-en 1.0"] * 2
    assert list_packages(tmp_path / "models") == [package]
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["translate-fr_en-1_0"]


@pytest.mark.parametrize("inside", ["../dehors", "/tmp/dehors", "a/../../dehors"])
def test_a_package_that_reaches_outside_is_refused(
    local: Local, tmp_path: Path, inside: str
) -> None:
    """Not one file of it is written."""
    file = pack(local.models / "translate-fr_en-1_0", tmp_path / "x.argosmodel", inside=inside)
    with pytest.raises(InputError, match="no Argos package"):
        install_package(file, tmp_path / "models")
    assert not (tmp_path / "dehors").exists()
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn", b"<html>"])
def test_a_file_that_is_no_package_is_refused(tmp_path: Path, content: bytes) -> None:
    """With what it is not."""
    file = tmp_path / "x.argosmodel"
    file.write_bytes(content)
    with pytest.raises(InputError, match="no zip archive"):
        install_package(file, tmp_path / "models")


def test_an_encrypted_package_is_refused(tmp_path: Path) -> None:
    """Nobody has its password."""
    file = tmp_path / "x.argosmodel"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x/metadata.json", "{}")
    # The flag in both headers of the one entry (APPNOTE 4.4.4).
    content = bytearray(file.read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + flags] |= 1
    file.write_bytes(content)
    with pytest.raises(InputError, match="cannot be read"):
        install_package(file, tmp_path / "models")


def test_a_package_of_another_kind_is_refused(tmp_path: Path) -> None:
    """Without a model, or with metadata that is none, it is of no use."""
    for metadata in ("{}", "[]", "torn"):
        file = tmp_path / "x.argosmodel"
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("x/metadata.json", metadata)
        with pytest.raises(InputError, match="no Argos package"):
            install_package(file, tmp_path / "models")
    assert list_packages(tmp_path / "models") == []


@pytest.fixture
def index(local: Local, tmp_path: Path) -> Iterator[str]:
    """A web server with an index of packages, one of which it has not got."""
    folder = tmp_path / "www"
    folder.mkdir()
    pack(local.models / "translate-fr_en-1_0", folder / "fr-en.argosmodel")
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    url = f"http://127.0.0.1:{server.server_port}"
    entries = [
        {"from_code": "fr", "to_code": "en", "package_version": "1.0", "links": [f"{url}/old"]},
        {"from_code": "fr", "to_code": "en", "package_version": "1.10",
         "links": ["ipfs://x", f"{url}/fr-en.argosmodel"]},
        {"from_code": "en", "to_code": "nl", "package_version": "1.0", "links": [f"{url}/gone"]},
    ]  # fmt: skip
    (folder / "index.json").write_text(json.dumps(entries))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"{url}/index.json"
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_newest_package_of_a_pair_is_fetched(index: str, tmp_path: Path) -> None:
    """1.10 is newer than 1.9."""
    package = fetch_package("fr", "en", tmp_path / "models", index=index)
    assert list_packages(tmp_path / "models") == [package]


def test_a_pair_that_nobody_offers_or_serves_is_named(index: str, tmp_path: Path) -> None:
    """Not on the list, listed but gone, and no list at all."""
    with pytest.raises(NotFoundError, match="no package from fr to nl"):
        fetch_package("fr", "nl", tmp_path / "models", index=index)
    with pytest.raises(TransientError, match="answers 404"):
        fetch_package("en", "nl", tmp_path / "models", index=index)
    with pytest.raises(TransientError, match="cannot be reached"):
        fetch_package("en", "nl", tmp_path / "models", index="http://127.0.0.1:9/index.json")


def test_a_redirection_to_plain_http_is_not_followed(tmp_path: Path) -> None:
    """Nobody on the way may put another model in its place; to this machine it may lead."""
    asked: list[str] = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name that the server calls
            """Sends on: to itself first, then out of the house."""
            asked.append(self.path)
            here = f"http://{self.headers['Host']}/moved"
            self.send_response(302)
            where = here if self.path == "/index.json" else "http://elders.example.org/index.json"
            self.send_header("Location", where)
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/index.json"
    try:
        with pytest.raises(NotDoneError, match=r"sends on to elders\.example\.org by plain http"):
            fetch_package("fr", "en", tmp_path / "models", index=url)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert asked == ["/index.json", "/moved"]


def test_a_server_that_drips_for_ever_is_left(tmp_path: Path) -> None:
    """It never falls silent, so that no single answer takes too long."""
    over = threading.Event()

    class Dripping(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name that the server calls
            """A list that begins again and again."""
            self.send_response(200)
            self.end_headers()
            with suppress(OSError):
                while not over.wait(0.01):
                    self.wfile.write(b"[")

    server = ThreadingHTTPServer(("127.0.0.1", 0), Dripping)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/index.json"
    try:
        with pytest.raises(TransientError, match="does not come to an end"):
            fetch_package("fr", "en", tmp_path / "models", index=url, within_seconds=0.1)
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def test_ways_go_straight_or_by_english(local: Local) -> None:
    """What is missing on the way is named."""
    packages = list_packages(local.models)
    assert [str(one) for one in find_route(packages, "fr", "nl")] == ["fr-en 1.0", "en-nl 1.0"]
    assert [str(one) for one in find_route(packages, "fr", "en")] == ["fr-en 1.0"]
    assert find_route(packages, "nl", "fr") == []
    assert missing_pairs(packages, "fr", "de") == ["en-de"]
    assert missing_pairs(packages, "de", "en") == ["de-en"]
