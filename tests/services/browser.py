"""A real Chromium, and judges of pages that are not ours: axe-core and the Nu HTML checker."""

import asyncio
import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

import pytest
import uvicorn
from playwright.sync_api import Browser, Frame, Page, expect, sync_playwright
from starlette.applications import Starlette

from flows.runtime.runtime import Runtime, open_runtime
from flows.settings.reading import read_settings
from tests.functional.cli.command_line import closed_port
from tests.services.programs import need_program

JUDGES = Path(__file__).parents[2] / ".venv" / "judges" / "node_modules"
# Playwright's own five seconds are few where several tests want a processor.
expect.set_options(timeout=30_000)
Scheme = Literal["light", "dark"]
Look = tuple[Scheme, int]
LOOKS: tuple[Look, ...] = (("light", 1280), ("light", 320), ("dark", 1280), ("dark", 320))
"""The colours, and the pixels of the window's width."""
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def need_judge(path: str) -> Path:
    """A file of a judge, if it is installed; else the test is skipped with the reason."""
    found = JUDGES / path
    if not found.is_file():
        pytest.skip(f"{path} is not installed")
    return found


@contextmanager
def serving(workspace: Path, make_app: Callable[[Runtime], Starlette]) -> Iterator[str]:
    """Serve a workspace's pages from a thread; their origin, which its links have, too."""
    port = closed_port()
    servers = list[uvicorn.Server]()

    async def serve() -> None:
        settings = read_settings(workspace)
        web = settings.web.model_copy(update={"port": port, "base_url": f"http://127.0.0.1:{port}"})
        async with open_runtime(settings.model_copy(update={"web": web})) as runtime:
            config = uvicorn.Config(
                make_app(runtime), port=port, log_level="error", timeout_graceful_shutdown=1
            )
            servers.append(uvicorn.Server(config))
            await servers[0].serve()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not (servers and servers[0].started):
        assert thread.is_alive()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    servers[0].should_exit = True
    thread.join(20)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    path = need_program("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(path), args=OPTIONS)
        yield browser
        browser.close()


def faults_in_every_look(
    page: Page, *, looks: Sequence[Look] = LOOKS, frames: bool = False
) -> dict[Look, list[str]]:
    """What a loaded page has wrong in light and dark, wide and narrow. None: an empty dictionary.

    By axe-core, against WCAG 2.2 AA and its best practices, element by element; and whether the
    page runs over at its side. `frames` says whether what is in frames is judged, too: the letters
    on pages of the desk have judges of their own.
    """
    script = need_judge("axe-core/axe.min.js").read_text(encoding="utf-8")
    for frame in page.frames if frames else page.frames[:1]:
        # By the debugger, which the page's policy does not bind; the policy itself stays.
        frame.evaluate(script)
        frame.evaluate("axe.configure({allowedOrigins: ['<unsafe_all_origins>']})")
    found = {}
    for scheme, width in looks:
        # Without motion: colours that are on their way from light to dark are neither's.
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 900})
        judged = page.frames if frames else page.frames[:1]
        over = [fault for frame in judged for fault in _overflow(frame, width)]
        found[scheme, width] = [*_axe(page, frames=frames), *over]
    return {look: faults for look, faults in found.items() if faults}


def _axe(page: Page, *, frames: bool) -> list[str]:
    # All rules are applied; what passed them is not written down, which takes three quarters.
    violations = page.evaluate(
        "iframes => axe.run(document, {iframes, reporter: 'no-passes'})", frames
    )
    return [
        f"{one['id']}: {node['html'][:160]} {[why['message'] for why in node['any']]}"
        for one in violations["violations"]
        for node in one["nodes"]
    ]


def _overflow(frame: Frame, width: int) -> list[str]:
    needed: int = frame.evaluate("document.documentElement.scrollWidth")
    return [f"{needed} pixels wide"] if needed > width else []


class Complaint(NamedTuple):
    """An error by the Nu HTML checker, and the markup around it."""

    page: str
    message: str
    extract: str


def markup_errors(pages: Mapping[str, bytes], folder: Path) -> list[Complaint]:
    """What the Nu HTML checker calls an error in these pages."""
    java, jar = need_program("java"), need_judge("vnu-jar/build/dist/vnu.jar")
    names = list(pages)
    for number, name in enumerate(names):
        (folder / f"{number:03d}.html").write_bytes(pages[name])
    done = subprocess.run(
        [str(java), "-jar", str(jar), "--format", "json", "--stdout", str(folder)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return [
        Complaint(names[int(Path(one["url"]).stem)], one["message"], one.get("extract", ""))
        for one in json.loads(done.stdout)["messages"]
        if one["type"] == "error"
    ]
