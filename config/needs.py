"""`needs` between the services of a repository: what is wrong with them, and the order that they give. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from config.problems import Problem, did_you_mean
from config.yaml_lines import Path, Tree, spelled

if TYPE_CHECKING:
    from config.shapes import Service


def problems(services: "Mapping[str, Service]", tree: Tree, source: str) -> Iterator[Problem]:
    """Names that no service has, and services that wait for each other; each at the line of the need."""
    for name, service in services.items():
        for index, needed in enumerate(service.needs):
            path: Path = ("services", name, "needs", index)
            place = (*tree.place(path), spelled(path))
            others = [each for each in services if each != name]
            if needed == name:
                yield Problem(*place, f"`{name}` needs itself", "take it out", source)
            elif needed not in services:
                hint = did_you_mean(needed, others) if others else "there is no other service"
                yield Problem(*place, f"there is no service `{needed}`", hint, source)
    for circle in circles(services):
        path = ("services", circle[0], "needs", services[circle[0]].needs.index(circle[1]))
        said = " → ".join(f"`{each}`" for each in circle)
        yield Problem(
            *tree.place(path), spelled(path), f"these wait for each other: {said}", "take one of the needs out", source
        )


def circles(services: "Mapping[str, Service]") -> Iterator[Sequence[str]]:
    """Each circle once, from its first service back to it, as in `("a", "b", "a")`."""
    told: set[str] = set()
    for name in services:
        found = None if name in told else _way(services, name, name)
        if found:
            told.update(found)
            yield (name, *found)


def _way(services: "Mapping[str, Service]", start: str, goal: str) -> Sequence[str]:
    """A shortest way along the needs from a service to another (or back to itself), without the first; empty for none."""
    reached: dict[str, tuple[str, ...]] = {start: ()}
    waiting = [start]
    while waiting:
        name = waiting.pop(0)
        for needed in services[name].needs:
            if needed == goal and needed != name:
                return (*reached[name], needed)
            if needed in services and needed not in reached:
                reached[needed] = (*reached[name], needed)
                waiting.append(needed)
    return ()


def within(services: "Mapping[str, Service]", name: str, chosen: Collection[str]) -> tuple[str, ...]:
    """Those of the chosen services that come before this one, in the config's order.

    What is needed and not chosen is the base's, which is there; what that one needs comes before all the same.
    """
    found: set[str] = set()
    passed: set[str] = set()
    waiting = list(services[name].needs)
    while waiting:
        needed = waiting.pop()
        if needed in chosen:
            found.add(needed)
        elif needed in services and needed not in passed:
            passed.add(needed)
            waiting += services[needed].needs
    return tuple(each for each in services if each in found)


def waves(services: "Mapping[str, Service]", chosen: Collection[str]) -> int:
    """In how many waves the chosen services are deployed, one after another: 1 where none needs another."""
    depth: dict[str, int] = {}

    def deep(name: str) -> int:
        if name not in depth:
            depth[name] = 1 + max((deep(each) for each in within(services, name, chosen)), default=0)
        return depth[name]

    return max((deep(name) for name in chosen), default=1)
