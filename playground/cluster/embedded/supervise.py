"""Brings a part to life: starts what is dead, restarts what hangs or was started with other settings."""

import time
from collections.abc import Iterable

from playground import process
from playground.cluster.embedded.parts import Part
from playground.errors import PlaygroundError
from playground.packages import search_path
from playground.places import Places
from playground.progress import Progress

# How long a part that already runs may take to answer before it counts as hung.
PATIENCE_SECONDS = 3.0
STOP_SECONDS = 2.0


def fingerprint(part: Part) -> str:
    """A hash of what the part is started with now."""
    return process.fingerprint(part.argv, part.reads)


def is_up(part: Part, places: Places) -> bool:
    """Whether it runs, with today's settings, and answers."""
    record = process.read(places.pids, part.name)
    return process.alive(record) and record is not None and record.fingerprint == fingerprint(part) and part.ready()


def raise_stage(parts: Iterable[Part], places: Places, progress: Progress) -> None:
    """Start those that are not up, then wait for each. PlaygroundError names the log of the one that fails."""
    waiting = []
    for part in parts:
        if _settled(part, places):
            continue
        process.stop(places.pids, part.name, STOP_SECONDS)
        waiting.append((part, _start(part, places)))
    for part, record in waiting:
        with progress.step(part.name):
            _wait(part, record, places)


def _settled(part: Part, places: Places) -> bool:
    record = process.read(places.pids, part.name)
    if record is None or not process.alive(record) or record.fingerprint != fingerprint(part):
        return False
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not part.ready():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _start(part: Part, places: Places) -> process.Record:
    return process.spawn(
        places.pids,
        part.name,
        part.argv,
        log=places.logs / f"{part.name}.log",
        mark=str(places.state),
        print_of=fingerprint(part),
        env=_environment(),
    )


def _environment() -> dict[str, str]:
    """Nothing of the caller's environment but PATH: proxies and credentials are none of a cluster's business."""
    return {"PATH": search_path(), "HOME": "/", "OTEL_TRACES_EXPORTER": "none", "OTEL_SDK_DISABLED": "true"}


def _wait(part: Part, record: process.Record, places: Places) -> None:
    log = places.logs / f"{part.name}.log"
    deadline = time.monotonic() + part.seconds
    while not part.ready():
        if not process.alive(record):
            raise PlaygroundError(f"{part.name} ended instead of becoming ready", log)
        if time.monotonic() > deadline:
            raise PlaygroundError(f"{part.name} is not ready after {part.seconds:.0f} s", log)
        time.sleep(0.05)
