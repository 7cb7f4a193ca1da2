"""`make bench-review`: an article of 300 passages reviewed, one of them saved, and written on."""

import asyncio
import html
import re
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx

from flows.desk.site import build_desk, create_desk_site
from flows.domain.account import Role
from flows.domain.language import Language
from flows.operations.accounts import add_user, set_password
from flows.operations.passages import passage_id
from flows.operations.workspaces import make_workspace
from flows.runtime.runtime import Runtime, open_runtime, starter
from flows.settings.reading import read_settings

PASSAGES = 300
ROUNDS = 9
NL = Language("nl")
SLUG = "long"
PASSWORD = "correct horse battery staple"
FIELD = re.compile(r'<input[^>]*\bname="([^"]+)"[^>]*\bvalue="([^"]*)"')
AREA = re.compile(r'<textarea[^>]*\bname="([^"]+)"[^>]*>\n?(.*?)</textarea>', re.DOTALL)
BASE = "http://127.0.0.1:8080"
MOST_PAGE_MS, MOST_SAVE_MS, MOST_KB = 150.0, 50.0, 300.0
MOST_WRITE_MS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What some requests took, in milliseconds: of this process alone, and on the clock."""

    cpu: float
    clock: float


def write_long_article(runtime: Runtime) -> None:
    """An article of 300 passages like the example's, all of them drafts in Dutch."""
    library = runtime.library
    example = library.article("city-pair")
    known = [
        (entry.key.source, entry.translation)
        for entry, _ in library.catalogue("city-pair", NL).states()
        if entry.key.context is None
    ]
    folder = library.content / SLUG
    folder.mkdir()
    head = (example.folder / "fr.md").read_text(encoding="utf-8").split("---")[1]
    fields = 5
    pairs = [known[number % len(known)] for number in range(PASSAGES - fields)]
    texts = {f"{fr} ({n})": f"{nl} ({n})" for n, (fr, nl) in enumerate(pairs)}
    (folder / "fr.md").write_text(f"---{head}---\n\n" + "\n\n".join(texts), encoding="utf-8")
    catalogue = library.synchronised(library.article(SLUG), NL)
    for entry, _ in catalogue.states():
        catalogue.draft(
            entry.key,
            texts.get(entry.key.source, entry.translation),
            origin="libretranslate full/brackets",
            at=runtime.clock(),
        )
    catalogue.save()


async def timed(act: Callable[[], Awaitable[httpx.Response]]) -> Taken:
    """One request."""
    clock, cpu = time.perf_counter(), time.process_time()
    answer = await act()
    assert answer.status_code < 400, answer.text
    return Taken(cpu=1000 * (time.process_time() - cpu), clock=1000 * (time.perf_counter() - clock))


def middle(taken: list[Taken]) -> Taken:
    """The median of each."""
    return Taken(cpu=median(one.cpu for one in taken), clock=median(one.clock for one in taken))


async def measure(folder: Path) -> bool:
    """Print the figures; whether all are within their limits."""
    make_workspace(folder, starter=starter())
    async with open_runtime(read_settings(folder)) as runtime:
        write_long_article(runtime)
        desk = build_desk(runtime)
        now = runtime.clock()
        await add_user(
            runtime.store,
            "Rens",
            roles=[Role.REVIEWER, Role.EDITOR],
            languages=[NL],
            by="bench",
            now=now,
        )
        await set_password(
            runtime.store, "Rens", PASSWORD, passwords=desk.passwords, by="bench", now=now
        )
        transport = httpx.ASGITransport(create_desk_site(desk))
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as browser:
            await sign_in(browser)
            good = await look_and_save(browser, runtime)
            good &= await write_on(browser)
        desk.passwords.close()
        return good


async def sign_in(browser: httpx.AsyncClient) -> None:
    """Sign in as a reviewer."""
    page = (await browser.get("/desk/login")).text
    fields = {"_csrf": token_of(page), "name": "Rens", "password": PASSWORD}
    assert (await browser.post("/desk/login", data=fields)).status_code == 303


def token_of(page: str) -> str:
    """The token of a page's forms."""
    return page.partition('name="_csrf" value="')[2].partition('"')[0]


async def write_on(browser: httpx.AsyncClient) -> bool:
    """The letter and all that stands beside it, while one passage in the middle is written on."""
    address = f"/desk/articles/{SLUG}/write"
    page = (await browser.get(address)).text
    fields = {name: html.unescape(value) for name, value in FIELD.findall(page)}
    fields |= {name: html.unescape(text) for name, text in AREA.findall(page)}
    blocks = fields["body"].split("\n\n")
    taken = []
    for number in range(ROUNDS):
        blocks[len(blocks) // 2] = f"Un passage que quelqu’un écrit, {number}."
        typed = {**fields, "_csrf": token_of(page), "body": "\n\n".join(blocks), "act": "look"}
        taken.append(
            await timed(
                lambda: browser.post(address, data=typed, headers={"HX-Request": "true"})  # noqa: B023 - awaited in its own round
            )
        )
    edited = middle(taken)
    print(f"beside a text that is written     {edited.cpu:7.0f} ms CPU {edited.clock:7.0f} ms")
    return edited.cpu <= MOST_WRITE_MS


async def look_and_save(browser: httpx.AsyncClient, runtime: Runtime) -> bool:
    """The page cold and warm, then passage after passage saved by htmx."""
    address = f"/desk/articles/{SLUG}/nl/review"
    cold = await timed(lambda: browser.get(address))
    warm = middle([await timed(lambda: browser.get(address)) for _ in range(ROUNDS)])
    page = (await browser.get(address)).text
    token, kilobytes = token_of(page), len(page.encode()) / 1024
    saves, looks = [], []
    entries = [entry for entry, _ in runtime.library.catalogue(SLUG, NL).states()]
    for entry in entries[20 : 20 + ROUNDS]:
        one = f"{address}/{passage_id(entry.key)}"
        shown = (await browser.get(one)).text.partition('name="shown" value="')[2][:8]
        fields = {"_csrf": token, "shown": shown, "text": f"{entry.translation} Herzien."}
        saves.append(
            await timed(lambda: browser.post(one, data=fields, headers={"HX-Request": "true"}))  # noqa: B023 - awaited in its own round
        )
        looks.append(await timed(lambda: browser.get(address)))
    saved, after = middle(saves), middle(looks)
    count = page.count('<li id="s-')
    print(f"passages                          {count:7}")
    print(f"page, first time since the start  {cold.cpu:7.0f} ms CPU {cold.clock:7.0f} ms")
    print(f"page                              {warm.cpu:7.0f} ms CPU {warm.clock:7.0f} ms")
    print(f"page, after a change              {after.cpu:7.0f} ms CPU {after.clock:7.0f} ms")
    print(f"saving a passage                  {saved.cpu:7.0f} ms CPU {saved.clock:7.0f} ms")
    print(f"size of the page                  {kilobytes:7.0f} KB")
    return (
        max(warm.cpu, after.cpu) <= MOST_PAGE_MS
        and saved.cpu <= MOST_SAVE_MS
        and kilobytes <= MOST_KB
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        sys.exit(not asyncio.run(measure(Path(place) / "newsroom")))
