"""Validation errors in words: what is wrong with a value, and what was probably meant."""

from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from config import checks
from config.problems import Problem, did_you_mean
from config.shapes import BaseApplication, Build, Project, Service
from config.yaml_lines import Path, Tree, boolean_word, spelled

# Keys that people know from elsewhere, or put at the wrong level, by where they wrote them.
ELSEWHERE = {
    ("service", "context"): "it belongs under `build`",
    ("service", "dockerfile"): "it belongs under `build`",
    ("service", "target"): "it belongs under `build`",
    ("service", "args"): "it belongs under `build`",
    ("service", "image"): "images are built from `build`",
    ("service", "environment"): "did you mean `env`?",
    ("service", "healthcheck"): "did you mean `health`?",
    ("service", "ports"): "did you mean `port`?",
    ("service", "paths"): "did you mean `watch`?",
    ("project", "hosts"): "it belongs to a service",
    ("project", "host"): "it belongs to a service, as `hosts`",
    ("project", "build"): "it belongs to a service",
    ("project", "port"): "it belongs to a service",
    ("build", "file"): "did you mean `dockerfile`?",
}
_KINDS = {bool: "a boolean", int: "a number", float: "a number", str: "a text", list: "a list", dict: "a mapping"}


def problem(error: ErrorDetails, tree: Tree, source: str) -> Problem:
    """One validation error at its line."""
    loc: Path = tuple(part for part in error["loc"] if part != "[key]")
    kind = error["type"]
    at_key = kind == "extra_forbidden" or "[key]" in error["loc"]
    message, suggestion = _said(kind, loc, error, tree.written.get(loc, ""))
    return Problem(*tree.place(loc, key=at_key), spelled(loc), message, suggestion, source)


def _said(kind: str, loc: Path, error: ErrorDetails, written: str) -> tuple[str, str]:
    given = error["input"]
    context = error.get("ctx", {})
    match kind:
        case checks.KIND:
            return context["said"], context["suggestion"]
        case "extra_forbidden":
            return f"unknown key `{loc[-1]}`", _known(loc)
        case "missing":
            return f"`{loc[-1]}` is missing", _example(str(loc[-1]))
        case "literal_error":
            return _choice(given, written, context["expected"])
        case "greater_than_equal" | "less_than_equal":
            return f"{given} is not between 1 and 65535", ""
        case "too_short":
            return "there is nothing here", _example(str(loc[-1]))
        case "too_long":
            return f"these are more than the {context['max_length']} that are allowed", ""
    return _type(kind, given, written)


def _type(kind: str, given: Any, written: str) -> tuple[str, str]:
    wanted = {
        "string_type": "a text",
        "int_type": "a number",
        "bool_type": "`true` or `false`",
        "dict_type": "a mapping",
        "model_type": "a mapping",
        "tuple_type": "a list",
    }.get(kind, "another kind of value")
    if given is None:
        return f"{wanted} is wanted, there is no value", "leave the key out, or give it one"
    if wanted == "a text" and isinstance(given, bool) and boolean_word(written):
        return f"YAML reads `{written}` as a boolean", f'put it in quotes: `"{written}"`'
    message = f"{wanted} is wanted, this is {_KINDS.get(type(given), 'something else')}"
    if wanted == "a text" and isinstance(given, bool | int | float):
        return message, f'put it in quotes: `"{written}"`'
    if wanted == "a number" and isinstance(given, str) and given.isdigit():
        return message, f"without quotes: `{given}`"
    if wanted == "`true` or `false`" and isinstance(given, str):
        return message, "without quotes" if given.lower() in ("true", "false") else ""
    if wanted == "a list" and isinstance(given, str | int):
        return message, f"did you mean `[{written}]`?"
    if wanted == "a mapping":
        return message, "`key: value`, indented on the lines below"
    return message, ""


def _choice(given: Any, written: str, expected: str) -> tuple[str, str]:
    words = expected.replace("'", "").replace(" or ", ", ").split(", ")
    if isinstance(given, bool) and boolean_word(written):
        return f"YAML reads `{written}` as a boolean", f"write {' or '.join(f'`{word}`' for word in words)}"
    if not isinstance(given, str) and not written:
        return f"{_KINDS.get(type(given), 'this')} is not possible here", did_you_mean("", words)
    return f"`{written[:60]}` is not possible here", did_you_mean(written, words)


def _known(loc: Path) -> str:
    level, shape = _level(loc[:-1])
    return ELSEWHERE.get((level, str(loc[-1]))) or did_you_mean(str(loc[-1]), shape.model_fields)


def _level(loc: Path) -> tuple[str, type[BaseModel]]:
    match loc:
        case ("services", _):
            return "service", Service
        case ("services", _, "build"):
            return "build", Build
        case ("base",):
            return "base", BaseApplication
        case _:
            return "project", Project


def _example(key: str) -> str:
    return "a service can be as short as `web: {hosts: [example.com]}`" if key == "services" else ""
