"""Lanes: the tier on several playgrounds side by side, each in a network namespace and a state directory of its own.

A story waits most of the time (for pods, for a clock), so two cores carry three of them. Every process of pytest-xdist is
a lane; without xdist all tests run on this host's own playground, which stays up for the next time.
"""

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from xdist.scheduler import LoadScopeScheduling

import playground
from playground import process
from playground.lock import held_at_once
from playground.places import places
from playground.progress import silent

NEW_NETWORK = 0x40000000  # CLONE_NEWNET of sched.h; os.unshare comes with Python 3.12

# What stays in one lane, the longest first: a long one that starts last would keep the others waiting. All other files
# are on their own, and come after these, in the order of their names.
TOGETHER = (
    # The servers that features get things from are in one lane alone: they take a minute of two cores to start.
    ("provision/", "kinds/", "test_backends.py", "test_demo_story.py"),
    ("story/test_faults.py",),
    ("story/test_churn.py",),
    ("playground/",),
    ("story/test_unreachable.py",),
    ("story/test_people.py",),
    ("story/test_feature.py",),
    ("story/test_shapes.py",),
    ("images/",),
    ("story/test_proof.py",),
    ("inside/",),
    ("story/test_routes_shown.py",),
    ("story/test_github.py",),
)


def place(nodeid: str) -> tuple[int, str]:
    """Where a test stands in the order, and with what it stays together. Pure."""
    path = nodeid.split("::")[0]
    within = path.removeprefix("tests/cluster/")
    for number, starts in enumerate(TOGETHER):
        if within.startswith(starts):
            return number, starts[0]
    return len(TOGETHER), path


class Lanes(LoadScopeScheduling):
    """xdist's own way for groups of tests, with our groups."""

    def _split_scope(self, nodeid: str) -> str:
        return place(nodeid)[1]


@contextmanager
def lane(name: str) -> Iterator[None]:
    """Be a lane: this thread, and what it starts, has a network of its own, with a way out; its playground goes at the end."""
    usual = places().state
    os.environ["DEVSTACK_STATE"] = str(usual.with_name(f"{usual.name}-{name}"))
    mine = places()
    lock = mine.lock.with_name(f"{mine.name}-lane")
    lock.parent.mkdir(parents=True, exist_ok=True)
    with held_at_once(lock, f"another run of this tier has the lane {name}; wait for its end, or take --lanes 1"):
        # What a run that was killed left: its network namespace ends with its processes.
        process.kill_all(process.marked(str(mine.state)))
        playground.stop(progress=silent())
        before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        if ctypes.CDLL(None, use_errno=True).unshare(NEW_NETWORK):
            raise OSError(ctypes.get_errno(), "no network namespace for this lane")
        with way_out(before):
            try:
                yield
            finally:
                playground.stop(progress=silent())


@contextmanager
def way_out(before: int) -> Iterator[None]:
    """The outside world for our namespace, by slirp4netns, which lives in the namespace of before, and no longer than we."""
    ready, told = os.pipe()
    alive, kept = os.pipe()
    argv = [
        "nsenter", f"--net=/proc/self/fd/{before}", "slirp4netns", "--configure", "--mtu=65520", "--disable-host-loopback",
        f"--ready-fd={told}", f"--exit-fd={alive}", str(os.getpid()), "tap0",
    ]  # fmt: skip
    with subprocess.Popen(
        argv, pass_fds=(before, told, alive), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as slirp:
        os.close(told)
        os.close(alive)
        if not os.read(ready, 1):
            raise RuntimeError(f"slirp4netns gave this lane no way out: {slirp.communicate()[1].decode()}")
        try:
            yield
        finally:
            os.close(kept)
            with suppress(subprocess.TimeoutExpired):
                slirp.wait(10)
            slirp.kill()
