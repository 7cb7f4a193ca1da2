"""A desk of its own for each test, reached as a browser reaches it; and a clock that moves."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.desk.site import build_desk, create_desk_site
from flows.desk.visit import Desk
from flows.domain.account import Account, Role
from flows.domain.language import Language
from flows.operations.accounts import add_user, set_password
from flows.operations.passwords import Passwords
from flows.orchestration.server import announce_server
from flows.runtime.runtime import Runtime, open_runtime
from flows.settings.reading import read_settings
from tests.desk.people import CHEAP, PASSWORD, PEOPLE
from tests.functional.editorial.conftest import Newsroom, make_sample
from tests.servers.orchestrator import Orchestrator, run_orchestrator

BASE = "http://127.0.0.1:8080"
TOKEN = re.compile(r'name="_csrf" value="([^"]+)"')


@dataclass(kw_only=True)
class Clock:
    """A clock that stands still until a test moves it."""

    now: datetime = field(default=datetime(2026, 11, 22, 9, 30, tzinfo=UTC))

    def __call__(self) -> datetime:
        """The time that it shows."""
        return self.now

    def advance(self, **duration: float) -> None:
        """Let time pass."""
        self.now += timedelta(**duration)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedRuntime(Runtime):
    """A newsroom whose present is the test's."""

    timer: Clock

    def clock(self) -> datetime:
        """The present."""
        return self.timer()


class Browser(httpx.AsyncClient):
    """A browser at the desk: keeps cookies, fills forms with the token of the last page."""

    token: str = ""

    async def look(self, path: str, **options: Any) -> httpx.Response:
        """A page of the desk, and the token of its forms."""
        answer = await self.get(f"/desk{path}", **options)
        if found := TOKEN.search(answer.text):
            self.token = found[1]
        return answer

    async def press(self, path: str, **fields: Any) -> httpx.Response:
        """Send a form of the desk, as its button does."""
        return await self.post(f"/desk{path}", data={"_csrf": self.token, **fields})

    async def sign_in(self, name: str, password: str = PASSWORD, **fields: str) -> httpx.Response:
        """Sign in with a name and a password."""
        await self.look("/login")
        answer = await self.press("/login", name=name, password=password, **fields)
        if answer.status_code == 303 and "/login" not in answer.headers["location"]:
            await self.look("/account")
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The desk of a newsroom, the newsroom behind it, and how to come to it."""

    desk: Desk
    newsroom: Newsroom
    clock: Clock
    visitors: list[Browser]

    @property
    def runtime(self) -> Runtime:
        """The newsroom's collaborators."""
        return self.newsroom.desk

    def browser(self, *, base: str = BASE, client: str = "192.0.2.1") -> Browser:
        """A browser that was never here before, at an address."""
        transport = httpx.ASGITransport(create_desk_site(self.desk), client=(client, 50000))
        browser = Browser(transport=transport, base_url=base)
        self.visitors.append(browser)
        return browser

    async def signed_in(self, name: str, **options: str) -> Browser:
        """A browser in which somebody has signed in."""
        browser = self.browser(**options)
        answer = await browser.sign_in(name)
        assert answer.status_code == 303, answer.text
        return browser

    async def add(
        self,
        name: str,
        *roles: Role,
        languages: Iterable[str] = ("nl",),
        address: str = "",
        password: str = PASSWORD,
    ) -> Account:
        """Somebody with an account and a password."""
        store, now = self.runtime.store, self.clock()
        account = await add_user(
            store,
            name,
            roles=roles,
            languages=[Language(one) for one in languages],
            address=address,
            by="tests",
            now=now,
        )
        if password:
            await set_password(
                store, name, password, passwords=self.desk.passwords, by="tests", now=now
            )
        return account


OpenSite = Callable[..., Awaitable[Site]]


@pytest.fixture(scope="session")
def sample_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample newsroom with its database made. Copied, never changed."""
    folder = make_sample(tmp_path_factory.mktemp("desk") / "newsroom")

    async def make_database() -> None:
        async with open_runtime(read_settings(folder)):
            pass

    # In a thread of its own: the test's event loop is none of this fixture's business.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, make_database()).result()
    return folder


@pytest.fixture(scope="session")
def approved_workspace(sample_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with its lists imported and every language signed off. Copied, never changed."""
    folder = tmp_path_factory.mktemp("approved") / "newsroom"
    shutil.copytree(sample_workspace, folder)

    async def prepare() -> None:
        async with open_runtime(read_settings(folder)) as runtime:
            await Newsroom(runtime).bring_in()
            await Newsroom(runtime).approve_all()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, prepare()).result()
    return folder


@pytest.fixture
async def open_site(sample_workspace: Path, tmp_path: Path) -> AsyncIterator[OpenSite]:
    """Opens the desk of a workspace, with settings of the test's own."""
    opened: list[Any] = []

    async def open_it(settings: str = "", workspace: Path | None = None) -> Site:
        folder = Path(shutil.copytree(workspace or sample_workspace, tmp_path / "newsroom"))
        with (folder / "newsletter.toml").open("a", encoding="utf-8") as file:
            file.write(settings)
        context = open_runtime(read_settings(folder))
        runtime = await context.__aenter__()
        clock = Clock()
        timed = TimedRuntime(
            settings=runtime.settings,
            store=runtime.store,
            key=runtime.key,
            library=runtime.library,
            timer=clock,
        )
        desk = build_desk(timed, passwords=Passwords(hasher=CHEAP))
        site = Site(desk=desk, newsroom=Newsroom(timed), clock=clock, visitors=[])
        opened.append((context, site))
        return site

    yield open_it
    for context, site in opened:
        for browser in site.visitors:
            await browser.aclose()
        site.desk.passwords.close()
        await context.__aexit__(None, None, None)


@pytest.fixture
async def site(open_site: OpenSite) -> Site:
    """The desk of the sample newsroom, with one person of each role."""
    opened = await open_site()
    for name, roles in PEOPLE.items():
        await opened.add(name, *roles)
    return opened


@pytest.fixture
async def approved(open_site: OpenSite, approved_workspace: Path) -> Site:
    """The desk of a newsroom whose article is approved in every language."""
    opened = await open_site(workspace=approved_workspace)
    for name, roles in PEOPLE.items():
        await opened.add(name, *roles)
    return opened


@pytest.fixture
def orchestrator(approved: Site) -> Iterator[Orchestrator]:
    """A newsroom that is up beside the approved desk, as far as it can be asked."""
    with (
        run_orchestrator() as one,
        announce_server(approved.runtime.settings.var / "newsroom.json", one.server()),
    ):
        yield one
