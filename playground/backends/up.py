"""Brings backends up where they are not, and ends them."""

import hashlib
import threading
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

from playground import process, tool
from playground.backends import access, objects, passwords, record, warm
from playground.backends.record import Record
from playground.backends.table import NAMES, NAMESPACE, Backend, chosen
from playground.backends.value import Backends
from playground.cluster.kubectl import Kubectl
from playground.cluster.value import Playground
from playground.errors import PlaygroundError
from playground.images import demand
from playground.lock import held
from playground.places import Places, places
from playground.progress import Progress

READY_SECONDS = 180.0
BUILDS = 2  # images at a time


def ensure(playground: Playground, names: Collection[str] = NAMES, *, progress: Progress | None = None) -> Backends:
    """Have these backends up: images made where they are missing, pods started, each waited for until it answers.

    Quick where they are up. PlaygroundError tells which one failed, what its pod says, and what there is to choose from.
    """
    wanted = chosen(names)
    known = record.load(playground.state)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(passwords.read, _kubectl(playground))
        up = all(_is_up(playground, known, backend) for backend in wanted)
        found = asked.result()
    if not (up and passwords.complete(found)):
        show = progress or Progress()
        with _alone(playground, show):
            found = passwords.ensure(_kubectl(playground))
            known = _started(playground, wanted, show)
    told = tuple(backend.name for backend in wanted)
    return Backends(playground, told, {name: known.ports[name] for name in told}, found)


def states(playground: Playground) -> dict[str, str]:
    """Each backend that was started, with its state: `up`, `not answering`."""
    found = record.load(playground.state)
    hint = f"not answering, see kubectl --namespace {NAMESPACE} describe pods"
    return {name: "up" if access.answers(found.ports[name]) else hint for name in NAMES if name in found.applied}


def remove(playground: Playground, *, progress: Progress | None = None) -> None:
    """End all backends, with their data; fine where there are none."""
    where, show = _places(playground), progress or Progress()
    with _alone(playground, show):
        if not record.load(playground.state).ports:
            return
        for name in NAMES:
            process.stop(where.pids, access.forwarder(name))
        with show.step(f"namespace {NAMESPACE}"):
            _kubectl(playground).delete("namespace", NAMESPACE)
        record.forget(playground.state)


def _started(playground: Playground, wanted: Collection[Backend], show: Progress) -> Record:
    """Start those that are not up. What is up by the end is on record, also where another one failed."""
    known = record.load(playground.state)
    for backend in wanted:
        if backend.name not in known.ports:
            known = known.with_ports(backend.name, access.choose(playground, _kubectl(playground), known, backend))
    record.save(known, playground.state)
    late = [backend for backend in wanted if not _is_up(playground, known, backend)]
    building = threading.Semaphore(BUILDS)
    faults: list[PlaygroundError] = []
    with ThreadPoolExecutor(max(1, len(late))) as pool:
        starts = {b.name: pool.submit(_start, playground, b, known.ports[b.name], building, show) for b in late}
    for name, start in starts.items():
        try:
            known = known.with_applied(name, start.result())
        except PlaygroundError as error:
            faults.append(error)
    record.save(known, playground.state)
    if faults:
        raise faults[0]
    return known


def _start(
    playground: Playground, backend: Backend, opened: Mapping[str, int], building: threading.Semaphore, show: Progress
) -> str:
    """Start one and wait until it answers; gives the hash of what was told to the cluster."""
    kubectl, by_node = _kubectl(playground), access.by_node(playground)
    with building:
        demand.ensure(playground, backend.image(), show)
    text = _text(playground, backend, opened)
    kubectl.apply(text)
    try:
        kubectl.wait_for_deployment(
            NAMESPACE,
            backend.name,
            show,
            answers=lambda: access.answers(opened) if by_node else True,
            seconds=READY_SECONDS,
        )
    except PlaygroundError as error:
        raise PlaygroundError(f"{error.message}{_last_words(kubectl, backend)}") from error
    if not by_node:
        access.forward(_places(playground), kubectl, backend, opened)
    if backend.name in warm.WARM:
        with show.step(f"{backend.name} loads its services"):
            warm.WARM[backend.name](opened)
    return _hash(text)


def _is_up(playground: Playground, known: Record, backend: Backend) -> bool:
    opened = known.ports.get(backend.name)
    if opened is None or known.applied.get(backend.name) != _hash(_text(playground, backend, opened)):
        return False
    return access.answers(opened)


def _text(playground: Playground, backend: Backend, opened: Mapping[str, int]) -> str:
    image = demand.reference(playground, backend.image())
    return objects.of(backend, image, opened, node_ports=access.by_node(playground))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _last_words(kubectl: Kubectl, backend: Backend) -> str:
    """The end of what its pod said; empty where it said nothing."""
    argv: list[str | Path] = [kubectl.program, f"--kubeconfig={kubectl.kubeconfig}", "--namespace", NAMESPACE]
    argv += ["logs", "--tail=10", f"deployment/{backend.name}"]
    try:
        return "".join(f"\n  | {line}" for line in tool.run(argv).splitlines())
    except PlaygroundError:
        return ""


def _alone(playground: Playground, show: Progress) -> AbstractContextManager[None]:
    where = _places(playground)
    return held(where.cache / "locks" / f"{where.name}-backends", show)


def _kubectl(playground: Playground) -> Kubectl:
    return Kubectl(playground.kubectl, playground.kubeconfig, _places(playground).logs / "kubectl.log")


def _places(playground: Playground) -> Places:
    return Places(places().cache, playground.state)
