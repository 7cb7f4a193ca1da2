"""The one way in for programs: who asks, whether they may, how often, whether they did before."""

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import structlog
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from flows.desk.api.call import HERE, Call, Operation
from flows.desk.api.document import describe
from flows.desk.api.problems import KINDS, ProblemError, as_response, problem_of
from flows.desk.api.reading import (
    read_bearer,
    read_bytes,
    read_key,
    read_shape,
    refuse_scope,
    refuse_token,
)
from flows.desk.api.routes import OPERATIONS
from flows.desk.visit import Desk
from flows.domain.errors import NewsletterError
from flows.domain.token import Token
from flows.operations.idempotence import answer_once, digest_of
from flows.operations.metering import Meter
from flows.operations.tokens import token_of
from flows.store.answers import Answer
from flows.store.events import record_event

log = structlog.get_logger()

HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What all calls share: the newsroom, and the meter of their tokens."""

    desk: Desk
    meter: Meter

    @property
    def base(self) -> str:
        """The address of the interface."""
        return f"{self.desk.origin}{HERE}"

    async def admit(self, request: Request, operation: Operation) -> Response:
        """The answer to a request; what cannot be done is a problem."""
        try:
            return _finish(await self._admit(request, operation))
        except ProblemError as problem:
            return self.refuse(problem)
        except NewsletterError as error:
            return self.refuse(problem_of(error))

    def refuse(self, problem: ProblemError) -> Response:
        """A problem as an answer."""
        return _finish(as_response(problem, base=self.base))

    async def _admit(self, request: Request, operation: Operation) -> Response:
        token = await self._token(request, operation)
        key = read_key(request) if operation.keyed else ""
        body = await read_bytes(request)
        shape = operation.body
        call = Call(
            desk=self.desk,
            request=request,
            token=token,
            key=key,
            sent=read_shape(request, body, shape) if shape else None,
        )
        if operation.method == "GET":
            return _as_response(await self._answer(call, operation))
        answer, again = await self._once(call, operation, body)
        await self._note(call, operation, answer, again=again)
        return _as_response(answer, again=again)

    async def _token(self, request: Request, operation: Operation) -> Token:
        runtime = self.desk.runtime
        token = await token_of(runtime.store, read_bearer(request), now=runtime.clock())
        if token is None:
            raise refuse_token()
        self.meter.count(token.id, now=runtime.clock())
        if not token.allows(operation.scope):
            raise refuse_scope(operation.scope)
        return token

    async def _once(self, call: Call, operation: Operation, body: bytes) -> tuple[Answer, bool]:
        if not operation.keyed:
            return await self._answer(call, operation), False
        return await answer_once(
            self.desk.runtime.store,
            call.token.id,
            call.key,
            request=digest_of(operation.name.encode(), call.request.url.path.encode(), body),
            clock=self.desk.runtime.clock,
            act=lambda: self._answer(call, operation),
        )

    async def _answer(self, call: Call, operation: Operation) -> Answer:
        try:
            reply = await operation.act(call)
        except ProblemError as problem:
            return _as_answer(as_response(problem, base=self.base))
        except NewsletterError as error:
            return _as_answer(as_response(problem_of(error), base=self.base))
        content = reply.content.model_dump_json()
        headers = {"Content-Type": "application/json", **reply.headers}
        return Answer(status=reply.status, headers=headers, body=content)

    async def _note(self, call: Call, operation: Operation, answer: Answer, *, again: bool) -> None:
        """Who had something done by a program, and by which: what was done has its own event."""
        async with self.desk.runtime.store.writing() as tx:
            await record_event(
                tx,
                "token.used",
                operation.name,
                actor=call.name,
                now=call.now,
                token=call.token.id,
                status=answer.status,
                again=again,
            )


def _as_answer(response: Response) -> Answer:
    kept = {"content-type", "retry-after", "www-authenticate"}
    headers = {name: value for name, value in response.headers.items() if name in kept}
    return Answer(status=response.status_code, headers=headers, body=bytes(response.body).decode())


def _as_response(answer: Answer, *, again: bool = False) -> Response:
    response = Response(answer.body, status_code=answer.status, headers=answer.headers)
    if again:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _finish(response: Response) -> Response:
    headers = MutableHeaders(raw=response.raw_headers)
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    return response


@cache
def _document() -> str:
    return json.dumps(describe(), ensure_ascii=False, indent=1)


def create_api(desk: Desk) -> Starlette:
    """The application behind `/api/v1`."""
    door = Door(desk=desk, meter=Meter(per_minute=desk.runtime.settings.api.calls_per_minute))

    async def show_document(_request: Request) -> Response:
        return _finish(Response(_document(), media_type="application/json"))

    async def explain(request: Request) -> Response:
        kind = KINDS.get(request.path_params["kind"])
        if kind is None:
            return door.refuse(ProblemError("not-found"))
        return _finish(PlainTextResponse(f"{kind.status} {kind.title}\n\n{kind.advice}\n"))

    async def unknown(_request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 404
        headers = error.headers if isinstance(error, HTTPException) else None
        kind = "wrong-method" if status == 405 else "not-found"
        return door.refuse(ProblemError(kind, headers=headers))

    async def broken(_request: Request, error: Exception) -> Response:
        log.error("api.broken", kind=type(error).__name__)
        return door.refuse(ProblemError("broken"))

    app = Starlette(
        routes=[
            Route("/openapi.json", show_document, methods=["GET"]),
            Route("/problems/{kind}", explain, methods=["GET"]),
            *_routes(door),
        ],
        exception_handlers={HTTPException: unknown, Exception: broken},
    )
    app.router.redirect_slashes = False
    return app


def _routes(door: Door) -> Iterator[Route]:
    """One for each path, so that a refused method is told of all the others."""
    by_path: dict[str, dict[str, Operation]] = {}
    for one in OPERATIONS:
        by_path.setdefault(one.path, {})[one.method] = one
    for path, operations in by_path.items():
        yield Route(path, _entrance(door, operations), methods=list(operations))


def _entrance(
    door: Door, operations: Mapping[str, Operation]
) -> Callable[[Request], Awaitable[Response]]:
    async def enter(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await door.admit(request, operations[method])

    return enter
