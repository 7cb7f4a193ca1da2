"""The OpenAPI 3.1 document of the interface, made of the table that serves it."""

from importlib.metadata import version
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from flows.desk.api.call import HERE, Operation, Parameter
from flows.desk.api.problems import KINDS, MEDIA_TYPE
from flows.desk.api.reading import KEY
from flows.desk.api.routes import OPERATIONS, PARTS
from flows.desk.api.shapes import Problem
from flows.domain.token import Scope
from flows.operations.idempotence import ANSWERS_LAST

ALWAYS: Final = ("no-token", "not-allowed", "too-many", "broken", "unavailable")
WITH_BODY: Final = ("bad-request", "too-large", "wrong-type", "invalid")
DESCRIPTION: Final = f"""Publish articles, follow issues, approve languages.

Each call carries a token (`newsletter tokens add`) that acts for a person, within its scopes and
the person's roles. What changes something under an `Idempotency-Key` is done once: the same
request with the same key gets the same answer for {ANSWERS_LAST.total_seconds() / 3600:.0f} hours.
What cannot be done is answered as RFC 9457 says."""


def describe() -> dict[str, Any]:
    """The document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "The newsletter's newsroom",
            "version": version("efus-newsletter"),
            "description": DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": HERE}],
        "security": [{"token": []}],
        "paths": _paths(),
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": f"Scopes: {', '.join(Scope)}. Sent as RFC 6750, section 2.1.",
                }
            },
        },
    }


def _paths() -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for one in OPERATIONS:
        described = paths.setdefault(one.path, {})
        if one.parts:
            described["parameters"] = [_parameter(PARTS[part], "path") for part in one.parts]
        described[one.method.lower()] = _operation(one)
    return paths


def _operation(one: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "description": f"Scope: `{one.scope}`.",
        "security": [{"token": [str(one.scope)]}],
        "responses": _responses(one),
    }
    headers = [_key()] if one.keyed else []
    if parameters := [*(_parameter(part, "query") for part in one.query), *headers]:
        described["parameters"] = parameters
    if one.body is not None:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _ref(one.body.__name__)}},
        }
    return described


def _parameter(part: Parameter, place: str) -> dict[str, Any]:
    return {
        "name": part.name,
        "in": place,
        "required": place == "path",
        "description": part.meaning,
        "schema": dict(part.schema),
    }


def _key() -> dict[str, Any]:
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "description": "Any text that no other request of this token has, such as a UUID.",
        "schema": {"type": "string", "pattern": f"^(?:{KEY.pattern})$"},
    }


def _responses(one: Operation) -> dict[str, Any]:
    answer = {
        "description": one.answer.__doc__,
        "content": {"application/json": {"schema": _ref(one.answer.__name__)}},
    }
    responses: dict[str, Any] = {"201" if one.status == 201 else "200": answer}
    if one.status == 202:
        responses["202"] = {**answer, "description": "It is on its way."}
        responses["200"] = {**answer, "description": "It was all done before."}
    kinds = [*ALWAYS, *(WITH_BODY if one.body else ()), *one.problems]
    for status in sorted({KINDS[kind].status for kind in kinds}):
        named = [kind for kind in dict.fromkeys(kinds) if KINDS[kind].status == status]
        responses[str(status)] = {
            "description": "; ".join(f"{KINDS[kind].title} (`{kind}`)" for kind in named),
            "content": {MEDIA_TYPE: {"schema": _ref(Problem.__name__)}},
        }
    return responses


def _schemas() -> dict[str, Any]:
    models: list[type[BaseModel]] = [Problem, *(one.answer for one in OPERATIONS)]
    models += [one.body for one in OPERATIONS if one.body]
    _, schema = models_json_schema(
        [(model, "validation") for model in dict.fromkeys(models)],
        ref_template="#/components/schemas/{model}",
    )
    defined: dict[str, Any] = schema["$defs"]
    return defined


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
