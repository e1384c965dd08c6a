"""The pods' control groups, version 1 and 2: a tree of our own in each hierarchy, removed with all processes in it."""

import contextlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playground import process
from playground.errors import PlaygroundError

TABLE = Path("/proc/self/mounts")
CONTROLLERS = ("cpuset", "cpu", "io", "memory", "pids")
NEEDED = frozenset({"cpu", "memory", "pids"})
HOST_GROUP = "dvs-host"


@dataclass(frozen=True)
class Hierarchies:
    """`version` is 1 or 2; `roots` are the mount points: one a controller in version 1, one in all in version 2.

    `beside`: a version 2 tree without controllers beside version 1 ones; runc makes groups there too.
    """

    version: int
    roots: tuple[Path, ...]
    beside: tuple[Path, ...] = ()


def hierarchies(table: str) -> Hierarchies:
    """What the kernel's mount table says. PlaygroundError where no control groups are mounted."""
    first = tuple(Path(path) for path in re.findall(r"^\S+ (\S+) cgroup ", table, re.MULTILINE))
    second = tuple(Path(path) for path in re.findall(r"^\S+ (\S+) cgroup2 ", table, re.MULTILINE))
    if first:
        return Hierarchies(1, first, second)
    if second:
        return Hierarchies(2, second[:1])
    raise PlaygroundError("no control groups are mounted on this host (/sys/fs/cgroup); the kubelet needs them")


def here() -> Hierarchies:
    """This host's."""
    return hierarchies(TABLE.read_text())


def create(name: str, found: Hierarchies) -> None:
    """Make our tree in every hierarchy. PlaygroundError where the host does not let us."""
    try:
        for root in found.roots:
            if found.version == 2:
                _enable(root)
            (root / name).mkdir(exist_ok=True)
            # A new version 1 cpuset is empty, and nothing can enter it before it is filled.
            for setting in ("cpuset.cpus", "cpuset.mems"):
                if found.version == 1 and (root / setting).exists():
                    (root / name / setting).write_text((root / setting).read_text())
    except OSError as error:
        raise PlaygroundError(f"cannot make the control group {name}: {error}") from error


def processes(name: str, found: Hierarchies) -> set[int]:
    """The ids of all processes in our trees."""
    return {
        int(line) for root in found.roots for group in _groups(root / name) for line in _lines(group / "cgroup.procs")
    }


def remove(name: str, found: Hierarchies) -> None:
    """Kill what still runs in our trees and remove them. PlaygroundError where one stays."""
    for _ in range(3):
        if not process.kill_all(processes(name, found)) and not processes(name, found):
            break
    for root in (*found.roots, *found.beside):
        for group in _groups(root / name):
            # A version 1 group stays busy for a moment after its last process has gone.
            for _ in range(50):
                try:
                    group.rmdir()
                    break
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.02)
        if found.version == 2:
            _bring_back(root)
    left = [str(root / name) for root in (*found.roots, *found.beside) if (root / name).exists()]
    if left:
        raise PlaygroundError(f"these control groups could not be removed: {', '.join(left)}")


def _enable(root: Path) -> None:
    """Hand the controllers down to children. In a container the root may hold processes, which version 2 forbids then:
    they move into a group beside ours, and back at the end."""
    offered = set((root / "cgroup.controllers").read_text().split())
    if lacking := NEEDED - offered:
        raise PlaygroundError(f"the control groups at {root} lack the controllers {', '.join(sorted(lacking))}")
    wanted = [name for name in CONTROLLERS if name in offered]
    given = set((root / "cgroup.subtree_control").read_text().split())
    missing = [name for name in wanted if name not in given]
    if not missing:
        return
    if (root / "cgroup.type").exists() and _lines(root / "cgroup.procs"):
        (root / HOST_GROUP).mkdir(exist_ok=True)
        _move(root, root / HOST_GROUP)
    for name in missing:
        (root / "cgroup.subtree_control").write_text(f"+{name}")


def _bring_back(root: Path) -> None:
    if not (root / HOST_GROUP).is_dir():
        return
    with contextlib.suppress(OSError):
        for name in (root / "cgroup.subtree_control").read_text().split():
            (root / "cgroup.subtree_control").write_text(f"-{name}")
        _move(root / HOST_GROUP, root)
        (root / HOST_GROUP).rmdir()


def _move(source: Path, target: Path) -> None:
    for pid in _lines(source / "cgroup.procs"):
        with contextlib.suppress(ProcessLookupError):  # it ended meanwhile
            (target / "cgroup.procs").write_text(pid)


def _groups(tree: Path) -> Iterator[Path]:
    """A tree's groups, children before parents."""
    if tree.is_dir():
        for child in sorted(tree.iterdir()):
            if child.is_dir():
                yield from _groups(child)
        yield tree


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except OSError:
        return []
