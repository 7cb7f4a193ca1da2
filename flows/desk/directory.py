"""Signing in through a city's directory: OpenID Connect Core 1.0, the code flow with PKCE."""

import asyncio
import base64
import json
import logging
import random
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlsplit

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from flows.domain.errors import TransientError
from flows.operations.entering import Identity, NotLetInError
from flows.settings.section import LOOPBACK

T = TypeVar("T")

TIMEOUT_SECONDS: Final = 10
TRIES: Final = 3
MOST_BYTES: Final = 256 * 1024
LEEWAY_SECONDS: Final = 60
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")
"""Signatures with a public key only: none, and nothing that our own secret could forge."""


class DirectoryUnreachableError(TransientError):
    """The directory does not answer, or not as one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What belongs to one sign-in: kept in the browser, compared when it comes back."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> "Attempt":
        """Three random values."""
        return cls(
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
        )

    def __str__(self) -> str:
        return f"{self.state} {self.nonce} {self.verifier}"

    @classmethod
    def parse(cls, written: str) -> "Attempt | None":
        """What `str` gave."""
        parts = written.split(" ")
        return cls(state=parts[0], nonce=parts[1], verifier=parts[2]) if len(parts) == 3 else None


class Directory:
    """One directory, as its discovery document describes it. What it says is asked for once."""

    def __init__(
        self, *, issuer: str, client_id: str, client_secret: str, name: str, redirect_uri: str
    ) -> None:
        self.name = name or urlsplit(issuer).netloc
        self._issuer = issuer.rstrip("/")
        # No proxy knows the way to this machine's own loopback.
        self._is_near = urlsplit(issuer).hostname in LOOPBACK
        self._client_id = client_id
        self._client_secret = client_secret
        self._redirect_uri = redirect_uri
        self._document: dict[str, Any] = {}
        self._keys: KeySet | None = None
        # httpx would log each URL, and with it codes, at INFO.
        logging.getLogger("httpx").setLevel(logging.WARNING)

    async def address_for(self, attempt: Attempt) -> str:
        """Where the browser is sent to sign in."""
        document = await self._describe()
        address: str = prepare_grant_uri(
            document["authorization_endpoint"],
            self._client_id,
            "code",
            redirect_uri=self._redirect_uri,
            scope="openid email profile",
            state=attempt.state,
            nonce=attempt.nonce,
            code_challenge=create_s256_code_challenge(attempt.verifier),
            code_challenge_method="S256",
        )
        return address

    async def identify(self, code: str, attempt: Attempt, *, now: datetime) -> Identity:
        """Whom the directory vouches for. Raises `NotLetInError`, `DirectoryUnreachableError`."""
        document = await self._describe()
        answer = await self._redeem(document["token_endpoint"], code, attempt.verifier)
        claims = await self._read_token(str(answer.get("id_token", "")), attempt, now=now)
        vouched = claims.get("email_verified") is True
        return Identity(
            issuer=self._issuer,
            subject=str(claims["sub"]),
            address=str(claims.get("email", "")) if vouched else "",
        )

    async def _describe(self) -> dict[str, Any]:
        if not self._document:
            found = await self._get_json(f"{self._issuer}/.well-known/openid-configuration")
            # OpenID Connect Discovery 1.0, section 4.3: another issuer's document is no good.
            if str(found.get("issuer", "")).rstrip("/") != self._issuer:
                raise DirectoryUnreachableError("the directory calls itself by another name")
            self._document = found
        return self._document

    async def _read_token(self, token: str, attempt: Attempt, *, now: datetime) -> CodeIDToken:
        """The claims of an ID token, after every check of OpenID Connect Core 1.0, 3.1.3.7."""
        decoded = await self._decode(token)
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            options={
                "iss": {"essential": True, "value": self._document["issuer"]},
                "aud": {"essential": True, "value": self._client_id},
            },
            params={"nonce": attempt.nonce, "client_id": self._client_id},
        )
        try:
            claims.validate(now=int(now.timestamp()), leeway=LEEWAY_SECONDS)
        except JoseError:
            raise NotLetInError("the directory's answer is not for this sign-in") from None
        return claims

    async def _decode(self, token: str) -> jwt.Token:
        """A signed token; keys change, so a second look takes those of this moment."""
        try:
            return jwt.decode(token, await self._read_keys(fresh=False), algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            keys = await self._read_keys(fresh=True)
        try:
            return jwt.decode(token, keys, algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            raise NotLetInError("the directory's answer is not signed by it") from None

    async def _read_keys(self, *, fresh: bool) -> KeySet:
        if self._keys is None or fresh:
            found = await self._get_json((await self._describe())["jwks_uri"])
            try:
                self._keys = KeySet.import_key_set(found)  # type: ignore[arg-type]  # judged there
            except (JoseError, ValueError, KeyError, TypeError):
                raise DirectoryUnreachableError("the directory's keys cannot be read") from None
        return self._keys

    async def _get_json(self, url: str) -> dict[str, Any]:
        async def get(client: httpx.AsyncClient) -> httpx.Response:
            return await client.get(url)

        return await self._ask(get, tries=TRIES)

    async def _redeem(self, url: str, code: str, verifier: str) -> dict[str, Any]:
        """Exchange the code, once: RFC 6749, section 4.1.2, allows no second try."""
        basic = f"{quote(self._client_id, safe='')}:{quote(self._client_secret, safe='')}"
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": verifier,
        }
        headers = {"Authorization": f"Basic {base64.b64encode(basic.encode()).decode()}"}

        async def post(client: httpx.AsyncClient) -> httpx.Response:
            return await client.post(url, data=form, headers=headers)

        return await self._ask(post, tries=1)

    async def _ask(
        self, call: Callable[[httpx.AsyncClient], Awaitable[httpx.Response]], *, tries: int
    ) -> dict[str, Any]:
        for attempt in range(tries):
            try:
                async with httpx.AsyncClient(
                    timeout=TIMEOUT_SECONDS, trust_env=not self._is_near
                ) as client:
                    return _read_answer(await call(client))
            except httpx.HTTPError:
                if attempt == tries - 1:
                    raise DirectoryUnreachableError("the directory does not answer") from None
            await asyncio.sleep(random.uniform(0.2, 0.5) * 2**attempt)  # noqa: S311 - jitter
        raise AssertionError("unreachable")


def _read_answer(response: httpx.Response) -> dict[str, Any]:
    if response.status_code in {400, 401, 403}:
        raise NotLetInError("the directory does not vouch for this sign-in")
    if response.status_code >= 500:
        raise httpx.HTTPError("busy")
    try:
        if response.status_code != 200 or len(response.content) > MOST_BYTES:
            raise ValueError(response.status_code)
        answer = json.loads(response.content)
        if not isinstance(answer, dict):
            raise TypeError(type(answer))
    except (ValueError, TypeError):
        raise DirectoryUnreachableError("what the directory answers cannot be read") from None
    return answer
