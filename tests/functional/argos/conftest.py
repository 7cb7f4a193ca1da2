"""The extra `argos` in an environment of its own, and tiny models made in it."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tomllib
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MAKER = Path(__file__).parent / "tiny_model.py"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "efus-newsletter-tests"
FRENCH_WORDS = "La la Le le ville maire accueille une mission petite de réseau et"
ENGLISH_WORDS = "The the The the city mayor welcomes a mission small of network and"
DUTCH_WORDS = "De de De de stad burgemeester ontvangt een missie kleine van netwerk en"
MARKS = {mark: mark for number in range(1, 6) for mark in (f"[[{number}]]", f"[[/{number}]]")}
ENGLISH = dict(zip(FRENCH_WORDS.split(), ENGLISH_WORDS.split(), strict=True)) | MARKS
DUTCH = dict(zip(ENGLISH_WORDS.split(), DUTCH_WORDS.split(), strict=True)) | MARKS


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """A Python that has the extra, and a folder with models fr-en and en-nl."""

    python: str
    models: Path


def wanted_packages() -> list[str]:
    """What the extra asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    packages: list[str] = project["optional-dependencies"]["argos"]
    return packages


def make_environment(folder: Path) -> Path:
    """A virtual environment with the extra alone, made once for all runs of the tests."""
    python = folder / "bin" / "python"
    if (folder / "complete").exists():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)
    command = [str(python), "-m", "pip", "install", "--quiet", *wanted_packages()]
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)
    (folder / "complete").touch()
    return python


@pytest.fixture(scope="session")
def argos_python() -> str:
    """The Python of that environment; tests skip with the reason where it cannot be had."""
    version = "-".join(map(str, sys.version_info[:2]))
    names = "-".join("".join(c if c.isalnum() else "_" for c in one) for one in wanted_packages())
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "argos.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            return str(make_environment(CACHE / f"argos-{version}-{names}"))
        except (OSError, subprocess.SubprocessError) as error:
            words = str(getattr(error, "stderr", "") or error).strip().splitlines()
            pytest.skip(f"the extra argos cannot be installed: {words[-1] if words else error}")


def make_model(python: str, folder: Path, pair: str, words: dict[str, str]) -> Path:
    """A package of a pair below `folder`."""
    listed = folder / f"{pair}.json"
    folder.mkdir(parents=True, exist_ok=True)
    listed.write_text(json.dumps(words), encoding="utf-8")
    package = folder / f"translate-{pair.replace('-', '_')}-1_0"
    command = [python, MAKER, package, *pair.split("-"), listed]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    listed.unlink()
    return package


@pytest.fixture(scope="session")
def local(argos_python: str, tmp_path_factory: pytest.TempPathFactory) -> Local:
    """Models from French to English and from English to Dutch."""
    models = tmp_path_factory.mktemp("models")
    make_model(argos_python, models, "fr-en", ENGLISH)
    make_model(argos_python, models, "en-nl", DUTCH)
    return Local(python=argos_python, models=models)
