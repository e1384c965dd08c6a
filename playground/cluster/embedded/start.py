"""The whole way to an embedded cluster: packages, programs and images first, as far as they are missing."""

from concurrent.futures import ThreadPoolExecutor

from playground import packages
from playground.cluster.embedded.up import Made, up
from playground.cluster.value import Playground
from playground.images import seed
from playground.places import Places
from playground.progress import Progress
from playground.toolset import build, router


def start(places: Places, zones: tuple[str, ...], progress: Progress) -> Playground:
    """Bring it up."""
    return up(places, prepared(places, progress), zones, progress)


def prepared(places: Places, progress: Progress) -> Made:
    """What it is made of, in the cache. The compiler, which takes longest, starts first and runs beside all the rest."""
    with ThreadPoolExecutor(1) as pool:
        tools = pool.submit(build.cluster_tools, places.cache, progress)
        packages.ensure(packages.EMBEDDED, places.cache, progress)
        images = seed.ensure(places.cache, progress)
        definitions = router.definitions(places.cache, progress)
        return Made(tools.result(), images, definitions)
