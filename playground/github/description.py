"""GitHub's own published description of its API, and what an exchange has that it does not allow.

From npm `@octokit/openapi` (REST) and `@octokit/openapi-webhooks` (webhooks), pinned by version and content.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from openapi_schema_validator import OAS30Validator
from referencing import Registry
from referencing.jsonschema import DRAFT4, DRAFT202012

REST = "urn:github:rest"
WEBHOOKS = "urn:github:webhooks"
COMMON_ERRORS = frozenset({304, 400, 401, 403, 404, 405, 422, 429, 500, 502, 503})  # any operation can answer so


class Deviation:
    """A place where GitHub itself does not keep to its description: a pattern of the problem, and the source."""

    def __init__(self, pattern: str, source: str) -> None:
        self.pattern = re.compile(pattern)
        self.source = source


DEVIATIONS = (
    Deviation(
        r"head/repo: None (for not nullable|is not of type 'object')",
        "GitHub sends null once a fork is deleted; its webhooks and REST answers alike",
    ),
    Deviation(
        r"^pulls/merge 405:",
        "GitHub's documentation of `Merge a pull request` lists 405, its description gives no schema for the body",
    ),
    Deviation(
        r"^apps/list-installations 200 \d+/account:",
        "the description wants a user and an enterprise at once there, which its own example is not; one installation by "
        "itself may have either",
    ),
    Deviation(r"^repos/list-webhooks .*config/insecure_ssl", 'GitHub sends the strings "0" and "1"'),
)


class Description:
    """The parsed descriptions."""

    def __init__(self, rest: Path, webhooks: Path) -> None:
        self.rest: dict[str, Any] = json.loads(rest.read_text())
        self.webhooks: dict[str, Any] = json.loads(webhooks.read_text())
        self._registry: Registry[Any] = Registry().with_resources([
            (REST, DRAFT4.create_resource(self.rest)),
            (WEBHOOKS, DRAFT202012.create_resource(self.webhooks)),
        ])  # fmt: skip
        self._paths = [(_pattern(path), path) for path in sorted(self.rest["paths"], key=_literal, reverse=True)]

    def operation(self, method: str, path: str) -> tuple[str, dict[str, Any]] | None:
        """The operation that a request is, with its path as described."""
        for pattern, described in self._paths:
            found = self.rest["paths"][described].get(method.lower())
            if found and pattern.fullmatch(path):
                return described, found
        return None

    def problems(self, exchange: Mapping[str, Any]) -> list[str]:
        """What a request and its answer have that GitHub does not describe; known deviations left out.

        `exchange`: method, path, query, request, status, response (JSON values).
        """
        found = self.operation(exchange["method"], exchange["path"])
        if found is None:
            return [f"{exchange['method']} {exchange['path']}: GitHub describes no such operation"]
        operation = found[1]
        name = operation["operationId"]
        said = [
            *self._query(name, operation, exchange),
            *self._request(name, operation, exchange),
            *self._response(name, operation, exchange),
        ]
        return [each for each in said if not any(known.pattern.search(each) for known in DEVIATIONS)]

    def webhook_problems(self, event: str, action: str | None, payload: Any) -> list[str]:
        """What a webhook's payload has that GitHub does not describe."""
        name = f"{event}-{action}".replace("_", "-") if action else event.replace("_", "-")
        entry = self.webhooks["webhooks"].get(name)
        if entry is None:
            return [f"webhook {name}: GitHub describes no such event"]
        schema = entry["post"]["requestBody"]["content"]["application/json"]["schema"]
        validator = Draft202012Validator(_absolute(schema, WEBHOOKS), registry=self._registry)
        said = [f"webhook {name} {problem}" for problem in _errors(validator, payload)]
        return [each for each in said if not any(known.pattern.search(each) for known in DEVIATIONS)]

    def _resolved(self, value: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in value:
            node: Any = self.rest
            for part in value["$ref"].removeprefix("#/").split("/"):
                node = node[part]
            value = node
        return value

    def _query(self, name: str, operation: dict[str, Any], exchange: Mapping[str, Any]) -> Iterator[str]:
        parameters = {
            each["name"]: each for each in map(self._resolved, operation.get("parameters", [])) if each["in"] == "query"
        }
        for key, value in exchange["query"].items():
            if key not in parameters:
                yield f"{name} query: `{key}` is no parameter of it"
                continue
            schema = self._resolved(parameters[key]["schema"])
            if "enum" in schema and value not in schema["enum"]:
                yield f"{name} query: `{key}` may not be {value!r}"

    def _request(self, name: str, operation: dict[str, Any], exchange: Mapping[str, Any]) -> Iterator[str]:
        if exchange["request"] is None or exchange["status"] >= 400:
            return
        body = operation.get("requestBody")
        if body is None:
            if exchange["request"]:
                yield f"{name} request: it takes no body"
            return
        schema = _absolute(self._resolved(body)["content"]["application/json"]["schema"], REST)
        for problem in _errors(OAS30Validator(schema, registry=self._registry), exchange["request"]):
            yield f"{name} request {problem}"

    def _response(self, name: str, operation: dict[str, Any], exchange: Mapping[str, Any]) -> Iterator[str]:
        status = exchange["status"]
        described = operation["responses"].get(str(status))
        if described is None:
            if status not in COMMON_ERRORS:
                yield f"{name} {status}: GitHub does not answer so"
            elif (
                status >= 400 and status < 500 and not {"message", "documentation_url"} <= set(exchange["response"] or {})
            ):
                yield f"{name} {status}: an error has a message and a documentation_url"
            return
        content = self._resolved(described).get("content", {}).get("application/json")
        if content is None:
            if exchange["response"] and status == 204:
                yield f"{name} {status}: it has no body"
            return
        validator = OAS30Validator(_absolute(content["schema"], REST), registry=self._registry)
        for problem in _errors(validator, exchange["response"]):
            yield f"{name} {status} {problem}"


def _literal(path: str) -> int:
    """How much of a described path is fixed: of two that fit, the more fixed one is meant."""
    return len(re.sub(r"\{[^}]+\}", "", path))


def _pattern(path: str) -> re.Pattern[str]:
    """A described path as a pattern; `{path}` and the like at its end may hold slashes."""
    parts = re.split(r"(\{[^}]+\})", path)
    return re.compile("".join((".+" if part in ("{path}", "{branch}", "{ref}") else "[^/]+") if part[:1] == "{" else re.escape(part)
                              for part in parts))  # fmt: skip


def _absolute(schema: Any, base: str) -> Any:
    """The schema with its references made absolute, so that it stands alone."""
    if isinstance(schema, dict):
        return {
            key: f"{base}{value}" if key == "$ref" and str(value).startswith("#") else _absolute(value, base)
            for key, value in schema.items()
        }
    return [_absolute(each, base) for each in schema] if isinstance(schema, list) else schema


def _errors(validator: Any, value: Any) -> Iterator[str]:
    for error in validator.iter_errors(value):
        if error.validator == "oneOf" and not error.context:
            continue  # it fits more than one alternative: GitHub's own (a public user is a private one too) overlap
        worst = min(_leaves(error), key=lambda each: -len(each.absolute_path))
        place = "/".join(map(str, worst.absolute_path))
        yield f"{place}: {worst.message[:300]}"


def _leaves(error: Any) -> list[Any]:
    return [leaf for child in error.context for leaf in _leaves(child)] if error.context else [error]


@cache
def load(rest: Path, webhooks: Path) -> Description:
    """The descriptions, parsed once."""
    return Description(rest, webhooks)
