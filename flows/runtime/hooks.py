"""Handing an event to an address over HTTP, without being led to where nobody wanted to go."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from typing import Final
from urllib.parse import urlsplit

import httpx
import structlog

from flows.domain.errors import InputError
from flows.domain.hook import Hook
from flows.operations.webhooks import Echo, Post, sign_hook
from flows.runtime.runtime import Runtime
from flows.settings.programs import secret_bytes
from flows.settings.reading import reveal
from flows.settings.section import LOOPBACK

log = structlog.get_logger()

TIMEOUT_SECONDS: Final = 15.0
MOST_CONNECTIONS: Final = 20
RETRY_AFTER: Final = {429, 503}
LONGEST_WAIT_DIGITS: Final = 6


class ForbiddenAddressError(Exception):
    """The name leads into a network that the settings do not allow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Postman:
    """Signs events and posts them. `allow_private` lets names lead into private networks."""

    runtime: Runtime
    client: httpx.AsyncClient
    secret: bytes
    allow_private: bool
    timeout_seconds: float

    async def post(self, hook: Hook) -> Echo:
        """One attempt; whatever goes wrong is an answer, too."""
        try:
            async with asyncio.timeout(self.timeout_seconds):
                echo = await self._post(hook)
        except TimeoutError:
            echo = Echo(status=0, words=f"no answer within {self.timeout_seconds:g} seconds")
        except ForbiddenAddressError:
            echo = Echo(status=0, words="leads into a private network; see webhooks.allow_private")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            echo = Echo(status=0, words=f"{type(error).__name__}: {error}")
        log.info(
            "webhook.tried",
            hook=hook.id,
            kind=hook.kind,
            host=_host(hook.url),
            status=echo.status,
        )
        return echo

    async def _post(self, hook: Hook) -> Echo:
        now = self.runtime.clock()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"efus-newsletter/{version('efus-newsletter')}",
            **sign_hook(self.secret, event=hook.event, at=now, body=hook.body),
        }
        request = await self._request(hook, headers)
        # The answer's body is nobody's business, and may be endless.
        answer = await self.client.send(request, stream=True)
        await answer.aclose()
        words = f"{answer.status_code} {answer.reason_phrase}".strip()
        return Echo(status=answer.status_code, words=words, wait=_wait(answer))

    async def _request(self, hook: Hook, headers: dict[str, str]) -> httpx.Request:
        """To the very address that was judged: a name may lead elsewhere a moment later."""
        url = httpx.URL(hook.url)
        address = await self._address(url)
        return self.client.build_request(
            "POST",
            url.copy_with(host=address),
            content=hook.body.encode(),
            headers={**headers, "Host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": url.raw_host.decode("ascii")},
        )

    async def _address(self, url: httpx.URL) -> str:
        port = url.port or (443 if url.scheme == "https" else 80)
        found = await asyncio.get_running_loop().getaddrinfo(
            url.host, port, type=socket.SOCK_STREAM
        )
        addresses = [str(one[4][0]) for one in found]
        if url.host in LOOPBACK or self.allow_private:
            return addresses[0]
        allowed = [one for one in addresses if is_public(one)]
        if not allowed:
            raise ForbiddenAddressError
        return allowed[0]


def is_public(address: str) -> bool:
    """Whether an address is one of the world's, also if it hides another within."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour
        if inner is not None:
            return inner.is_global
    return parsed.is_global and not parsed.is_multicast


def _host(url: str) -> str | None:
    with suppress(ValueError):
        return urlsplit(url).hostname
    return None


def _wait(answer: httpx.Response) -> timedelta:
    """How long the other side asks to be left alone (RFC 9110, section 10.2.3), in seconds."""
    asked = answer.headers.get("retry-after", "")
    sound = asked.isascii() and asked.isdigit() and len(asked) <= LONGEST_WAIT_DIGITS
    counts = sound and answer.status_code in RETRY_AFTER
    return timedelta(seconds=int(asked)) if counts else timedelta()


@asynccontextmanager
async def open_postman(
    runtime: Runtime,
    *,
    verify: bool | ssl.SSLContext = True,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> AsyncIterator[Post]:
    """What posts events for as long as the block lasts.

    Raises `InputError` where nothing could be signed.
    """
    settings = runtime.settings.webhooks
    secret = reveal(settings.secret)
    if secret is None:
        raise InputError(
            "is missing",
            field="webhooks.secret",
            remedy="Make one: newsletter webhooks secret. Set NEWSLETTER_WEBHOOKS__SECRET.",
        )
    async with httpx.AsyncClient(
        timeout=timeout_seconds,
        limits=httpx.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=0),
        follow_redirects=False,
        trust_env=False,
        verify=verify,
    ) as client:
        postman = Postman(
            runtime=runtime,
            client=client,
            secret=secret_bytes(secret),
            allow_private=settings.allow_private,
            timeout_seconds=timeout_seconds,
        )
        yield postman.post
