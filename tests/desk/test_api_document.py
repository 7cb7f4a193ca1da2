"""The OpenAPI document, the documentation and the interface tell the same."""

import json
import re
from pathlib import Path

from openapi_spec_validator import OpenAPIV31SpecValidator

from flows.desk.api.document import describe
from flows.desk.api.problems import KINDS
from flows.desk.api.routes import OPERATIONS, PARTS
from flows.domain.token import ROLES_OF, Scope
from tests.desk.conftest import Site

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text("utf-8")


async def test_the_document_is_served_to_anybody_and_is_valid(site: Site) -> None:
    """By the validator of others, as OpenAPI 3.1."""
    answer = await site.browser().get("/api/v1/openapi.json")

    assert answer.status_code == 200
    document = json.loads(answer.text)
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"] == "3.1.0"
    described = {
        (method.upper(), path)
        for path, operations in document["paths"].items()
        for method in operations
        if method != "parameters"
    }
    assert described == {(one.method, one.path) for one in OPERATIONS}
    for one in OPERATIONS:
        operation = document["paths"][one.path][one.method.lower()]
        assert operation["security"] == [{"token": [one.scope]}]
        assert set(one.parts) <= set(PARTS)


def test_the_page_names_every_request_with_its_scope() -> None:
    """And no other."""
    rows = re.findall(r"^\| `(GET|POST|PATCH) (\S+)` \| `(\w+)` \|", PAGE, re.MULTILINE)

    assert rows == [(one.method, one.path, one.scope) for one in OPERATIONS]


def test_the_page_names_every_kind_of_problem_with_its_status() -> None:
    """In order."""
    rows = re.findall(r"^\| `([\w-]+)` \| (\d{3}) \|", PAGE, re.MULTILINE)

    assert rows == [(name, str(kind.status)) for name, kind in KINDS.items()]


def test_every_scope_is_explained_and_somebody_can_have_it() -> None:
    """A scope that no role gives would open nothing."""
    assert set(re.findall(r"^\| `(\w+)` \| [^|`]+ \| [^|]+ \|$", PAGE, re.MULTILINE)) == set(Scope)
    assert all(ROLES_OF[scope] for scope in Scope)


async def test_every_kind_of_problem_has_its_page(site: Site) -> None:
    """The address in `type` leads somewhere."""
    browser = site.browser()
    for name, kind in KINDS.items():
        answer = await browser.get(f"/api/v1/problems/{name}")
        assert (answer.status_code, kind.advice in answer.text) == (200, True), name
    assert (await browser.get("/api/v1/problems/none")).status_code == 404


def test_the_document_says_which_keys_are_taken() -> None:
    """So that a program made from it sends none that the door refuses."""
    keys = [
        parameter["schema"]["pattern"]
        for path in describe()["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict)
        for parameter in operation.get("parameters", [])
        if parameter["name"] == "Idempotency-Key"
    ]
    assert len(keys) == sum(one.keyed for one in OPERATIONS)
    for pattern in keys:
        assert re.search(pattern, "k-1")
        assert not any(re.search(pattern, wrong) for wrong in ("", "clé", "a\u0085b", "a" * 256))
