"""`newsletter publish` of what is not ready yet, and of what was cut off."""

import json
import random
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.flows.newsroom_process import (
    NOISE,
    Running,
    approve_everything,
    letters,
    recipients,
    running,
)
from tests.functional.cli.command_line import Said, call, call_apart, closed_port

pytestmark = pytest.mark.xdist_group("prefect")

READERS = 700
SLOWLY = {"NEWSLETTER_SMTP__CONNECTIONS": "1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Twice:
    """The same publish without an engine in reach, and with one."""

    without: Said
    with_engine: Said


@pytest.fixture(scope="module")
def untranslated(workspace: Path, engine_url: str) -> Twice:
    """An article with no translation, published in vain, then again with a LibreTranslate server.

    The first time a proxy and another Prefect stand in the environment, which is none of ours.
    """
    engine = {"NEWSLETTER_ENGINE__NAME": "libretranslate"}
    nowhere = f"http://127.0.0.1:{closed_port()}"
    command = ("publish", "mediation-nocturne", "--json")
    without = call_apart(
        *command,
        cwd=workspace,
        env=engine
        | {
            "NEWSLETTER_ENGINE__URL": nowhere,
            "http_proxy": nowhere,
            "https_proxy": nowhere,
            "PREFECT_API_URL": f"{nowhere}/api",
            "PREFECT_HOME": str(workspace / "elsewhere"),
        },
    )
    with_engine = call_apart(
        *command, cwd=workspace, env=engine | {"NEWSLETTER_ENGINE__URL": engine_url}
    )
    return Twice(without=without, with_engine=with_engine)


def test_what_the_engines_did_is_kept_as_an_artifact(workspace: Path, untranslated: Twice) -> None:
    """Requests, characters, and which text left the house, for each language."""
    assert untranslated.with_engine.out
    database = next((workspace / "var" / "prefect").rglob("*.db"))
    with closing(sqlite3.connect(database)) as connection:
        found = dict(
            connection.execute("select key, data from artifact where key like 'translation-%'")
        )
    assert set(found) == {f"translation-mediation-nocturne-{tag}" for tag in ("en", "nl")}
    assert all("libretranslate: nothing left the house" in data for data in found.values())


def test_the_runs_of_a_language_bear_its_tag(workspace: Path, untranslated: Twice) -> None:
    """Whoever looks for Dutch in Prefect's page finds it."""
    assert untranslated.with_engine.out
    database = next((workspace / "var" / "prefect").rglob("*.db"))
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("select name, tags from task_run where name like 'draft-%'")
        found = {(name.rpartition("-")[2], *json.loads(tags)) for name, tags in rows}
    assert found == {("en", "language:en"), ("nl", "language:nl")}


def test_an_untranslated_article_waits_and_says_for_what(untranslated: Twice) -> None:
    """Exit 1; each language's segments, the engine's last words and the commands that help."""
    said = untranslated.without
    assert said.code == 1
    assert not NOISE.search(said.all), said.all
    waits = {wait["language"]: wait for wait in said.json()["waiting_for"]}
    assert said.json()["state"] == "in_review"
    for language in ("en", "nl"):
        assert "Préparer le dispositif" in waits[language]["segments"]
        assert (
            waits[language]["command"] == f"newsletter translate mediation-nocturne --to {language}"
        )
        assert f"newsletter translate mediation-nocturne --to {language}" in said.err
    assert "libretranslate: " in said.err
    assert "NEWSLETTER_ENGINE__URL=" in said.err


def test_with_an_engine_the_same_command_goes_on(untranslated: Twice, workspace: Path) -> None:
    """Now every segment has a draft, and what is waited for is people."""
    said = untranslated.with_engine
    assert said.code == 1
    assert not NOISE.search(said.all), said.all
    assert all(not wait["segments"] for wait in said.json()["waiting_for"])
    assert {wait["command"] for wait in said.json()["waiting_for"]} >= {
        "newsletter approve mediation-nocturne fr --by NAME"
    }
    review = call("review", "mediation-nocturne", "--json", cwd=workspace).json()
    assert {one["language"]: one["empty"] for one in review} == {"fr": 0, "en": 0, "nl": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Interruptions:
    """A publish that was cut off again and again, then told to stop, then left alone."""

    workspace: Path
    told_to_stop: Said
    at_last: Said


@pytest.fixture(scope="module")
def interrupted(workspace: Path) -> Interruptions:
    """Three kills at random moments of the start and of the sending, a SIGTERM, a last call."""
    _add_readers(workspace)
    approve_everything(workspace, "city-pair")
    some = random.Random()
    seconds = some.uniform(1.0, 9.0)
    moments: list[Callable[[Running, float], bool]] = [
        lambda _, began: time.monotonic() - began > seconds,
        _after_more_letters(workspace, some.randint(1, 150)),
        _after_more_letters(workspace, some.randint(1, 150)),
    ]
    for number, reached in enumerate(moments):
        with running(
            "publish", "city-pair", workspace=workspace, log=f"killed-{number}.log", env=SLOWLY
        ) as publish:
            _wait_until(reached, publish)
    with running("publish", "city-pair", workspace=workspace, log="stopped.log", env=SLOWLY) as one:
        _wait_until(_after_more_letters(workspace, 20), one)
        one.process.send_signal(signal.SIGTERM)
        code = one.process.wait(60)
        told = Said(code=code, out="", err=one.said())
    last = call_apart("publish", "city-pair", "--json", cwd=workspace)
    return Interruptions(workspace=workspace, told_to_stop=told, at_last=last)


def _add_readers(workspace: Path) -> None:
    path = workspace / "subscribers" / "lists" / "many.csv"
    lines = [f"reader-{n}@liege.example.org,Lecteur {n},Liège," for n in range(READERS)]
    path.write_text("\n".join(["email,name,city,language", *lines, ""]), encoding="utf-8")
    assert call("subscribers", "import", "subscribers", cwd=workspace).code == 0


def _after_more_letters(workspace: Path, count: int) -> Callable[[Running, float], bool]:
    before: list[int] = []

    def reached(_: Running, __: float) -> bool:
        now = len(letters(workspace))
        before.append(now)
        return now >= before[0] + count

    return reached


def _wait_until(reached: Callable[[Running, float], bool], publish: Running) -> None:
    began = time.monotonic()
    while not publish.over() and not reached(publish, began):
        assert time.monotonic() - began < 120, publish.said()
        time.sleep(0.005)


def test_however_often_it_is_killed_each_contact_gets_one_letter(
    interrupted: Interruptions,
) -> None:
    """No contact receives two, none is missing, and the last call says that it is sent."""
    said = interrupted.at_last
    assert said.code == 0, said.all
    assert said.json()["state"] == "sent"
    counted = recipients(interrupted.workspace)
    assert max(counted.values()) == 1
    report = call("report", "city-pair-1", "--json", cwd=interrupted.workspace).json()
    assert report["complete"]
    assert report["deliveries"]["accepted"] == report["audience"] == len(counted) > READERS


def test_a_publish_that_is_told_to_stop_says_so(interrupted: Interruptions) -> None:
    """SIGTERM ends in a message, exit 1 and the way on, not in a traceback."""
    said = interrupted.told_to_stop
    assert said.code == 1
    assert not NOISE.search(said.err), said.err
    assert "the same command goes on where it stopped" in said.err
