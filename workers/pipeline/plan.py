"""Which services a change touches: pure functions of paths, patterns and the asked-for names."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from config.project import Project, Service
from workers.faults import UserFault

CONFIG_FILE = ".devstack.yaml"


@cache
def _pattern(glob: str) -> re.Pattern[str]:
    """`**` crosses folders, `*` and `?` do not; a pattern that names a folder matches everything beneath it."""
    out = ""
    position = 0
    while position < len(glob):
        if glob.startswith("**/", position):
            out, position = out + "(?:.*/)?", position + 3
        elif glob.startswith("**", position):
            out, position = out + ".*", position + 2
        elif glob[position] == "*":
            out, position = out + "[^/]*", position + 1
        elif glob[position] == "?":
            out, position = out + "[^/]", position + 1
        else:
            out, position = out + re.escape(glob[position]), position + 1
    return re.compile(f"{out.rstrip('/')}(?:/.*)?")


def matches(path: str, globs: Iterable[str]) -> bool:
    """Whether a repository path is watched by one of the patterns."""
    return any(_pattern(glob.removeprefix("./")).fullmatch(path) for glob in globs)


def watched(service: Service) -> tuple[str, ...]:
    """The patterns that a service watches; by default its build context and its Dockerfile."""
    if service.watch:
        return tuple(service.watch)
    context = service.build.context.strip("./")
    return (f"{context}/**" if context else "**", service.build.dockerfile)


def touched(project: Project, before: Project | None, paths: Iterable[str]) -> tuple[str, ...]:
    """Services that the changed `paths` touch, in the config's order.

    A service whose own entry in the config changed is touched as well; `before` is the config that the change
    started from, None where there was none or it could not be read (then every service counts as changed).
    """
    changed = list(paths)
    config_changed = CONFIG_FILE in changed
    others = [path for path in changed if path != CONFIG_FILE]

    def is_touched(name: str, service: Service) -> bool:
        if config_changed and (before is None or before.services.get(name) != service):
            return True
        return any(matches(path, watched(service)) for path in others)

    return tuple(name for name, service in project.services.items() if is_touched(name, service))


def chosen(services: Mapping[str, Service], asked: Sequence[str], changed: Sequence[str]) -> tuple[str, ...]:
    """The services of the stack: those asked for by name, else the changed ones; UserFault for an unknown name."""
    for name in asked:
        if name not in services:
            near = difflib.get_close_matches(name, services, 1)
            hint = f"Did you mean `{near[0]}`?" if near else ""
            known = ", ".join(f"`{service}`" for service in services)
            raise UserFault(
                "Unknown service",
                f"There is no service `{name}` in {CONFIG_FILE}. It has {known}.",
                f"{hint} Write `/devstack deploy <service>` with one of these names.".strip(),
            )
    return tuple(name for name in services if name in asked) if asked else tuple(changed)


def content_paths(service: Service) -> tuple[str, ...]:
    """The paths in the repository that an image is made of: its context and its Dockerfile."""
    context = service.build.context.strip("./")
    return (context or ".", service.build.dockerfile)
