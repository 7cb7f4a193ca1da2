"""Events on the wire: signed, to the right place and no other, until somebody has them."""

import asyncio
import base64
import hashlib
import hmac
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import trustme

from flows.domain.errors import InputError
from flows.domain.hook import Hook, HookKind, HookState
from flows.newsroom.hooks import telling_others
from flows.operations.approving import approve_language, reject_language
from flows.operations.webhooks import Post, deliver_due, hooks_in
from flows.runtime.hooks import open_postman
from flows.runtime.runtime import Runtime, open_runtime
from flows.settings.reading import read_settings
from flows.store.outbox import announce, has_work
from tests.functional.editorial.conftest import FR, NL, SLUG
from tests.functional.hooks.conftest import NOW, SECRET, Clock
from tests.servers.hooks import Receiver, Told, run_receiver


@asynccontextmanager
async def newsroom(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, *urls: str, private: bool = False
) -> AsyncIterator[Runtime]:
    """A newsroom that tells these addresses."""
    monkeypatch.setenv("NEWSLETTER_WEBHOOKS__SECRET", SECRET)
    monkeypatch.setenv("NEWSLETTER_WEBHOOKS__URLS", json.dumps(urls))
    monkeypatch.setenv("NEWSLETTER_WEBHOOKS__ALLOW_PRIVATE", json.dumps(private))
    async with open_runtime(read_settings(workspace)) as runtime:
        yield runtime


async def tell(runtime: Runtime, post: Post, clock: Clock) -> Hook:
    """Something happens and is told; what became of its delivery."""
    async with runtime.store.writing() as tx:
        await announce(tx, HookKind.LANGUAGE_APPROVED, now=clock(), slug="été", language="nl")
    await once_more(runtime, post, clock)
    return (await hooks_in(runtime.store, set(HookState), limit=1))[0]


async def once_more(runtime: Runtime, post: Post, clock: Clock) -> int:
    """What is due is tried."""
    urls = runtime.settings.webhooks.urls
    return await deliver_due(runtime.store, post, urls=urls, clock=clock, chance=lambda: 0.5)


def require_signed(told: Told) -> None:
    """Fail unless a receiver that keeps to the specification takes it for ours."""
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    said = b".".join(
        (
            told.headers["webhook-id"].encode(),
            told.headers["webhook-timestamp"].encode(),
            told.body,
        )
    )
    wanted = base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
    assert told.headers["webhook-signature"].split(",") == ["v1", wanted]


async def test_an_event_arrives_signed_and_once(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    """As JSON, with the address's own path and query."""
    clock = Clock()
    async with (
        newsroom(workspace, monkeypatch, receiver.url) as runtime,
        open_postman(runtime) as post,
    ):
        hook = await tell(runtime, post, clock)
        assert await once_more(runtime, post, clock) == 0

    (told,) = receiver.told
    require_signed(told)
    assert told.path == "/hook?a=1"
    assert told.headers["host"] == receiver.url.split("/")[2]
    assert told.headers["content-type"] == "application/json"
    assert told.headers["webhook-id"] == hook.event
    assert json.loads(told.body) == {
        "type": "language.approved",
        "timestamp": NOW.isoformat(),
        "data": {"slug": "été", "language": "nl"},
    }
    assert hook.state is HookState.DELIVERED


async def test_what_fails_is_tried_again_under_the_same_id(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    """Not before its time; the other side may ask for more."""
    clock = Clock()
    receiver.answers = [500, 503]
    receiver.headers = {"Retry-After": "3600"}
    async with (
        newsroom(workspace, monkeypatch, receiver.url) as runtime,
        open_postman(runtime) as post,
    ):
        first = await tell(runtime, post, clock)
        assert first.next_at == NOW + timedelta(seconds=10)
        clock.advance(seconds=9)
        assert await once_more(runtime, post, clock) == 0
        clock.advance(seconds=1)
        await once_more(runtime, post, clock)
        (second,) = await hooks_in(runtime.store, set(HookState), limit=1)
        assert second.next_at == clock() + timedelta(hours=1)
        clock.advance(hours=1)
        await once_more(runtime, post, clock)
        (last,) = await hooks_in(runtime.store, set(HookState), limit=1)

    assert (first.words, last.state, last.attempts) == (
        "500 Internal Server Error",
        HookState.DELIVERED,
        3,
    )
    assert len({told.headers["webhook-id"] for told in receiver.told}) == 1
    for told in receiver.told:
        require_signed(told)


async def test_a_redirection_is_not_followed(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    """It could lead anywhere."""
    with run_receiver() as elsewhere:
        receiver.answers = [307]
        receiver.headers = {"Location": elsewhere.url}
        async with (
            newsroom(workspace, monkeypatch, receiver.url) as runtime,
            open_postman(runtime) as post,
        ):
            hook = await tell(runtime, post, Clock())

    assert (hook.state, hook.status, elsewhere.told) == (HookState.WAITING, 307, [])


async def test_a_slow_receiver_is_not_waited_for(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    """The others are told at the same time."""
    receiver.delay_seconds = 1.5
    with run_receiver() as quick:
        async with (
            newsroom(workspace, monkeypatch, receiver.url, quick.url) as runtime,
            open_postman(runtime, timeout_seconds=0.5) as post,
        ):
            await tell(runtime, post, Clock())
            hooks = await hooks_in(runtime.store, set(HookState), limit=9)

    states = {hook.url: (hook.state, hook.words) for hook in hooks}
    assert states[receiver.url][0] is HookState.WAITING
    assert "0.5 seconds" in states[receiver.url][1]
    assert states[quick.url][0] is HookState.DELIVERED


async def test_where_nobody_listens_is_an_answer_too(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    """A closed port, a name that does not exist."""
    url = receiver.url.replace("localhost", "127.0.0.1")
    urls = (url.replace("/hook", "0/hook"), "https://nothing.invalid/")
    async with (
        newsroom(workspace, monkeypatch, "http://127.0.0.1:9/", urls[1]) as runtime,
        open_postman(runtime) as post,
    ):
        await tell(runtime, post, Clock())
        hooks = await hooks_in(runtime.store, set(HookState), limit=9)

    assert [(hook.state, hook.status) for hook in hooks] == [(HookState.WAITING, 0)] * 2
    assert all(hook.words for hook in hooks)


@pytest.mark.parametrize("url", ["https://h:abc/", "https://a.example/\x01", "https://[::1/"])
async def test_what_is_no_address_is_an_answer_too(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """A delivery from before the settings were stricter stops no other one."""
    clock = Clock()
    async with newsroom(workspace, monkeypatch) as runtime, open_postman(runtime) as post:
        async with runtime.store.writing() as tx:
            await announce(tx, HookKind.LANGUAGE_APPROVED, now=clock(), slug="a", language="nl")
        await deliver_due(runtime.store, post, urls=[url], clock=clock, chance=lambda: 0.5)
        (hook,) = await hooks_in(runtime.store, set(HookState), limit=9)

    assert (hook.state, hook.status) == (HookState.WAITING, 0)
    assert hook.words


@pytest.fixture
def authority() -> trustme.CA:
    """An authority of our own."""
    return trustme.CA()


def server_context(authority: trustme.CA, name: str) -> ssl.SSLContext:
    """What a server of that name shows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    """What a client needs to believe the authority."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


async def test_over_https_the_name_is_verified_though_the_address_is_connected_to(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, authority: trustme.CA
) -> None:
    """A certificate of another name, or of nobody we know, gets nothing."""
    clock = Clock()
    with run_receiver(server_context(authority, "localhost")) as right:
        async with newsroom(workspace, monkeypatch, right.url) as runtime:
            async with open_postman(runtime, verify=trusting(authority)) as post:
                good = await tell(runtime, post, clock)
            async with open_postman(runtime) as post:
                unknown = await tell(runtime, post, clock)
    with run_receiver(server_context(authority, "elsewhere.example")) as wrong:
        async with (
            newsroom(workspace, monkeypatch, wrong.url) as runtime,
            open_postman(runtime, verify=trusting(authority)) as post,
        ):
            other = await tell(runtime, post, clock)

    assert (good.state, len(right.told), wrong.told) == (HookState.DELIVERED, 1, [])
    for hook in (unknown, other):
        assert (hook.state, hook.status) == (HookState.WAITING, 0)
        assert "certificate" in hook.words.lower()


async def test_a_name_that_leads_into_a_private_network_is_not_asked(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, authority: trustme.CA
) -> None:
    """Unless the settings say so. Every `.localhost` name leads to this machine."""
    with run_receiver(server_context(authority, "127.0.0.2")) as inside:
        port = inside.url.split(":")[2].split("/")[0]
        url = f"https://127.0.0.2:{port}/"
        async with (
            newsroom(workspace, monkeypatch, url) as runtime,
            open_postman(runtime, verify=trusting(authority)) as post,
        ):
            hook = await tell(runtime, post, Clock())
        assert (hook.state, inside.told) == (HookState.WAITING, [])
        assert "private network" in hook.words


async def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - a thread of the other program makes it so
            await asyncio.sleep(0.05)


async def test_a_newsroom_that_is_up_tells_what_its_people_do(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    """By itself; what happened while it was down is told when it is up."""
    async with newsroom(workspace, monkeypatch, receiver.url) as runtime:
        library, store = runtime.library, runtime.store
        await approve_language(
            library, store, SLUG, FR, by="Chantal", two_people=True, now=runtime.clock()
        )
        assert receiver.told == []
        async with telling_others(runtime, lambda _: None):
            await wait_for(lambda: len(receiver.told) == 1)
            await reject_language(
                library, store, SLUG, NL, by="Rens", because="Luik", now=runtime.clock()
            )
            await wait_for(lambda: len(receiver.told) == 2)

    first, second = [json.loads(told.body) for told in receiver.told]
    assert (first["type"], first["data"]["by"], len(first["data"]["digest"])) == (
        "language.approved",
        "Chantal",
        64,
    )
    assert second["data"] == {"slug": SLUG, "language": "nl", "by": "Rens", "because": "Luik"}


async def is_spread(runtime: Runtime) -> bool:
    """Whether nothing waits in the outbox."""
    async with runtime.store.reading() as tx:
        return not await has_work(tx, now=runtime.clock())


async def test_a_new_address_is_not_told_what_happened_before_it_was_there(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    """Whoever connects a program today wants no month of news in it."""
    async with newsroom(workspace, monkeypatch) as runtime:
        store, now = runtime.store, runtime.clock()
        await reject_language(runtime.library, store, SLUG, NL, by="Rens", because="Luik", now=now)
        async with telling_others(runtime, lambda _: None), asyncio.timeout(60):
            while not await is_spread(runtime):  # noqa: ASYNC110 - another task makes it so
                await asyncio.sleep(0.05)
    async with newsroom(workspace, monkeypatch, receiver.url) as runtime:
        store, now = runtime.store, runtime.clock()
        await reject_language(runtime.library, store, SLUG, NL, by="Rens", because="Gent", now=now)
        async with telling_others(runtime, lambda _: None):
            await wait_for(lambda: len(receiver.told) > 0)

    assert [json.loads(told.body)["data"]["because"] for told in receiver.told] == ["Gent"]


async def test_without_a_secret_a_newsroom_does_not_begin(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    """It would tell nobody, and nobody would notice."""
    async with newsroom(workspace, monkeypatch, receiver.url):
        pass
    monkeypatch.delenv("NEWSLETTER_WEBHOOKS__SECRET")
    async with open_runtime(read_settings(workspace)) as runtime:
        with pytest.raises(InputError, match=r"webhooks\.secret"):
            async with telling_others(runtime, lambda _: None):
                pass
