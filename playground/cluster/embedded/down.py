"""Takes the embedded cluster down: ends what `up` started and nothing else, and leaves nothing of it behind.

All its data goes too, so nothing is asked to end gracefully: first every process is killed, then what they left in the
kernel (mounts, links, rules, control groups), then the files.
"""

import contextlib
import hashlib
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playground import mounts, process
from playground.cluster.embedded import cgroups, claims, facts, iptables, links, plan
from playground.cluster.embedded.plan import Plan
from playground.errors import PlaygroundError
from playground.lock import held
from playground.places import Places
from playground.progress import Progress

POD_LOG_LINKS = Path("/var/log/containers")
CNI_RESULTS = Path("/var/lib/cni/results")
SHIM_SOCKETS = Path("/run/containerd/s")


def down(places: Places, progress: Progress) -> bool:
    """Take it down; False where nothing was up. PlaygroundError where something cannot be removed."""
    with held(places.lock, progress):
        return remove_all(places, progress)


def remove_all(places: Places, progress: Progress) -> bool:
    """The same, by one who holds the lock already."""
    if not places.state.exists() and not any(process.marked(str(places.state))) and not claims.made(places):
        return False
    found = plan.load(places.state)
    if found is not None and found.boot == process.boot_id() and found.namespace != facts.namespace():
        if any(process.marked(str(places.state))):
            raise PlaygroundError(f"the playground in {places.state} belongs to another network namespace; go there")
        found = None
    with progress.step("processes"):
        _end_processes(places)
    with progress.step("mounts, links, rules, control groups"), ThreadPoolExecutor(3) as pool:
        works = [
            pool.submit(cgroups.remove, places.name, cgroups.here()),
            pool.submit(mounts.unmount_below, places.state),
            pool.submit(iptables.clean, places.name),
        ]
        for work in works:
            work.result()
    links.remove(places.name, found.local_ip if found else None)
    if found is not None and found.boot == process.boot_id():
        facts.change_settings(found.settings_before)
    with progress.step("files"):
        _remove_files(places, found)
    claims.give_up(places)
    return True


def _end_processes(places: Places) -> None:
    """Kill until no marked process and none in our control groups is left: a dying parent may still have started one."""
    hierarchies = cgroups.here()
    for _ in range(5):
        pids = {*process.marked(str(places.state)), *cgroups.processes(places.name, hierarchies)}
        pids |= _recorded(places)
        if not pids:
            return
        process.kill_all(pids)
    raise PlaygroundError(f"these processes cannot be ended: {sorted(process.marked(str(places.state)))}")


def _recorded(places: Places) -> set[int]:
    records = [process.read(places.pids, path.stem) for path in places.pids.glob("*.json")]
    return {record.pid for record in records if record is not None and process.alive(record)}


def shim_sockets(state: Path) -> list[Path]:
    """The sockets of the keepers of all containers that there ever were here.

    They lie outside the state directory, stay after a kill -9, and are called after a hash of containerd's own socket and
    the container's id. containerd's log has every id.
    """
    log = state / "logs" / "containerd.log"
    ids = sorted(set(re.findall(r"\b[0-9a-f]{64}\b", log.read_text(errors="replace")))) if log.exists() else []
    names = [hashlib.sha256(f"{state}/containerd.sock/k8s.io/{container}".encode()).hexdigest() for container in ids]
    return [path for name in names if (path := SHIM_SOCKETS / name).exists()]


def _remove_files(places: Places, found: Plan | None) -> None:
    _remove_scattered(places)
    for folder in plan.SHARED_FOLDERS:
        if found is not None and folder not in found.folders_before:
            with contextlib.suppress(OSError):  # in use by someone else by now, or never made
                Path(folder).rmdir()
    if left := mounts.below(places.state):
        raise PlaygroundError(f"not removing {places.state}: mounted below it are {', '.join(map(str, left))}")
    if places.state.exists():
        shutil.rmtree(places.state)


def _remove_scattered(places: Places) -> None:
    """The files that containerd, kubelet and CNI plugins put where nobody can tell them otherwise."""
    for socket in shim_sockets(places.state):
        socket.unlink(missing_ok=True)
    for link in POD_LOG_LINKS.glob("*"):
        if link.is_symlink() and link.readlink().is_relative_to(places.state):
            link.unlink()
    for result in CNI_RESULTS.glob(f"{places.name}-*-eth0"):
        pod = result.name.removeprefix(f"{places.name}-").removesuffix("-eth0")
        for name in (result.name, f"cni-loopback-{pod}-lo"):
            (CNI_RESULTS / name).unlink(missing_ok=True)
