import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground import packages
from playground.images import seed
from playground.places import Places, places
from playground.progress import silent
from playground.toolset import build, router
from tests.cluster.playground.namespaced import Namespaced


@pytest.fixture(scope="module")
def namespaced() -> Iterator[Namespaced]:
    """All that needs the outside world is made ready before: the namespace has no way out."""
    cache = places().cache
    packages.ensure(packages.EMBEDDED, cache, silent())
    build.cluster_tools(cache, silent())
    seed.ensure(cache, silent())
    router.definitions(cache, silent())
    holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
    theirs = Path(f"/proc/{holder.pid}/ns/net")
    while theirs.readlink() == Path("/proc/self/ns/net").readlink():  # not yet unshared
        time.sleep(0.01)
    own = Namespaced(holder, Places(cache, Path(f"/tmp/devstack-test-{holder.pid}")))
    try:
        own.run("ip", "link", "set", "lo", "up")
        yield own
        own.down()
    finally:
        holder.kill()
        holder.wait()
