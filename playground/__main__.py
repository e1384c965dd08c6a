"""`python -m playground prepare TIER`: sets up what a tier of the tests needs and is missing here."""

import sys
from collections.abc import Callable

from playground import packages
from playground.cluster.embedded.start import prepared
from playground.errors import PlaygroundError
from playground.lifecycle import kind_of
from playground.places import places
from playground.progress import Progress
from playground.toolset import build, router


def pure(progress: Progress) -> None:
    """npm, for what GitHub publishes there."""
    packages.ensure(packages.PUBLISHED, places().cache, progress)


def redis(progress: Progress) -> None:
    """redis-server, git, buildah, a registry."""
    packages.ensure((*packages.QUEUE, *packages.BUILD), places().cache, progress)


def helm(progress: Progress) -> None:
    """helm and helmfile."""
    build.chart_tools(places().cache, progress)


def cluster(progress: Progress) -> None:
    """What the redis and pure tiers need, what a playground is made of, and Traefik 2 for the suite of routes."""
    pure(progress)
    redis(progress)
    if kind_of("auto", places()) == "embedded":
        packages.ensure(packages.LANES, places().cache, progress)
        prepared(places(), progress)
    router.program(places().cache, progress, 2)


TIERS: dict[str, Callable[[Progress], None]] = {"pure": pure, "redis": redis, "helm": helm, "cluster": cluster}


def main(arguments: list[str]) -> int:
    """Exit code 2 for a wrong call, 1 where something cannot be set up."""
    progress = Progress()
    if len(arguments) != 2 or arguments[0] != "prepare" or arguments[1] not in TIERS:
        progress.console.print(f"usage: python -m playground prepare {'|'.join(TIERS)}", markup=False)
        return 2
    try:
        TIERS[arguments[1]](progress)
    except PlaygroundError as error:
        progress.console.print(str(error), style="red", markup=False)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
