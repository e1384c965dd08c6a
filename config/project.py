"""`.devstack.yaml`: text in, a frozen Project out, or every problem at once with its line and what was meant."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from config import needs, words, yaml_lines
from config.files import confined
from config.problems import CONFIG_FILE, ConfigError, Problem
from config.shapes import BaseApplication, Build, Project, Service
from config.yaml_lines import Path, Tree, spelled
from hooks import rules

__all__ = [
    "CONFIG_FILE",
    "BaseApplication",
    "Build",
    "ConfigError",
    "Problem",
    "Project",
    "Service",
    "confined",
    "copied_from",
    "located",
    "parse",
]

_REFERENCE = re.compile(r"ref\+")


def parse(text: str | bytes, *, source: str = CONFIG_FILE, ttl_cap: int | None = None) -> Project:
    """The project that a config describes. `ttl_cap` in seconds refuses a longer `ttl`. ConfigError with all problems."""
    tree = yaml_lines.read(text, source)
    problems = [*tree.problems, *_references(tree, source), *_crossings(tree, source)]
    if not isinstance(tree.data, dict):
        place = tree.place(())
        raise ConfigError([Problem(*place, "", "a mapping with `services:` is wanted", "", source)])
    try:
        project = Project.model_validate(tree.data)
    except ValidationError as errors:
        found = (
            words.problem(each, tree, source) for each in errors.errors() if each["type"] != "default_factory_not_called"
        )
        raise ConfigError([*problems, *found]) from errors
    problems += _of_resources(project, tree, source)
    problems += needs.problems(project.services, tree, source)
    if ttl_cap is not None and project.ttl is not None and project.ttl > ttl_cap:
        cap = f"{ttl_cap // 3600}h" if ttl_cap % 3600 == 0 else f"{ttl_cap}s"
        place = tree.place(("ttl",))
        problems.append(Problem(*place, "ttl", f"this bot lets a stack live {cap} at most", f"write `{cap}`", source))
    if problems:
        raise ConfigError(problems)
    return project


def located(problems: Iterable[Problem], text: str | bytes) -> list[Problem]:
    """The problems with the lines of their paths in a config that can be parsed, for those that had none."""
    try:
        tree = yaml_lines.read(text)
    except ConfigError:
        return list(problems)
    places = {spelled(path): tree.place(path) for path in tree.values}
    return [
        replace(each, line=place[0], column=place[1])
        if not each.line and each.source == CONFIG_FILE and (place := _nearest(each.path, places))
        else each
        for each in problems
    ]


def _nearest(path: str, places: dict[str, yaml_lines.Place]) -> yaml_lines.Place | None:
    while path:
        if path in places:
            return places[path]
        path = path.rpartition(".")[0]
    return None


def _references(tree: Tree, source: str) -> Iterator[Problem]:
    """helmfile resolves `ref+…` wherever it stands, on the machine that runs the bot."""
    for path, written in tree.written.items():
        if _REFERENCE.search(written):
            yield Problem(
                *tree.place(path), spelled(path), "a `ref+…` reference is refused", "give the value by a Secret", source
            )
    for path, place in tree.keys.items():
        if _REFERENCE.search(str(path[-1])):
            yield Problem(*place, spelled(path), "a `ref+…` reference is refused", "", source)


def _crossings(tree: Tree, source: str) -> Iterator[Problem]:
    """Values that are right by themselves and wrong together. Looks at the raw values, so that all is said at once."""
    data = tree.data if isinstance(tree.data, dict) else {}
    holders: dict[str, list[Path]] = defaultdict(list)
    for path, host in _hosts(data):
        holders[host.lower()].append(path)
    for host, paths in holders.items():
        for path in paths[1:]:
            first = tree.place(paths[0])[0]
            who = f"service `{paths[0][1]}`" if paths[0][1] != path[1] else "this service"
            yield Problem(
                *tree.place(path), spelled(path), f"`{host}` belongs to {who} already (line {first})",
                "a host leads to one service", source,
            )  # fmt: skip
    base = data.get("base")
    named = isinstance(base, dict) and base.get("namespace") is not None
    for path, asks in ((("namespace",), data.get("namespace") == "base"),
                       (("base", "deploy"), isinstance(base, dict) and base.get("deploy") is True)):  # fmt: skip
        if asks and not named:
            yield Problem(
                *tree.place(path), spelled(path), "this needs to know the base application's namespace",
                "add `base: {namespace: …}`", source,
            )  # fmt: skip


def _of_resources(project: Project, tree: Tree, source: str) -> Iterator[Problem]:
    """Resources that are right by themselves and wrong together."""
    for name, service in project.services.items():
        for found in rules.findings(service.resources):
            path: Path = ("services", name, "resources", found.index)
            yield Problem(*tree.place(path), spelled(path), found.sentence, found.remedy.rstrip("."), source)
        yield from _copies(name, service, project.base.namespace, tree, source)
        if service.port == 0 and service.hosts:
            path = ("services", name, "port")
            yield Problem(
                *tree.place(path), spelled(path), "a service with hosts takes requests, so it has a port",
                "leave out `port` or `hosts`", source,
            )  # fmt: skip


def _copies(name: str, service: Service, base: str, tree: Tree, source: str) -> Iterator[Problem]:
    """Values are copied from the base application, so from its namespace where that is known."""
    for index, namespace in copied_from(service):
        path: Path = ("services", name, "resources", index, "from", "namespace")
        if base and namespace != base:
            yield Problem(
                *tree.place(path), spelled(path), f"values are copied from the base application, which lives in `{base}`",
                f"write `{base}`", source,
            )  # fmt: skip


def copied_from(service: Service) -> Iterator[tuple[int, str]]:
    """The namespaces that a service's resources copy values from, each with the resource's place in the list."""
    for index, spec in enumerate(service.resources):
        taken = spec.model_dump(by_alias=True).get("from")
        if isinstance(taken, dict) and taken.get("namespace"):
            yield index, taken["namespace"]


def _hosts(data: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    services = data.get("services")
    for name, service in services.items() if isinstance(services, dict) else ():
        hosts = service.get("hosts") if isinstance(service, dict) else None
        for index, host in enumerate(hosts if isinstance(hosts, list) else ()):
            if isinstance(host, str):
                yield ("services", name, "hosts", index), host
