"""Validation errors in words: what is wrong with a value, and what was probably meant."""

from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from config import checks
from config.problems import Problem, did_you_mean
from config.shapes import BaseApplication, Build, Project, Service
from config.yaml_lines import Path, Tree, boolean_word, spelled
from hooks import table

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
    ("service", "depends_on"): "did you mean `needs`?",
    ("project", "hosts"): "it belongs to a service",
    ("project", "resources"): "it belongs to a service",
    ("project", "host"): "it belongs to a service, as `hosts`",
    ("project", "build"): "it belongs to a service",
    ("project", "port"): "it belongs to a service",
    ("build", "file"): "did you mean `dockerfile`?",
}
_TYPES = {
    "string_type": "a text",
    "int_type": "a number",
    "bool_type": "`true` or `false`",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "tuple_type": "a list",
}
_KINDS = {bool: "a boolean", int: "a number", float: "a number", str: "a text", list: "a list", dict: "a mapping"}


def problem(error: ErrorDetails, tree: Tree, source: str) -> Problem:
    """One validation error at its line."""
    kind = error["type"]
    loc = _written(error["loc"], tree, kind)
    at_key = kind == "extra_forbidden" or "[key]" in error["loc"]
    if loc[2:3] == ("resources",) and len(loc) > 3:
        message, suggestion = _of_resource(kind, loc, error, tree)
    else:
        message, suggestion = _said(kind, loc, error, tree.written.get(loc, ""))
    return Problem(*tree.place(loc, key=at_key), spelled(loc), message, suggestion, source)


def _written(loc: tuple[int | str, ...], tree: Tree, kind: str) -> Path:
    """The path as the person wrote it: pydantic puts in which of several shapes it tried."""
    path: Path = ()
    for index, part in enumerate(loc):
        last_one_missing = index == len(loc) - 1 and kind == "missing"
        if last_one_missing or (*path, part) in tree.keys or (*path, part) in tree.values:
            path = (*path, part)
    return path


def _of_resource(kind: str, loc: Path, error: ErrorDetails, tree: Tree) -> tuple[str, str]:
    context = error.get("ctx", {})
    match kind:
        case "union_tag_invalid":
            return f"there is no kind `{context['tag'][:40]}`", did_you_mean(context["tag"], table.KINDS)
        case "union_tag_not_found":
            return "`kind` is missing", f"one of {', '.join(f'`{each}`' for each in table.KINDS)}"
        case "extra_forbidden":
            return f"unknown key `{loc[-1]}`", did_you_mean(str(loc[-1]), _keys_beside(loc, tree))
        case "value_error" | "assertion_error":
            return str(context["error"]), ""
        case _ if kind in _TYPES or kind in ("missing", "literal_error", checks.KIND):
            return _said(kind, loc, error, tree.written.get(loc, ""))
    return f"{error['msg'][:1].lower()}{error['msg'][1:]}", ""


def _keys_beside(loc: Path, tree: Tree) -> list[str]:
    """The keys that a resource, or the mapping in it, takes."""
    shapes = [table.module(tree.written[(*loc[:4], "kind")]).Spec]
    for part in loc[4:-1]:
        if isinstance(part, str):
            fields = [field for shape in shapes for name, field in shape.model_fields.items()
                      if part in (name, field.alias)]  # fmt: skip
            shapes = [shape for field in fields for shape in _shapes_in(field.annotation)]
    return [field.alias or name for shape in shapes for name, field in shape.model_fields.items()]


def _shapes_in(annotation: Any) -> list[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [shape for inner in get_args(annotation) for shape in _shapes_in(inner)]


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
            return f"{given} is not between 0 and 65535", ""
        case "too_short":
            return "there is nothing here", _example(str(loc[-1]))
        case "too_long":
            return f"these are more than the {context['max_length']} that are allowed", ""
    return _type(kind, given, written)


def _type(kind: str, given: Any, written: str) -> tuple[str, str]:
    wanted = _TYPES.get(kind, "another kind of value")
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
