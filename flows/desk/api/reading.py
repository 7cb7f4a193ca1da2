"""Reading a request: its token, its key, its body."""

import json
import re
from typing import Any, Final

from pydantic import ValidationError
from starlette.requests import Request

from flows.desk.api.problems import ProblemError
from flows.desk.api.shapes import Shape

MOST_BYTES: Final = 64 * 1024
BEARER: Final = re.compile(r"bearer +([A-Za-z0-9._~+/=-]{1,200})", re.IGNORECASE)
"""RFC 6750, section 2.1."""
KEY: Final = re.compile(r'"([ !#-\[\]-~]{1,255})"|([!-~]{1,255})')
"""A string of RFC 8941, section 3.3.3, or the same without its quotation marks."""
REALM: Final = 'Bearer realm="newsletter"'


def read_bearer(request: Request) -> str:
    """The token of a request. Raises `ProblemError` if there is none."""
    found = BEARER.fullmatch(request.headers.get("authorization", "").strip())
    if found is None:
        raise ProblemError("no-token", headers={"WWW-Authenticate": REALM})
    return found[1]


def refuse_token() -> ProblemError:
    """The token does not work; nobody is told why (RFC 6750, section 3.1)."""
    return ProblemError(
        "no-token",
        "this token does not work",
        headers={"WWW-Authenticate": f'{REALM}, error="invalid_token"'},
    )


def refuse_scope(scope: str) -> ProblemError:
    """The token works, but not for this."""
    return ProblemError(
        "not-allowed",
        f"this takes the scope {scope!r}, and an owner who may do the same at the desk",
        headers={"WWW-Authenticate": f'{REALM}, error="insufficient_scope", scope="{scope}"'},
    )


def read_key(request: Request) -> str:
    """The key of a request that must have one."""
    found = KEY.fullmatch(request.headers.get("idempotency-key", "").strip())
    if found is None:
        raise ProblemError(
            "bad-request",
            "the header Idempotency-Key is missing, or is no text of up to 255 characters",
        )
    return str(found[1] or found[2])


async def read_bytes(request: Request) -> bytes:
    """The body, in bounded memory."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise ProblemError("too-large")
    return bytes(body)


def read_shape(request: Request, body: bytes, shape: type[Shape]) -> Shape:
    """What a body says. Raises `ProblemError` naming each field that is wrong."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ProblemError("wrong-type")
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise ProblemError("bad-request", "the body is no JSON in UTF-8") from None
    try:
        # Strictly: a number is no text, whatever it looks like.
        return shape.model_validate(value, strict=True)
    except ValidationError as error:
        raise _invalid(error) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose members are named once: readers differ in which one of two counts."""
    named = dict(pairs)
    if len(named) != len(pairs):
        raise ValueError("a member is named twice")
    return named


def _invalid(error: ValidationError) -> ProblemError:
    errors = [
        {"field": ".".join(map(str, one["loc"])), "problem": one["msg"]}
        for one in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    return ProblemError(
        "invalid", f"{len(errors)} members are not as they should be", errors=errors
    )
