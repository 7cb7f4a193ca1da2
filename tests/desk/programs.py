"""Programs at the door of a newsroom, with tokens of the people of the tests."""

from typing import Any

import httpx
from openapi_schema_validator import OAS31Validator

from flows.desk.api.document import describe
from flows.desk.api.routes import OPERATIONS
from flows.desk.site import create_desk_site
from flows.domain.token import Scope
from flows.operations.tokens import NewToken, add_token
from tests.desk.conftest import BASE, Site

DOCUMENT = describe()


class Program(httpx.AsyncClient):
    """A program with a token; every answer is held against the document."""

    async def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A request, and an answer that is what the document promises."""
        answer = await self.request(method, f"/api/v1{path}", **options)
        require_described(method, path.partition("?")[0], answer)
        return answer

    async def publish(self, key: str = "k-1", **body: Any) -> httpx.Response:
        """Ask for an article to be published."""
        return await self.ask("POST", "/publish", json=body, headers={"Idempotency-Key": key})


def require_described(method: str, path: str, answer: httpx.Response) -> None:
    """Fail unless the document foresees this answer to this request."""
    operation = DOCUMENT["paths"][_described(method, path)][method.lower()]
    promised = operation["responses"][str(answer.status_code)]["content"]
    kind = answer.headers["content-type"].partition(";")[0]
    schema = {**promised[kind]["schema"], "components": DOCUMENT["components"]}
    OAS31Validator(schema).validate(answer.json())


def _described(method: str, path: str) -> str:
    asked = path.split("/")
    for one in OPERATIONS:
        parts = one.path.split("/")
        if len(parts) == len(asked) and one.method == method:
            pairs = zip(parts, asked, strict=True)
            if all(part == said or part.startswith("{") for part, said in pairs):
                return one.path
    raise AssertionError(f"{method} {path} is not described")


async def a_token(site: Site, name: str, *scopes: Scope, days: int = 30) -> NewToken:
    """A token that acts for somebody at a desk."""
    return await add_token(
        site.runtime.store,
        name,
        scopes=scopes or [Scope.READ],
        label="tests",
        days=days,
        by="tests",
        now=site.clock(),
    )


def with_token(site: Site, secret: str) -> Program:
    """A program that sends this as its token."""
    return Program(
        transport=httpx.ASGITransport(create_desk_site(site.desk)),
        base_url=BASE,
        headers={"Authorization": f"Bearer {secret}"},
    )


async def a_program(site: Site, name: str, *scopes: Scope) -> Program:
    """A program that acts for somebody at a desk."""
    return with_token(site, (await a_token(site, name, *scopes)).secret)
