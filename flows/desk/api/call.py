"""One request of a program: who asks, for what, and how it is answered."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar

from pydantic import BaseModel
from starlette.requests import Request

from flows.desk.api.problems import ProblemError
from flows.desk.api.shapes import Facts, Shape
from flows.desk.visit import Desk, path_part, query_part
from flows.domain.errors import InputError
from flows.domain.token import Scope, Token
from flows.operations.library import Library
from flows.runtime.runtime import Runtime

Body = TypeVar("Body", bound=BaseModel)

HERE: Final = "/api/v1"
MOST_DIGITS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request. `key` is its Idempotency-Key, empty where there is none."""

    desk: Desk
    request: Request
    token: Token
    key: str = ""
    sent: Shape | None = None

    @property
    def runtime(self) -> Runtime:
        """The newsroom."""
        return self.desk.runtime

    @property
    def library(self) -> Library:
        """Its articles."""
        return self.desk.library

    @property
    def now(self) -> datetime:
        """The present."""
        return self.desk.runtime.clock()

    @property
    def late_hours(self) -> float:
        """How late an issue may still go out by itself."""
        return self.desk.runtime.settings.schedule.late_hours

    @property
    def name(self) -> str:
        """Who answers for what is done."""
        return self.token.owner.name

    def body(self, shape: type[Body]) -> Body:
        """What was sent, which the door has checked."""
        if not isinstance(self.sent, shape):
            raise TypeError(f"this call sends no {shape.__name__}")
        return self.sent

    def named(self, parameter: str) -> str:
        """A part of the path."""
        return path_part(self.request, parameter)

    def asked(self, parameter: str) -> str:
        """A part of the query."""
        return query_part(self.request, parameter)

    def number(self, parameter: str, *, usual: int, most: int) -> int:
        """A whole number of the query, from 1 to `most`."""
        written = self.asked(parameter)
        if not written:
            return usual
        sound = written.isascii() and written.isdigit() and len(written) <= MOST_DIGITS
        if not sound or not 1 <= int(written) <= most:
            raise InputError(f"is a whole number from 1 to {most}", field=parameter)
        return int(written)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a call is answered with, if nothing is in the way."""

    content: Facts
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Act = Callable[[Call], Awaitable[Reply]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A part of a path or a query, as the document describes it."""

    name: str
    meaning: str
    schema: Mapping[str, object] = field(default_factory=lambda: {"type": "string"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing that can be asked for. With `keyed` the request needs an Idempotency-Key."""

    method: str
    path: str
    name: str
    summary: str
    act: Act
    scope: Scope
    answer: type[Facts]
    status: int = 200
    body: type[Shape] | None = None
    query: tuple[Parameter, ...] = ()
    problems: tuple[str, ...] = ()
    keyed: bool = False

    @property
    def parts(self) -> list[str]:
        """The names of what the path leaves open."""
        return re.findall(r"\{(\w+)\}", self.path)


def forbid(detail: str) -> ProblemError:
    """Not with this token, or not by its owner."""
    return ProblemError("not-allowed", detail)
