"""Which repositories the comparison looks through: those that have a Stack or are named one by one each time, all
others that we may see a few at a time, so that a hundred of them do not use up what GitHub allows."""

from collections.abc import Mapping, Sequence

import structlog

from config.settings import Settings
from model.stack import Stack
from workers.faults import Fault
from workers.world import World

log = structlog.get_logger(__name__)

OTHERS_AT_ONCE = 10  # of 300 repositories each has its turn within half an hour


def repositories(world: World, stacks: Sequence[Stack], turn: int) -> dict[str, int | None]:
    """The repositories of this turn, each with its installation where that is known."""
    found: dict[str, int | None] = {stack.spec.repository: stack.spec.installation for stack in stacks}
    for repository in world.settings.github_repositories:
        if not repository.endswith("/*"):
            found.setdefault(repository, None)
    known = {name.lower() for name in found}
    others = {name: number for name, number in visible(world).items() if name.lower() not in known}
    return {**found, **{name: others[name] for name in share(sorted(others), turn)}}


def visible(world: World) -> Mapping[str, int | None]:
    """What GitHub lets us see, as far as the operator wants it; nothing where it does not tell.

    An App sees what it was installed on. A token sees what its owner may see, which is no wish to have it deployed: of
    that only the owners count that the allow-list names.
    """
    by_name = any(pattern.endswith("/*") for pattern in world.settings.github_repositories)
    if world.settings.github_app_id is None and not by_name:
        return {}
    try:
        seen = world.repositories()
    except Fault as fault:
        log.warning("repositories not listed", error=str(fault))
        return {}
    return {name: number for name, number in seen.items() if wanted(world.settings, name)}


def wanted(settings: Settings, repository: str) -> bool:
    """Whether the allow-list (`owner/name`, `owner/*`) holds a repository; an empty one holds all."""
    whole = repository.lower()
    patterns = {pattern.lower() for pattern in settings.github_repositories}
    return not patterns or whole in patterns or f"{whole.partition('/')[0]}/*" in patterns


def share(names: Sequence[str], turn: int) -> Sequence[str]:
    """The part of the names whose turn it is."""
    turns = -(-len(names) // OTHERS_AT_ONCE) or 1
    start = turn % turns * OTHERS_AT_ONCE
    return names[start : start + OTHERS_AT_ONCE]
